"""Attainment, objective and error budget, as a contract is settled by them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.attainment import Attainment, Objective, judged_at
from tests.support.core import agreement, answered, at, clock, fold, opened, targets

NINETY_FIVE = Objective(Fraction(95, 100), "month", "95%")


@pytest.mark.parametrize(
    ("verdicts", "read"),
    [
        ({}, "–"),
        ({"on track": 7, "cancelled": 2, "excused": 3}, "–"),
        ({"met": 3}, "100.0 %"),
        ({"missed": 1}, "0.0 %"),
        ({"met": 19, "missed": 1}, "95.0 %"),
        ({"met": 3, "overdue": 1, "at risk": 5, "excused": 9}, "75.0 %"),
    ],
)
def test_attainment_is_met_of_all_that_is_judged(verdicts: dict[str, int], read: str) -> None:
    assert Attainment.of(verdicts).share == read


def test_one_broken_promise_among_thousands_is_not_rounded_away() -> None:
    assert Attainment.of({"met": 9_999, "missed": 1}).share == "99.9 %"


def test_an_overdue_clock_counts_as_missed_while_it_runs() -> None:
    found = Attainment.of({"met": 1, "missed": 2, "overdue": 3})
    assert (found.missed, found.overdue, found.judged) == (5, 3, 6)


@pytest.mark.parametrize(
    ("met", "missed", "kept", "left"),
    [(19, 1, True, 0), (18, 1, False, -1), (20, 0, True, 1), (94, 6, False, -1), (95, 5, True, 0), (0, 0, None, 0)],
)
def test_an_objective_is_kept_to_the_very_clock(met: int, missed: int, kept: bool | None, left: int) -> None:
    found = Attainment(met=met, missed=missed)
    assert (found.keeps(NINETY_FIVE), found.budget_left(NINETY_FIVE)) == (kept, left)


@given(st.integers(0, 3_000), st.integers(0, 3_000), st.fractions(0, 1))
def test_an_objective_is_kept_exactly_where_the_budget_is_not_overspent(met: int, missed: int, attain: Fraction) -> None:
    found, objective = Attainment(met=met, missed=missed), Objective(attain, "month", "")
    if found.judged:
        assert found.keeps(objective) is (found.budget_left(objective) >= 0)


@pytest.mark.parametrize(
    ("met", "missed", "low", "high"),
    # Values of the Wilson score interval at 95 %, as statistics packages give them.
    [(8, 2, 0.4902, 0.9433), (10, 0, 0.7225, 1.0), (0, 10, 0.0, 0.2775), (95, 5, 0.8882, 0.9785), (1, 0, 0.2065, 1.0)],
)
def test_a_small_sample_has_a_wide_interval(met: int, missed: int, low: float, high: float) -> None:
    assert Attainment(met=met, missed=missed).interval == pytest.approx((low, high), abs=1e-4)


@given(st.integers(0, 100_000), st.integers(0, 100_000))
def test_the_interval_holds_the_share(met: int, missed: int) -> None:
    interval = Attainment(met=met, missed=missed).interval
    if interval is not None:
        assert 0 <= interval[0] <= met / (met + missed) <= interval[1] <= 1


def test_a_promise_is_judged_when_it_is_kept_or_broken() -> None:
    plain = agreement(targets=targets(first_response="1h"))
    asked = opened("2026-01-05T10:00:00Z")
    kept = fold([asked, answered("2026-01-05T10:30:00Z")], "2026-02-01T00:00:00Z", plain)
    late = fold([asked, answered("2026-01-07T10:00:00Z")], "2026-02-01T00:00:00Z", plain)
    runs = fold([asked], "2026-01-05T10:30:00Z", plain)
    found = [judged_at(clock(seen, "first_response")) for seen in (kept, late, runs)]
    assert found == [at("2026-01-05T10:30:00Z"), at("2026-01-05T11:00:00Z"), None]

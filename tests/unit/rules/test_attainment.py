"""Attainment as people read it."""

import pytest

from rules.attainment import attainment


@pytest.mark.parametrize(
    ("verdicts", "read"),
    [
        ({}, "–"),
        ({"on track": 7, "cancelled": 2}, "–"),
        ({"met": 3}, "100.0 %"),
        ({"missed": 1}, "0.0 %"),
        ({"met": 19, "missed": 1}, "95.0 %"),
        ({"met": 3, "overdue": 1, "at risk": 5}, "75.0 %"),
    ],
)
def test_attainment_is_met_of_all_that_is_decided(verdicts: dict[str, int], read: str) -> None:
    assert attainment(verdicts) == read


def test_one_broken_promise_among_thousands_is_not_rounded_away() -> None:
    assert attainment({"met": 9_999, "missed": 1}) == "99.9 %"

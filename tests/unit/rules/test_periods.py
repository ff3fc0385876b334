"""Periods as people name them."""

from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.instants import text
from rules.periods import SPANS, PeriodError, period
from tests.support.core import at

LONDON = ZoneInfo("Europe/London")
NOW = at("2026-03-30T12:00:00Z")


@pytest.mark.parametrize(
    ("said", "name", "start", "end"),
    [
        ("today", "2026-03-30", "2026-03-29T23:00:00.000Z", "2026-03-30T23:00:00.000Z"),
        ("yesterday", "2026-03-29", "2026-03-29T00:00:00.000Z", "2026-03-29T23:00:00.000Z"),
        ("week", "the week of 2026-03-30", "2026-03-29T23:00:00.000Z", "2026-04-05T23:00:00.000Z"),
        ("last week", "the week of 2026-03-23", "2026-03-23T00:00:00.000Z", "2026-03-29T23:00:00.000Z"),
        ("month", "March 2026", "2026-03-01T00:00:00.000Z", "2026-03-31T23:00:00.000Z"),
        ("last month", "February 2026", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"),
        ("quarter", "quarter 1 of 2026", "2026-01-01T00:00:00.000Z", "2026-03-31T23:00:00.000Z"),
        ("last year", "2025", "2025-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z"),
        ("2026-02", "February 2026", "2026-02-01T00:00:00.000Z", "2026-03-01T00:00:00.000Z"),
        (
            "2025-q4",
            "quarter 4 of 2025",
            "2025-09-30T23:00:00.000Z",
            "2026-01-01T00:00:00.000Z",
        ),
        ("2026-W01", "the week of 2025-12-29", "2025-12-29T00:00:00.000Z", "2026-01-05T00:00:00.000Z"),
        ("2024-02-29", "2024-02-29", "2024-02-29T00:00:00.000Z", "2024-03-01T00:00:00.000Z"),
        ("2026", "2026", "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
    ],
)
def test_a_period_goes_from_local_midnight_to_local_midnight(said: str, name: str, start: str, end: str) -> None:
    found = period(said, NOW, LONDON)
    assert (found.name, text(found.start), text(found.end)) == (name, start, end)


@pytest.mark.parametrize(
    "said", ["", "soon", "2026-13", "2026-00", "2025-02-29", "0000", "9999", "2026-Q5", "2026-W60", "last", "x" * 500]
)
def test_what_is_no_period_is_told(said: str) -> None:
    with pytest.raises(PeriodError, match="is no period: write month, last week"):
        period(said, NOW, LONDON)


@given(st.sampled_from(SPANS), st.integers(0, at("2100-01-01T00:00:00Z")))
def test_the_present_period_holds_the_instant_and_the_last_one_ends_where_it_begins(span: str, now: int) -> None:
    present = period(span, now, LONDON)
    assert present.start <= now < present.end
    assert period(f"last {span}", now, LONDON).end == present.start

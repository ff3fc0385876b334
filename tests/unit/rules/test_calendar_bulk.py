"""Many questions at once are answered as each would be by itself."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.calendar import BusinessCalendar, CalendarError
from rules.calendar_bulk import add_many
from rules.instants import DAY, HOUR
from tests.support.calendars import calendars, instants, ours
from tests.support.core import ALWAYS, LONDON, at, calendar

signed = st.one_of(st.just(0), st.integers(-60 * HOUR, 60 * HOUR), st.integers(-5_000, 5_000).map(lambda n: n * HOUR))


@settings(max_examples=80, deadline=None)
@given(st.one_of(calendars.map(lambda drawn: ours(*drawn)), st.just(ALWAYS)), st.lists(st.tuples(instants, signed)))
def test_many_questions_are_answered_as_each_by_itself(found: BusinessCalendar, asked: list[tuple[int, int]]) -> None:
    columns: Any = np.array(asked, dtype=np.int64).reshape(-1, 2).T
    starts, amounts = columns
    assert add_many(found, starts, amounts).tolist() == [found.add(start, amount) for start, amount in asked]


def test_one_amount_may_be_added_to_all() -> None:
    starts = np.array([at("2026-01-05T10:00:00Z"), at("2026-01-10T10:00:00Z")])
    assert add_many(LONDON, starts, HOUR).tolist() == [LONDON.add(int(start), HOUR) for start in starts]
    assert add_many(LONDON, starts, -HOUR).tolist() == [LONDON.sub(int(start), HOUR) for start in starts]


def test_a_century_is_added_on_a_calendar_that_has_not_been_asked_before() -> None:
    weekly = calendar("weekly", "Europe/London", {"mon": ["09:00-10:00"]})
    start = at("2026-01-05T09:00:00Z")
    found = add_many(weekly, np.array([start, start]), np.array([5_218 * HOUR, -5_217 * HOUR]))
    assert found.tolist() == [start + 5_217 * 7 * DAY + HOUR, start - 5_217 * 7 * DAY]


@pytest.mark.parametrize("amount", [2**63 - 1, -(2**63), 10**14, -(10**14)])
@pytest.mark.parametrize("start", ["2026-01-05T09:00:00Z", "0001-01-01T00:00:00Z"])
def test_what_is_refused_by_itself_is_refused_among_others(start: str, amount: int) -> None:
    fresh = calendar("office", "Europe/London", {"mon-fri": ["09:00-17:00"]})
    asked = np.array([at("2026-01-05T09:00:00Z"), at(start)])
    with pytest.raises(CalendarError):
        fresh.add(at(start), amount)
    with pytest.raises(CalendarError):
        add_many(fresh, asked, np.array([0, amount]))


def test_a_calendar_that_never_opens_refuses() -> None:
    never = calendar("never", "UTC", {})
    with pytest.raises(CalendarError):
        add_many(never, np.array([0]), 1)

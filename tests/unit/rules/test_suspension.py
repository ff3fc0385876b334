"""A calendar less some windows counts what counting minute by minute would count."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.calendar import CalendarError
from rules.instants import HOUR, MINUTE
from rules.suspension import SuspendedCalendar
from tests.support.core import ALWAYS, LONDON, at, calendar

START = at("2026-01-05T09:00:00Z")
MOST = 5 * 24 * 60
windows = st.lists(
    st.tuples(st.integers(0, MOST), st.integers(1, 3_000)).map(
        lambda pair: (START + pair[0] * MINUTE, START + (pair[0] + pair[1]) * MINUTE)
    ),
    max_size=4,
)
calendars = st.sampled_from([ALWAYS, LONDON])


@settings(max_examples=100, deadline=None)
@given(calendars, windows, st.integers(0, MOST), st.integers(0, 600))
def test_it_counts_what_minutes_count(base, out, begin: int, length: int) -> None:  # type: ignore[no-untyped-def]
    found = SuspendedCalendar(base, out)
    minutes = range(START + begin * MINUTE, START + (begin + length) * MINUTE, MINUTE)
    counted = sum(base.is_open(m) and not any(a <= m < b for a, b in out) for m in minutes)
    first, last = START + begin * MINUTE, START + (begin + length) * MINUTE
    assert found.between(first, last) == counted * MINUTE
    assert found.between(last, first) == -counted * MINUTE


@settings(max_examples=300, deadline=None)
@given(calendars, windows, st.integers(0, MOST), st.integers(0, 100 * 60))
def test_measuring_what_was_added_gives_it_back_and_no_sooner(base, out, begin: int, amount: int) -> None:  # type: ignore[no-untyped-def]
    found, start, milliseconds = SuspendedCalendar(base, out), START + begin * MINUTE, amount * MINUTE
    end = found.add(start, milliseconds)
    assert found.between(start, end) == milliseconds
    if amount:
        assert found.between(start, end - 1) == milliseconds - 1


@settings(max_examples=300, deadline=None)
@given(calendars, windows, st.integers(0, MOST))
def test_the_next_opening_is_where_time_begins_to_count(base, out, begin: int) -> None:  # type: ignore[no-untyped-def]
    found, start = SuspendedCalendar(base, out), START + begin * MINUTE
    opening = found.next_open(start)
    assert opening is not None
    assert found.between(start, opening) == 0
    assert found.between(opening, opening + 1) == 1


def test_what_is_used_up_when_a_window_begins_is_due_then() -> None:
    found = SuspendedCalendar(ALWAYS, [(START + HOUR, START + 2 * HOUR)])
    assert (found.add(START, HOUR), found.add(START, HOUR + 1)) == (START + HOUR, START + 2 * HOUR + 1)


def test_windows_that_overlap_or_touch_are_one() -> None:
    found = SuspendedCalendar(ALWAYS, [(3, 5), (1, 3), (4, 9), (7, 7)])
    assert found.windows == ((1, 9),)
    assert found == SuspendedCalendar(ALWAYS, [(1, 9)])


def test_a_calendar_that_ends_within_a_window_is_never_open_again() -> None:
    once = calendar("once", "UTC", {}, dates={date(2026, 1, 5): ((9 * HOUR, 17 * HOUR),)})
    with pytest.raises(CalendarError):
        SuspendedCalendar(once, [(START, START + 24 * HOUR)]).add(START, HOUR)

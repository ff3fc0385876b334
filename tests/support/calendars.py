"""Random calendars, and the same ones as `workclock` has them: the judge of what is open."""

from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import workclock
from hypothesis import strategies as st

from rules.calendar import BusinessCalendar
from rules.calendar_days import CalendarDays
from rules.instants import DAY, HOUR, MINUTE
from tests.support.core import at

ZONES = ["UTC", "Europe/London", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo", "America/St_Johns"]
FIRST, LAST = at("2024-01-01T00:00:00Z"), at("2028-12-31T00:00:00Z")
# Half of the instants lie near a change of clocks, where mistakes are made.
CHANGES = [
    at(f"{day}T01:00:00Z") for day in ("2026-03-29", "2026-10-25", "2026-03-08", "2026-11-01", "2026-04-04", "2026-04-24")
]

instants = st.one_of(st.integers(FIRST, LAST), st.builds(int.__add__, st.sampled_from(CHANGES), st.integers(-2 * DAY, 2 * DAY)))
amounts = st.one_of(st.integers(0, 40 * HOUR), st.integers(0, 400).map(lambda n: n * 15 * MINUTE))
quarters = st.integers(0, 95)
windows = st.tuples(quarters, quarters)
weeks = st.lists(st.lists(windows, max_size=3), min_size=7, max_size=7).filter(any)
closed = st.lists(st.builds(lambda n: date(2026, 1, 1) + timedelta(days=n), st.integers(-60, 400)), max_size=6)


def ours(zone: str, week: list[list[tuple[int, int]]], shut: list[date]) -> BusinessCalendar:
    """A window whose end is not after its start ends on the next date."""
    quarter = 15 * MINUTE
    weekly: Any = tuple(tuple((a * quarter, b * quarter + (0 if b > a else DAY)) for a, b in day) for day in week)
    return BusinessCalendar("random", CalendarDays(ZoneInfo(zone), weekly, closed=dict.fromkeys(shut, "shut")))


def theirs(zone: str, week: list[list[tuple[int, int]]], shut: list[date]) -> workclock.Schedule:
    def wall(quarter: int) -> time:
        return time(quarter // 4, quarter % 4 * 15)

    work = [workclock.WorkDay(wall(a), wall(b), days=[day]) for day in range(7) for a, b in week[day]]
    return workclock.Schedule([*work, workclock.Holidays(shut)], time_zone=zone)


calendars = st.tuples(st.sampled_from(ZONES), weeks, closed)

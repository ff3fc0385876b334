"""A calendar's year: the dates that differ from the weekly hours, and what the year comes to.

Decided here: how a date differs, why, and whether that makes a difference: a holiday of the country is compared with the
weekday's hours, what the calendar says itself with what holds without it. A working day is a date on which hours begin. Not
decided here: how it is shown, and when a calendar is open.
"""

from calendar import isleap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from rules.calendar import BusinessCalendar
from rules.calendar_days import CalendarDays, Days, midnight
from rules.instants import to_datetime

What = Literal["closed", "own hours", "opened", "new version"]
By = Literal["country", "calendar"]


@dataclass(frozen=True)
class SpecialDate:
    """A date that differs: what it is, why, who says so. `matters`: else it would have other hours."""

    day: date
    what: What
    why: str
    by: By
    matters: bool


@dataclass(frozen=True)
class CalendarYear:
    """What a year comes to."""

    specials: list[SpecialDate]
    working_days: int
    open_time: int


def year_of(calendar: BusinessCalendar, year: int) -> CalendarYear:
    """The year of a calendar, from its first midnight to its last."""
    dates = [date(year, 1, 1) + timedelta(days=n) for n in range(365 + isleap(year))]
    open_time = calendar.between(_midnight(calendar, dates[0]), _midnight(calendar, dates[-1] + timedelta(days=1)))
    days = calendar.days
    if days is None:
        return CalendarYear([], len(dates), open_time)
    specials = [special for day in dates for special in _specials(days, day)]
    return CalendarYear(specials, sum(_hours_begin(days.on(day), day) for day in dates), open_time)


def windows_on(days: Days, day: date) -> list[tuple[int, int]]:
    """The open windows of a date, from midnight to midnight; a shift that began the evening before is among them."""
    following = day + timedelta(days=1)
    start, end = midnight(day, days.on(day).zone), midnight(following, days.on(following).zone)
    found = days.windows(day - timedelta(days=1), following)
    return [(max(opens, start), min(closes, end)) for opens, closes in found if opens < end and closes > start]


def hours_in_words(calendar: BusinessCalendar, day: date) -> str:
    """The hours of a date by the wall clock of its zone: `09:00–12:30, 13:15–24:00`; empty where it is closed."""
    if calendar.days is None:
        return "00:00–24:00"
    windows = windows_on(calendar.days, day)
    return ", ".join(f"{_wall(calendar, day, opens)}–{_wall(calendar, day, closes)}" for opens, closes in windows)


def _wall(calendar: BusinessCalendar, day: date, at: int) -> str:
    local = to_datetime(at).astimezone(calendar.zone_on(day))
    return "24:00" if local.date() > day else local.strftime("%H:%M")


def _midnight(calendar: BusinessCalendar, day: date) -> int:
    return midnight(day, calendar.zone_on(day))


def _hours_begin(days: CalendarDays, day: date) -> bool:
    return days.closing_reason(day) is None and any(days.hours_of(day))


def _specials(days: Days, day: date) -> Iterator[SpecialDate]:
    version = days.on(day)
    if version is not days.on(day - timedelta(days=1)):
        yield SpecialDate(day, "new version", f"version {day}", "calendar", matters=True)
    said = _said(version, day)
    if said is not None:
        what, why, by = said
        yield SpecialDate(day, what, why, by, matters=windows_on(version, day) != windows_on(_without(version, day, by), day))


def _said(days: CalendarDays, day: date) -> tuple[What, str, By] | None:
    """What is said of a date besides its weekday, in the order in which it counts."""
    holiday = days.holidays(day.year).get(day)
    despite = f"open in spite of {holiday}" if holiday else "open by its date"
    if day in days.closed:
        return "closed", days.closed[day], "calendar"
    if day in days.dates:
        if not days.dates[day]:
            return "closed", "no hours by its date", "calendar"
        if days.weekly[day.weekday()] and not holiday:
            return "own hours", "hours by its date", "calendar"
        return "opened", despite, "calendar"
    if day in days.open:
        return "opened", despite if holiday else "no holiday to be opened", "calendar"
    return ("closed", holiday, "country") if holiday else None


def _without(days: CalendarDays, day: date, by: By) -> CalendarDays:
    """The dates as they would be if nothing were said of one, or only what the country says."""

    def holidays(year: int) -> Mapping[date, str]:
        return {holiday: name for holiday, name in days.holidays(year).items() if by == "calendar" or holiday != day}

    return replace(
        days,
        closed={other: name for other, name in days.closed.items() if other != day},
        dates={other: hours for other, hours in days.dates.items() if other != day},
        open=days.open - {day},
        holidays=holidays,
    )

"""Which windows of a date are open: precedence, closed days, windows that touch, and the days on which clocks change."""

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rules.calendar_days import CalendarDays, merged, wall_milliseconds
from rules.instants import HOUR, MINUTE, text
from tests.support.core import days, hours

MONDAY, TUESDAY, WEDNESDAY = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 7)
OFFICE = {"mon-fri": ["09:00-17:00"]}


def written(found: list[tuple[int, int]]) -> list[str]:
    return [f"{text(start)[5:16]} {text(end)[5:16]}" for start, end in found]


def windows(days_: CalendarDays, first: date, last: date) -> list[str]:
    return written(days_.windows(first, last))


# Precedence: closed, dates, open, holidays, weekly hours


@pytest.mark.parametrize(
    ("exceptions", "expected"),
    [
        ({}, ["01-06T09:00 01-06T17:00"]),
        ({"holidays": lambda _: {TUESDAY: "Epiphany"}}, []),
        ({"holidays": lambda _: {TUESDAY: "Epiphany"}, "open": frozenset({TUESDAY})}, ["01-06T09:00 01-06T17:00"]),
        ({"holidays": lambda _: {TUESDAY: "Epiphany"}, "dates": {TUESDAY: hours("10:00-11:00")}}, ["01-06T10:00 01-06T11:00"]),
        ({"open": frozenset({TUESDAY}), "dates": {TUESDAY: ()}}, []),
        ({"open": frozenset({TUESDAY}), "closed": {TUESDAY: "moving"}}, []),
        ({"dates": {TUESDAY: hours("10:00-11:00")}, "closed": {TUESDAY: "moving"}}, []),
    ],
    ids=[
        "weekly",
        "holiday",
        "open holiday",
        "dates over holiday",
        "no hours on a date",
        "closed over open",
        "closed over dates",
    ],
)
def test_the_stronger_rule_of_a_date_wins(exceptions: dict[str, Any], expected: list[str]) -> None:
    assert windows(days("UTC", OFFICE, **exceptions), TUESDAY, WEDNESDAY) == expected


def test_a_date_can_open_on_a_weekday_that_is_closed() -> None:
    saturday = date(2026, 1, 10)
    found = days("UTC", OFFICE, dates={saturday: hours("10:00-12:00")})
    assert windows(found, saturday, date(2026, 1, 12)) == ["01-10T10:00 01-10T12:00"]


def test_a_closed_day_says_why() -> None:
    found = days("UTC", OFFICE, closed={MONDAY: "moving"}, dates={TUESDAY: ()}, holidays=lambda _: {WEDNESDAY: "Holiday"})
    assert [found.closing_reason(day) for day in (MONDAY, TUESDAY, WEDNESDAY, date(2026, 1, 8))] == [
        "moving",
        "closed on this date",
        "Holiday",
        None,
    ]


# Night shifts and closed days

NIGHTS = {"mon-sun": ["22:00-06:00"]}


@pytest.mark.parametrize("how", ["closed", "holidays", "dates"])
def test_a_closed_day_cuts_a_night_shift_at_both_midnights(how: str) -> None:
    exceptions: dict[str, Any] = {
        "closed": {"closed": {TUESDAY: "moving"}},
        "holidays": {"holidays": lambda _: {TUESDAY: "Epiphany"}},
        "dates": {"dates": {TUESDAY: ()}},
    }[how]
    found = windows(days("UTC", NIGHTS, **exceptions), MONDAY, date(2026, 1, 8))
    # Where the date has no hours of its own, no shift begins on it; else its shift goes on after midnight.
    after = [] if how == "dates" else ["01-07T00:00 01-07T06:00"]
    assert found == ["01-05T22:00 01-06T00:00", *after, "01-07T22:00 01-08T06:00"]


def test_local_midnight_cuts_and_not_midnight_in_utc() -> None:
    found = days("America/New_York", NIGHTS, closed={TUESDAY: "moving"})
    assert windows(found, MONDAY, TUESDAY) == ["01-06T03:00 01-06T05:00"]


# Windows


def test_touching_and_overlapping_windows_are_one() -> None:
    found = days("UTC", {"mon": ["09:00-12:00", "12:00-13:00", "12:30-14:00", "15:00-16:00"]})
    assert windows(found, MONDAY, TUESDAY) == ["01-05T09:00 01-05T14:00", "01-05T15:00 01-05T16:00"]


def test_a_window_until_24_00_touches_the_next_day() -> None:
    found = days("UTC", {"mon": ["20:00-24:00"], "tue": ["00:00-02:00"]})
    assert windows(found, MONDAY, WEDNESDAY) == ["01-05T20:00 01-06T02:00"]


def test_windows_that_hold_nothing_are_left_out() -> None:
    assert merged([(5, 5), (7, 6), (1, 2)]) == [(1, 2)]


@pytest.mark.parametrize(
    ("written_", "expected"),
    [("00:00", 0), ("09:30", 9 * HOUR + 30 * MINUTE), ("24:00", 24 * HOUR), ("17:30:15", 17 * HOUR + 30 * MINUTE + 15_000)],
)
def test_a_wall_clock_time_is_read(written_: str, expected: int) -> None:
    assert wall_milliseconds(written_) == expected


@pytest.mark.parametrize("written_", ["", "9", "25:00", "24:01", "09:60", "noon", "09:00Z", "0900"])
def test_what_is_no_wall_clock_time_is_refused(written_: str) -> None:
    with pytest.raises(ValueError):
        wall_milliseconds(written_)


# The days on which clocks change

LONDON_SPRING, LONDON_AUTUMN = date(2026, 3, 29), date(2026, 10, 25)
YORK_SPRING, YORK_AUTUMN = date(2026, 3, 8), date(2026, 11, 1)


@pytest.mark.parametrize(
    ("zone", "day", "week", "expected"),
    [
        ("Europe/London", LONDON_SPRING, ["00:00-24:00"], ["03-29T00:00 03-29T23:00"]),
        ("Europe/London", LONDON_AUTUMN, ["00:00-24:00"], ["10-24T23:00 10-26T00:00"]),
        ("America/New_York", YORK_SPRING, ["00:00-24:00"], ["03-08T05:00 03-09T04:00"]),
        ("America/New_York", YORK_AUTUMN, ["00:00-24:00"], ["11-01T04:00 11-02T05:00"]),
        ("Europe/London", LONDON_SPRING, ["09:00-17:00"], ["03-29T08:00 03-29T16:00"]),
        ("Europe/London", LONDON_AUTUMN, ["09:00-17:00"], ["10-25T09:00 10-25T17:00"]),
        ("Europe/London", LONDON_SPRING, ["00:30-03:00"], ["03-29T00:30 03-29T02:00"]),
        ("Europe/London", LONDON_AUTUMN, ["00:30-03:00"], ["10-24T23:30 10-25T03:00"]),
        ("America/New_York", YORK_SPRING, ["01:30-04:00"], ["03-08T06:30 03-08T08:00"]),
        ("America/New_York", YORK_AUTUMN, ["01:30-04:00"], ["11-01T05:30 11-01T09:00"]),
        # A time that the zone skips is as far after the skip; one that it has twice is the first.
        ("Europe/London", LONDON_SPRING, ["01:15-03:00"], ["03-29T01:15 03-29T02:00"]),
        ("Europe/London", LONDON_SPRING, ["01:15-01:45"], ["03-29T01:15 03-29T01:45"]),
        ("Europe/London", LONDON_AUTUMN, ["00:00-01:30"], ["10-24T23:00 10-25T00:30"]),
        ("America/New_York", YORK_AUTUMN, ["00:00-01:30"], ["11-01T04:00 11-01T05:30"]),
    ],
)
def test_windows_on_the_day_the_clocks_change(zone: str, day: date, week: list[str], expected: list[str]) -> None:
    assert windows(days(zone, {"sun": week}), day, date(day.year, day.month, day.day + 1)) == expected


@pytest.mark.parametrize(
    ("zone", "evening", "length"),
    [
        ("Europe/London", date(2026, 3, 28), 7),
        ("Europe/London", date(2026, 10, 24), 9),
        ("America/New_York", date(2026, 3, 7), 7),
        ("America/New_York", date(2026, 10, 31), 9),
        ("America/New_York", date(2026, 6, 6), 8),
    ],
)
def test_a_night_shift_is_shorter_in_spring_and_longer_in_autumn(zone: str, evening: date, length: int) -> None:
    [(start, end)] = days(zone, {"sat": ["22:00-06:00"]}).windows(evening, date.fromordinal(evening.toordinal() + 1))
    assert end - start == length * HOUR


@pytest.mark.parametrize(("day", "length"), [(LONDON_SPRING, 23), (LONDON_AUTUMN, 25), (MONDAY, 24)])
def test_a_closed_day_is_closed_from_local_midnight_to_local_midnight(day: date, length: int) -> None:
    before, after = date.fromordinal(day.toordinal() - 1), date.fromordinal(day.toordinal() + 2)
    found = CalendarDays(ZoneInfo("Europe/London"), (hours("00:00-24:00"),) * 7, closed={day: "shut"})  # type: ignore[arg-type]
    (_, closes), (opens, _) = found.windows(before, after)
    assert opens - closes == length * HOUR

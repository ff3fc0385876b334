"""Calendars in zones with an eventful past, on the days on which their clocks changed; `workclock` is the judge."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, time, timedelta
from functools import cache, partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import workclock
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.calendar import BusinessCalendar
from rules.calendar_days import CalendarDays
from rules.instants import DAY, HOUR, MINUTE, of, to_datetime
from tests.support.core import at

# By zone, years in which its clocks changed, and what is odd about that.
YEARS = {
    "Europe/London": 2026,
    "America/New_York": 2026,
    "Australia/Lord_Howe": 2026,  # by half an hour
    "Asia/Kathmandu": 1986,  # a quarter of an hour, once
    "Australia/Adelaide": 2026,  # in the south, half an hour off
    "Pacific/Chatham": 2026,  # in the south, at 02:45
    "America/Sao_Paulo": 2018,  # midnight is skipped
    "Asia/Beirut": 2022,  # midnight is skipped
    "Asia/Tehran": 2021,  # midnight is skipped
    "America/Havana": 2025,  # midnight is skipped, and comes twice
    "America/St_Johns": 2010,  # at one minute past midnight
    "Africa/Casablanca": 2025,  # around Ramadan, backward in spring
    "Antarctica/Troll": 2025,  # by two hours
    "Africa/Cairo": 2025,  # at midnight
    "Pacific/Apia": 2011,  # 30 December is skipped
    "Pacific/Kwajalein": 1993,  # 21 August is skipped
    "Asia/Pyongyang": 2018,  # half an hour before midnight
}


@cache
def changes(zone: str) -> tuple[int, ...]:
    """The instants, to the hour, of a zone's changes in its year."""
    first, found = at(f"{YEARS[zone]}-01-01T00:00:00Z"), []
    local = ZoneInfo(zone)
    for hour in range(-24, 366 * 24):
        before, after = (to_datetime(first + (hour + n) * HOUR).astimezone(local).utcoffset() for n in (0, 1))
        if before != after:
            found.append(first + hour * HOUR)
    assert found, zone
    return tuple(found)


@st.composite
def near_changes(draw: st.DrawFn, zones: Sequence[str] = tuple(YEARS)) -> tuple[str, list[int]]:
    """A zone, and instants within days of its changes."""
    zone = draw(st.sampled_from(zones))
    near = st.builds(int.__add__, st.sampled_from(changes(zone)), st.integers(-4 * DAY, 4 * DAY))
    minutes = near.map(lambda t: t - t % (15 * MINUTE))
    return zone, draw(st.lists(st.one_of(near, minutes), min_size=2, max_size=5))


quarters = st.integers(0, 95)
shifts = st.tuples(quarters, quarters)
weeks = st.lists(st.lists(shifts, max_size=3), min_size=7, max_size=7).filter(any)
signed = st.one_of(st.integers(-40 * HOUR, 40 * HOUR), st.integers(-160, 160).map(lambda n: n * 15 * MINUTE))


def wall(quarter: int) -> time:
    return time(quarter // 4 % 24, quarter % 4 * 15)


def pair(zone: str, week: list[list[tuple[int, int]]], shut: list[date]) -> tuple[BusinessCalendar, workclock.Schedule]:
    """The same hours for both. A shift whose end is not after its start ends on the next date; 0 as an end is 24:00."""
    quarter = 15 * MINUTE
    weekly: Any = tuple(tuple((a * quarter, b * quarter + (0 if b > a else DAY)) for a, b in day) for day in week)
    mine = BusinessCalendar("random", CalendarDays(ZoneInfo(zone), weekly, closed=dict.fromkeys(shut, "shut")))
    work = [workclock.WorkDay(wall(a), wall(b), days=[day]) for day in range(7) for a, b in week[day]]
    return mine, workclock.Schedule([*work, workclock.Holidays(shut)], time_zone=zone)


def agree(mine: BusinessCalendar, judge: workclock.Schedule, asked: list[int], amount: int) -> None:
    """All questions at each instant, and of each two neighbours."""
    for t, end in zip(asked, [*asked[1:], asked[0]], strict=True):
        moment = to_datetime(t)
        assert mine.between(t, end) == judge.between(moment, to_datetime(end)) // timedelta(milliseconds=1)
        assert mine.add(t, amount) == of(judge.add(moment, timedelta(milliseconds=amount)))
        assert mine.sub(t, amount) == of(judge.sub(moment, timedelta(milliseconds=amount)))
        opens, closes = map(of, judge.next_period(moment))
        opened, closed = map(of, judge.previous_period(moment))
        if closes - opened > 300 * DAY:
            continue  # it never closes, of which workclock knows nothing
        assert (mine.is_open(t), mine.next_open(t), mine.next_close(t)) == (opens == t, opens, closes)
        assert (mine.prev_close(t), mine.prev_open(t)) == (closed, opened)


@settings(max_examples=150, deadline=None)
@given(near_changes(), weeks, st.lists(st.integers(-5, 5), max_size=3), signed)
def test_on_days_on_which_clocks_change_workclock_says_the_same(
    where: tuple[str, list[int]], week: Any, shut: list[int], amount: int
) -> None:
    zone, asked = where
    middle = to_datetime(asked[0]).astimezone(ZoneInfo(zone)).date()
    agree(*pair(zone, week, sorted({middle + timedelta(days=n) for n in shut})), asked, amount)


def office_with_breaks(zone: str, breaks: dict[int, tuple[int, int]]) -> tuple[BusinessCalendar, workclock.Schedule]:
    """Open from 06:00 to 22:00, on weekdays with a break less it: here two windows, there a shift and a break."""
    quarter = 15 * MINUTE
    weekly: Any = tuple(
        tuple((a * quarter, b * quarter) for a, b in ((24, breaks[day][0]), (breaks[day][1], 88)) if a < b)
        if day in breaks
        else ((24 * quarter, 88 * quarter),)
        for day in range(7)
    )
    work = [workclock.WorkDay(time(6), time(22), days=range(7))]
    off = [workclock.Break(wall(a), wall(b), days=[day]) for day, (a, b) in breaks.items()]
    mine = BusinessCalendar("breaks", CalendarDays(ZoneInfo(zone), weekly))
    return mine, workclock.Schedule([*work, *off], time_zone=zone)


# Where a date is skipped, its hours and those of the next fall together: workclock takes out the breaks of both, while of
# windows that overlap all is open.
WITH_ALL_DATES = tuple(zone for zone in YEARS if zone not in ("Pacific/Apia", "Pacific/Kwajalein"))
break_times = st.tuples(st.integers(24, 87), st.integers(1, 20)).map(lambda drawn: (drawn[0], min(drawn[0] + drawn[1], 88)))


@settings(max_examples=50, deadline=None)
@given(near_changes(WITH_ALL_DATES), st.dictionaries(st.integers(0, 6), break_times, max_size=7), signed)
def test_a_break_is_what_lies_between_two_windows(
    where: tuple[str, list[int]], breaks: dict[int, tuple[int, int]], amount: int
) -> None:
    agree(*office_with_breaks(where[0], breaks), where[1], amount)


@settings(max_examples=100, deadline=None)
@given(near_changes(), weeks, signed)
def test_measuring_what_was_added_gives_it_back(where: tuple[str, list[int]], week: Any, amount: int) -> None:
    zone, asked = where
    found, _ = pair(zone, week, [])
    for start in asked:
        assert found.between(start, found.add(start, amount)) == amount
        assert found.between(found.sub(start, amount), start) == amount
        assert found.sub(start, amount) == found.add(start, -amount)


@pytest.mark.parametrize("zone", ["Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo"])
@pytest.mark.parametrize("years", [100, -100])
def test_a_century_of_working_time_is_what_workclock_counts(zone: str, years: int) -> None:
    mine, judge = pair(zone, [[(36, 50), (53, 70)]] * 4 + [[(88, 24)], [], []], [date(2026, 12, 25)])
    start, amount = at("2026-01-07T10:00:00Z"), years * 1_900 * HOUR
    moved = mine.add(start, amount)
    assert moved == of(judge.add(to_datetime(start), timedelta(milliseconds=amount)))
    assert mine.between(start, moved) == amount


# Whatever was asked before


far = st.integers(at("1950-01-01T00:00:00Z"), at("2100-01-01T00:00:00Z"))
question = st.one_of(
    st.tuples(st.sampled_from(["add", "sub"]), far, st.integers(-20_000 * HOUR, 20_000 * HOUR)),
    st.tuples(st.sampled_from(["between", "windows"]), far, st.integers(-400 * DAY, 400 * DAY)),
    st.tuples(st.sampled_from(["is_open", "next_open", "next_close", "prev_open", "prev_close"]), far, st.just(0)),
)


def answer(found: BusinessCalendar, asked: tuple[str, int, int]) -> Any:
    name, start, amount = asked
    if name in ("add", "sub"):
        return getattr(found, name)(start, amount)
    return getattr(found, name)(*((start, start + amount) if name in ("between", "windows") else (start,)))


def eventful(zone: str = "Europe/London") -> BusinessCalendar:
    return pair(zone, [[(36, 50), (53, 70)]] * 4 + [[(88, 24)], [], [(0, 0)]], [date(2026, 12, 25)])[0]


@settings(max_examples=15, deadline=None)
@given(st.lists(question, min_size=2, max_size=6))
def test_in_whatever_order_questions_come_each_is_answered_as_by_a_fresh_calendar(asked: list[tuple[str, int, int]]) -> None:
    grown = eventful()
    assert [answer(grown, one) for one in asked] == [answer(eventful(), one) for one in asked]


def test_threads_that_ask_at_once_are_answered_as_one_by_one() -> None:
    asked = [("add", at(f"{year}-06-01T10:00:00Z"), sign * 3_000 * HOUR) for year in range(1995, 2050, 12) for sign in (1, -1)]
    asked += [("between", at(f"{year}-06-01T10:00:00Z"), (2026 - year) * 300 * DAY) for year in range(1985, 2060, 15)]
    expected = [answer(eventful(), one) for one in asked]
    for _ in range(3):
        shared = eventful()
        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(partial(answer, shared), asked)) == expected


# What a zone leaves out


def test_the_hours_of_a_date_that_the_zone_skips_are_those_after_the_skip() -> None:
    """Samoa went from Thursday, 29 to Saturday, 31 December 2011: what a Friday has is worked on that Saturday."""
    fridays = pair("Pacific/Apia", [[], [], [], [], [(36, 68)], [], []], [])[0]
    local = fridays.windows(at("2011-12-29T00:00:00Z"), at("2012-01-02T00:00:00Z"))
    assert local == [(at("2011-12-31 09:00", "Pacific/Apia"), at("2011-12-31 17:00", "Pacific/Apia"))]
    all_week = pair("Pacific/Apia", [[(36, 68)]] * 7, [])[0]
    assert all_week.between(at("2011-12-28 12:00", "Pacific/Apia"), at("2012-01-01 12:00", "Pacific/Apia")) == 24 * HOUR


def test_a_night_shift_before_a_skipped_date_goes_on_after_it_and_is_one_window() -> None:
    for shut in ([], [date(2011, 12, 30)]):  # there is no time that could be closed
        nights = pair("Pacific/Apia", [[(88, 24)]] * 7, shut)[0]
        evening = at("2011-12-29 22:00", "Pacific/Apia")
        assert (nights.next_open(evening), nights.next_close(evening)) == (evening, evening + 8 * HOUR)


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("America/Sao_Paulo", date(2018, 11, 4), "2018-11-04T03:00:00Z", 23),
        ("America/Sao_Paulo", date(2018, 2, 17), "2018-02-17T02:00:00Z", 25),
        ("Asia/Beirut", date(2022, 3, 27), "2022-03-26T22:00:00Z", 23),
        ("America/Havana", date(2025, 11, 2), "2025-11-02T04:00:00Z", 25),
        ("America/St_Johns", date(2010, 11, 7), "2010-11-07T02:30:00Z", 25),
        ("Australia/Lord_Howe", date(2026, 4, 5), "2026-04-04T13:00:00Z", 24.5),
    ],
)
def test_a_closed_day_is_closed_from_its_first_instant_to_its_last(zone: str, day: date, begins: str, hours: float) -> None:
    found = pair(zone, [[(0, 0)]] * 7, [day])[0]
    closes = found.next_close(at(begins) - DAY)
    assert closes == at(begins)
    assert found.next_open(at(begins)) == at(begins) + int(hours * HOUR)

"""Versions of a calendar: what was stays measured as it was, and a clock follows only what concerns it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.calendar import BusinessCalendar
from rules.calendar_days import CalendarDays
from rules.calendar_versions import Version, calendar_of
from rules.instants import DAY, HOUR
from tests.support.calendars import calendars, instants, ours
from tests.support.core import LONDON, agreement, at, clock, days, opened, see, targets

NINE_TO_FIVE, EIGHT_TO_SIX, NOON = ({"mon-fri": [h]} for h in ("09:00-17:00", "08:00-18:00", "10:00-12:00"))
JULY, OCTOBER = date(2026, 7, 1), date(2026, 10, 1)  # a Wednesday and a Thursday
IN_JULY, IN_OCTOBER = (at(f"{day} 00:00", "Europe/London") for day in (JULY, OCTOBER))
JUNE, AUGUST, NOVEMBER = (at(f"2026-{month}-15T00:00:00Z") for month in ("06", "08", "11"))


def version(week: Any, since: date | None = None, *, zone: str = "Europe/London", **terms: Any) -> Version:
    always = week == "24x7"
    known = days(zone, {"mon-sun": ["00:00-24:00"]} if always else week)
    return Version(known, always, **terms) if since is None else Version(known, always, since=since, **terms)


def versioned(*versions: Version) -> BusinessCalendar:
    return calendar_of("london", versions)


def week_of(found: BusinessCalendar, monday: str) -> int:
    """Open hours of the week that begins then."""
    start = at(f"{monday}T00:00:00Z")
    return found.between(start, start + 7 * DAY) // HOUR


WEEKS = ("2026-06-08", "2026-08-10", "2026-11-09")
BOTH = versioned(version(NINE_TO_FIVE), version(EIGHT_TO_SIX, JULY), version(NOON, OCTOBER, for_running=True))


@pytest.mark.parametrize(
    ("start", "known", "expected", "name"),
    [
        (JUNE, JUNE, [40, 40, 40], "london"),
        (JUNE, AUGUST, [40, 40, 40], "london"),
        (JUNE, NOVEMBER, [40, 40, 10], "london 2026-10-01"),
        (AUGUST, AUGUST, [40, 50, 50], "london 2026-07-01"),
        (AUGUST, NOVEMBER, [40, 50, 10], "london 2026-10-01"),
        (NOVEMBER, NOVEMBER, [40, 50, 10], "london 2026-10-01"),
        (NOVEMBER, JUNE, [40, 50, 10], "london 2026-10-01"),
    ],
    ids=[
        "before",
        "a new version is for new clocks",
        "an open one for all",
        "after",
        "after and open",
        "last",
        "looked at from before it began",
    ],
)
def test_a_clock_keeps_the_versions_of_its_start_and_follows_those_for_running_clocks(
    start: int, known: int, expected: list[int], name: str
) -> None:
    found = BOTH.in_force(start, known)
    assert [week_of(found, monday) for monday in WEEKS] == expected
    assert found.name == name
    assert found.base == "london"
    assert found.in_force(JUNE, JUNE) is BOTH.in_force(JUNE, JUNE)


def test_asked_directly_a_calendar_says_of_each_date_what_held_then() -> None:
    assert [week_of(BOTH, monday) for monday in WEEKS] == [40, 50, 10]
    assert BOTH.name == "london"


def test_a_version_holds_from_midnight_to_the_millisecond() -> None:
    assert BOTH.in_force(IN_JULY - 1, IN_JULY).name == "london"
    assert BOTH.in_force(IN_JULY, IN_JULY).name == "london 2026-07-01"
    assert BOTH.in_force(JUNE, IN_OCTOBER - 1).name == "london"
    assert BOTH.in_force(JUNE, IN_OCTOBER).name == "london 2026-10-01"
    assert BOTH.changes == (IN_OCTOBER,)


def test_a_version_begins_at_midnight_of_its_own_zone() -> None:
    moved = versioned(version(NINE_TO_FIVE), version(NINE_TO_FIVE, JULY, zone="America/New_York"))
    assert moved.in_force(at("2026-07-01T03:59:59Z"), AUGUST).name == "london"
    assert moved.in_force(at("2026-07-01T04:00:00Z"), AUGUST).name == "london 2026-07-01"
    assert (moved.zone_on(date(2026, 6, 30)).key, moved.zone_on(JULY).key) == ("Europe/London", "America/New_York")
    # The London day of 30 June whole, and New York's first day from 9 there.
    assert moved.between(at("2026-06-30T00:00:00Z"), at("2026-07-01T14:00:00Z")) == 9 * HOUR


def test_calendars_of_equal_meaning_are_the_same_object() -> None:
    assert BOTH.in_force(NOVEMBER, NOVEMBER) is BOTH.in_force(NOVEMBER + DAY, NOVEMBER + 9 * DAY)
    assert BOTH.in_force(JUNE, AUGUST) is BOTH.in_force(JUNE, JUNE)
    everyone = versioned(version(NINE_TO_FIVE), version(NOON, JULY, for_running=True))
    assert everyone.in_force(JUNE, AUGUST) is everyone.in_force(AUGUST, AUGUST)


def test_threads_that_ask_at_once_get_the_same_object() -> None:
    fresh = versioned(version(NINE_TO_FIVE), version(EIGHT_TO_SIX, JULY))
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda n: fresh.in_force(AUGUST + n, NOVEMBER), range(64)))
    assert len(found) == 1


def test_a_calendar_without_versions_is_always_itself() -> None:
    assert LONDON.in_force(JUNE, NOVEMBER) is LONDON
    assert (LONDON.changes, dict(LONDON.versions), LONDON.base) == ((), {"london": LONDON}, "london")


def test_all_versions_are_known_by_name_the_whole_first() -> None:
    assert list(BOTH.versions) == ["london", "london 2026-07-01", "london 2026-10-01"]
    assert BOTH.versions["london"] is BOTH
    assert BOTH.versions["london 2026-07-01"] is BOTH.in_force(AUGUST, AUGUST)


def test_a_working_day_is_as_long_as_the_last_version_says() -> None:
    found = versioned(version(NINE_TO_FIVE, working_day=8 * HOUR), version(NOON, JULY, working_day=2 * HOUR))
    assert [found.in_force(t, t).working_day for t in (JUNE, AUGUST)] == [8 * HOUR, 2 * HOUR]


def test_around_the_clock_is_a_version_too() -> None:
    opened = versioned(version(NINE_TO_FIVE), version("24x7", JULY))
    assert (week_of(opened, "2026-06-08"), week_of(opened, "2026-08-10")) == (40, 7 * 24)
    assert not opened.always
    assert versioned(version("24x7"), version("24x7", JULY)).always
    assert opened.next_close(AUGUST) is None
    closing = versioned(version("24x7"), version(NINE_TO_FIVE, JULY))
    assert closing.next_close(JUNE) == IN_JULY
    assert closing.next_open(IN_JULY) == at("2026-07-01 09:00", "Europe/London")


def test_a_night_shift_ends_where_the_next_version_begins_and_one_that_it_has_itself_goes_on() -> None:
    nights = {"mon-sun": ["22:00-06:00"]}
    to_days = versioned(version(nights), version(NINE_TO_FIVE, JULY))
    assert to_days.next_close(at("2026-06-30 23:00", "Europe/London")) == IN_JULY
    to_nights = versioned(version(NINE_TO_FIVE), version(nights, JULY))
    assert to_nights.prev_open(at("2026-07-01 05:00", "Europe/London")) == IN_JULY
    assert to_nights.is_open(at("2026-07-01 05:59", "Europe/London"))


def test_a_closed_day_belongs_to_the_version_of_its_date() -> None:
    shut = version(NINE_TO_FIVE, JULY)
    shut = replace(shut, days=replace(shut.days, closed={date(2026, 6, 29): "too early", date(2026, 7, 2): "moving"}))
    found = versioned(version(NINE_TO_FIVE), shut)
    assert week_of(found, "2026-06-29") == 32
    assert found.days is not None
    assert [found.days.on(day).closing_reason(day) for day in (date(2026, 6, 29), date(2026, 7, 2))] == [None, "moving"]


dates = st.lists(st.integers(0, 1_500), min_size=1, max_size=3, unique=True).map(
    lambda numbers: [date(2024, 6, 1) + timedelta(days=n) for n in sorted(numbers)]
)


@settings(max_examples=100, deadline=None)
@given(calendars, dates, st.lists(instants, min_size=2, max_size=6), st.integers(-60, 60))
def test_a_calendar_split_into_alike_versions_stays_what_it_was(
    drawn: Any, begins: list[date], asked: list[int], hours: int
) -> None:
    plain = ours(*drawn)
    assert isinstance(plain.days, CalendarDays)
    split = versioned(Version(plain.days), *(Version(plain.days, since=day) for day in begins))
    for start, end in pairwise(asked):
        assert split.between(start, end) == plain.between(start, end)
        assert split.add(start, hours * HOUR) == plain.add(start, hours * HOUR)
        assert split.windows(start, start + 9 * DAY) == plain.windows(start, start + 9 * DAY)
        assert split.is_open(start) == plain.is_open(start)


@settings(max_examples=60, deadline=None)
@given(calendars, calendars, st.integers(0, 1_500), instants, instants)
def test_of_two_versions_each_counts_its_own_time(drawn: Any, other: Any, n: int, start: int, end: int) -> None:
    before, after = ours(*drawn), ours(*other)
    assert isinstance(before.days, CalendarDays)
    assert isinstance(after.days, CalendarDays)
    second = Version(after.days, since=date(2024, 6, 1) + timedelta(days=n))
    start, end = sorted((start, end))
    middle = min(max(start, second.begins), end)
    whole = versioned(Version(before.days), second)
    assert whole.between(start, end) == before.between(start, middle) + after.between(middle, end)
    assert whole.in_force(second.begins - 1, end).between(start, end) == before.between(start, end)


def test_a_zone_far_to_the_east_or_west_loses_no_hour_at_the_change() -> None:
    """Between Kiritimati and Niue a date begins 25 hours apart."""
    around, east, west = {"mon-sun": ["00:00-24:00"]}, "Pacific/Kiritimati", "Pacific/Niue"
    there = versioned(version(around, zone=east), version(around, JULY, zone=west))
    back = versioned(version(around, zone=west), version(around, JULY, zone=east))
    for found in (there, back):
        assert found.between(JUNE, NOVEMBER) == NOVEMBER - JUNE
    assert there.zone == ZoneInfo(west)


def test_a_stored_figure_goes_on_in_the_versions_that_count_for_its_clock() -> None:
    noon = at("2026-06-30T12:00:00Z")  # the next day ends at 17:00 for a clock that began before it, else at 18:00
    promised = agreement(calendar=BOTH, targets=targets(BOTH, resolution="99h"))
    stored = clock(see([opened(noon)], noon, promised), "resolution")
    stored = stored._replace(calendar="london")
    for started, expected in ((noon, 4 + 8), (AUGUST, 4 + 10)):  # it is 13:00 in London at noon UTC
        later = stored._replace(started_at=started).at(noon + DAY + 6 * HOUR, BOTH.versions)
        assert later.elapsed_ms == expected * HOUR

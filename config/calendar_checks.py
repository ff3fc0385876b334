"""What must fit together within a calendar: country and subdivision, the order of its versions, and that it opens.

Decided here: a version that never opens is refused, and so is a calendar whose last open date is past, since what is due in
it would never fall due; one that will not open again after a date to come is warned of. Not decided here: which kinds of
values its fields have (`schema`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import holidays

from config.calendars import versions_of_section
from config.fields import day_of
from config.problems import shown
from config.schema import CalendarSection
from config.source import Place, Source
from rules.calendar import BusinessCalendar
from rules.calendar_days import FIRST_DATE, LAST_DATE, midnight
from rules.calendar_versions import Version
from rules.problems import did_you_mean

_USELESS = "A calendar that never opens counts nothing."


def check_calendars(source: Source) -> None:
    """Note what is wrong with calendars as they are written."""
    for place, calendar in source.found(("calendars", "*")):
        if isinstance(calendar, Mapping):
            _check_hours(source, place, calendar)
    for pattern in (("calendars", "*", "holidays"), ("calendars", "*", "versions", "*", "holidays")):
        for place, holiday in source.found(pattern):
            if isinstance(holiday, Mapping):
                _check_country(source, place, holiday.get("country"), holiday.get("subdivision"))
    for place, versions in source.found(("calendars", "*", "versions")):
        _check_order(source, place, versions)


def check_openings(source: Source, valid: Mapping[str, CalendarSection], today: date) -> None:
    """Note calendars and versions that do not open, of those with which nothing else is wrong."""
    wrong = {tuple(problem.field.split(".")[:2]) for problem in source.problems if not problem.warning}
    for name, section in valid.items():
        if tuple(f"calendars.{name}".split(".")[:2]) in wrong:
            continue
        versions = list(versions_of_section(section))
        for i, version in enumerate(versions):
            place: Place = ("calendars", name, "versions", i - 1) if i else ("calendars", name, "hours")
            _check_opening(source, place, version, today, is_last=i + 1 == len(versions))
            if i and version.begins <= versions[i - 1].begins:
                found = f"{version.since} in {version.days.zone.key}"
                hint = "A version begins at midnight in its own zone: take a later date."
                source.problem((*place, "from"), found, "an instant after the version before it", hint)


def first_that(calendar: Mapping[str, Any], holds: Callable[[Mapping[str, Any]], bool]) -> str | None:
    """Of a calendar as it is written, the first version whose terms are so, in words: empty for the one without a date."""
    terms: Mapping[str, Any] = calendar
    for version in (calendar, *_written(calendar.get("versions"))):
        terms = {**terms, **version}
        if holds(terms):
            return "" if version is calendar else f" from {version.get('from')}"
    return None


def _written(versions: object) -> Iterator[Mapping[str, Any]]:
    yield from (version for version in (versions if isinstance(versions, list) else ()) if isinstance(version, Mapping))


def _check_hours(source: Source, place: Place, calendar: Mapping[str, Any]) -> None:
    hours, dates = calendar.get("hours"), calendar.get("dates") or {}
    if isinstance(hours, Mapping) and isinstance(dates, Mapping) and not any((*hours.values(), *dates.values())):
        source.problem((*place, "hours"), "no open window", "at least one", _USELESS)


def _check_country(source: Source, place: Place, country: object, subdivision: object) -> None:
    known = holidays.list_supported_countries()
    if country is None and subdivision is not None:
        source.problem((*place, "subdivision"), shown(subdivision), "a country beside it", "Add country: such as GB.")
    if not isinstance(country, str | int):
        return
    if str(country) not in known:
        source.problem((*place, "country"), shown(country), "a country code such as GB", did_you_mean(country, known))
    elif isinstance(subdivision, str | int) and str(subdivision) not in known[str(country)]:
        hint = did_you_mean(subdivision, known[str(country)])
        source.problem((*place, "subdivision"), shown(subdivision), f"a subdivision of {country}", hint)


def _check_order(source: Source, place: Place, versions: object) -> None:
    """Versions begin one after the other; none has the name of another calendar."""
    before = FIRST_DATE
    for i, version in enumerate(versions if isinstance(versions, list) else ()):
        begins = day_of(version.get("from")) if isinstance(version, Mapping) else None
        if begins is None:
            continue
        at = (*place, i, "from")
        if begins <= before:
            source.problem(
                at, str(begins), f"a date after {before}", "Write versions in the order of their dates, each date once."
            )
        elif begins >= LAST_DATE:
            source.problem(at, str(begins), f"a date before {LAST_DATE}", "Working time is counted until then.")
        elif (name := f"{place[1]} {begins}") in source.data["calendars"]:
            hint = f"This version is called {name}: give the calendar of that name another one."
            source.problem(at, f"a calendar {name!r} besides", "no calendar with the name of a version", hint)
        before = max(before, begins)


def _check_opening(source: Source, place: Place, version: Version, today: date, *, is_last: bool) -> None:
    if version.always or _comes_again(version, max(today, version.since)):
        return
    days = version.days
    opened = [
        day for day in days.exceptions() if day >= version.since and FIRST_DATE <= day < LAST_DATE and _opens(version, day)
    ]
    if not opened:
        hint = f"{_USELESS} Its hours are on closed days only, or there are none: look at hours, holidays and dates."
        source.problem(place, "no open window", "at least one", hint)
    elif is_last:
        past = opened[-1] < today
        hint = _USELESS if past else "What runs out of open time before it is due will never be due."
        found = f"no open window after {opened[-1]}"
        source.problem(place, found, "hours by weekday, which come again", hint, warning=not past)


def _comes_again(version: Version, day: date) -> bool:
    """Whether the week opens again and again from a date on, whatever single dates say."""
    if not any(version.days.weekly):
        return False
    week = replace(version.days, closed={}, dates={}, open=frozenset())
    return BusinessCalendar("", week).next_open(midnight(day, week.zone)) is not None


def _opens(version: Version, day: date) -> bool:
    return bool(version.days.windows(day, date.fromordinal(day.toordinal() + 1)))

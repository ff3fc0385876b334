"""A calendar's section → the calendar.

Decided here: what a version does not say, the one before it says; 24x7 with exceptions is open around the clock but for
them; holidays come from the `holidays` library. Not decided here: whether the section makes sense (`calendar_checks`).
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any, cast

import holidays

from config.fields import days_of
from config.schema import CalendarSection, CalendarTerms, HolidaysSection
from rules.calendar import BusinessCalendar
from rules.calendar_days import FIRST_DATE, CalendarDays, Hours
from rules.calendar_versions import Version, calendar_of
from rules.instants import DAY

_TERMS = ("hours", *CalendarTerms.model_fields)


def calendar_of_section(name: str, section: CalendarSection) -> BusinessCalendar:
    """The calendar with all its versions."""
    return calendar_of(name, list(versions_of_section(section)))


def versions_of_section(section: CalendarSection) -> Iterator[Version]:
    """The versions in the order in which they are written."""
    for since, for_running, terms in terms_of_section(section):
        yield _version(terms, since, for_running=for_running)


def terms_of_section(section: CalendarSection) -> Iterator[tuple[date, bool, dict[str, Any]]]:
    """For each version: its first day, whether it is for running clocks, and its terms with those of the ones before it."""
    terms = {term: getattr(section, term) for term in _TERMS}
    yield FIRST_DATE, False, terms
    for later in section.versions:
        terms = terms | {term: getattr(later, term) for term in _TERMS if term in later.model_fields_set}
        yield later.start, later.applies_to == "open", terms


def weekly_hours(hours: Mapping[str, list[tuple[int, int]]] | None) -> list[Hours]:
    """The windows of each weekday from Monday on; None is around the clock."""
    weekly: list[Hours] = [((0, DAY),) if hours is None else ()] * 7
    for named, windows in (hours or {}).items():
        for day in days_of(named):
            weekly[day] = weekly[day] + tuple(windows)
    return weekly


def _version(terms: Mapping[str, Any], since: date, *, for_running: bool) -> Version:
    hours, of_dates, holiday = terms["hours"], terms["dates"], terms["holidays"]
    days = CalendarDays(
        zone=terms["zone"],
        weekly=cast(Any, tuple(weekly_hours(hours))),
        closed=holiday.closed,
        dates={day: tuple(windows) for day, windows in of_dates.items()},
        open=frozenset(holiday.open),
        holidays=_holidays(holiday.country, holiday.subdivision),
    )
    always = hours is None and holiday == HolidaysSection() and not of_dates
    return Version(days, always, terms["working_day"], since, for_running)


@cache
def _holidays(country: str | None, subdivision: str | None) -> Callable[[int], Mapping[date, str]]:
    """The holidays of a year; computed once, however many calendars and versions have the same ones."""
    if country is None:
        return lambda _year: {}

    @cache
    def of_year(year: int) -> Mapping[date, str]:
        return dict(holidays.country_holidays(country, subdiv=subdivision, years=year))

    return of_year

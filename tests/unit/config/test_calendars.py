"""Calendars as they are written: their versions, and that they open."""

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest

from config.load import examine
from escalation.book import Book
from rules.calendar import BusinessCalendar
from rules.instants import DAY, HOUR, parse
from rules.problems import Problem
from tests.support.configs import told_of

LONDON = """\
calendars:
  london:
    zone: Europe/London
    hours: {mon-fri: ["09:00-17:00"]}
    working_day: 8h
    holidays: {country: GB, subdivision: ENG}
    versions:
      - {from: 2026-07-01, hours: {mon-thu: ["08:00-18:00"]}, working_day: 10h}
      - {from: 2027-01-01, zone: Europe/Paris, holidays: {closed: {2027-01-04: Moving}}, applies_to: open}
"""
BEFORE, DURING, AFTER = (parse(f"{day}T12:00:00Z") for day in ("2026-02-02", "2026-08-03", "2027-02-01"))


def book(folder: Path, text: str) -> Book:
    (folder / "c.yaml").write_text(text)
    found, problems = examine(folder / "c.yaml")
    assert found, problems
    return found


def london(folder: Path) -> BusinessCalendar:
    return book(folder, LONDON).promises.calendars["london"]


def hours(calendar: BusinessCalendar, monday: str) -> int:
    start = parse(f"{monday}T00:00:00Z")
    return calendar.between(start, start + 7 * DAY) // HOUR


def test_what_a_version_does_not_say_the_one_before_it_says(tmp_path: Path) -> None:
    calendar = london(tmp_path)
    # Christmas is a Friday and closed anyway; the bank holiday of 28 December is still England's.
    assert [hours(calendar, monday) for monday in ("2026-02-02", "2026-08-03", "2026-12-28", "2027-02-01")] == [40, 40, 30, 40]
    assert hours(calendar, "2027-01-04") == 30, "closed holidays are taken whole"
    assert hours(calendar, "2027-05-03") == 40, "England's holidays are no more"
    assert calendar.zone.key == "Europe/Paris"
    assert calendar.is_open(parse("2027-02-01T07:00:00Z"))
    assert calendar.changes == (parse("2026-12-31T23:00:00Z"),)
    assert [calendar.in_force(t, t).working_day for t in (BEFORE, DURING, AFTER)] == [8 * HOUR, 10 * HOUR, 10 * HOUR]


def test_the_book_knows_all_versions_and_names_calendars_first(tmp_path: Path) -> None:
    known = book(tmp_path, LONDON + "  always: {hours: 24x7}\n").promises.calendars
    assert list(known) == ["london", "always", "london 2026-07-01", "london 2027-01-01"]
    assert known["london"].in_force(BEFORE, AFTER) is not known["london"]
    assert known["london 2026-07-01"] is known["london"].in_force(DURING, DURING)


def test_an_agreement_begins_by_the_zone_of_its_first_day(tmp_path: Path) -> None:
    text = LONDON + "agreements: {gold: {kind: sla, from: 2026-02-01, calendar: london, targets: {}}}\n"
    (agreement,) = book(tmp_path, text).promises.agreements
    assert agreement.since == parse("2026-02-01T00:00:00Z")
    (later,) = book(tmp_path, text.replace("from: 2026-02-01", "from: 2027-02-01")).promises.agreements
    assert later.since == parse("2027-01-31T23:00:00Z")


OFFICE = "calendars:\n  c:\n    hours: {mon-fri: ['09:00-17:00']}\n"
NIGHTS = "calendars:\n  c:\n    hours: {mon-fri: ['09:00-17:00']}\n    working_day: 8h\n"

# what is written, then line, field, what is found, expected, hint
WRONG = {
    "versions out of order": (
        OFFICE + "    versions:\n      - {from: 2027-01-01}\n      - {from: 2026-07-01}\n",
        *(6, "calendars.c.versions.1.from", "2026-07-01", "after 2027-01-01", "order"),
    ),
    "two versions of a date": (
        OFFICE + "    versions:\n      - {from: 2027-01-01}\n      - {from: 2027-01-01}\n",
        *(6, "calendars.c.versions.1.from", "2027-01-01", "after 2027-01-01", "each date once"),
    ),
    "a version without a date": (
        OFFICE + "    versions:\n      - {hours: 24x7}\n",
        *(5, "calendars.c.versions.0.from", "nothing", "required", ""),
    ),
    "a version from no date": (
        OFFICE + "    versions:\n      - {from: soon}\n",
        *(5, "calendars.c.versions.0.from", "'soon'", "a date", "2026-12-31"),
    ),
    "a version before all time": (
        OFFICE + "    versions:\n      - {from: 0001-01-01}\n",
        *(5, "calendars.c.versions.0.from", "0001-01-01", "after 1600", ""),
    ),
    "a version after all time": (
        OFFICE + "    versions:\n      - {from: 9999-12-31}\n",
        *(5, "calendars.c.versions.0.from", "9999-12-31", "before 2600", "counted"),
    ),
    "a version that begins before the one before it, by its zone": (
        OFFICE + "    versions:\n      - {from: 2026-07-01, zone: Pacific/Niue}\n"
        "      - {from: 2026-07-02, zone: Pacific/Kiritimati}\n",
        *(6, "calendars.c.versions.1.from", "2026-07-02 in Pacific/Kiritimati", "after the version before", "later date"),
    ),
    "a version for nobody": (
        OFFICE + "    versions:\n      - {from: 2026-07-01, applies_to: all}\n",
        *(5, "calendars.c.versions.0.applies_to", "'all'", "new or open", ""),
    ),
    "an agreement's field in a version": (
        OFFICE + "    versions:\n      - {from: 2026-07-01, hors: 24x7}\n",
        *(5, "calendars.c.versions.0.hors", "unknown field", "known", "hours"),
    ),
    "versions by name": (
        OFFICE + "    versions: {new: {from: 2026-07-01}}\n",
        *(4, "calendars.c.versions", "from", "a list", ""),
    ),
    "a version's country": (
        OFFICE + "    versions:\n      - {from: 2026-07-01, holidays: {country: XX}}\n",
        *(5, "calendars.c.versions.0.holidays.country", "'XX'", "country code", ""),
    ),
    "another calendar with a version's name": (
        "calendars:\n  'c 2026-07-01': {hours: 24x7}\n  c:\n    hours: 24x7\n    versions:\n      - {from: 2026-07-01}\n",
        *(6, "calendars.c.versions.0.from", "'c 2026-07-01'", "no calendar with the name", "another one"),
    ),
    "a version that never opens": (
        OFFICE + "    versions:\n      - {from: 2026-07-01}\n      - {from: 2026-08-01, hours: {}}\n",
        *(6, "calendars.c.versions.1", "no open window", "at least one", "never opens"),
    ),
    "a version whose only dates lie before it": (
        OFFICE + "    versions:\n      - {from: 2096-07-01, hours: {}, dates: {2096-06-30: ['09:00-17:00']}}\n",
        *(5, "calendars.c.versions.0", "no open window", "at least one", "never opens"),
    ),
    "a calendar of dates that are past": (
        "calendars:\n  c: {hours: {}, dates: {2020-01-02: ['09:00-17:00'], 2020-01-01: ['09:00-17:00']}}\n",
        *(2, "calendars.c.hours", "no open window after 2020-01-02", "come again", "never opens"),
    ),
    "a calendar whose only date is closed": (
        "calendars:\n  c: {hours: {}, dates: {2090-01-02: ['09:00-17:00']}, holidays: {closed: [2090-01-02]}}\n",
        *(2, "calendars.c.hours", "no open window", "at least one", "closed days only"),
    ),
    "a calendar of every weekday without hours": (
        "calendars:\n  c: {hours: {mon-sun: []}, dates: {2026-01-01: []}}\n",
        *(2, "calendars.c.hours", "no open window", "at least one", "counts nothing"),
    ),
    "working days that a version does not know": (
        NIGHTS + "    versions:\n      - {from: 2026-07-01, working_day: null}\n"
        "agreements:\n  a: {kind: sla, from: 2026-01-01, calendar: c, targets: {resolution: {default: 1wd}}}\n",
        *(8, "agreements.a.targets.resolution.default", "'1wd'", "how long a working day", "calendar c from 2026-07-01"),
    ),
    "days that a version cannot count": (
        "calendars:\n  c:\n    hours: 24x7\n    versions:\n      - {from: 2026-07-01, hours: {mon: ['09:00-17:00']}}\n"
        "agreements:\n  a: {kind: sla, from: 2026-01-01, calendar: c, targets: {resolution: {default: 1d}}}\n",
        *(7, "agreements.a.targets.resolution.default", "'1d'", "working days or hours", "c from 2026-07-01 is not 24x7"),
    ),
}


def problems_of(folder: Path, text: str) -> list[Problem]:
    return [problem for problem in told_of(folder, text) if not problem.warning]


@pytest.mark.parametrize("mistake", WRONG, ids=list(WRONG))
def test_a_calendar_that_cannot_be_meant_is_told_with_its_place(tmp_path: Path, mistake: str) -> None:
    text, line, field, found, expected, hint = WRONG[mistake]
    (told,) = problems_of(tmp_path, text)
    assert (told.line, told.field) == (line, field)
    assert found in told.found
    assert expected in told.expected
    assert hint in told.hint


def test_a_calendar_whose_every_day_is_a_holiday_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def every_sunday(year: int) -> Mapping[date, str]:
        days = (date(year, 1, 1) + timedelta(days=n) for n in range(366))
        return {day: "Sunday" for day in days if day.weekday() == 6}

    monkeypatch.setattr("config.calendars._holidays", lambda _country, _subdivision: every_sunday)
    text = "calendars:\n  c: {hours: {sun: ['09:00-17:00']}, holidays: {country: SE}}\n"
    (told,) = told_of(tmp_path, text)
    assert (told.line, told.field, told.found) == (2, "calendars.c.hours", "no open window")
    assert told_of(tmp_path, text.replace("{sun:", "{sat-sun:")) == []


OPEN = {
    "one window a week": "{hours: {sun: ['23:59-24:00']}}",
    "a closed day far ahead": "{hours: {mon: ['09:00-17:00']}, holidays: {closed: [2099-12-28]}}",
    "hours on a date beyond counting": "{hours: {mon: ['09:00-17:00']}, dates: {9999-12-31: ['09:00-17:00']}}",
    "around the clock but for a date": "{hours: 24x7, dates: {2026-12-25: []}}",
}


@pytest.mark.parametrize("terms", OPEN.values(), ids=list(OPEN))
def test_a_calendar_that_opens_again_and_again_is_right(tmp_path: Path, terms: str) -> None:
    assert told_of(tmp_path, f"calendars:\n  c: {terms}\n") == []


def test_a_calendar_that_will_not_open_again_some_day_is_warned_of(tmp_path: Path) -> None:
    (told,) = told_of(tmp_path, "calendars:\n  c: {hours: {}, dates: {2095-01-02: ['09:00-17:00']}}\n")
    assert (told.warning, told.found) == (True, "no open window after 2095-01-02")


def test_dates_that_are_past_are_history_where_a_version_follows(tmp_path: Path) -> None:
    text = "calendars:\n  c:\n    hours: {}\n    dates: {2020-01-02: ['09:00-17:00']}\n"
    assert told_of(tmp_path, text + "    versions:\n      - {from: 2020-02-01, hours: {mon: ['09:00-17:00']}}\n") == []


def test_an_agreement_that_begins_on_a_date_that_its_zone_skips_begins_with_the_next_one(tmp_path: Path) -> None:
    text = "calendars: {apia: {zone: Pacific/Apia, hours: {mon-sun: ['09:00-17:00']}}}\nagreements:\n"
    text += "  gold: {kind: sla, from: 2011-12-30, calendar: apia, targets: {resolution: {default: 1h}}}\n"
    path = tmp_path / "c.yaml"
    path.write_text(text)
    book, _ = examine(path)
    assert book is not None
    assert book.promises.agreements[0].since == parse("2011-12-30T10:00:00Z")  # midnight of the 31st at UTC+14


def test_around_the_clock_is_in_the_zone_that_is_said(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(
        "calendars:\n  always: {zone: Asia/Tokyo, hours: 24x7}\n"
        "agreements:\n  gold: {kind: sla, from: 2026-01-01, calendar: always, targets: {resolution: {default: 1d}}}\n"
    )
    book, _ = examine(path)
    assert book is not None
    (gold,) = book.promises.agreements
    assert (gold.calendar.zone.key, gold.since) == ("Asia/Tokyo", parse("2025-12-31T15:00:00Z"))

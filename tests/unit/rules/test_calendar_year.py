"""The dates of a year that differ from the weekly hours, and what the year comes to."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from rules.calendar import BusinessCalendar
from rules.calendar_versions import Version, calendar_of
from rules.calendar_year import year_of
from rules.instants import HOUR
from tests.support.core import ALWAYS, days, english_holidays, hours

OFFICE = {"mon-fri": ["09:00-17:00"]}
MONDAY, TUESDAY, SATURDAY = date(2026, 1, 5), date(2026, 1, 6), date(2026, 1, 10)
CHRISTMAS, BOXING = date(2026, 12, 25), date(2026, 12, 26)  # a Friday and a Saturday


def specials(week: Any = OFFICE, **exceptions: Any) -> list[tuple[date, str, str, str, bool]]:
    found = year_of(BusinessCalendar("c", days("Europe/London", week, **exceptions)), 2026).specials
    return [(special.day, special.what, special.why, special.by, special.matters) for special in found]


def only(*days_: date) -> Any:
    def of_year(year: int) -> Mapping[date, str]:
        return {day: english_holidays(year)[day] for day in days_ if day.year == year}

    return of_year


@pytest.mark.parametrize(
    ("exceptions", "expected"),
    [
        ({"closed": {MONDAY: "Moving"}}, (MONDAY, "closed", "Moving", "calendar", True)),
        ({"closed": {SATURDAY: "Moving"}}, (SATURDAY, "closed", "Moving", "calendar", False)),
        ({"dates": {MONDAY: ()}}, (MONDAY, "closed", "no hours by its date", "calendar", True)),
        ({"dates": {MONDAY: hours("10:00-12:00")}}, (MONDAY, "own hours", "hours by its date", "calendar", True)),
        ({"dates": {MONDAY: hours("09:00-17:00")}}, (MONDAY, "own hours", "hours by its date", "calendar", False)),
        ({"dates": {SATURDAY: hours("10:00-12:00")}}, (SATURDAY, "opened", "open by its date", "calendar", True)),
        ({"open": frozenset({MONDAY})}, (MONDAY, "opened", "no holiday to be opened", "calendar", False)),
        ({"holidays": only(CHRISTMAS)}, (CHRISTMAS, "closed", "Christmas Day", "country", True)),
        ({"holidays": only(BOXING)}, (BOXING, "closed", "Boxing Day", "country", False)),
    ],
    ids=["shut", "shut anyway", "no hours", "own", "own but alike", "opened", "opened in vain", "holiday", "on a Saturday"],
)
def test_a_date_says_how_it_differs_and_whether_that_matters(exceptions: dict[str, Any], expected: Any) -> None:
    assert specials(**exceptions) == [expected]


def test_what_the_calendar_says_of_a_holiday_is_compared_with_the_holiday() -> None:
    holiday = only(CHRISTMAS)
    assert specials(holidays=holiday, open=frozenset({CHRISTMAS})) == [
        (CHRISTMAS, "opened", "open in spite of Christmas Day", "calendar", True)
    ]
    assert specials(holidays=holiday, closed={CHRISTMAS: "Ours too"}) == [(CHRISTMAS, "closed", "Ours too", "calendar", False)]


def test_a_holiday_after_a_night_shift_takes_its_morning() -> None:
    assert specials({"mon": ["22:00-06:00"]}, closed={TUESDAY: "Moving"})[0][-1]
    assert not specials({"mon": ["22:00-24:00"]}, closed={TUESDAY: "Moving"})[0][-1]


def test_a_year_comes_to_its_working_days_and_open_hours() -> None:
    # 2026 has 261 weekdays, of which England takes eight.
    england = BusinessCalendar("c", days("Europe/London", OFFICE, holidays=english_holidays))
    found = year_of(england, 2026)
    assert (found.working_days, found.open_time) == (253, 253 * 8 * HOUR)
    nights = year_of(BusinessCalendar("n", days("America/New_York", {"mon-sun": ["22:00-06:00"]})), 2026)
    assert (nights.working_days, nights.open_time) == (365, 365 * 8 * HOUR)


def test_around_the_clock_every_day_is_a_working_day() -> None:
    found = year_of(ALWAYS, 2028)
    assert (found.specials, found.working_days, found.open_time) == ([], 366, 366 * 24 * HOUR)


def test_a_version_is_told_on_its_first_date() -> None:
    first, second = days("UTC", OFFICE), days("UTC", {"mon": ["09:00-17:00"]})
    calendar = calendar_of("c", [Version(first), Version(second, since=date(2026, 7, 1))])
    (told,) = year_of(calendar, 2026).specials
    assert (told.day, told.what) == (date(2026, 7, 1), "new version")

"""Periods: spans of a calendar's dates over which figures are told.

Decided here: what `month`, `last week`, `2026-10`, `2026-Q4` mean at an instant: from local midnight to local midnight in a
zone; weeks begin on Monday. Not decided here: what is counted.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from rules.calendar_days import midnight
from rules.instants import to_datetime

SPANS = ("day", "week", "month", "quarter", "year")
_WORDS = {"today": "day", "yesterday": "last day"}
_NAMED = re.compile(r"(\d{4})(?:-(?:(\d{2})(?:-(\d{2}))?|[Qq]([1-4])|[Ww](\d{2})))?")


class PeriodError(ValueError):
    """A text names no period."""


@dataclass(frozen=True)
class Period:
    """Instants from `start` up to but not including `end`, a `span` of a zone's dates; `name` for people."""

    name: str
    start: int
    end: int
    span: str
    zone: ZoneInfo

    def at(self, now: int) -> "Period":
        """The period of the same span in which an instant lies."""
        return period(self.span, now, self.zone)


def period(said: str, now: int, zone: ZoneInfo) -> Period:
    """The period that a text names as seen from `now`: the present one, the last one, or one of a date. Raises PeriodError."""
    words = _WORDS.get(said.lower(), said.lower())
    last = words.startswith("last ")
    span = words.removeprefix("last ").removeprefix("this ").strip()
    try:
        today = to_datetime(now).astimezone(zone).date()
        if span in SPANS:
            first = _first(span, today)
            if last:
                first = _first(span, first - timedelta(days=1))
            return _period(span, first, zone)
        if (named := _NAMED.fullmatch(words)) is not None:
            return _period(*_named(*named.groups()), zone)
    except (ValueError, OverflowError):
        pass
    raise PeriodError(f"{said[:40]!r} is no period: write month, last week, 2026-10, 2026-Q4 or 2026")


def _named(year: str, month: str | None, day: str | None, quarter: str | None, week: str | None) -> tuple[str, date]:
    if day:
        return "day", date(int(year), int(month or 0), int(day))
    if month:
        return "month", date(int(year), int(month), 1)
    if quarter:
        return "quarter", date(int(year), 3 * int(quarter) - 2, 1)
    if week:
        return "week", date.fromisocalendar(int(year), int(week), 1)
    return "year", date(int(year), 1, 1)


def _first(span: str, day: date) -> date:
    """The first date of the span in which a date lies."""
    match span:
        case "day":
            return day
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, 3 * ((day.month - 1) // 3) + 1, 1)
        case _:
            return date(day.year, 1, 1)


def _period(span: str, first: date, zone: ZoneInfo) -> Period:
    days = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}[span]
    following = first + timedelta(days=days)
    following = following if span in ("day", "week") else _first(span, following)
    names = {
        "day": first.isoformat(),
        "week": f"the week of {first.isoformat()}",
        "month": f"{first:%B %Y}",
        "quarter": f"quarter {(first.month + 2) // 3} of {first.year}",
        "year": f"{first.year}",
    }
    return Period(names[span], midnight(first, zone), midnight(following, zone), span, zone)

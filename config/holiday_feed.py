"""iCalendar files → dates with their names.

Decided here: what of a file counts: whole days, from today on; what recurs, until the end of the year after next; and that
files beyond all measure are refused. Cancelled events, times of day and what cannot be understood are left out with the
reason. Reading is left to `icalendar`, recurrence to `recurring-ical-events`. Not decided here: what becomes of the dates
(`holiday_plan`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from time import monotonic
from typing import Any

from icalendar import Calendar, Component
from icalendar.prop import vBroken, vRecur
from recurring_ical_events import of

from rules.calendar_days import LAST_DATE

MOST_BYTES = 2 * 1024 * 1024
_MOST_SECONDS = 5.0
_MOST_CHARACTERS = 120
_YEARS_AHEAD = 2
_LONGEST = timedelta(days=366)
_FIRST_START = date(1900, 1, 1)
_FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
_TIMES = ("BYHOUR", "BYMINUTE", "BYSECOND")


class FeedError(ValueError):
    """A file is no iCalendar that can be read."""


@dataclass(frozen=True, order=True)
class FeedDate:
    """One whole day of an event."""

    day: date
    name: str
    recurs: bool


@dataclass(frozen=True)
class LeftOut:
    """An event, as far as it can be named, and why it is not taken."""

    event: str
    reason: str


@dataclass
class Feed:
    """What a file says from `first` on; what recurs is followed until `last`."""

    first: date
    last: date
    dates: list[FeedDate] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def read_feed(content: bytes, today: date) -> Feed:
    """The whole days of all events, in order. Raises FeedError where the file is no calendar, or beyond all measure."""
    if len(content) > MOST_BYTES:
        raise FeedError(f"it has more than {MOST_BYTES // 2**20} MiB: export fewer years, or only the holidays")
    feed = Feed(today, date(today.year + _YEARS_AHEAD, 12, 31))
    found: set[FeedDate] = set()
    for event, changes in _series(_events(content)):
        name = _name(event)
        try:
            reason = _reason(event)
            dates = set() if reason else set(_dates(event, changes, name, feed))
        except Exception as error:  # the libraries raise whatever a broken value leads them to
            reason, dates = f"cannot be understood: {' '.join(str(error).split())[:_MOST_CHARACTERS]}", set()
        if not reason and not dates:
            reason = f"lies before {feed.first}" if not _recurs(event) else f"does not recur from {feed.first} to {feed.last}"
        if reason:
            feed.left_out.append(LeftOut(name, reason))
        found |= dates
    feed.dates = sorted(found)
    return feed


def _events(content: bytes) -> list[Component]:
    try:
        components = Calendar.from_ical(content.decode("utf-8-sig"), multiple=True)
        calendars = [component for component in components if component.name == "VCALENDAR"]
    except UnicodeDecodeError:
        raise FeedError("it is no text in UTF-8: save it as UTF-8") from None
    except Exception as error:  # see above
        said = " ".join(str(error).split())[:_MOST_CHARACTERS]
        raise FeedError(f"it is no iCalendar file that can be read ({said}): export it again as .ics") from None
    if not calendars:
        raise FeedError("there is no complete calendar in it, from BEGIN:VCALENDAR to END:VCALENDAR: export it again as .ics")
    return [event for calendar in calendars for event in calendar.walk("VEVENT")]


def _series(events: list[Component]) -> Iterator[tuple[Component, list[Component]]]:
    """Events, each with the changes of single ones of its occurrences; changes of what is not there stand for themselves."""
    known = {str(event.get("UID")) for event in events if "RECURRENCE-ID" not in event}
    changes: dict[str, list[Component]] = {}
    for event in events:
        if "RECURRENCE-ID" in event:
            changes.setdefault(str(event.get("UID")), []).append(event)
    ends = monotonic() + _MOST_SECONDS
    for event in events:
        if monotonic() > ends:
            raise FeedError(f"following what recurs in it takes longer than {_MOST_SECONDS:g} s: take such events out of it")
        uid = str(event.get("UID"))
        if "RECURRENCE-ID" not in event or uid not in known:
            yield event, changes.get(uid, []) if _recurs(event) else []


def _reason(event: Component) -> str:
    """Why an event is left out; empty where it is not."""
    start = _value(event, "DTSTART")
    if str(event.get("STATUS", "")).upper() == "CANCELLED":
        return "is cancelled"
    if not isinstance(start, date):
        return "has no date that can be read" if "DTSTART" in event else "has no date"
    if isinstance(start, datetime):
        return f"is no whole day: it begins at {start:%H:%M}"
    if "RRULE" not in event:
        return ""
    rule = event["RRULE"]
    if not isinstance(rule, vRecur):
        return "recurs by several rules, or by one that cannot be read"
    if rule.get("FREQ", [""])[0] not in _FREQUENCIES or any(part in rule for part in _TIMES):
        return "recurs more than once a day"
    if min(rule.get("INTERVAL", [1])) < 1:
        return "recurs at an interval of nothing"
    return f"recurs since before {_FIRST_START.year}" if start < _FIRST_START else ""


def _dates(event: Component, changes: Iterable[Component], name: str, feed: Feed) -> Iterator[FeedDate]:
    if not _recurs(event):
        yield from (FeedDate(day, name, recurs=False) for day in _days_of(event, feed.first, LAST_DATE - timedelta(days=1)))
        return
    calendar = Calendar()
    for part in (event, *changes):
        calendar.add_component(part)
    for occurrence in of(calendar).between(feed.first, feed.last + timedelta(days=1)):
        if not _reason(occurrence):
            yield from (FeedDate(day, _name(occurrence), recurs=True) for day in _days_of(occurrence, feed.first, feed.last))


def _days_of(event: Component, first: date, last: date) -> Iterator[date]:
    """The dates of an event that lie between two; its end is the day after its last one."""
    start, end, lasts = (_value(event, name) for name in ("DTSTART", "DTEND", "DURATION"))
    if end is None:
        end = start + (lasts if lasts is not None else timedelta(days=1))
    if isinstance(end, datetime) or end < start:
        raise ValueError(f"it begins on {start} and ends at {end}")
    if end - start > _LONGEST:
        raise ValueError(f"it lasts for more than {_LONGEST.days} days")
    day, end = max(start, first), min(max(end, start + timedelta(days=1)), last + timedelta(days=1))
    while day < end:
        yield day
        day += timedelta(days=1)


def _value(event: Component, name: str) -> Any:
    """A date, an instant or a length of time as Python has it; None where there is none. Raises ValueError."""
    value = event.get(name)
    if isinstance(value, vBroken):
        raise ValueError(f"{name} is {str(value)!r}")
    return getattr(value, "dt", None)


def _recurs(event: Component) -> bool:
    return "RRULE" in event or "RDATE" in event


def _name(event: Component) -> str:
    """Its summary on one line, without what cannot be printed."""
    said: Any = event.get("SUMMARY") or ""
    text = " ".join(str(said[0] if isinstance(said, list) else said).split())
    return "".join(c for c in text if c.isprintable())[:_MOST_CHARACTERS] or "closed"

"""A rota's iCalendar file → shifts.

Decided here: which person an event is for (an attendee's e-mail, or else a name, id or e-mail in its title), and what of a file
counts: from the beginning of last year to the end of the year after next. What names nobody is told and left out. Reading is
left to `icalendar`, recurrence to `recurring-ical-events`. Not decided here: who is on call (`escalation.rota`).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar, Component
from recurring_ical_events import of

from config.problems import shown
from config.roster_schema import RotaSection
from config.source import Place, Source
from escalation.people import Person
from escalation.rota import Shift

MOST_BYTES = 2 * 1024 * 1024
MOST_SHIFTS = 5_000
_MOST_CHARACTERS = 120


def imported_shifts(
    source: Source, rotas: Mapping[str, RotaSection], people: Mapping[str, Person]
) -> dict[str, tuple[Shift, ...]]:
    """By rota, the shifts of its file; what is wrong with one is noted."""
    today = date.today()  # noqa: DTZ011 - only its year counts
    return {
        name: tuple(_shifts(source, ("rotas", name, "icalendar"), section.icalendar, section.zone, people, today.year))
        for name, section in rotas.items()
        if section.icalendar is not None
    }


def _shifts(
    source: Source, place: Place, file: str, zone: ZoneInfo, people: Mapping[str, Person], year: int
) -> Iterator[Shift]:
    try:
        events = _events(Path(source.where(place)[0]).parent / file, year)
    except _FileError as error:
        source.problem(place, f"{shown(file)}, {error}", "an iCalendar file beside the configuration", "Export it as .ics.")
        return
    if len(events) > MOST_SHIFTS:
        source.problem(place, f"{len(events):,} shifts", f"at most {MOST_SHIFTS:,} shifts", "Export fewer of them.")
        return
    nobody: dict[str, None] = {}
    for event in events:
        who = tuple(id for id, person in people.items() if _is_for(event, person))
        if who:
            start, end = (_local(event, name, zone) for name in ("DTSTART", "DTEND"))
            yield from (Shift((person,), start, end=end) for person in who if start < end)
        else:
            nobody.setdefault(_title(event))
    if nobody:
        named = ", ".join(shown(title) for title in list(nobody)[:5])
        hint = "Put a person's name, e-mail or id into the title, or invite them; or add the person under people:."
        source.problem(place, f"shifts of nobody known: {named}", "shifts that name people", hint, warning=True)


class _FileError(Exception):
    pass


def _events(path: Path, year: int) -> list[Component]:
    """The occurrences of three years and more, in order."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _FileError(f"which cannot be read ({error.strerror})") from None
    if len(content) > MOST_BYTES:
        raise _FileError(f"which has more than {MOST_BYTES // 2**20} MiB")
    try:
        calendar = Calendar.from_ical(content.decode("utf-8-sig"))
        found: list[Component] = list(of(calendar).between(date(year - 1, 1, 1), date(year + 3, 1, 1)))
        return sorted(
            (event for event in found if event.name == "VEVENT" and str(event.get("STATUS", "")).upper() != "CANCELLED"),
            key=lambda event: str(getattr(event["DTSTART"], "dt", "")),
        )
    except Exception as error:  # the libraries raise whatever a broken value leads them to
        raise _FileError(f"which cannot be understood ({' '.join(str(error).split())[:_MOST_CHARACTERS]})") from None


def _is_for(event: Component, person: Person) -> bool:
    invited: Any = event.get("ATTENDEE", [])
    emails = {str(one).lower().removeprefix("mailto:") for one in (invited if isinstance(invited, list) else [invited])}
    if person.email is not None and person.email.lower() in emails:
        return True
    names = (name for name in (person.name, person.email, person.id) if name)
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", _title(event), re.IGNORECASE) for name in names)


def _title(event: Component) -> str:
    return " ".join(str(event.get("SUMMARY") or "").split())[:_MOST_CHARACTERS]


def _local(event: Component, name: str, zone: ZoneInfo) -> datetime:
    """When it begins or ends by the wall clock of the rota's zone; a whole day from midnight to midnight."""
    value: Any = getattr(event[name], "dt", None)
    if not isinstance(value, datetime):
        return datetime.combine(value, time())
    return value.replace(tzinfo=None) if value.tzinfo is None else value.astimezone(zone).replace(tzinfo=None)

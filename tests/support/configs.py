"""Small configurations to build on, and what is told of them."""

from pathlib import Path

from config.load import examine
from rules.problems import Problem

ALWAYS = "calendars: {always: {hours: 24x7}}\n"
OFFICE = "calendars: {office: {hours: {mon: ['09:00-17:00']}}}\n"
ANA = "people: {ana: {name: Ana}}\n"
GOLD = "agreements:\n  gold:\n    kind: sla\n    from: 2026-01-01\n    calendar: always\n"
LADDER = ANA + "ladders:\n  l: {steps: [{page: {person: ana}, "


def told_of(folder: Path, text: str | bytes) -> list[Problem]:
    """All problems and warnings of a configuration."""
    path = folder / "c.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return examine(path)[1]


_CALENDARS = """\
calendars:
  always: {hours: 24x7}
  office: {zone: Europe/London, hours: {mon-fri: ["09:00-17:00"]}, working_day: 8h}
agreements:
"""


# Agreements


def agreement(name: str, **terms: str) -> str:
    """One line: an SLA of 4 office hours to resolution, unless the terms say otherwise."""
    usual = {"kind": "sla", "from": "2026-01-01", "calendar": "office", "targets": "{resolution: {default: 4h}}"}
    said = {**usual, **{name.rstrip("_"): term for name, term in terms.items()}}
    return f"  {name}: {{{', '.join(f'{field}: {term}' for field, term in said.items() if term)}}}\n"


ANSWERED = "rules: {all: {when: {}, do: []}}\n"


def told(folder: Path, *agreements: str, rest: str = ANSWERED) -> list[Problem]:
    """All problems and warnings of agreements; the first of them stands on line 5."""
    return told_of(folder, _CALENDARS + "".join(agreements) + rest)


def relations(folder: Path, *agreements: str) -> list[tuple[int, str, str]]:
    """Line, field and find of what is warned of."""
    found = told(folder, *agreements)
    assert all(problem.warning for problem in found)
    return [(p.line, p.field, p.found) for p in found]

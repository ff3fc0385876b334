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

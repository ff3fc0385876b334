"""Words that are probably misspelt: one slip away from what tickets, customers and priorities are usually called.

Decided here: which words are usual, and where they are looked for. All of it is warned of, since any field, priority and
status may exist. Not decided here: names that must be defined elsewhere (`references`, `rule_checks`).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from config.problems import shown
from config.source import Place, Source
from escalation.book import ABOUT_CLOCKS
from escalation.facts import COUNTERS
from rules.problems import slip_of
from rules.ticket import DERIVED, STATUSES, USUAL

_FIELDS = (*sorted({*USUAL, *DERIVED, *COUNTERS}), *ABOUT_CLOCKS)
_OF_CUSTOMERS = (*_FIELDS, "contact", "locale", "updates", "monthly_fee", "impact")
_PRIORITIES = ("default", "urgent", "critical", "high", "medium", "normal", "low")
CONDITIONS = (
    ("agreements", "*", "when"),
    ("rules", "*", "when"),
    ("ladders", "*", "steps", "*", "when"),
    ("metrics", "*", "*"),
)
"""Where conditions stand."""


def check_spelling(source: Source) -> None:
    """Warn of fields, statuses and priorities that are one slip away from a usual one."""
    for pattern in CONDITIONS:
        for place, when in source.found(pattern):
            for at, field, value in asked(when, place):
                _check(source, at, field, _FIELDS, "a field of tickets")
                if field == "status":
                    for status in _texts(value):
                        _check(source, at, status, STATUSES, "a status")
    for place, fields in source.found(("customers", "*")):
        for name in fields if isinstance(fields, Mapping) else ():
            _check(source, (*place, name), name, _OF_CUSTOMERS, "a field of tickets or customers")
    for place, limits in source.found(("agreements", "*", "targets", "*")):
        for name in limits if isinstance(limits, Mapping) else ():
            if not source.is_inherited((*place, name)):
                _check(source, (*place, name), name, _PRIORITIES, "a priority")


def _check(source: Source, place: Place, found: object, usual: Iterable[str], what: str) -> None:
    meant = slip_of(found, usual) if isinstance(found, str) else None
    if meant is not None:
        source.problem(place, shown(found), what, f"Did you mean {meant}? If it is a word of yours, leave it.", warning=True)


def asked(raw: object, place: Place) -> Iterator[tuple[Place, str, object]]:
    """The fields that a condition asks for, each with its place and what is asked of it."""
    if isinstance(raw, Mapping):
        for key, value in raw.items():
            if key in ("any", "all"):
                yield from asked(value, (*place, key))
            else:
                yield (*place, key), str(key), value
    elif isinstance(raw, list):
        for i, item in enumerate(raw):
            yield from asked(item, (*place, i))


def _texts(raw: Any) -> Iterator[str]:
    """The texts in what is asked of a field, however they are wrapped."""
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, Mapping | list):
        for inner in raw.values() if isinstance(raw, Mapping) else raw:
            yield from _texts(inner)

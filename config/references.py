"""What refers to what: names that must be defined in another section.

Decided here: which fields hold such names. They are looked up in the data as written, so that a reference that leads nowhere
is told even where its section has other problems.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from config.problems import shown
from config.source import Place, Source
from config.validate import did_you_mean
from rules.metrics import BUILT_IN

_REFERENCES: dict[tuple[str, ...], str] = {
    ("agreements", "*", "calendar"): "calendars",
    ("agreements", "*", "team"): "teams",
    ("agreements", "*", "ladder"): "ladders",
    ("agreements", "*", "instead_of"): "agreements",
    ("agreements", "*", "instead_of", "*"): "agreements",
    ("agreements", "*", "targets", "*", "*", "calendar"): "calendars",
    ("teams", "*", "lead"): "people",
    ("teams", "*", "rota"): "rotas",
    ("rotas", "*", "shifts", "*", "who"): "people",
    ("rotas", "*", "shifts", "*", "who", "*"): "people",
    ("rotas", "*", "overrides", "*", "who"): "people",
    ("rotas", "*", "overrides", "*", "who", "*"): "people",
    ("ladders", "*", "steps", "*", "page", "rota"): "rotas",
    ("ladders", "*", "steps", "*", "page", "person"): "people",
    ("ladders", "*", "steps", "*", "page", "lead_of"): "teams",
}
_ONE = {"people": "person", "ladders": "ladder", "calendars": "calendar", "rotas": "rota", "teams": "team"}
_OWN_TEAM = "team"


def check_references(source: Source) -> None:
    """Note every name that is not defined where it should be."""
    for pattern, section in _REFERENCES.items():
        named = source.data.get(section)
        known = named if isinstance(named, Mapping) else {}
        for place, name in _found(source.data, pattern, ()):
            if pattern[-1] == "lead_of" and name == _OWN_TEAM:
                continue
            if isinstance(name, str) and name not in known:
                expected = f"a {_ONE.get(section, 'name')} defined under {section}:"
                source.problem(place, shown(name), expected, did_you_mean(name, known))
    own = source.data.get("metrics")
    metrics = {*BUILT_IN, *(own if isinstance(own, Mapping) else {})}
    for place, targets in _found(source.data, ("agreements", "*", "targets"), ()):
        for name in targets if isinstance(targets, Mapping) else ():
            if name not in metrics:
                source.problem((*place, name), shown(name), "a metric", did_you_mean(name, metrics))


def _found(data: Any, pattern: tuple[str, ...], place: Place) -> Iterator[tuple[Place, Any]]:
    """Places that fit a pattern, with what stands there; `*` is any name or any item."""
    if not pattern:
        yield place, data
        return
    first, rest = pattern[0], pattern[1:]
    if isinstance(data, Mapping):
        for key in data if first == "*" else [first]:
            if key in data:
                yield from _found(data[key], rest, (*place, key))
    elif isinstance(data, list) and first == "*":
        for i, item in enumerate(data):
            yield from _found(item, rest, (*place, i))

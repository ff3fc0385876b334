"""Agreements that extend another one: what they do not say themselves, the other one says.

Decided here: targets are laid over each other by metric and priority, any other field is taken whole; whom the extended
agreement replaces is its own affair. Not decided here: what the fields mean.
"""

from collections.abc import Mapping
from typing import Any

from config.problems import shown
from config.source import Place, Source
from rules.problems import did_you_mean

_SECTION = "agreements"
_OWN_AFFAIR = "instead_of"
_MOST_LEVELS = 50


def extend(source: Source) -> None:
    """Complete every agreement of the source; a circle, or an extended agreement that is not there, is a problem."""
    agreements = source.data.get(_SECTION)
    if not isinstance(agreements, Mapping):
        return
    whole: dict[str, Any] = {}

    def resolve(name: str, path: tuple[str, ...]) -> Any:
        if name in whole:
            return whole[name]
        raw = agreements[name]
        said = raw.get("extends") if isinstance(raw, Mapping) else None
        if isinstance(said, str | int):
            parent = str(said)
            place: Place = (_SECTION, name, "extends")
            if parent not in agreements:
                source.problem(place, shown(parent), "the name of another agreement", did_you_mean(parent, agreements))
            elif len(path) == _MOST_LEVELS:
                source.problem(place, shown(parent), f"at most {_MOST_LEVELS} levels", "Extend the first of them directly.")
            elif parent in (*path, name):
                source.problem(place, " extends ".join((*path, name, parent)), "no circle")
            else:
                below = resolve(parent, (*path, name))
                if isinstance(below, Mapping):
                    below = {field: value for field, value in below.items() if field != _OWN_AFFAIR}
                    raw = _over(source, (_SECTION, name), raw, (_SECTION, parent), below)
        whole[name] = raw
        return raw

    for name in agreements:
        resolve(name, ())
    source.data[_SECTION] = whole


def _over(source: Source, place: Place, above: Mapping[str, Any], base: Place, below: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(above)
    for name, value in below.items():
        if name not in above:
            merged[name] = value
            source.inherit((*place, name), (*base, name))
        elif _by_name((*place, name)) and isinstance(value, Mapping) and isinstance(above[name], Mapping):
            merged[name] = _over(source, (*place, name), above[name], (*base, name), value)
    return merged


def _by_name(place: Place) -> bool:
    """Whether what stands there is merged name by name: the targets, and a metric's limits."""
    return place[2:3] == ("targets",) and len(place) <= 4

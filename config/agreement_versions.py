"""Versions of agreements: what a later one does not say, the one before it says.

Decided here: in the source, each version becomes an agreement of its own under a name such as `gold 2027-01-01`, so that
everything is checked of it that is checked of an agreement; problems are told where the version was written. Not decided
here: agreements that extend another one (`extends`), and which version holds for a clock (`rules.promises`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from config.fields import day_of
from config.problems import shown
from config.source import Place, Source

SECTION = "agreements"
_NOT_TAKEN_OVER = frozenset({"version", "applies_to", "versions"})


@dataclass(frozen=True)
class Written:
    """One version as data: `key` names it in the source, `since` is its date as text."""

    key: str
    raw: Any
    since: str

    @property
    def place(self) -> Place:
        """Where it stands in the source."""
        return (SECTION, self.key)


def versions_of(source: Source, name: str, raw: Any) -> list[Written]:
    """The versions of an agreement in the order of their dates, each whole; what is wrong with their order is noted."""
    if not isinstance(raw, Mapping):
        return [Written(name, raw, "")]
    found = [Written(name, {k: v for k, v in raw.items() if k != "versions"}, str(raw.get("from", "")))]
    source.agreement_names[name] = name
    later = raw.get("versions", [])
    if not isinstance(later, list):
        source.problem(
            (SECTION, name, "versions"), shown(later), "a list of versions", "Write versions: [{from: 2027-01-01, …}]."
        )
        return found
    for i, terms in enumerate(later):
        written: Place = (SECTION, name, "versions", i)
        if not isinstance(terms, Mapping):
            source.problem(written, shown(terms), "a version such as {from: 2027-01-01, targets: …}")
            continue
        before = found[-1]
        since = str(terms.get("from", ""))
        if since and day_of(since) is not None and day_of(before.since) is not None and since <= before.since:
            source.problem((*written, "from"), since, f"a date after {before.since}", "A version follows the one before it.")
            continue
        key = f"{name} {since}"
        source.stands_for((SECTION, key), written)
        source.agreement_names[key] = name
        below = {field: value for field, value in before.raw.items() if field not in (*_NOT_TAKEN_OVER, "from")}
        found.append(Written(key, laid_over(source, (SECTION, key), terms, before.place, below), since))
    return found


def laid_over(source: Source, place: Place, above: Mapping[str, Any], base: Place, below: Mapping[str, Any]) -> dict[str, Any]:
    """What is said above, and of what is not, what is said below. Targets are laid over each other by metric and priority."""
    merged = dict(above)
    for name, value in below.items():
        if name not in above:
            merged[name] = value
            source.inherit((*place, name), (*base, name))
        elif _by_name((*place, name)) and isinstance(value, Mapping) and isinstance(above[name], Mapping):
            merged[name] = laid_over(source, (*place, name), above[name], (*base, name), value)
    return merged


def _by_name(place: Place) -> bool:
    """Whether what stands there is merged name by name: the targets, and a metric's limits."""
    return place[2:3] == ("targets",) and len(place) <= 4

"""Agreements that extend another one: what they do not say themselves, the other one says, in the version that holds then.

Decided here: targets are laid over each other by metric and priority, any other field is taken whole; whom the extended
agreement replaces is its own affair; a later version of the extended one makes a version of those that extend it. Not decided
here: what the fields mean.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from config.agreement_versions import SECTION, Written, laid_over, versions_of
from config.problems import shown
from config.source import Place, Source
from rules.problems import did_you_mean

_OWN_AFFAIR = frozenset({"instead_of", "applies_to"})
_MOST_LEVELS = 50


def extend(source: Source) -> None:
    """Complete every agreement of the source; a circle, or an extended agreement that is not there, is a problem."""
    agreements = source.data.get(SECTION)
    if not isinstance(agreements, Mapping):
        return
    own = {name: versions_of(source, name, raw) for name, raw in agreements.items()}
    whole: dict[str, list[Written]] = {}

    def resolve(name: str, path: tuple[str, ...]) -> list[Written]:
        if name in whole:
            return whole[name]
        mine = own[name]
        said = mine[0].raw.get("extends") if isinstance(mine[0].raw, Mapping) else None
        if isinstance(said, str | int):
            parent = str(said)
            place: Place = (SECTION, name, "extends")
            if parent not in agreements:
                source.problem(place, shown(parent), "the name of another agreement", did_you_mean(parent, agreements))
            elif len(path) == _MOST_LEVELS:
                source.problem(place, shown(parent), f"at most {_MOST_LEVELS} levels", "Extend the first of them directly.")
            elif parent in (*path, name):
                source.problem(place, " extends ".join((*path, name, parent)), "no circle")
            else:
                mine = _extended(source, name, mine, resolve(parent, (*path, name)))
        whole[name] = mine
        return mine

    for name in agreements:
        resolve(name, ())
    source.data[SECTION] = {version.key: version.raw for versions in whole.values() for version in versions}


def _extended(source: Source, name: str, mine: Sequence[Written], theirs: Sequence[Written]) -> list[Written]:
    """A version for each date on which one of the two changes, from the first date of the extending one on."""
    if not isinstance(theirs[0].raw, Mapping):
        return list(mine)
    mine = [replace(mine[0], since=mine[0].since or theirs[0].since), *mine[1:]]  # the date may be inherited too
    later = {version.since for version in theirs if version.since > mine[0].since}
    found = []
    for since in sorted({version.since for version in mine} | later):
        above, base = _in_force(mine, since), _in_force(theirs, since)
        below = {field: value for field, value in base.raw.items() if field not in _OWN_AFFAIR}
        if above.since == since:
            found.append(Written(above.key, laid_over(source, above.place, above.raw, base.place, below), since))
            continue
        key = f"{name} {since}"
        source.agreement_names[key] = name
        raw = laid_over(source, (SECTION, key), {}, above.place, above.raw)
        raw = laid_over(source, (SECTION, key), raw, base.place, below) | {"from": since}
        if "version" in above.raw:
            raw["version"] = f"{above.raw['version']} {since}"
        raw["applies_to"] = base.raw.get("applies_to", "new")
        found.append(Written(key, raw, since))
    return found


def _in_force(versions: Sequence[Written], since: str) -> Written:
    """The version that holds on a date; before them all, the first."""
    return next((version for version in reversed(versions) if version.since <= since), versions[0])

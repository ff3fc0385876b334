"""What agreements do to each other: one that is always replaced, and two that promise the same twice.

Decided here: both are warned of, since the rest of the configuration means what it says. Two conditions are called the same
where their alternatives are. Not decided here: circles of replacement (`consistency`), and how conditions are judged
(`rules.possibility`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from config.build import agreement_of
from config.calendars import calendar_of_section
from config.source import Source
from rules.agreement import Agreement, Span, in_force, overlap
from rules.conditions import AllOf, Condition
from rules.durations import DurationError
from rules.metrics import in_words
from rules.possibility import Possibilities, implies


def sound_agreements(source: Source, valid: Mapping[str, Mapping[str, Any]]) -> dict[str, Agreement]:
    """By key, the agreements with which nothing is wrong, nor with their calendars, whatever is wrong elsewhere."""
    wrong = tuple(f"{problem.field}." for problem in source.problems if not problem.warning)

    def is_right(section: str, name: str) -> bool:
        return not any(field.startswith(f"{section}.{name}.") for field in wrong)

    calendars = {
        name: calendar_of_section(name, section) for name, section in valid["calendars"].items() if is_right("calendars", name)
    }
    found = {}
    for key, section in valid["agreements"].items():
        name = source.agreement_names[key]
        if is_right("agreements", name):
            try:
                found[key] = agreement_of(name, section, calendars)
            except (KeyError, DurationError):
                continue  # its calendar is wrong, or what it took over from an agreement that is
    return found


def check_replaced(source: Source, agreements: Mapping[str, Agreement]) -> None:
    """Warn of an agreement that others replace wherever it holds."""
    times = in_force(agreements)
    for key, agreement in agreements.items():
        instead = replaced_where(key, agreements, times)
        if instead and implies(agreement.when, *instead.values()):
            names = " and ".join(instead)
            hint = f"It never applies: let the condition of {names} leave some tickets to it, or take it out."
            found = f"replaced by {names} wherever it holds"
            source.problem(("agreements", key), found, "tickets that are left to it", hint, warning=True)


def replaced_where(key: str, agreements: Mapping[str, Agreement], times: Mapping[str, Span]) -> dict[str, Condition]:
    """By name, where other agreements replace one all the time that it is in force."""
    names = dict.fromkeys(other.name for other in agreements.values() if agreements[key].name in other.instead_of)
    return {name: when for name in names if (when := _replacing(name, key, agreements, times)) is not None}


def check_doubled(source: Source, agreements: Mapping[str, Agreement]) -> None:
    """Warn of two agreements that give the same tickets two clocks of the same promise."""
    times = in_force(agreements)
    told = set()
    for key, first in _alike(agreements):
        one, other = agreements[key], agreements[first]
        metric = _shared(one, other)
        if metric is None or (one.name, other.name) in told or not overlap(times[key], times[first]):
            continue
        told.add((one.name, other.name))
        found = f"the condition and kind of {other.name}, and {in_words(metric)} promised in both"
        hint = f"A ticket gets two clocks of it: write instead_of: [{other.name}], or take it out of one of them."
        source.problem(("agreements", key), found, "each promise once", hint, warning=True)


def _alike(agreements: Mapping[str, Agreement]) -> Iterator[tuple[str, str]]:
    """Keys of any two agreements of one kind whose conditions hold for the same tickets, unless one replaces the other."""
    possible = Possibilities([agreement.when for agreement in agreements.values()])
    groups: dict[object, list[str]] = {}
    for key, one in agreements.items():
        alternatives = possible.alternatives(one.when)
        if alternatives is None:
            continue
        group = groups.setdefault((one.kind, frozenset(map(frozenset, alternatives))), [])
        for first in group:
            other = agreements[first]
            if one.name != other.name and other.name not in one.instead_of and one.name not in other.instead_of:
                yield key, first
        group.append(key)


def _replacing(name: str, key: str, agreements: Mapping[str, Agreement], times: Mapping[str, Span]) -> Condition | None:
    """Where an agreement replaces one as long as that is in force, in each of its versions; None where not all the time."""
    replaced = agreements[key]
    versions = [v for other, v in agreements.items() if v.name == name and overlap(times[other], times[key])]
    if not versions or versions[0].since > replaced.since:
        return None
    reaches_running = all(v.applies_to == "open" for v in versions) or replaced.applies_to == "new"
    if not reaches_running or not all(replaced.name in v.instead_of for v in versions):
        return None
    return AllOf(tuple(v.when for v in versions))


def _shared(one: Agreement, other: Agreement) -> str | None:
    """A metric that both promise at some priority."""
    for metric in one.targets:
        for priority in {*one.targets[metric], *other.targets.get(metric, {})}:
            if one.target(metric, priority) is not None and other.target(metric, priority) is not None:
                return metric
    return None

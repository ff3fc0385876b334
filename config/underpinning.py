"""Warnings of what teams and suppliers have longer for than the customer was promised.

Decided here: which pairs of agreements are compared (those that can apply to one ticket while both are in force, outside of
what replaces them), and how it is told, once a pair and metric. Not decided here: what counts as longer
(`rules.underpinning`).
"""

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from config.agreement_checks import replaced_where
from config.source import Place, Source
from rules.agreement import Agreement, in_force, overlap
from rules.conditions import AllOf, Not
from rules.instants import to_datetime
from rules.metrics import in_words
from rules.possibility import Possibilities
from rules.underpinning import Late, late

_WHO = {"ola": "the team", "uc": "the supplier"}


def check_underpinning(source: Source, agreements: Mapping[str, Agreement]) -> None:
    """Warn of agreements between teams or with suppliers that are longer than the customer's which rests on them."""
    times = in_force(agreements)
    possible = Possibilities([agreement.when for agreement in agreements.values()])
    alternatives = {}
    for key, agreement in agreements.items():
        elsewhere = map(Not, replaced_where(key, agreements, times).values())
        alternatives[key] = possible.alternatives(AllOf((agreement.when, *elsewhere)))
    told = set()
    for key, behind in agreements.items():
        for other, customer in agreements.items() if behind.kind in _WHO else ():
            if customer.kind != "sla" or not overlap(times[key], times[other]):
                continue
            if not possible.together(alternatives[key], alternatives[other]):
                continue
            for found in late(customer, behind, max(customer.since, behind.since)):
                if (pair := (behind.name, customer.name, found.metric)) not in told:
                    told.add(pair)
                    _tell(source, key, behind, customer, found)


def _tell(source: Source, key: str, behind: Agreement, customer: Agreement, found: Late) -> None:
    place: Place = ("agreements", key, "targets", found.metric)
    limits = behind.targets[found.metric]
    place = (*place, found.priority if found.priority in limits else "default")
    zone = customer.calendar.zone
    example = (
        f"For a ticket of {_said(found.start, zone)} at priority {found.priority} {_WHO[behind.kind]} has until "
        f"{_said(found.due, zone)}, the customer was promised {in_words(found.rests)} by {_said(found.promised, zone)} "
        f"({zone.key})."
    )
    target = behind.target(found.metric, found.priority)
    expected = f"no longer than {customer.name} has for {in_words(found.rests)}"
    at = ("agreements", key) if source.is_inherited(place) else place
    source.problem(at, f"{in_words(found.metric)} {target.text if target else ''}", expected, example, warning=True)


def _said(at: int, zone: ZoneInfo) -> str:
    return f"{to_datetime(at).astimezone(zone):%a %d %b %H:%M}"

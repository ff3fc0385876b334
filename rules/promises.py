"""All promises in force: agreements with their versions, calendars, metrics, and what is known of customers.

Decided here: which versions of which agreements apply to a ticket whose clock starts at an instant: the version in force then,
or a later one that is published for open tickets too. Not decided here: what becomes of the clocks.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rules.agreement import Agreement, Target
from rules.calendar import BusinessCalendar
from rules.conditions import Facts, fields_of
from rules.instants import text
from rules.matching import Matcher
from rules.metrics import BUILT_IN, Judge, Metric
from rules.register import EMPTY, Register
from rules.ticket import DERIVED, OPENED, PUBLISHED, TicketEvent

Promise = tuple[Agreement, Target]
"""A version of an agreement, and its limit for one metric."""


@dataclass
class Promises:
    """The part of the book that says what was promised. Not changed after it is built, but for the register of exceptions,
    which is replaced as a whole by what people decide, and `lent`: from which instants what was known of customers.
    """

    calendars: Mapping[str, BusinessCalendar] = field(default_factory=dict)
    agreements: Sequence[Agreement] = ()
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    customers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    statuses: Mapping[str, str] = field(default_factory=dict)
    register: Register = EMPTY
    lent: Sequence[tuple[int, Mapping[str, Mapping[str, Any]]]] = ()

    def __post_init__(self) -> None:
        known = self.known_metrics = {name: Metric.of(name, raw) for name, raw in BUILT_IN.items()} | dict(self.metrics)
        promised = {metric for agreement in self.agreements for metric in agreement.targets}
        self.promised = [known[name] for name in known if name in promised]
        self.judge = Judge(self.promised)
        self._matcher = Matcher({agreement.key: agreement.when for agreement in self.agreements})
        # What is known of a customer, and lent to the ticket, hangs on the field `customer`.
        self.asked = {"customer"}.union(*(fields_of(agreement.when) for agreement in self.agreements))
        self._always_concerned = not self.asked.isdisjoint(DERIVED)
        self._by_version: dict[tuple[str | None, str | None], Agreement] = {(a.name, a.version): a for a in self.agreements}
        self._in_order = sorted(self.agreements, key=lambda agreement: agreement.since)
        # By name, in the order of the configuration, each agreement's versions in the order of their dates.
        self.versions: dict[str, list[Agreement]] = {agreement.name: [] for agreement in self.agreements}
        for agreement in self._in_order:
            self.versions[agreement.name].append(agreement)
        self._calendars = dict.fromkeys(calendar for agreement in self.agreements for calendar in agreement.calendars)
        versions = {agreement.since for agreement in self.agreements if agreement.applies_to == "open"}
        self.changes = sorted(versions.union(*(calendar.changes for calendar in self._calendars)))
        begins = (calendar.begins for calendar in self._calendars)
        self._instants = sorted({agreement.since for agreement in self.agreements}.union(*begins))
        limits = (by_priority for agreement in self.agreements for by_priority in agreement.targets.values())
        self._priorities = frozenset(priority for by_priority in limits for priority in by_priority)
        self._remembered: dict[tuple[str, str | None, tuple[str, ...], int, int], Mapping[str, Promise]] = {}

    def agreement(self, name: str | None, version: str | None) -> Agreement | None:
        """One version of an agreement, where there is one."""
        return self._by_version.get((name, version))

    def concerned(self, event: TicketEvent) -> bool:
        """Whether an event can change which conditions hold. Most name no field that an agreement asks about."""
        return self._always_concerned or event.type in (OPENED, PUBLISHED) or not self.asked.isdisjoint(event.data)

    def matching(self, facts: Facts) -> tuple[str, ...]:
        """Keys of all agreement versions whose condition holds, whenever they are in force."""
        return self._matcher.matching(facts)

    def applicable(self, matching: tuple[str, ...], start: int, at: int) -> dict[str, Agreement]:
        """By name, the agreements among `matching` that hold at `at` for a clock that started at `start`."""
        in_force: dict[str, Agreement] = {}
        for agreement in self._in_order:
            if agreement.since <= start or (agreement.applies_to == "open" and agreement.since <= at):
                in_force[agreement.name] = agreement
        chosen = {name: a for name, a in in_force.items() if a.key in matching}
        replaced = {name for agreement in chosen.values() for name in agreement.instead_of}
        ordered = {agreement.name: agreement for agreement in self.agreements}
        return {name: chosen[name] for name in ordered if name in chosen and name not in replaced}

    def about(self, metric: str, priority: object, matching: tuple[str, ...], start: int, at: int) -> Mapping[str, Promise]:
        """By agreement, what is promised about a metric at `at` for a clock that starts at `start`. As much as changes between
        two beginnings of a version is found out once.
        """
        known = priority if isinstance(priority, str) and priority in self._priorities else None
        key = (metric, known, matching, bisect_right(self._instants, start), bisect_right(self._instants, at))
        found = self._remembered.get(key)
        if found is None:
            pairs = ((a, a.target(metric, known)) for a in self.applicable(matching, start, at).values())
            found = {a.name: (a, target.in_force(start, at)) for a, target in pairs if target is not None}
            self._remembered[key] = found
        return found

    def customers_at(self, at: int) -> Mapping[str, Mapping[str, Any]]:
        """What was known of customers at an instant, and lent to their tickets."""
        known = [customers for since, customers in self.lent if since <= at]
        return known[-1] if known else self.lent[0][1] if self.lent else self.customers

    def publications(self, ticket: str, after: int, until: int) -> list[TicketEvent]:
        """The instants within a ticket's life at which something else was known of customers, as events of it."""
        later = self.lent[1:]
        return [TicketEvent(ticket, PUBLISHED, at, id=text(at), recorded=at) for at, _ in later if after < at <= until]

    def known_from(self, first: Mapping[str, int]) -> "Promises":
        """These promises, where versions that became known later, by their keys, hold no earlier than that."""
        bounded = [replace(a, since=max(a.since, first.get(a.key, a.since))) for a in self.agreements]
        moved = any(new.since != old.since for new, old in zip(bounded, self.agreements, strict=True))
        return replace(self, agreements=bounded) if moved else self

    def published(self, at: int) -> str:
        """What begins at an instant to hold for running clocks too, in words."""
        begins = [a.key for a in self.agreements if a.since == at and a.applies_to == "open"]
        begins += [f"a new version of calendar {calendar.name}" for calendar in self._calendars if at in calendar.changes]
        return f"{' and '.join(begins)} holds for open tickets too" if begins else ""

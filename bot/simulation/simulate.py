"""Simulation: events of a file replayed in virtual time, through the same look as live.

Decided here: that each ticket is looked at once at the end, and again at each late arrival, so that corrections come out as
they would have live; that counters over tickets are taken from all clocks first. Memory is bounded: events are sorted by
ticket and decisions by time outside memory. Not decided here: what is true of a ticket (`escalation.look`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from bot.simulation.spool import Spool
from escalation.book import Book
from escalation.facts import COUNTERS, NO_FACTS, Facts
from escalation.look import Look, look
from escalation.reconcile import reconcile
from rules.clock import ClockRow
from rules.clocks import clocks_of
from rules.conditions import fields_of
from rules.decisions import Decision
from rules.ticket import TicketEvent

Progress = Callable[[int], None]
Sink = Callable[[dict[str, Any]], None]


@dataclass
class Summary:
    """What a simulation comes to: counts, and verdicts by agreement and metric."""

    events: int = 0
    tickets: int = 0
    clocks: int = 0
    decisions: int = 0
    until: int = 0
    kinds: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    verdicts: dict[tuple[str, str], dict[str, int]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(int)))

    def count(self, rows: Iterable[ClockRow]) -> None:
        """Take in a ticket's clocks."""
        for row in rows:
            self.clocks += 1
            self.verdicts[row.agreement, row.metric][row.verdict] += 1


class Simulation:
    """Events in, decisions and clocks out. `held` bounds the rows kept in memory."""

    def __init__(self, book: Book, held: int = 100_000) -> None:
        self.book = book
        self.summary = Summary()
        self._events: Spool[tuple[str, int, TicketEvent]] = Spool(held)
        self._decisions: Spool[tuple[int, int, int, dict[str, Any]]] = Spool(held)
        self._latest = 0

    def add(self, event: TicketEvent) -> None:
        """Put in an event; the order of adding is the order of arrival among events of one time."""
        self.summary.events += 1
        self._latest = max(self._latest, event.known_at)
        self._events.add((event.ticket, self.summary.events, event))

    def run(self, until: int | None, decisions: Sink | None, clocks: Sink | None, progress: Progress) -> Summary:
        """Replay up to and including `until`, or the last event. Clocks come ticket by ticket, decisions in order of time."""
        now = self._latest if until is None else until
        self.summary.until = now
        facts = self._facts(now) if self._needs_counters() else NO_FACTS
        for ordinal, (ticket, history) in enumerate(self._tickets()):
            last, record = replay(ticket, history, self.book, facts, now)
            self.summary.tickets += 1
            self.summary.count(last.clocks)
            self._count(record)
            if clocks:
                for row in last.clocks:
                    clocks(row.public())
            if decisions:
                for n, decision in enumerate(record):
                    self._decisions.add((decision.at, ordinal, n, decision.public()))
            progress(len(history))
        if decisions:
            for _, _, _, decided in self._decisions:
                decisions(decided)
        self._events.close()
        self._decisions.close()
        return self.summary

    def _count(self, record: list[Decision]) -> None:
        self.summary.decisions += len(record)
        for decision in record:
            self.summary.kinds[decision.kind] += 1

    def _tickets(self) -> Iterator[tuple[str, list[TicketEvent]]]:
        for ticket, rows in groupby(self._events, key=lambda row: row[0]):
            history = []
            for _, arrival, event in rows:
                history.append(_arrived(event, arrival))
            yield ticket, history

    def _needs_counters(self) -> bool:
        return any(field in COUNTERS for rule in self.book.rules for field in fields_of(rule.when))

    def _facts(self, now: int) -> Facts:
        """All customers' breaches, from the clocks of all tickets."""
        breaches: dict[str, list[int]] = defaultdict(list)
        sla = {(a.name, a.version) for a in self.book.promises.agreements if a.kind == "sla"}
        for ticket, history in self._tickets():
            found = clocks_of(ticket, [event for event in history if event.known_at <= now], self.book.promises, now)
            for decision in found.decisions:
                if decision.kind == "clock.overdue" and (decision.agreement, decision.version) in sla:
                    moment = next(m for m in reversed(found.moments) if m.at <= decision.at)
                    if isinstance(customer := moment.facts.get("customer"), str):
                        breaches[customer].append(decision.at)
        return Facts({customer: sorted(instants) for customer, instants in breaches.items()}, whole=True)


def replay(ticket: str, history: list[TicketEvent], book: Book, facts: Facts, now: int) -> tuple[Look, list[Decision]]:
    """The last look at a ticket, and the record that live looks would have left by then."""
    known = [event for event in history if event.known_at <= now]
    arrivals = sorted({event.known_at for event in known if event.known_at > event.time})
    if not arrivals:
        last = look(ticket, known, book, facts, now)
        return last, last.decisions
    record: list[Decision] = []
    # Just before each late arrival, and at it: what was decided in good faith, and what is corrected.
    for at in sorted({moment for arrival in arrivals for moment in (arrival - 1, arrival)} | {now}):
        so_far = [event for event in known if event.known_at <= at]
        last = look(ticket, so_far, book, facts, at)
        record.extend(reconcile(record, last.decisions, so_far))
    return last, sorted(record, key=lambda decision: decision.at)


def _arrived(event: TicketEvent, arrival: int) -> TicketEvent:
    return TicketEvent(
        event.ticket, event.type, event.time, event.data, event.id, event.source, event.sequence, arrival, event.recorded
    )

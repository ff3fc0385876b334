"""Simulation: events of a file replayed in virtual time, through the same look as live.

Decided here: that each ticket is looked at once at the end, and again at each late arrival, so that corrections come out as
they would have live; that tickets whose rules hang on counters over other tickets are looked at again when all clocks are
known. Memory is bounded: events are sorted by ticket and decisions by time outside memory. Not decided here: what is true of
a ticket (`escalation.look`).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any

from bot.simulation.spool import Spool
from escalation.book import Book
from escalation.facts import NO_FACTS, Facts
from escalation.look import Look, look
from escalation.reconcile import reconcile
from rules.clock_row import ClockRow
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
        self._held = held
        self._events: Spool[tuple[str, int, TicketEvent]] = Spool(held)
        self._decisions: Spool[tuple[int, str, int, dict[str, Any]]] = Spool(held)
        self._latest = 0
        self._known: set[int] = set()

    def add(self, event: TicketEvent) -> None:
        """Put in an event, unless its (source, id) is known; the order of adding is the order of arrival."""
        key = hash((event.source, event.id))
        if key in self._known:
            return
        self._known.add(key)
        self._latest = max(self._latest, event.known_at)
        self._events.add((event.ticket, len(self._known), event))

    def __len__(self) -> int:
        """How many events were put in."""
        return len(self._known)

    def run(self, until: int | None, decisions: Sink | None, clocks: Sink | None, progress: Progress) -> Summary:
        """Replay up to and including `until`, or the last event. Clocks come ticket by ticket, decisions in order of time."""
        now = self._latest if until is None else until
        self.summary.until = now
        breaches: dict[str, list[int]] = defaultdict(list)
        waiting: Spool[tuple[str, int, TicketEvent]] = Spool(self._held)
        for ticket, history in _by_ticket(self._events):
            happened = sum(event.known_at <= now for event in history)
            if not happened:
                progress(len(history))
                continue
            self.summary.events += happened
            last, record, counted = replay(ticket, history, self.book, NO_FACTS, now)
            self._note_breaches(last, breaches)
            self._take_clocks(last, clocks)
            if counted:  # what is done hangs on the other tickets' clocks: once more when all are known
                for n, event in enumerate(history):
                    waiting.add((ticket, n, event))
            else:
                self._take(record, keep=decisions is not None)
                progress(len(history))
        facts = Facts({customer: sorted(instants) for customer, instants in breaches.items()}, whole=True)
        for ticket, history in _by_ticket(waiting):
            self._take(replay(ticket, history, self.book, facts, now)[1], keep=decisions is not None)
            progress(len(history))
        if decisions:
            for _, _, _, decided in self._decisions:
                decisions(decided)
        for spool in (self._events, self._decisions, waiting):
            spool.close()
        return self.summary

    def _take_clocks(self, last: Look, clocks: Sink | None) -> None:
        """Count a ticket's clocks and write them."""
        self.summary.tickets += 1
        self.summary.count(last.clocks)
        if clocks:
            for row in last.clocks:
                clocks(row.public())

    def _take(self, record: list[Decision], *, keep: bool) -> None:
        """Count a ticket's decisions and keep them to be sorted."""
        self.summary.decisions += len(record)
        for n, decision in enumerate(record):
            self.summary.kinds[decision.kind] += 1
            if keep:
                self._decisions.add((decision.at, decision.ticket, n, decision.public()))

    def _note_breaches(self, last: Look, breaches: dict[str, list[int]]) -> None:
        customer = last.facts.get("customer")
        if isinstance(customer, str):
            breaches[customer].extend(r.breached_at for r in last.clocks if r.breached_at is not None and r.kind == "sla")


def _by_ticket(events: Iterable[tuple[str, int, TicketEvent]]) -> Iterator[tuple[str, list[TicketEvent]]]:
    for ticket, rows in groupby(events, key=itemgetter(0)):
        yield ticket, [event for _, _, event in rows]


def replay(ticket: str, history: list[TicketEvent], book: Book, facts: Facts, now: int) -> tuple[Look, list[Decision], bool]:
    """The last look at a ticket, the record that live looks would have left by then, and whether counters swayed one."""
    known = [event for event in history if event.known_at <= now]
    arrivals = sorted({event.known_at for event in known if event.known_at > event.time})
    if not arrivals:
        last = look(ticket, known, book, facts, now)
        return last, last.decisions, last.counted
    record: list[Decision] = []
    counted = False
    # Just before each late arrival, and at it: what was decided in good faith, and what is corrected.
    for at in sorted({moment for arrival in arrivals for moment in (arrival - 1, arrival)} | {now}):
        so_far = [event for event in known if event.known_at <= at]
        last = look(ticket, so_far, book, facts.remembering(record), at)
        record.extend(reconcile(record, last.decisions, so_far))
        counted = counted or last.counted
    return last, sorted(record, key=lambda decision: decision.at), counted

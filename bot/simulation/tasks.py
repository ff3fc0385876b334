"""What a simulation has to do, in tasks that any process can take.

Decided here: that events are dealt by their ticket into shards, and their names by a digest, so that a shard has all events of
its tickets, or of its names; that of several events of one name the first in the file counts, under whatever ticket; that
tickets whose responses hang on counters over other tickets are left for when all clocks are known. What is to be written is
encoded here already. Not decided here: in which order the tasks are done (`simulate`), and by how many (`crew`).
"""

import marshal
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple
from zlib import crc32

from pydantic_core import to_json

from bot.simulation.replay import replay
from bot.simulation.spool import HELD, Run, Spool, put_down, rows_of
from bot.simulation.store import Piece, Store
from bot.simulation.summary import Summary
from escalation.book import Book
from escalation.facts import NO_FACTS, Count, Facts
from escalation.look import Look
from rules.clock_row import BROKEN
from rules.decisions import Decision
from rules.exceptions import MOVES, REQUESTED
from rules.register import EMPTY, Register
from rules.ticket import TicketEvent

Read = Callable[[bytes], TicketEvent | str]
"""The event of a line, or why it is refused."""
Shards = dict[int, Run]
EventRow = tuple[str, int, bytes]
"""Ticket, line and the rest of an event."""
DecisionRow = tuple[int, str, bytes]
"""Instant, ticket and the lines to be written."""
WaitingRow = tuple[str, list[Count], list[str], list[DecisionRow], list[bytes]]
"""A ticket, what it has counted, the kinds of its decisions and these if the count holds, its packed events if not."""

_WAITING_AT_ONCE = 100
_MOST_REASONS = 100
"""More than anybody is shown; other refusals of a block of lines are only counted."""


@dataclass
class Bench:
    """What all tasks need. Events are dealt into `shards`; `held` bounds the rows that a task keeps in memory."""

    store: Store
    book: Book
    read: Read
    shards: int
    held: int = HELD
    _facts: tuple[Piece, Facts] | None = None

    def facts(self, breaches: Piece) -> Facts:
        """The facts that lie in the store; kept, as all tasks ask for the same."""
        if self._facts is None or self._facts[0] != breaches:
            instants = {customer: array("q", sorted(array("q", packed))) for customer, packed in self.store.get(breaches)}
            self._facts = breaches, Facts(instants, whole=True)
        return self._facts[1]


@dataclass
class Dealt:
    """Where the events of a block of lines and their names lie, by shard; what people decided about exceptions; and the lines
    that were refused.
    """

    events: Shards
    names: Shards
    exceptions: list[TicketEvent]
    refused: int
    refusals: list[tuple[int, str]]


@dataclass
class Deal:
    """Read lines, of which the first has number `first`."""

    first: int
    lines: Sequence[bytes]

    def run(self, bench: Bench) -> Dealt:
        """Deal them into shards."""
        read, shards = bench.read, bench.shards
        events: defaultdict[int, list[EventRow]] = defaultdict(list)
        names: defaultdict[int, list[tuple[bytes, int, int, int]]] = defaultdict(list)
        refused, refusals, exceptions = 0, [], []
        for number, line in enumerate(self.lines, self.first):
            if line.isspace():
                continue
            event = read(line)
            if isinstance(event, str):
                refused += 1
                if refused <= _MOST_REASONS:
                    refusals.append((number, event))
                continue
            if event.type == REQUESTED or event.type in MOVES:
                exceptions.append(event)
                continue
            shard = crc32(event.ticket.encode()) % shards
            name = blake2b(f"{event.source}\n{event.id}".encode(), digest_size=16).digest()
            events[shard].append((event.ticket, number, _packed(event)))
            names[name[0] % shards].append((name, number, shard, event.known_at))
        return Dealt(_put_down(bench.store, events), _put_down(bench.store, names), exceptions, refused, refusals)


@dataclass
class Compared:
    """How many events have a name of their own, the latest of them, and the lines of the others by the events' shard."""

    kept: int
    latest: int
    doubled: Shards


@dataclass
class Compare:
    """Compare the names of a shard."""

    names: Run

    def run(self, bench: Bench) -> Compared:
        """Find those that come again."""
        spool: Spool[tuple[bytes, int, int, int]] = Spool(bench.store, bench.held)
        spool.extend(rows_of(bench.store, self.names))
        kept, latest, before = 0, 0, b""
        doubled: defaultdict[int, list[int]] = defaultdict(list)
        for name, line, shard, known_at in spool:
            if name == before:
                doubled[shard].append(line)
                continue
            before = name
            kept += 1
            if known_at > latest:
                latest = known_at
        return Compared(kept, latest, _put_down(bench.store, doubled))


class Wanted(NamedTuple):
    """What is to be written; and the exceptions under which all is looked at."""

    decisions: bool
    clocks: bool
    register: Register = EMPTY


@dataclass
class Outcome:
    """What became of a shard's tickets and their `events`: sorted runs of what to write, and what waits for the counters."""

    summary: Summary = field(default_factory=Summary)
    events: int = 0
    clocks: list[Run] = field(default_factory=list)
    decisions: list[Run] = field(default_factory=list)
    breaches: dict[str, "array[int]"] = field(default_factory=dict)
    waiting: Run = field(default_factory=list)
    waiting_events: int = 0


@dataclass
class LookAt:
    """Look at the tickets of a shard, without the events of some lines."""

    events: Run
    doubled: Run
    now: int
    wanted: Wanted

    def run(self, bench: Bench) -> Outcome:
        """Replay each ticket."""
        bench.book.promises.register = self.wanted.register
        outcome = Outcome()
        clocks: Spool[tuple[str, bytes]] = Spool(bench.store, bench.held)
        decisions: Spool[DecisionRow] = Spool(bench.store, bench.held)
        waiting: list[WaitingRow] = []
        doubled = set(rows_of(bench.store, self.doubled))
        rows = (row for row in rows_of(bench.store, self.events) if row[1] not in doubled)
        for ticket, packed in _by_ticket(bench, rows):
            history = _unpacked(ticket, packed)
            outcome.events += len(history)
            happened = sum(event.known_at <= self.now for event in history)
            if not happened:
                continue
            last, record, counted = replay(ticket, history, bench.book, NO_FACTS, self.now)
            outcome.summary.events += happened
            outcome.summary.tickets += 1
            outcome.summary.take_clocks(last.clocks)
            _note_breaches(last, outcome.breaches)
            if self.wanted.clocks and last.clocks:
                clocks.add((ticket, b"".join(to_json(row.public()) + b"\n" for row in last.clocks)))
            kinds, encoded = _encoded(ticket, record, self.wanted)
            if counted:
                waiting.append((ticket, counted, kinds, encoded, packed))
                outcome.waiting_events += len(packed)
                if len(waiting) == _WAITING_AT_ONCE:
                    outcome.waiting.append(bench.store.put(waiting))
                    waiting = []
            else:
                outcome.summary.take_decisions(kinds)
                decisions.extend(encoded)
        outcome.waiting += put_down(bench.store, waiting)
        outcome.clocks, outcome.decisions = clocks.runs(), decisions.runs()
        return outcome


@dataclass
class LookAgain:
    """Look again at tickets whose responses hang on the other tickets' clocks: these are known now."""

    waiting: Run
    breaches: Piece
    now: int
    wanted: Wanted

    def run(self, bench: Bench) -> Outcome:
        """Replay each ticket with all breaches, unless they are those that it has counted itself."""
        bench.book.promises.register = self.wanted.register
        outcome = Outcome()
        decisions: Spool[DecisionRow] = Spool(bench.store, bench.held)
        facts = bench.facts(self.breaches)
        for ticket, counted, kinds, encoded, packed in rows_of(bench.store, self.waiting):
            if not facts.confirm(counted):
                _, record, _ = replay(ticket, _unpacked(ticket, packed), bench.book, facts, self.now)
                kinds, encoded = _encoded(ticket, record, self.wanted)
            outcome.summary.take_decisions(kinds)
            decisions.extend(encoded)
        outcome.decisions = decisions.runs()
        return outcome


def _put_down(store: Store, shards: Mapping[int, list[Any]]) -> Shards:
    return {shard: put_down(store, rows) for shard, rows in shards.items()}


def _packed(event: TicketEvent) -> bytes:
    rest: Any = (event.type, event.time, event.data, event.id, event.source, event.sequence, event.arrival, event.recorded)
    return marshal.dumps(rest)


def _unpacked(ticket: str, packed: Iterable[bytes]) -> list[TicketEvent]:
    return [TicketEvent(ticket, *marshal.loads(rest)) for rest in packed]  # noqa: S302 - packed by ourselves


def _by_ticket(bench: Bench, rows: Iterable[EventRow]) -> Iterator[tuple[str, list[bytes]]]:
    """Ticket by ticket, its packed events in the order of the file."""
    spool: Spool[EventRow] = Spool(bench.store, bench.held)
    spool.extend(rows)
    for ticket, found in groupby(spool, key=itemgetter(0)):
        yield ticket, [packed for _, _, packed in found]


def _encoded(ticket: str, record: Sequence[Decision], wanted: Wanted) -> tuple[list[str], list[DecisionRow]]:
    """The kinds of a ticket's decisions, and these as they are written, those of one instant together."""
    kinds = [decision.kind for decision in record]
    if not wanted.decisions:
        return kinds, []
    return kinds, [
        (at, ticket, b"".join(to_json(decision.public()) + b"\n" for decision in decided))
        for at, decided in groupby(record, key=attrgetter("at"))
    ]


def _note_breaches(last: Look, breaches: dict[str, "array[int]"]) -> None:
    """Keep when a customer's agreements were broken."""
    customer = last.facts.get("customer")
    if isinstance(customer, str):
        broken = (row for row in last.clocks if row.verdict in BROKEN and row.kind == "sla")
        instants = [row.breached_at for row in broken if row.breached_at is not None]
        if instants:
            breaches.setdefault(customer, array("q")).extend(instants)

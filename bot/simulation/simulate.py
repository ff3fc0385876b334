"""Simulation: events of a file replayed in virtual time, through the same look as live.

Decided here: the stages (events are read and dealt into shards, names are compared, tickets are looked at, some of them once
more when all clocks are known, what was decided is written in order), how many processes share them, and how large a block
of lines is. Memory is bounded whatever the order of the lines: what grows with them lies in the store. Not decided here: what
a stage does (`tasks`), what is true of a ticket (`escalation.look`).
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain, islice
from typing import Protocol

from bot.simulation.crew import Crew, cores
from bot.simulation.spool import HELD, Run, merged
from bot.simulation.store import Store
from bot.simulation.summary import Summary
from bot.simulation.tasks import Bench, Compare, Deal, LookAgain, LookAt, Outcome, Read, Shards, Wanted
from escalation.book import Book
from rules.register import Register
from rules.ticket import TicketEvent, in_order

Refuse = Callable[[int, str], None]
"""Told of a refused line: its number and the reason."""
Write = Callable[[bytes], object]

BLOCK = 2 << 20
"""About how many bytes of lines make a block, and a task. What fits in one is done by this process alone."""
_SHARDS = 128
_AT_ONCE = 1_000


class Progress(Protocol):
    """Told how far a stage has come."""

    def begin(self, stage: str, total: int | None) -> None:
        """A stage begins, in which so much is to be done, where that is known."""

    def advance(self, done: int) -> None:
        """So much more is done."""


class Simulation:
    """Lines in, then decisions and clocks out. A context: at its end its processes and temporary files are gone.

    At most `processes` share the work, and each keeps about `held` rows in memory.
    """

    def __init__(self, book: Book, read: Read, processes: int | None = None, held: int = HELD) -> None:
        self.summary = Summary()
        self._book, self._read, self._held = book, read, held
        self._processes = cores() if processes is None else processes
        self._ending = ExitStack()
        self._latest = 0

    def __enter__(self) -> "Simulation":
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def read(self, blocks: Iterable[Sequence[bytes]], refuse: Refuse, progress: Progress) -> None:
        """Take in all lines, once; an event whose (source, id) is known already is left aside."""
        blocks = iter(blocks)
        first = list(islice(blocks, 2))
        self._gather(small=len(first) < 2)
        names = self._deal(chain(first, blocks), refuse)
        self._compare(names, progress)

    def run(self, until: int | None, decisions: Write | None, clocks: Write | None, progress: Progress) -> Summary:
        """Replay up to and including `until`, or the last event. Clocks come ticket by ticket, decisions in order of time."""
        now = self.summary.until = self._latest if until is None else until
        wanted = Wanted(decisions is not None, clocks is not None, self._register)
        outcomes = self._look(now, wanted, progress)
        self._crew.close()
        progress.begin("Writing", self.summary.decisions * wanted.decisions + self.summary.clocks * wanted.clocks)
        for write, runs in ((clocks, (o.clocks for o in outcomes)), (decisions, (o.decisions for o in outcomes))):
            if write:
                self._write(write, list(chain.from_iterable(runs)), progress)
        return self.summary

    def _gather(self, *, small: bool) -> None:
        """Starting processes takes longer than a small file."""
        processes = 1 if small else self._processes
        store = Store(1 + processes)
        self._ending.callback(store.close)
        self._bench = Bench(store, self._book, self._read, 1 if small else _SHARDS, self._held)
        self._crew = Crew(processes, self._bench)
        self._ending.callback(self._crew.close)

    def _deal(self, blocks: Iterable[Sequence[bytes]], refuse: Refuse) -> Shards:
        """The events of all blocks, by shard; their names, by shard of their own."""
        self._events: defaultdict[int, Run] = defaultdict(list)
        names: defaultdict[int, Run] = defaultdict(list)
        exceptions: list[TicketEvent] = []
        for dealt in self._crew.map(_tasks(blocks)):
            for shard, pieces in dealt.events.items():
                self._events[shard] += pieces
            for shard, pieces in dealt.names.items():
                names[shard] += pieces
            exceptions += dealt.exceptions
            for line, reason in dealt.refusals:
                refuse(line, reason)
            self.summary.refused += dealt.refused
        decided = in_order(exceptions)
        self._register = Register.of(decided)
        self.summary.read += len(decided)
        self._latest = max([self._latest, *(event.time for event in decided)])
        return names

    def _compare(self, names: Shards, progress: Progress) -> None:
        """Find the lines whose event is known already."""
        self._doubled: defaultdict[int, Run] = defaultdict(list)
        progress.begin("Comparing events", len(names))
        for compared in self._crew.map(Compare(pieces) for pieces in names.values()):
            for shard, pieces in compared.doubled.items():
                self._doubled[shard] += pieces
            self.summary.read += compared.kept
            self._latest = max(self._latest, compared.latest)
            progress.advance(1)

    def _look(self, now: int, wanted: Wanted, progress: Progress) -> list[Outcome]:
        """Look at all tickets; at those that wait for the counters, once more."""
        progress.begin("Looking at tickets", self.summary.read)
        tasks = (LookAt(pieces, self._doubled[shard], now, wanted) for shard, pieces in self._events.items())
        outcomes = []
        for outcome in self._crew.map(tasks):
            self.summary.add(outcome.summary)
            outcomes.append(outcome)
            progress.advance(outcome.events)
        waiting = [outcome for outcome in outcomes if outcome.waiting]
        progress.begin("Looking at others' breaches", sum(outcome.waiting_events for outcome in waiting))
        breaches = self._bench.store.put(_together(outcomes))
        again = self._crew.map(LookAgain(outcome.waiting, breaches, now, wanted) for outcome in waiting)
        for first, outcome in zip(waiting, again, strict=True):
            self.summary.add(outcome.summary)
            outcomes.append(outcome)
            progress.advance(first.waiting_events)
        return outcomes

    def _write(self, write: Write, runs: list[Run], progress: Progress) -> None:
        rows = merged(self._bench.store, runs)
        while lines := b"".join(row[-1] for row in islice(rows, _AT_ONCE)):
            write(lines)
            progress.advance(lines.count(b"\n"))


def _tasks(blocks: Iterable[Sequence[bytes]]) -> Iterator[Deal]:
    line = 1
    for block in blocks:
        yield Deal(line, block)
        line += len(block)


def _together(outcomes: Iterable[Outcome]) -> list[tuple[str, bytes]]:
    """By customer, the instants of all breaches."""
    breaches: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
    for outcome in outcomes:
        for customer, instants in outcome.breaches.items():
            breaches[customer].extend(instants)
        outcome.breaches = {}
    return [(customer, instants.tobytes()) for customer, instants in breaches.items()]

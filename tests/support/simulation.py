"""Simulations in tests: events in, rows out."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from adapters.helpdesk.cloudevents import decode, ticket_event
from adapters.helpdesk.event_data import EventError
from bot.simulation.simulate import Simulation
from bot.simulation.summary import Summary
from escalation.book import Book
from rules.instants import parse
from rules.ticket import TicketEvent
from tests.support.process import rows

Rows = list[dict[str, Any]]


class Simulated(NamedTuple):
    """What came of a simulation."""

    decisions: Rows
    clocks: Rows
    summary: Summary
    refused: list[tuple[int, str]]


@dataclass
class Stages:
    """A progress that remembers the stages: their names, what was to be done and what was done."""

    told: list[tuple[str, int | None, list[int]]] = field(default_factory=list)

    def begin(self, stage: str, total: int | None) -> None:
        self.told.append((stage, total, []))

    def advance(self, done: int) -> None:
        self.told[-1][2].append(done)


def read(line: bytes) -> TicketEvent | str:
    """As `sla simulate` reads a line."""
    try:
        return ticket_event(decode(line), in_file=True)
    except EventError as error:
        return str(error)


def simulated(
    book: Book,
    events: Iterable[Mapping[str, Any] | bytes],
    until: str | None = "2026-01-06T09:00:00Z",
    *,
    processes: int = 1,
    block: int = 100_000,
    held: int = 100_000,
) -> Simulated:
    """Events, or lines, in blocks of so many lines; the last event's instant is the end where none is given."""
    lines = [event if isinstance(event, bytes) else json.dumps(event).encode() + b"\n" for event in events]
    decisions: list[bytes] = []
    clocks: list[bytes] = []
    refused: list[tuple[int, str]] = []
    with Simulation(book, read, processes, held) as simulation:
        blocks = (lines[start : start + block] for start in range(0, len(lines), block))
        simulation.read(blocks, lambda line, reason: refused.append((line, reason)), Stages())
        end = None if until is None else parse(until)
        summary = simulation.run(end, decisions.append, clocks.append, Stages())
    return Simulated(rows(b"".join(decisions).decode()), rows(b"".join(clocks).decode()), summary, refused)

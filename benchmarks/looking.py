"""How many looks a second one core takes, and how long a ticket with a long history takes."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from adapters.helpdesk.cloudevents import wire_form
from benchmarks.report import line
from benchmarks.tickets import desk, long_history, ten_events
from escalation.facts import NO_FACTS
from escalation.look import look
from rules.clocks import clocks_of
from rules.instants import DAY
from rules.ticket import TicketEvent

TICKETS = 1_000
LONG = 10_000


def results() -> Iterator[dict[str, Any]]:
    """Looks and clocks a second at tickets with ten events under three agreements; seconds for ten thousand events.

    A look holds reasons, rules and ladder; what it comes to is kept until the end of a run, as a batch of the watch keeps it.
    """
    book = desk()
    tickets = [(f"T-{number}", ten_events(number)) for number in range(TICKETS)]
    now = tickets[0][1][-1].time + DAY
    reference = TICKETS / fastest(lambda: [_json(history) for _, history in tickets])
    looks = TICKETS / fastest(lambda: [look(ticket, history, book, NO_FACTS, now) for ticket, history in tickets])
    yield line("look_ten_events_three_agreements", looks, "looks/s", reference, 4_000)
    clocks = TICKETS / fastest(lambda: [clocks_of(ticket, history, book.promises, now) for ticket, history in tickets])
    yield line("clocks_ten_events_three_agreements", clocks, "tickets/s", reference, 8_000)
    history = long_history(LONG)
    seconds = fastest(lambda: look("T-0", history, book, NO_FACTS, history[-1].time))
    yield line("look_ten_thousand_events", seconds, "s", fastest(lambda: _json(history)), 1.0, at_most=True)


def _json(history: list[TicketEvent]) -> None:
    """The reference: the same events through the standard library's JSON, there and back."""
    for event in history:
        json.loads(json.dumps(wire_form(event)))


def fastest(work: Callable[[], object], times: int = 5) -> float:
    """Seconds of the fastest of several runs."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)

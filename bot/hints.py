"""Hints: what may help with a ticket whose deadline comes near, as a line for its thread.

Decided here: of customers' tickets only the id is told and how long they took, as what they say is theirs; articles are told
with title and address. Not decided here: when a hint is called for (`escalation.responses`), what is alike (`similar`).
"""

from bot.messages import clipped
from bot.ports import Ledger
from bot.records import Case, TicketView
from bot.similar import most_similar, problem_of, words_of
from rules.durations import spoken
from rules.instants import MINUTE
from rules.ticket import DONE

_CANDIDATES = 50


class Hints:
    """Looks for what is alike in one ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def line(self, view: TicketView) -> str | None:
        """What may help with a ticket; None where nothing like it is known."""
        events = self._ledger.looks.histories([view.ticket])[0].events
        words = words_of(f"{view.facts.get('title') or ''}\n{problem_of(events)}")
        found = [case for case in self._ledger.knowledge.find(words, _CANDIDATES) if case.ref != view.ticket]
        solved = self._solved([case.ref for case in found if case.kind == "ticket"])
        known = most_similar(words, [case for case in found if case.kind != "ticket" or case.ref in solved])
        return f"This may help: {'; '.join(_told(case, solved) for case in known)}" if known else None

    def _solved(self, tickets: list[str]) -> dict[str, TicketView]:
        """Those that are still solved."""
        views = self._ledger.reader.tickets(tickets)
        return {id: view for id, view in views.items() if view.facts.get("status") in DONE}


def _told(case: Case, solved: dict[str, TicketView]) -> str:
    if case.kind != "ticket":
        return clipped(case.title, 120) + (f" {clipped(case.url, 300)}" if case.url else "")
    took = [clock.wall_elapsed_ms for clock in solved[case.ref].clocks if clock.metric == "resolution"]
    minutes = max(took, default=0) // MINUTE * MINUTE
    return f"ticket {case.ref}" + (f" (solved after {spoken(minutes)})" if minutes else "")

"""Acting: what a person does about a ticket becomes an event of the ticket's history.

Decided here: the ticket is looked at at once, so that the answer can say how it stands then; a press that is delivered twice is
known by its name. Not decided here: who may do what (`handlers`), and what becomes of it (the floors below).
"""

from collections.abc import Mapping
from typing import Any

from bot.messages import Answer, clipped, refusal
from bot.ports import Ledger, WallClockPort
from bot.records import History
from bot.watch import Watch
from escalation.book import Book
from escalation.lateness import SOURCE
from escalation.people import Person
from rules.problems import did_you_mean
from rules.ticket import TicketEvent


class Acting:
    """Writes acts into one ledger."""

    def __init__(self, ledger: Ledger, clock: WallClockPort, watch: Watch) -> None:
        self._ledger, self._clock, self._watch = ledger, clock, watch

    def event(self, ticket: str, type: str, data: Mapping[str, Any], act: str) -> TicketEvent:
        """An act as it would be written now."""
        now = self._clock.now()
        return TicketEvent(ticket, type, now, data, act, SOURCE, recorded=now)

    def do(self, ticket: str, type: str, data: Mapping[str, Any], act: str, seen: int | None = None) -> None:
        """Write an act, and look at the ticket. Raises StaleError where the ticket is no more what was `seen`."""
        self._ledger.intake.act(self.event(ticket, type, data, act), self._clock.now, seen)
        self._watch.look_now(ticket)


def somebody(book: Book, said: str) -> Person | Answer:
    """A person by id or name, as in `@ana`."""
    wanted = said.removeprefix("@").casefold()
    for person in book.people.values():
        if wanted in (person.id.casefold(), person.name.casefold()):
            return person
    hint = did_you_mean(wanted, [person.id for person in book.people.values()])
    return refusal(f"There is nobody called {clipped(said, 60)!r}. {hint}".rstrip())


def done(history: History, act: str) -> bool:
    """Whether this very act stands in the history already."""
    return any(event.id == act and event.source == SOURCE for event in history.events)

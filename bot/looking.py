"""What a look finds in a ticket's history as the ledger has it, and what of it is not on record yet.

Decided here: that counters over other tickets are asked for only where they sway a rule, and from when on. Not decided here:
when a ticket is looked at (`watch`), and what is true of it (`escalation.look`).
"""

from collections.abc import Mapping, Sequence

from bot.ports import Looks
from bot.records import History
from escalation.book import Book
from escalation.facts import Facts
from escalation.look import Look, look
from escalation.reconcile import reconcile
from rules.decisions import Decision
from rules.instants import DAY


def found_in(history: History, book: Book, facts: Facts, now: int, republished_at: int | None) -> tuple[Look, list[Decision]]:
    """A look, and what of it is new."""
    found = look(history.ticket, history.events, book, facts, now)
    # An event a little ahead of the clock is here already and waits for its time.
    happened = [event for event in history.events if event.known_at <= now]
    return found, reconcile(history.recorded, found.decisions, happened, republished_at)


def breaches_elsewhere(looks: Looks, history: History) -> Mapping[str, Sequence[int]]:
    """By customer, when its agreements were broken in other tickets, as far back as this one may ask."""
    customers = sorted({c for event in history.events if isinstance(c := event.data.get("customer"), str)})
    since = min(event.time for event in history.events) - DAY
    return looks.breaches(customers, history.ticket, since) if customers else {}

"""One ticket's history replayed in virtual time.

Decided here: that a ticket is looked at once at the end, and again at each late arrival, so that corrections come out as they
would have live. Pure. Not decided here: what is true of a ticket (`escalation.look`).
"""

from collections.abc import Sequence

from escalation.book import Book
from escalation.facts import Count, Facts
from escalation.look import Look, look
from escalation.reconcile import reconcile
from rules.decisions import Decision
from rules.ticket import TicketEvent


def replay(
    ticket: str, history: Sequence[TicketEvent], book: Book, facts: Facts, now: int
) -> tuple[Look, list[Decision], list[Count]]:
    """The last look at a ticket, the record that live looks would have left by then in the order of time, and the counters that
    swayed it.
    """
    known = [event for event in history if event.known_at <= now]
    arrivals = sorted({event.known_at for event in known if event.known_at > event.time})
    if not arrivals:
        last = look(ticket, known, book, facts, now)
        return last, last.decisions, last.counted
    record: list[Decision] = []
    counted: list[Count] = []
    # Just before each late arrival, and at it: what was decided in good faith, and what is corrected.
    for at in sorted({moment for arrival in arrivals for moment in (arrival - 1, arrival)} | {now}):
        so_far = [event for event in known if event.known_at <= at]
        last = look(ticket, so_far, book, facts.remembering(record), at)
        record.extend(reconcile(record, last.decisions, so_far))
        counted += last.counted
    return last, sorted(record, key=lambda decision: decision.at), counted

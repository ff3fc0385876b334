"""Needed: whether what waits to be said still has to be said.

Decided here: a call is dropped once somebody has the page, the page is closed or it has gone on to others; a letter once its
clock has been stopped, corrected or excused; a reminder once the acknowledgement is another, or what it is about is done. Whom
quiet hours keep from being called is called when they end, unless it is urgent. Pure. Not decided here: when a message goes
out (`delivery`).
"""

from collections.abc import Sequence

from bot.records import PRESSING, OutboxRow, TicketView
from escalation.book import Book
from escalation.effects import CALLS, REMINDED
from escalation.letters import RELEASED
from escalation.reconcile import LETTER
from escalation.reviews import REMINDED as REVIEW_DUE
from rules.decisions import Decision
from rules.ticket import DONE

URGENT = "urgent"
"""A ticket of this priority is worth waking somebody."""


def needless(row: OutboxRow, view: TicketView, book: Book) -> str | None:
    """Why a row need not be said any more; None: it has to be."""
    if row.line is None or (row.audience == "team" and row.priority != PRESSING):
        return None
    decision = Decision.of(row.body["decision"])
    if decision.kind in (LETTER, RELEASED):
        return needless_letter(decision, view, book)
    if decision.kind in CALLS and decision.to:
        return _call(decision, view, book)
    if decision.kind == REVIEW_DUE:
        return _review_due(decision, view)
    return _reminder(decision, view) if decision.kind == REMINDED else None


def _call(decision: Decision, view: TicketView, book: Book) -> str | None:
    page = view.page_of(decision)
    if page is None:
        return "the page is not on record any more"
    match page.state:
        case "closed":
            return "nobody is needed any more: the page is closed"
        case "acknowledged":
            return f"{book.names([page.acknowledged_by or 'somebody'])} has taken it"
        case "open" if (page.step, list(page.to)) != (decision.step, decision.to):
            return f"the page has gone on to {book.names(page.to)} (step {page.step})"
    return None  # where everybody was called in vain, everybody still has to hear of it


def _reminder(decision: Decision, view: TicketView) -> str | None:
    page = view.page_of(decision)
    takers = [page.acknowledged_by] if page and page.state == "acknowledged" else []
    return None if takers == decision.to else "the acknowledgement is over, or another person's"


def _review_due(decision: Decision, view: TicketView) -> str | None:
    id, _, number = (decision.cause or "").rpartition("/")
    review = next((review for review in view.reviews if review.review == id), None)
    if review is None:
        return "the review is not on record any more"
    if number != "0":
        return "it is done" if review.actions[int(number) - 1].done_at is not None else None
    if review.state == "closed":
        return "the review is closed"
    return None if [review.reviewer] == decision.to else "another person reviews it now"


def needless_letter(decision: Decision, view: TicketView, book: Book) -> str | None:
    """Why a letter need not go out any more; None: it has to."""
    if decision.agreement is None:
        return "the ticket is done" if view.facts.get("status") in DONE else None
    clock = view.clock_of(decision)
    if clock is None:
        return "its clock is not on record any more"
    if clock.stopped_at is not None or clock.verdict == "excused":
        return f"its clock is {clock.verdict} meanwhile"
    agreement = book.promises.agreement(decision.agreement, decision.version)
    breach = agreement is not None and (decision.cause or "").split("/")[-2:-1] == [agreement.breach.text]
    return "its clock was corrected: it is not overdue" if breach and clock.verdict != "overdue" else None


def quiet_until(row: OutboxRow, book: Book, now: int) -> int | None:
    """When the quiet hours end of the person whom a row is for; None: it may be said now."""
    return None if row.audience != "person" else _quiet(row, row.channel.removeprefix("@"), book, now)


def awake(row: OutboxRow, book: Book, now: int) -> Sequence[str]:
    """Who of those whom a row mentions may be disturbed now."""
    return [who for who in row.body.get("mentions", ()) if _quiet(row, who, book, now) is None]


def _quiet(row: OutboxRow, who: str, book: Book, now: int) -> int | None:
    person = book.people.get(who)
    return None if person is None or person.quiet is None or row.body.get("urgent") else person.quiet.end(now)

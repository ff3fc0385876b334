"""The look: the one function that the bot, a simulation and a report share.

Decided here: how a ticket's clocks and the responses to them come together, and when to look again. Pure: history, book,
facts and now go in; all decisions up to now come out, each with a unique key. Not decided here: what of it is new
(`reconcile`), and how it is carried out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from escalation.book import Book
from escalation.facts import Count, Facts
from escalation.page import PageRow
from escalation.responses import Responses
from escalation.reviews import ReviewRow
from rules.clock_row import ClockRow
from rules.clocks import TicketClocks, clocks_of
from rules.crossings import NEVER
from rules.decisions import Decision
from rules.moments import Moment
from rules.ticket import TicketEvent


@dataclass(slots=True)
class Look:
    """What is true of a ticket at an instant. `attention_at` is the next instant at which anything could change; `counted` are
    the counters over other tickets that swayed a rule and are not on record yet.
    """

    ticket: str
    clocks: list[ClockRow]
    pages: list[PageRow]
    reviews: list[ReviewRow]
    decisions: list[Decision]
    attention_at: int | None
    facts: Mapping[str, Any]
    moments: list[Moment]
    counted: list[Count]


def look(ticket: str, history: Sequence[TicketEvent], book: Book, facts: Facts, now: int) -> Look:
    """Look at one ticket. The history may come in any order and hold events that are still to come."""
    return respond(clocks_of(ticket, history, book.promises, now), book, facts, now)


def respond(clocks: TicketClocks, book: Book, facts: Facts, now: int) -> Look:
    """The second half of a look, for clocks already computed."""
    responses = Responses(clocks, book, facts)
    responses.run(now)
    upcoming = min([clocks.next_at, responses.reviews.next_at(), *(page.deadline for page in responses.pages.all)])
    return Look(
        ticket=clocks.ticket,
        clocks=clocks.rows,
        pages=[page.row() for page in responses.pages.all if not page.waiting],
        reviews=[review.row() for review in responses.reviews.all],
        decisions=sorted(responses.decisions, key=attrgetter("at")),
        attention_at=upcoming if upcoming < NEVER else None,
        facts=clocks.facts,
        moments=clocks.moments,
        counted=responses.counted,
    )

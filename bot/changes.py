"""Changes: what the helpdesk is told of a ticket.

Decided here: their form, as CloudEvents `sla.ticket.tagged`, `sla.ticket.untagged` and `sla.ticket.reassigned`. Not decided
here: when there is one (`escalation.responses`), and how it travels.
"""

from typing import Any

from bot.records import OutboxRow
from escalation.book import Book
from escalation.effects import REASSIGNED
from escalation.takers import GROUP
from rules.decisions import Decision


def change_of(row: OutboxRow, book: Book) -> dict[str, Any]:
    """The id, type and data of an event about what was decided."""
    decision = Decision.of(row.body["decision"])
    about = {"agreement": decision.agreement, "metric": decision.metric, "reason": decision.reason}
    data = _taken(decision, book) if decision.kind == REASSIGNED else {"tag": decision.tag}
    return {"id": row.key, "type": f"sla.{decision.kind}", "data": {**data, **about}}


def _taken(decision: Decision, book: Book) -> dict[str, Any]:
    """Who has the ticket from now on: an `assignee`, who may be nobody, or a `group`."""
    to = next(iter(decision.to or ()), None)
    if to is not None and to.startswith(GROUP):
        return {"group": to.removeprefix(GROUP)}
    person = book.people.get(to or "")
    return {"assignee": {"id": person.id, "name": person.name, "email": person.email} if person else None}

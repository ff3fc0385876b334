"""Takers: to whom a ticket is given by a rule.

Decided here: who is meant, and that nothing is done where they have it already, or where nobody is on the rota. Not decided
here: why it is given to somebody (`responses`), and how the helpdesk hears of it.
"""

from collections.abc import Mapping
from typing import Any

from escalation.book import Book

TAKERS = ("person", "rota", "group")
"""To whom a ticket can be given: a person, whoever is on a rota, or one of the helpdesk's groups."""
QUEUE = "queue"
"""Back to all: nobody has it any more."""
GROUP = "group:"
"""Among those who take a ticket, a helpdesk's group is its name after this mark."""


def taker(book: Book, target: str, facts: Mapping[str, Any], at: int) -> list[str] | None:
    """A person's id or a group that a ticket is to be given to, empty for the queue; None: it stays where it is."""
    has = facts.get("assignee")
    kind, _, name = target.partition(":")
    if kind == QUEUE:
        return None if has is None else []
    if kind == "group":
        return None if facts.get("group") == name else [target]
    rota = book.roster_at(at).rotas.get(name)
    who = (rota.on_call(at) if rota else ()) if kind == "rota" else (name,)
    person = next((book.people[id] for id in who if id in book.people), None)
    return None if person is None or has in (person.id, person.email, person.name) else [person.id]

"""Forgetting: the personal fields of tickets, and what was made of them.

Decided here: that they go with their salts from beside the entries, from what is known of a ticket now, from its reviews, from
the local chat and from what was sent. What was said stays in its place without its words, and cards stay with the ticket's id
for a title, so that people see that something was there. Not decided here: whose fields, why, and what is noted of it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from pydantic_core import from_json
from sqlalchemy import Connection, bindparam, delete, func, select, update

from adapters.ledger.bulk import in_parts
from adapters.ledger.database import one_at_a_time
from adapters.ledger.entries import canonical
from adapters.ledger.knowledge import forget_cases
from adapters.ledger.schema import entries, personal, reviews, tickets
from adapters.ledger.schema_said import chat, chat_log, outbox
from bot.messages import Card

ERASED = "erased"
_FACTS = update(tickets).where(tickets.c.id == bindparam("own"))
_REVIEWED = update(reviews).where(reviews.c.review == bindparam("own"))
_REDRAWN = update(chat).where(chat.c.id == bindparam("own"))


def forget(connection: Connection, ids: Collection[str]) -> list[int]:
    """Have the ledger keep nothing personal of some tickets; the arrival numbers of the entries that had personal fields."""
    gone: list[int] = []
    for some in in_parts(sorted(ids)):
        gone += _fields(connection, some)
        _written(connection, some)
        forget_cases(connection, some)
        _said(connection, some)
    return gone


def _fields(connection: Connection, ids: Sequence[str]) -> list[int]:
    """Delete the fields beside entries, and take them out of what is known of the tickets."""
    joined = select(entries.c.ticket, personal.c.entry, personal.c.body).join(entries, entries.c.seq == personal.c.entry)
    names: dict[str, set[str]] = defaultdict(set)
    gone = []
    for ticket, seq, body in connection.execute(joined.where(entries.c.ticket.in_(ids))):
        names[ticket].update(from_json(body))
        gone.append(seq)
    known = connection.execute(select(tickets.c.id, tickets.c.facts).where(tickets.c.id.in_(list(names))))
    facts = [{"own": row.id, "facts": _without(row.facts, names[row.id])} for row in known]
    if facts:
        connection.execute(_FACTS, facts)
    mine = select(entries.c.seq).where(entries.c.ticket.in_(ids))
    connection.execute(delete(personal).where(personal.c.entry.in_(mine)))
    return gone


def _written(connection: Connection, ids: Sequence[str]) -> None:
    """Take what people wrote out of the tickets' reviews."""
    kept = connection.execute(select(reviews.c.review, reviews.c.actions).where(reviews.c.ticket.in_(ids))).all()
    told = [
        {"own": id, "note": None, "actions": canonical([["", *of] for _, *of in from_json(actions)])} for id, actions in kept
    ]
    if told:
        connection.execute(_REVIEWED, told)


def _without(facts: str, names: Iterable[str]) -> str:
    known = from_json(facts)
    for name in names:
        known.pop(name, None)
    return canonical(known)


def _said(connection: Connection, ids: Sequence[str]) -> None:
    """Take the words out of what was said about the tickets, on lists of several too."""
    over = outbox.c.ticket.in_(ids) & outbox.c.state.in_(("sent", "failed", "dropped"))
    connection.execute(update(outbox).where(over).values(body="{}"))
    one_at_a_time(connection, "chat")  # as whatever is said there: what is later has a later revision
    own = select(outbox.c.id).where(outbox.c.ticket.in_(ids))
    about = chat.c.ticket.in_(ids) | chat.c.id.in_(select(chat_log.c.message).where(chat_log.c.outbox.in_(own)))
    shown = connection.execute(select(chat.c.id, chat.c.ticket, chat.c.kind, chat.c.card).where(about)).all()
    if not shown:
        return
    last = connection.execute(select(func.max(chat.c.rev))).scalar() or 0
    redrawn = [
        {"own": id, "rev": rev, "card": _redrawn(ticket, kind, card)}
        for rev, (id, ticket, kind, card) in enumerate(shown, last + 1)
    ]
    connection.execute(_REDRAWN, redrawn)
    lines = chat_log.c.outbox.in_(own) & (chat_log.c.text != "")
    connection.execute(update(chat_log).where(lines).values(text=ERASED))


def _redrawn(ticket: str, kind: str, card: str) -> str:
    """A card without its ticket's title; a list names none."""
    if kind == "list":
        return card
    told = Card.model_validate_json(card).model_copy(update={"title": ticket}) if kind == "card" else Card(title=ERASED)
    return told.model_dump_json()

"""Erasing a person's data on request.

Decided here: whose tickets are meant, by the requester's id or e-mail as any of their events has it; that an entry says which
entries' personal fields were erased, by whom and why, in the same transaction, and never whose; that the tickets are looked at
anew; that what was refused and names the person goes too. Chain, seals and figures stay as they are: an entry holds only the
salted hash of what is gone. Not decided here: what is forgotten of a ticket (`forgetting`).
"""

import re
import secrets
from collections.abc import Callable, Collection, Sequence
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, delete, func, select

from adapters.ledger import chain
from adapters.ledger.bulk import in_parts
from adapters.ledger.database import Database
from adapters.ledger.entries import canonical
from adapters.ledger.forgetting import forget
from adapters.ledger.intake import attend
from adapters.ledger.knowledge import MERGED
from adapters.ledger.schema import entries, personal, quarantine, tickets

ERASED_KIND = "ledger.erased"
_AT_ONCE = 2_000
_MOST_NAMED = 50_000
"""Entries that one entry says to be erased."""
_ASKED = (
    select(entries.c.ticket, personal.c.body)
    .join(entries, entries.c.seq == personal.c.entry)
    .where(personal.c.body.contains('"requester":'))
)


def tickets_of(database: Database, person: str) -> list[str]:
    """Ids of the tickets whose requester is or was this person."""
    asks = _is(person)
    found: set[str] = set()
    with database.snapshot() as connection:
        result = connection.execution_options(stream_results=True, max_row_buffer=_AT_ONCE).execute(_ASKED)
        for some in result.partitions(_AT_ONCE):
            found.update(ticket for ticket, body in some if asks(from_json(body).get("requester")))
    return sorted(found)


def known_ticket(database: Database, ticket: str) -> list[str]:
    """A ticket by its id, where there is one."""
    own = select(tickets.c.id).where(tickets.c.id == ticket)
    return database.read(lambda connection: list(connection.execute(own).scalars()))


def personal_entries(database: Database, ids: Sequence[str]) -> int:
    """How many entries of some tickets have personal fields."""
    counted = select(func.count()).select_from(personal.join(entries, entries.c.seq == personal.c.entry))

    def work(connection: Connection) -> int:
        return sum(connection.execute(counted.where(entries.c.ticket.in_(some))).scalar() or 0 for some in in_parts(ids))

    return database.read(work)


def refused_of(database: Database, person: str) -> list[int]:
    """Ids of what is in quarantine, or was, and names the person."""
    holds = _naming(person)
    with database.snapshot() as connection:
        every = connection.execution_options(stream_results=True).execute(select(quarantine.c.id, quarantine.c.raw))
        return [id for id, raw in every if holds(raw)]


def erase(database: Database, ids: Sequence[str], refused: Collection[int], by: str, reason: str, now: int) -> None:
    """Erase the personal data of some tickets, and some of what was refused. Begun again, it finds nothing left to erase."""

    def work(connection: Connection) -> None:
        attend(connection, set(ids), now)
        gone = sorted(forget(connection, ids))
        removed = delete(quarantine).where(quarantine.c.id.in_(refused)).returning(quarantine.c.id)
        quarantined = len(connection.execute(removed).all())
        if not gone and not quarantined:
            return
        parts = [gone[start : start + _MOST_NAMED] for start in range(0, len(gone), _MOST_NAMED)] or [[]]
        told = [{"by": by, "entries": part, "quarantined": 0, "reason": reason} for part in parts]
        told[0]["quarantined"] = quarantined
        chain.append(connection, [ledger_entry(ERASED_KIND, body, now) for body in told], now)

    database.write(work)


def ledger_entry(kind: str, body: dict[str, Any], now: int) -> dict[str, Any]:
    """An entry about the ledger itself, under no ticket; it is no event of the register."""
    row = {"kind": kind, "ticket": "", "key": f"l{secrets.token_hex(20)}", "is_event": False, "at": now, "recorded_at": now}
    return {**row, "body": canonical(body)}


def leave_no_bytes(database: Database) -> bool:
    """Have a ledger's file hold nothing any more of what was erased; False where another process still reads its log. On a
    server this comes with its own cleaning up.
    """
    if not database.alone:
        return True
    database.write(lambda connection: connection.execute(MERGED))
    connection = database.engine.raw_connection()
    try:
        (busy, *_) = connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
    finally:
        connection.close()


def _is(person: str) -> Callable[[Any], bool]:
    """Whether a requester is this person: an id as it is, an e-mail in any case."""
    folded = person.casefold()

    def asks(requester: Any) -> bool:
        known = requester if isinstance(requester, dict) else {"id": requester, "email": requester}
        id, mail = known.get("id"), known.get("email")
        return (id is not None and str(id) == person) or ("@" in person and isinstance(mail, str) and mail.casefold() == folded)

    return asks


def _naming(person: str) -> Callable[[str], bool]:
    """Whether a text names the person: an e-mail anywhere in it, an id as a value of its own, since a short one is anywhere."""
    spelt = re.escape(canonical(person)[1:-1])
    if "@" in person:
        return re.compile(rf"(?<![\w.+-])(?:{spelt}|{re.escape(person)})(?![\w-])", re.IGNORECASE).search  # type: ignore[return-value]
    return re.compile(rf'"(?:{spelt}|{re.escape(person)})"|"id"\s*:\s*{re.escape(person)}(?!\w)').search  # type: ignore[return-value]

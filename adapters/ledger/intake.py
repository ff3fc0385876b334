"""Events into the ledger.

Decided here: one transaction for all that came in together; a known event is ignored; each ticket with something new gets
attention now, and its `seen` grows, so that a look under way notices; what comes for an archived ticket goes to quarantine,
since its history is not here any more. Not decided here: what an event means.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, select

from adapters.ledger import chain
from adapters.ledger.among import among
from adapters.ledger.bulk import fetch_all, insert_all, upsert_all
from adapters.ledger.database import Database
from adapters.ledger.entries import PUBLIC, canonical, event_entry, storable
from adapters.ledger.schema import entries, personal, quarantine, tickets
from bot.ports import StaleError
from bot.records import Refused, Stored
from rules.instants import text
from rules.ticket import TicketEvent

Entry = tuple[dict[str, Any], dict[str, Any] | None]
"""The row of an event, and that of its personal fields where it has some."""
ARCHIVED = "its ticket is archived: the history is in the archive's files, and nothing can be added to it"


class SqlIntake:
    """Stores what comes in; `in_the_open` are fields that are kept so beside those that always are."""

    def __init__(self, database: Database, in_the_open: Collection[str] = ()) -> None:
        self._database = database
        self._public = PUBLIC.union(in_the_open)

    def append(self, events: Sequence[TicketEvent], refused: Sequence[Refused], now: int) -> list[Stored]:
        """Store events and what was refused; for each event, whether it is new, or why it was refused after all."""
        rows = [event_entry(event, now, self._public) for event in events]
        kept = [_kept(item, f"{now}\0{index}", now) for index, item in enumerate(refused)]

        def work(connection: Connection) -> list[Stored]:
            known = _known(connection, [row["key"] for row, _ in rows])
            stored: list[Stored] = []
            for row, _ in rows:
                stored.append(row["key"] not in known)
                known.add(row["key"])
            ids = {row["ticket"] for (row, _), new in zip(rows, stored, strict=True) if new}
            if ids:
                attend(connection, ids, now)
                archived = archived_among(connection, ids)
                for index, event in enumerate(events):
                    if stored[index] and event.ticket in archived:
                        stored[index] = Refused(ARCHIVED, _wire(event))
                insert_entries(connection, [row for row, new in zip(rows, stored, strict=True) if new is True], now)
            late = [
                _kept(item, row["key"], now) for (row, _), item in zip(rows, stored, strict=True) if isinstance(item, Refused)
            ]
            upsert_all(connection, quarantine, [*kept, *late], "ON CONFLICT DO NOTHING")
            return stored

        return self._database.write(work)

    def act(self, event: TicketEvent, clock: Callable[[], int], seen: int | None = None) -> bool:
        """Store what just happened; False where it is known already, as when a click is delivered twice, or where the ticket
        is archived. Raises StaleError where the ticket has changed since it was `seen`.

        It happens when nothing else can be written to its ticket any more: a look that was written before ends before it, and
        one that is written after it has to look again.
        """

        tried = False

        def work(connection: Connection) -> bool:
            nonlocal tried
            attend(connection, {event.ticket}, clock())
            now = clock()
            row, hidden = event_entry(replace(event, time=now, recorded=now), now, self._public)
            if archived_among(connection, {event.ticket}):
                return False
            if _known(connection, [row["key"]]):
                return tried  # then it is this one, whose commit was not answered
            if seen is not None and connection.execute(_SEEN, {"id": event.ticket}).scalar() != seen + 1:
                raise StaleError
            insert_entries(connection, [(row, hidden)], now)
            tried = True
            return True

        return self._database.write(work)


_AGAIN = (
    "ON CONFLICT (id) DO UPDATE SET seen = tickets.seen + 1, attention_at = excluded.attention_at "
    "WHERE tickets.archived_at IS NULL"
)
_KNOWN = select(entries.c.key).where(among(entries.c.key, "keys"))
_SEEN = select(tickets.c.seen).where(tickets.c.id == bindparam("id"))
_ARCHIVED = select(tickets.c.id).where(among(tickets.c.id, "ids"), tickets.c.archived_at.is_not(None))


def attend(connection: Connection, ids: set[str], now: int) -> None:
    """Have tickets looked at now, also those that are not known yet, but no archived ones; until the transaction ends, nothing
    else is written to them.
    """
    new = {"seen": 1, "attention_at": now, "claimed_until": 0, "failures": 0, "facts": "{}"}
    upsert_all(connection, tickets, [{"id": id, **new} for id in sorted(ids)], _AGAIN)


def archived_among(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of some tickets, on which this transaction has its hand, that are archived."""
    return {id for (id,) in fetch_all(connection, _ARCHIVED, ids=sorted(ids))}


def insert_entries(connection: Connection, found: Sequence[Entry], now: int) -> None:
    """Write entries of events that are not known yet, their personal fields beside them."""
    arrivals = chain.append(connection, [row for row, _ in found], now)
    insert_personal(connection, arrivals, [hidden for _, hidden in found])


def insert_personal(connection: Connection, arrivals: Sequence[int], hidden: Sequence[dict[str, Any] | None]) -> None:
    """Write the personal fields of entries, by the entries' arrival numbers."""
    beside = [{"entry": seq, **fields} for seq, fields in zip(arrivals, hidden, strict=True) if fields]
    insert_all(connection, personal, beside)


def _known(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Those of some keys that stand in the ledger."""
    return {key for (key,) in fetch_all(connection, _KNOWN, keys=keys)}


def _kept(item: Refused, name: str, now: int) -> Mapping[str, Any]:
    """What was refused as the quarantine has it; its key tells whether it is there already, where storing it is tried again."""
    raw = storable(item.raw)
    key = hashlib.blake2b(f"{name}\0{raw}".encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
    return {"received_at": now, "reason": storable(item.reason), "raw": raw, "key": key}


def _wire(event: TicketEvent) -> str:
    """An event as it could come in again."""
    said = {"id": event.id, "source": event.source, "type": event.type, "subject": event.ticket, "time": text(event.time)}
    sequence = {} if event.sequence is None else {"sequence": event.sequence}
    return canonical({"specversion": "1.0", **said, **sequence, "data": dict(event.data)})

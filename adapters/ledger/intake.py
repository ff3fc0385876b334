"""Events into the ledger.

Decided here: one transaction for all that came in together; a known event is ignored; each ticket with something new gets
attention now, and its `seen` grows, so that a look under way notices. Not decided here: what an event means.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, bindparam, select

from adapters.ledger import chain
from adapters.ledger.bulk import insert_all, upsert_all
from adapters.ledger.database import Database
from adapters.ledger.entries import event_entry, storable
from adapters.ledger.schema import entries, personal, quarantine, tickets
from bot.records import Refused
from rules.ticket import TicketEvent

Entry = tuple[dict[str, Any], dict[str, Any] | None]
"""The row of an event, and that of its personal fields where it has some."""


class SqlIntake:
    """Stores what comes in."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, events: Sequence[TicketEvent], refused: Sequence[Refused], now: int) -> list[bool]:
        """Store events and what was refused; for each event, whether it is new."""
        rows = [event_entry(event, now) for event in events]
        kept = [_kept(item, index, now) for index, item in enumerate(refused)]

        def work(connection: Connection) -> list[bool]:
            known = _known(connection, [row["key"] for row, _ in rows])
            found, news = [], []
            for row, hidden in rows:
                news.append(row["key"] not in known)
                if news[-1]:
                    known.add(row["key"])
                    found.append((row, hidden))
            if found:
                attend(connection, {row["ticket"] for row, _ in found}, now)
                insert_entries(connection, found, now)
            upsert_all(connection, quarantine, kept, "ON CONFLICT DO NOTHING")
            return news

        return self._database.write(work)

    def act(self, event: TicketEvent, clock: Callable[[], int]) -> bool:
        """Store what a person just did; False where it is known already, as when a click is delivered twice.

        It happens when nothing else can be written to its ticket any more: a look that was written before ends before it, and
        one that is written after it has to look again.
        """

        def work(connection: Connection) -> bool:
            attend(connection, {event.ticket}, clock())
            now = clock()
            row, hidden = event_entry(replace(event, time=now, recorded=now), now)
            if _known(connection, [row["key"]]):
                return False
            insert_entries(connection, [(row, hidden)], now)
            return True

        return self._database.write(work)


_AGAIN = "ON CONFLICT (id) DO UPDATE SET seen = tickets.seen + 1, attention_at = excluded.attention_at"
_KNOWN = select(entries.c.key).where(entries.c.key.in_(bindparam("keys", expanding=True)))


def attend(connection: Connection, ids: set[str], now: int) -> None:
    """Have tickets looked at now, also those that are not known yet; until the transaction ends, nothing else is written to
    them.
    """
    new = {"seen": 1, "attention_at": now, "claimed_until": 0, "failures": 0, "facts": "{}"}
    upsert_all(connection, tickets, [{"id": id, **new} for id in sorted(ids)], _AGAIN)


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
    known: set[str] = set()
    for start in range(0, len(keys), 500):
        known.update(connection.execute(_KNOWN, {"keys": keys[start : start + 500]}).scalars())
    return known


def _kept(item: Refused, index: int, now: int) -> Mapping[str, Any]:
    """What was refused as the quarantine has it; its key tells whether it is there already, where storing it is tried again."""
    raw = storable(item.raw)
    key = hashlib.blake2b(f"{now}\0{index}\0{raw}".encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
    return {"received_at": now, "reason": storable(item.reason), "raw": raw, "key": key}

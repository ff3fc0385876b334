"""Events into the ledger.

Decided here: one transaction for all that came in together; a known event is ignored; each ticket with something new gets
attention now, and its `seen` grows, so that a look under way notices. Not decided here: what an event means.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, Engine, insert, select, update

from adapters.ledger.engine import insert_new, writing
from adapters.ledger.entries import event_entry, event_key
from adapters.ledger.schema import entries, personal, quarantine, tickets
from bot.records import Refused
from rules.ticket import TicketEvent


class SqlIntake:
    """Stores what comes in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(self, events: Sequence[TicketEvent], refused: Sequence[Refused], now: int) -> list[bool]:
        """Store events and what was refused; for each event, whether it is new."""
        keys = [event_key(event) for event in events]
        with writing(self._engine) as connection:
            known: set[str] = set()
            for start in range(0, len(keys), 500):
                found = connection.execute(select(entries.c.key).where(entries.c.key.in_(keys[start : start + 500])))
                known.update(found.scalars())
            fresh, news = [], []
            for key, event in zip(keys, events, strict=True):
                news.append(key not in known)
                if key not in known:
                    known.add(key)
                    fresh.append(event)
            for event in fresh:
                insert_event(connection, event, now)
            self._attend(connection, {event.ticket for event in fresh}, now)
            if refused:
                kept = [{"received_at": now, "reason": item.reason, "raw": item.raw} for item in refused]
                connection.execute(insert(quarantine), kept)
        return news

    def act(self, event: TicketEvent, clock: Callable[[], int]) -> None:
        """Store what a person just did. It happens when nothing else can be written any more: a look that was written before
        ends before it, and one that is written after it has to look again.
        """
        with writing(self._engine) as connection:
            now = clock()
            insert_event(connection, replace(event, time=now, recorded=now), now)
            self._attend(connection, {event.ticket}, now)

    @staticmethod
    def _attend(connection: Connection, ids: set[str], now: int) -> None:
        if not ids:
            return
        insert_new(connection, tickets, [{"id": id, "seen": 0, "attention_at": now} for id in sorted(ids)])
        ordered = sorted(ids)
        for start in range(0, len(ordered), 500):
            some = tickets.c.id.in_(ordered[start : start + 500])
            connection.execute(update(tickets).where(some).values(seen=tickets.c.seen + 1, attention_at=now, claimed_until=0))


def insert_event(connection: Connection, event: TicketEvent, now: int, *, under: str | None = None) -> None:
    """Write the entry of an event that is not known yet, `under` its ticket or another name; its personal fields beside it."""
    row, hidden = event_entry(event, now)
    if under is not None:
        row["ticket"] = under
    inserted = connection.execute(insert(entries).values(row)).inserted_primary_key
    if hidden:
        connection.execute(insert(personal).values(entry=inserted[0] if inserted else None, **hidden))

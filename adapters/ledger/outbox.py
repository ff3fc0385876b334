"""The outbox: what is to be said, and what became of it.

Decided here: that a row is marked `sending` for a minute before it is sent, so that it is sent again after a crash; rows of
one channel leave in their order, so a row waits for an older one that is tried again later. Not decided here: how it is said.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, func, or_, select, tuple_, update

from adapters.ledger.bulk import upsert_all
from adapters.ledger.database import Database, one_at_a_time
from adapters.ledger.entries import canonical, storable
from adapters.ledger.schema import outbox
from bot.records import OutboxRow
from rules.instants import MINUTE

_WAITING = ("pending", "sending")
_OLDER = outbox.alias("older")


def _has_older() -> ColumnElement[bool]:
    """Whether an older row of the same channel waits."""
    same = (_OLDER.c.platform == outbox.c.platform) & (_OLDER.c.channel == outbox.c.channel)
    return exists().where(same, _OLDER.c.id < outbox.c.id, _OLDER.c.state.in_(_WAITING))


def _due(now: int) -> ColumnElement[bool]:
    """To be sent now; a row that was made or taken far ahead was so before the clock was set back."""
    taken_ahead = (outbox.c.state == "sending") & (outbox.c.due_at > now + 2 * MINUTE)
    made_ahead = (outbox.c.state == "pending") & (outbox.c.attempts == 0) & (outbox.c.created_at > now + MINUTE)
    return or_(outbox.c.due_at <= now, made_ahead, taken_ahead)


def outbox_row(row: OutboxRow, now: int) -> dict[str, Any]:
    """A row as the table has it; the key is hashed to a fixed length."""
    key = hashlib.blake2b(row.key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
    said = {"platform": row.platform, "channel": row.channel, "body": canonical(dict(row.body)), "ticket": row.ticket}
    return {"key": key, "state": "pending", "due_at": row.due_at, "created_at": now, "attempts": 0, **said}


class SqlOutbox:
    """Rows waiting to be sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Sequence[OutboxRow], now: int) -> None:
        """What no look brought about; a row whose key is known is left as it is."""
        found = [outbox_row(row, now) for row in rows]
        if found:
            self._database.write(lambda connection: upsert_all(connection, outbox, found, "ON CONFLICT DO NOTHING"))

    def claim(self, now: int, limit: int) -> list[OutboxRow]:
        """Rows due now, in order, marked as being sent; a row that was being sent for a minute counts as lost on the way."""
        waiting, where = outbox.c.state.in_(_WAITING), (outbox.c.platform, outbox.c.channel)
        stuck = select(*where).where(waiting, ~_due(now))  # on the way, or to be tried again: nothing overtakes it
        due = select(outbox).where(waiting, _due(now), tuple_(*where).not_in(stuck)).order_by(outbox.c.id).limit(limit)
        again = {"state": "sending", "due_at": now + MINUTE, "attempts": outbox.c.attempts + 1}

        def work(connection: Connection) -> list[OutboxRow]:
            one_at_a_time(connection, "outbox")  # a channel's rows go to one process, so that they keep their order
            rows = connection.execute(due).all()
            taken = update(outbox).where(outbox.c.id.in_([row.id for row in rows]), waiting).values(again)
            mine = set(connection.execute(taken.returning(outbox.c.id)).scalars()) if rows else set()
            return [
                OutboxRow(
                    r.key, r.ticket, r.platform, r.channel, json.loads(r.body), r.due_at, r.id, r.attempts + 1, r.created_at
                )
                for r in rows
                if r.id in mine  # another process may just have said that it has sent one
            ]

        return self._database.write(work)

    def sent(self, row: OutboxRow, now: int) -> None:
        """It was said."""
        self._mark([row], state="sent", sent_at=now, error=None)

    def failed(self, row: OutboxRow, error: str, retry_at: int | None) -> None:
        """It was not said: again at `retry_at`, or never."""
        if retry_at is None:
            self._mark([row], state="failed", error=storable(error[:500]))
        else:
            self._mark([row], state="pending", error=storable(error[:500]), due_at=retry_at)

    def release(self, rows: Sequence[OutboxRow], again_at: int = 0) -> None:
        """Not tried after all: they keep their places, and are tried from an instant on."""
        self._mark(rows, state="pending", due_at=again_at, attempts=outbox.c.attempts - 1)

    def reopen(self) -> None:
        """After a crash of the only process: what was being sent is to be sent again at once."""
        again = update(outbox).where(outbox.c.state == "sending").values(state="pending", due_at=0)
        self._database.write(lambda connection: connection.execute(again))

    def next_due(self) -> int | None:
        """When the next row can be claimed: of each channel's waiting rows, the oldest decides."""
        first = select(func.min(outbox.c.due_at)).where(outbox.c.state.in_(_WAITING) & ~_has_older())
        return self._database.read(lambda connection: connection.execute(first).scalar())

    def _mark(self, rows: Sequence[OutboxRow], **values: Any) -> None:
        """Only where no other process has taken the row since, as it may after a minute without a word."""
        mine = [(outbox.c.id == row.id) & (outbox.c.attempts == row.attempts) for row in rows]
        marked = update(outbox).where(or_(*mine), outbox.c.state == "sending").values(values)
        self._database.write(lambda connection: connection.execute(marked))

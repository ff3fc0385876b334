"""The outbox: what is to be said, and what became of it.

Decided here: that a row is marked `sending` for a minute before it is sent, so that it is sent again after a crash; rows of
one channel leave in their order, so a row waits for an older one that is tried again later. Not decided here: how it is said.
"""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Engine, exists, func, select, tuple_, update

from adapters.ledger.engine import insert_new, writing
from adapters.ledger.entries import canonical
from adapters.ledger.schema import outbox
from bot.records import OutboxRow
from rules.instants import MINUTE

_WAITING = ("pending", "sending")
_OLDER = outbox.alias("older")


def _has_older() -> ColumnElement[bool]:
    """Whether an older row of the same channel waits."""
    same = (_OLDER.c.platform == outbox.c.platform) & (_OLDER.c.channel == outbox.c.channel)
    return exists().where(same, _OLDER.c.id < outbox.c.id, _OLDER.c.state.in_(_WAITING))


def outbox_row(row: OutboxRow, now: int) -> dict[str, Any]:
    """A row as the table has it; the key is hashed to a fixed length."""
    key = hashlib.blake2b(row.key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
    said = {"platform": row.platform, "channel": row.channel, "body": canonical(dict(row.body)), "ticket": row.ticket}
    return {"key": key, "state": "pending", "due_at": row.due_at, "created_at": now, "attempts": 0, **said}


class SqlOutbox:
    """Rows waiting to be sent."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, rows: Sequence[OutboxRow], now: int) -> None:
        """What no look brought about; a row whose key is known is left as it is."""
        with writing(self._engine) as connection:
            insert_new(connection, outbox, [outbox_row(row, now) for row in rows])

    def claim(self, now: int, limit: int) -> list[OutboxRow]:
        """Rows due now, in order, marked as being sent; a row that was being sent for a minute counts as lost on the way."""
        waiting, where = outbox.c.state.in_(_WAITING), (outbox.c.platform, outbox.c.channel)
        stuck = select(*where).where(waiting, outbox.c.due_at > now)  # on the way, or to be tried again: nothing overtakes it
        due = select(outbox).where(waiting, outbox.c.due_at <= now, tuple_(*where).not_in(stuck))
        with writing(self._engine) as connection:
            rows = connection.execute(due.order_by(outbox.c.id).limit(limit)).all()
            if rows:
                taken = outbox.c.id.in_([row.id for row in rows])
                again = {"state": "sending", "due_at": now + MINUTE, "attempts": outbox.c.attempts + 1}
                connection.execute(update(outbox).where(taken).values(again))
        return [
            OutboxRow(r.key, r.ticket, r.platform, r.channel, json.loads(r.body), r.due_at, r.id, r.attempts + 1) for r in rows
        ]

    def sent(self, id: int, now: int) -> None:
        """It was said."""
        self._mark(id, state="sent", sent_at=now, error=None)

    def failed(self, id: int, error: str, retry_at: int | None) -> None:
        """It was not said: again at `retry_at`, or never."""
        if retry_at is None:
            self._mark(id, state="failed", error=error[:500])
        else:
            self._mark(id, state="pending", error=error[:500], due_at=retry_at)

    def release(self, ids: Sequence[int]) -> None:
        """Not tried after all: they keep their places."""
        with writing(self._engine) as connection:
            again = {"state": "pending", "due_at": 0, "attempts": outbox.c.attempts - 1}
            connection.execute(update(outbox).where(outbox.c.id.in_(ids)).values(again))

    def reopen(self) -> None:
        """After a crash of the only process: what was being sent is to be sent again at once."""
        with writing(self._engine) as connection:
            connection.execute(update(outbox).where(outbox.c.state == "sending").values(state="pending", due_at=0))

    def next_due(self) -> int | None:
        """When the next row can be claimed: of each channel's waiting rows, the oldest decides."""
        first = outbox.c.state.in_(_WAITING) & ~_has_older()
        with self._engine.connect() as connection:
            return connection.execute(select(func.min(outbox.c.due_at)).where(first)).scalar()

    def _mark(self, id: int, **values: Any) -> None:
        with writing(self._engine) as connection:
            connection.execute(update(outbox).where(outbox.c.id == id).values(values))

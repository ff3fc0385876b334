"""The outbox: what is to be said, and what became of it.

Decided here: that a row is marked `sending` for a minute before it is sent, so that it is sent again after a crash; that rows
of one channel leave in the order of their priority and then of their coming, so that nothing overtakes what is being sent
there, and only what is more pressing overtakes what is `held` there for another try. Not decided here: how it is said.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Subquery,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)

from adapters.ledger.bulk import upsert_all
from adapters.ledger.database import Database, one_at_a_time
from adapters.ledger.entries import canonical, storable
from adapters.ledger.posts import stands
from adapters.ledger.schema_said import outbox, platforms
from bot.records import PRESSING, OutboxRow
from bot.sending import Posted
from rules.instants import MINUTE

WAITING = ("pending", "held", "sending")
"""States of what is still to be said; `sent`, `failed` and `dropped` are the others."""
_MOST_ROWS = 500
_OTHER = outbox.alias("other")
_WHERE = (outbox.c.platform, outbox.c.channel)
_ALIKE = [own.name for own in fields(OutboxRow) if own.name in outbox.c and own.name != "body"]


def _due(now: int) -> ColumnElement[bool]:
    """To be sent now; a row that was made or taken far ahead was so before the clock was set back."""
    taken_ahead = (outbox.c.state == "sending") & (outbox.c.due_at > now + 2 * MINUTE)
    made_ahead = (outbox.c.state == "pending") & (outbox.c.attempts == 0) & (outbox.c.created_at > now + MINUTE)
    return or_(outbox.c.due_at <= now, made_ahead, taken_ahead)


def _held_up(now: int) -> Subquery:
    """Channels in which something has to be sent before all else, or before what is not more pressing than a level."""
    level = func.min(case((outbox.c.state == "sending", PRESSING - 1), else_=outbox.c.priority)).label("level")
    waits = outbox.c.state.in_(("sending", "held")) & ~_due(now)
    return select(*_WHERE, level).where(waits).group_by(*_WHERE).subquery()


def outbox_row(row: OutboxRow, now: int) -> dict[str, Any]:
    """A row as the table has it; the key is hashed to a fixed length."""
    key = hashlib.blake2b(row.key.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()
    said = {"platform": row.platform, "channel": row.channel, "body": canonical(dict(row.body)), "ticket": row.ticket}
    state = {"state": "pending", "due_at": row.due_at, "created_at": now, "attempts": 0, "priority": row.priority}
    return {"key": key, **state, **said}


class SqlOutbox:
    """Rows waiting to be sent."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, rows: Sequence[OutboxRow], now: int) -> None:
        """What no look brought about; a row whose key is known is left as it is."""
        found = [outbox_row(row, now) for row in rows]
        if found:
            self._database.write(lambda connection: upsert_all(connection, outbox, found, "ON CONFLICT DO NOTHING"))

    def claim(self, now: int, channels: int, platforms: Sequence[str] | None = None) -> list[OutboxRow]:
        """What is due in some channels, what is most pressing first; what was being sent for a minute was lost on the way."""
        held = _held_up(now)
        lanes = outbox.outerjoin(held, and_(held.c.platform == outbox.c.platform, held.c.channel == outbox.c.channel))
        free = or_(held.c.level.is_(None), outbox.c.priority < held.c.level)
        due = and_(outbox.c.state.in_(WAITING), _due(now), free, _among(platforms))
        first = select(*_WHERE).select_from(lanes).where(due).group_by(*_WHERE)
        first = first.order_by(func.min(outbox.c.priority), func.min(outbox.c.id)).limit(channels)

        def work(connection: Connection) -> list[OutboxRow]:
            one_at_a_time(connection, "outbox")  # a channel's rows go to one process, so that they keep their order
            found = [tuple(row) for row in connection.execute(first)]
            if not found:
                return []
            wanted = (
                select(outbox)
                .select_from(lanes)
                .where(due, tuple_(*_WHERE).in_(found))
                .order_by(outbox.c.priority, outbox.c.id)
                .limit(_MOST_ROWS)
            )
            rows = connection.execute(wanted).all()
            taken = update(outbox).where(outbox.c.id.in_([row.id for row in rows]), outbox.c.state.in_(WAITING))
            again = {"state": "sending", "due_at": now + MINUTE, "attempts": outbox.c.attempts + 1}
            mine = set(connection.execute(taken.values(again).returning(outbox.c.id)).scalars())
            # Another process may just have said that it has sent one.
            return [_row(row, attempts=row.attempts + 1) for row in rows if row.id in mine]

        return self._database.write(work)

    def sent(self, rows: Sequence[OutboxRow], now: int, posted: Posted | None = None) -> None:
        """They were said, and stand in one message."""

        def work(connection: Connection) -> None:
            _mark(connection, rows, state="sent", sent_at=now, error=None)
            if posted is not None:
                stands(connection, rows, posted)

        self._database.write(work)

    def failed(self, rows: Sequence[OutboxRow], error: str, retry_at: int | None) -> None:
        """They were not said: again at `retry_at`, or never."""
        state = {"state": "failed"} if retry_at is None else {"state": "held", "due_at": retry_at}
        self._marked(rows, error=storable(error[:500]), **state)

    def dropped(self, rows: Sequence[OutboxRow], why: str, now: int) -> None:
        """They are not said, as that is no longer needed."""
        state = {"state": "dropped", "sent_at": now, "error": storable(why[:500])}
        self._marked(rows, **state)

    def release(self, rows: Sequence[OutboxRow], again_at: int = 0, *, held: bool = False) -> None:
        """Not tried after all: they keep their places, and are tried from an instant on."""
        state = {"state": "held" if held else "pending", "due_at": again_at, "attempts": outbox.c.attempts - 1}
        self._marked(rows, **state)

    def reopen(self) -> None:
        """After a crash of the only process: what was being sent was lost on the way."""
        lost = update(outbox).where(outbox.c.state == "sending").values(due_at=0)
        self._database.write(lambda connection: connection.execute(lost))

    def serve(self, names: Sequence[str]) -> None:
        """From now on these are the platforms that are sent to: what waits for any other one can never be sent."""
        why = "nothing is set up that sends to this platform"
        others = outbox.c.state.in_(WAITING) & outbox.c.platform.not_in(names)

        def work(connection: Connection) -> None:
            one_at_a_time(connection, "outbox")
            connection.execute(delete(platforms))
            connection.execute(insert(platforms), [{"name": name} for name in names])
            connection.execute(update(outbox).where(others).values(state="failed", error=why))

        self._database.write(work)

    def served(self) -> list[str]:
        """The platforms that whoever delivers sends to; none where nobody has ever delivered."""
        found = select(platforms.c.name).order_by(platforms.c.name)
        return list(self._database.read(lambda connection: connection.execute(found).scalars().all()))

    def next_due(self, platforms: Sequence[str] | None = None) -> int | None:
        """When the next row can be claimed: one that is held up waits for what holds it up."""
        same = (_OTHER.c.platform == outbox.c.platform) & (_OTHER.c.channel == outbox.c.channel)
        before = or_(_OTHER.c.state == "sending", and_(_OTHER.c.state == "held", _OTHER.c.priority <= outbox.c.priority))
        held_up = exists().where(same, before, _OTHER.c.due_at > outbox.c.due_at)
        free = outbox.c.state.in_(WAITING) & ~held_up & _among(platforms)
        return self._database.read(
            lambda connection: connection.execute(select(func.min(outbox.c.due_at)).where(free)).scalar()
        )

    def records(self, *, state: str | None = None, ticket: str | None = None, limit: int = 100) -> list[OutboxRow]:
        """What was to be said, latest first, with what became of it."""
        wanted = select(outbox).order_by(outbox.c.id.desc()).limit(limit)
        if state is not None:
            wanted = wanted.where(outbox.c.state.in_(WAITING) if state == "waiting" else outbox.c.state == state)
        if ticket is not None:
            wanted = wanted.where(outbox.c.ticket == ticket)
        return [_row(row) for row in self._database.read(lambda connection: connection.execute(wanted).all())]

    def _marked(self, rows: Sequence[OutboxRow], **values: Any) -> None:
        if rows:
            self._database.write(lambda connection: _mark(connection, rows, **values))

    def again(self, ids: Sequence[int]) -> list[int]:
        """Send what failed, or was dropped, once more, whatever it was given up for; the ids of what that was."""
        over = update(outbox).where(outbox.c.id.in_(ids), outbox.c.state.in_(("failed", "dropped")), outbox.c.body != "{}")
        once_more = over.values(state="pending", due_at=0, attempts=0, error=None, sent_at=None).returning(outbox.c.id)
        return sorted(self._database.write(lambda connection: connection.execute(once_more).scalars().all()))


def _among(platforms: Sequence[str] | None) -> ColumnElement[bool]:
    return outbox.c.platform.in_(platforms) if platforms is not None else outbox.c.id.is_not(None)


def _mark(connection: Connection, rows: Sequence[OutboxRow], **values: Any) -> None:
    """Only where no other process has taken a row since, as it may after a minute without a word."""
    for attempts in {row.attempts for row in rows}:
        mine = outbox.c.id.in_([row.id for row in rows if row.attempts == attempts]) & (outbox.c.attempts == attempts)
        connection.execute(update(outbox).where(mine, outbox.c.state == "sending").values(values))


def _row(row: Row[Any], **values: Any) -> OutboxRow:
    found = {name: getattr(row, name) for name in _ALIKE}
    own = {"body": json.loads(row.body), "lost": row.state == "sending", "why": row.error}
    return OutboxRow(**found | own | values)

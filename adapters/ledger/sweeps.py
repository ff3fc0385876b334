"""Sweeps: having many tickets looked at because of one decision.

Decided here: a thousand tickets at a time, open ones first; the cursor stands in the same transaction, so that a sweep goes on
where it was, whatever crashes. A swept ticket counts as changed, so that a look under way does not overlook it. Not decided
here: what the looks find.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from adapters.ledger.database import Database, one_at_a_time
from adapters.ledger.intake import attend
from adapters.ledger.open_tickets import open_tickets
from adapters.ledger.schema import clocks, sweeps, tickets
from bot.records import Sweep

_OPEN, _ENDED = "open", "ended"
AT_A_TIME = 1_000


def insert_sweep(connection: Connection, cause: str, since: int | None, now: int) -> None:
    """Begin a sweep over the open tickets and, where `since` is given, those whose clocks ended then or later."""
    values = {"cause": cause[:300], "since": since, "phase": _OPEN, "cursor": "", "swept": 0, "started_at": now}
    connection.execute(insert(sweeps).values(values))


class SqlSweeps:
    """Carries sweeps out, a step at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def step(self, now: int) -> int:
        """Go on with the oldest sweep; how many tickets are to be looked at because of it, 0 where nothing is left to do."""
        if not self._database.read(lambda connection: connection.execute(select(sweeps.c.id).limit(1)).first()):
            return 0

        def work(connection: Connection) -> int:
            one_at_a_time(connection, "sweeps")
            while (sweep := connection.execute(select(sweeps).order_by(sweeps.c.id).limit(1)).first()) is not None:
                ids = list(connection.execute(_wanted(sweep).limit(AT_A_TIME)).scalars())
                own = sweeps.c.id == sweep.id
                if ids:
                    attend(connection, set(ids), now)
                    connection.execute(update(sweeps).where(own).values(cursor=ids[-1], swept=sweep.swept + len(ids)))
                    return len(ids)
                if sweep.phase == _OPEN and sweep.since is not None:
                    connection.execute(update(sweeps).where(own).values(phase=_ENDED, cursor=""))
                else:
                    connection.execute(delete(sweeps).where(own))
            return 0

        return self._database.write(work)

    def under_way(self) -> Sequence[Sweep]:
        """Sweeps that have not ended."""

        def work(connection: Connection) -> Sequence[Sweep]:
            rows = connection.execute(select(sweeps).order_by(sweeps.c.id)).all()
            if not rows:
                return []
            number = connection.execute(select(func.count()).select_from(open_tickets().subquery())).scalar() or 0
            return [Sweep(row.cause, row.swept, number, row.started_at) for row in rows]

        return self._database.read(work)


def _wanted(sweep: Row[Any]) -> Select[Any]:
    """The tickets that a sweep has still to go through, in its present phase."""
    if sweep.phase == _OPEN:
        return open_tickets().where(tickets.c.id > sweep.cursor).order_by(tickets.c.id)
    ended = select(clocks.c.ticket).join(tickets, tickets.c.id == clocks.c.ticket).where(tickets.c.archived_at.is_(None))
    ended = ended.where(clocks.c.ticket > sweep.cursor, clocks.c.stopped_at >= sweep.since)
    return ended.distinct().order_by(clocks.c.ticket)

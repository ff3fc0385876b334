"""Sweeps: having many tickets looked at because of one decision.

Decided here: a thousand tickets at a time, those with running clocks first; the cursor stands in the same transaction, so
that a sweep goes on where it was, whatever crashes. A swept ticket counts as changed, so that a look under way does not
overlook it. Not decided here: what the looks find.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from adapters.ledger.engine import writing
from adapters.ledger.schema import clocks, sweeps, tickets
from bot.ports import Sweep

_OPEN, _ENDED = "open", "ended"
AT_A_TIME = 1_000


def insert_sweep(connection: Connection, cause: str, since: int, now: int) -> None:
    """Begin a sweep over the tickets whose clocks ran at `since` or later."""
    values = {"cause": cause[:300], "since": since, "phase": _OPEN, "cursor": "", "swept": 0, "started_at": now}
    connection.execute(insert(sweeps).values(values))


class SqlSweeps:
    """Carries sweeps out, a step at a time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def begin(self, cause: str, since: int, now: int) -> None:
        """Have the tickets looked at whose clocks ran at `since` or later."""
        with writing(self._engine) as connection:
            insert_sweep(connection, cause, since, now)

    def step(self, now: int) -> int:
        """Go on with the oldest sweep; how many tickets are to be looked at because of it, 0 where there is none."""
        with writing(self._engine) as connection:
            sweep = connection.execute(select(sweeps).order_by(sweeps.c.id).limit(1)).first()
            if sweep is None:
                return 0
            runs = clocks.c.stopped_at.is_(None) if sweep.phase == _OPEN else clocks.c.stopped_at >= sweep.since
            wanted = select(clocks.c.ticket).where(clocks.c.ticket > sweep.cursor, runs).distinct()
            ids = list(connection.execute(wanted.order_by(clocks.c.ticket).limit(AT_A_TIME)).scalars())
            own = sweeps.c.id == sweep.id
            if ids:
                again = {"seen": tickets.c.seen + 1, "attention_at": now, "claimed_until": 0}
                connection.execute(update(tickets).where(tickets.c.id.in_(ids)).values(again))
                connection.execute(update(sweeps).where(own).values(cursor=ids[-1], swept=sweep.swept + len(ids)))
                return len(ids)
            if sweep.phase == _OPEN:
                connection.execute(update(sweeps).where(own).values(phase=_ENDED, cursor=""))
                return 1  # the other half is still to come
            connection.execute(delete(sweeps).where(own))
            return 1

    def under_way(self) -> Sequence[Sweep]:
        """Sweeps that have not ended."""
        with self._engine.connect() as connection:
            open_tickets = connection.execute(
                select(func.count(clocks.c.ticket.distinct())).where(clocks.c.stopped_at.is_(None))
            ).scalar()
            rows = connection.execute(select(sweeps).order_by(sweeps.c.id)).all()
            return [Sweep(row.cause, row.swept, open_tickets or 0, row.started_at) for row in rows]

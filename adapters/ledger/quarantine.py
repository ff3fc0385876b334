"""Quarantine: what came in and was not understood.

Decided here: that it stays there when it was replayed, marked with when. Not decided here: what is understood.
"""

from collections.abc import Sequence

from sqlalchemy import select, update

from adapters.ledger.database import Database
from adapters.ledger.schema import quarantine
from bot.records import Kept


class SqlQuarantine:
    """Reads and marks what was refused."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def kept(self, ids: Sequence[int] = ()) -> list[Kept]:
        """What has not been replayed yet, oldest first; of some ids only, where there are any."""
        columns = (quarantine.c.id, quarantine.c.received_at, quarantine.c.reason, quarantine.c.raw)
        wanted = select(*columns).where(quarantine.c.replayed_at.is_(None)).order_by(quarantine.c.id)
        if ids:
            wanted = wanted.where(quarantine.c.id.in_(ids))
        return [Kept(*row) for row in self._database.read(lambda connection: connection.execute(wanted).all())]

    def replayed(self, id: int, now: int) -> None:
        """It was understood after all."""
        marked = update(quarantine).where(quarantine.c.id == id).values(replayed_at=now)
        self._database.write(lambda connection: connection.execute(marked))

"""Leases: work that one process does for all.

Decided here: that a lease has a fencing number, which grows whenever it goes to another holder, so that what a holder writes
who was held up, and whose lease has gone to somebody else meanwhile, is refused. Not decided here: what is done under a
lease.
"""

from sqlalchemy import Connection, insert, select, update

from adapters.ledger.database import Database, one_at_a_time
from adapters.ledger.schema import leases
from bot.ports import LedgerError


class LeaseLostError(LedgerError):
    """The lease has gone to another process: nothing is written any more."""


class SqlLeases:
    """Gives leases and takes them back."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take(self, name: str, holder: str, now: int, lasts: int) -> int | None:
        """Take or renew a lease; its fencing number, or None where another process has it."""

        def work(connection: Connection) -> int | None:
            one_at_a_time(connection, f"lease {name}")
            own = leases.c.name == name
            found = connection.execute(select(leases).where(own)).first()
            if found is None:
                connection.execute(insert(leases).values(name=name, holder=holder, until=now + lasts, fence=1))
                return 1
            ended = found.until <= now or found.until > now + 2 * lasts  # the clock was set back
            if found.holder != holder and not ended:
                return None
            fence: int = found.fence + (found.holder != holder or ended)
            connection.execute(update(leases).where(own).values(holder=holder, until=now + lasts, fence=fence))
            return fence

        return self._database.write(work)

    def give_back(self, name: str, holder: str) -> None:
        """Have it free for another process at once; its number goes on growing."""
        mine = (leases.c.name == name) & (leases.c.holder == holder)
        self._database.write(lambda connection: connection.execute(update(leases).where(mine).values(until=0)))


def check_held(connection: Connection, name: str, fence: int) -> None:
    """Raises LeaseLostError where the lease has another number by now. The transaction keeps it as it is until it ends."""
    found = connection.execute(select(leases.c.fence).where(leases.c.name == name).with_for_update()).scalar()
    if found != fence:
        raise LeaseLostError(f"the lease {name} has gone to another process")

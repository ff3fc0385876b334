"""What people decide about promises, in the ledger: exceptions and published configurations, entries like any other.

Decided here: that a decision and the sweep over the tickets it touches are one transaction; such entries stand under no
ticket. Not decided here: which decisions are possible.
"""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from adapters.ledger.database import Database, one_at_a_time
from adapters.ledger.entries import event_entry, event_key, event_of
from adapters.ledger.intake import insert_entries
from adapters.ledger.schema import entries, personal
from adapters.ledger.sweeps import insert_sweep
from rules.ticket import TicketEvent

_NO_TICKET = ""
_MINE = (entries.c.ticket == _NO_TICKET) & entries.c.is_event  # what was erased or archived is noted there too, and is no event


class SqlRegister:
    """Reads and writes events that belong to no ticket."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def revision(self) -> int:
        """Grows with every event of the register."""
        last = select(func.max(entries.c.seq)).where(_MINE)
        return self._database.read(lambda connection: connection.execute(last).scalar()) or 0

    def events(self) -> Sequence[TicketEvent]:
        """All events of the register, in the order in which they came."""
        joined = entries.outerjoin(personal, personal.c.entry == entries.c.seq)
        wanted = select(entries.c.seq, entries.c.body, personal.c.body.label("hidden")).select_from(joined)
        mine = wanted.where(_MINE).order_by(entries.c.seq)
        found = self._database.read(lambda connection: connection.execute(mine).all())
        return [event_of(row.seq, row.body, row.hidden) for row in found]

    def append(self, event: TicketEvent, now: int, *, sweep: bool, since: int | None = None) -> bool:
        """Store an event; where it asks for a sweep, open tickets are looked at, and those whose clocks ended at `since` or
        later. False where it is known already.
        """
        row, hidden = event_entry(event, now)

        def work(connection: Connection) -> bool:
            one_at_a_time(connection, "register")  # what comes later is stored later, so that `revision` misses nothing
            known = connection.execute(select(entries.c.seq).where(entries.c.key == event_key(event))).scalar()
            if known is not None:
                return False
            insert_entries(connection, [(row | {"ticket": _NO_TICKET}, hidden)], now)
            if sweep:
                insert_sweep(connection, f"{event.type} {event.ticket}", since, now)
            return True

        return self._database.write(work)

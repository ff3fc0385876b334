"""What people decide about promises, in the ledger: exceptions and published configurations, entries like any other.

Decided here: that a decision and the sweep over the tickets it touches are one transaction; such entries stand under no
ticket. Not decided here: which decisions are possible.
"""

from collections.abc import Sequence

from sqlalchemy import Engine, func, select

from adapters.ledger.engine import writing
from adapters.ledger.entries import event_key, event_of
from adapters.ledger.intake import insert_event
from adapters.ledger.schema import entries, personal
from adapters.ledger.sweeps import insert_sweep
from rules.ticket import TicketEvent

_NO_TICKET = ""


class SqlRegister:
    """Reads and writes events that belong to no ticket."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def revision(self) -> int:
        """Grows with every event of the register."""
        with self._engine.connect() as connection:
            return connection.execute(select(func.max(entries.c.seq)).where(entries.c.ticket == _NO_TICKET)).scalar() or 0

    def events(self) -> Sequence[TicketEvent]:
        """All events of the register, in the order in which they came."""
        joined = entries.outerjoin(personal, personal.c.entry == entries.c.seq)
        wanted = select(entries.c.seq, entries.c.body, personal.c.body.label("hidden")).select_from(joined)
        with self._engine.connect() as connection:
            found = connection.execute(wanted.where(entries.c.ticket == _NO_TICKET).order_by(entries.c.seq))
            return [event_of(row.seq, row.body, row.hidden) for row in found]

    def append(self, event: TicketEvent, now: int, *, sweep: bool, since: int | None = None) -> bool:
        """Store an event; where it asks for a sweep, open tickets are looked at, and those whose clocks ended at `since` or
        later. False where it is known already.
        """
        with writing(self._engine) as connection:
            known = connection.execute(select(entries.c.seq).where(entries.c.key == event_key(event))).scalar()
            if known is not None:
                return False
            insert_event(connection, event, now, under=_NO_TICKET)
            if sweep:
                insert_sweep(connection, f"{event.type} {event.ticket}", since, now)
        return True

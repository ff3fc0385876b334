"""Which tickets another promise may touch.

Decided here: those with a running clock, or with none at all, unless they are archived. Not decided here: what it does to them.
"""

from typing import Any

from sqlalchemy import Select, exists, or_, select

from adapters.ledger.schema import clocks, tickets


def open_tickets() -> Select[Any]:
    """Their ids, in no order."""
    own = clocks.c.ticket == tickets.c.id
    open_ = or_(exists().where(own, clocks.c.stopped_at.is_(None)), ~exists().where(own))
    return select(tickets.c.id).where(tickets.c.archived_at.is_(None), open_)

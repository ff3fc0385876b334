"""Which clocks come first, of any number of them.

Decided here: that each verdict's first ones are taken from an index and put into one order; those that have come to another
verdict since their last look are found by the index that holds just these. Not decided here: who asks.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from adapters.ledger.schema import clocks
from adapters.ledger.standing import overdue_since, passed, verdict_now

_due_and_ticket = attrgetter("due_at", "ticket")
_KEYS = [clocks.c[column.name] for column in clocks.primary_key]


def soonest_due(connection: Connection, now: int, verdicts: Sequence[str], limit: int) -> list[Row[Any]]:
    """Clocks with one of some verdicts now, soonest due first; paused ones last."""
    due = (clocks.c.due_at, clocks.c.ticket)
    held = select(clocks).where(verdict_now(now).in_(verdicts)).limit(limit)
    of_each = [held.where(clocks.c.verdict == verdict) for verdict in verdicts]
    running = [part.where(clocks.c.due_at.is_not(None)).order_by(*due) for part in of_each]
    found = sorted(_each_once(connection, [held.where(passed(now)).order_by(*due), *running]), key=_due_and_ticket)
    if len(found) < limit:
        paused = [part.where(clocks.c.due_at.is_(None)).order_by(clocks.c.ticket) for part in of_each]
        found += sorted(_each_once(connection, paused), key=attrgetter("ticket"))
    return found[:limit]


def latest_breached(connection: Connection, now: int, since: int, limit: int) -> list[Row[Any]]:
    """Clocks that went overdue by now, at or after an instant, latest first. A breach is judged when it happens."""
    judged, due = clocks.c.judged_at, clocks.c.due_at
    known = select(clocks).where(judged >= since, clocks.c.breached_at.is_not(None)).order_by(judged.desc()).limit(limit)
    unknown = select(clocks).where(passed(now), overdue_since(now), due >= since).order_by(due.desc()).limit(limit)
    found = _each_once(connection, (unknown, known))
    return sorted(found, key=lambda row: row.due_at if row.judged_at is None else row.judged_at, reverse=True)[:limit]


def _each_once(connection: Connection, parts: Iterable[Select[Any]]) -> Iterable[Row[Any]]:
    rows = (row for part in parts for row in connection.execute(part))
    return {tuple(row._mapping[key] for key in _KEYS): row for row in rows}.values()

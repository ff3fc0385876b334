"""Entries for an auditor: as they are, and as events that can be replayed.

Decided here: that they come in the order of their arrival, as of one instant and a few at a time; which fields an exported
entry has; that personal fields come only where they are asked for. Not decided here: the file's format.
"""

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true

from adapters.ledger.database import Database
from adapters.ledger.entries import event_of
from adapters.ledger.schema import entries, personal
from rules.instants import text
from rules.ticket import TicketEvent

_AT_ONCE = 2_000
Span = tuple[int, int]
"""Instants from the first up to but not including the second."""


def exported_entries(
    database: Database, span: Span | None, *, with_personal: bool, begin: Callable[[int], None]
) -> Iterator[dict[str, Any]]:
    """Entries recorded within a span, every field of them."""
    for row in _rows(database, _within(span), begin):
        entry = exported(row) | {"hash": _hex(row.hash)}
        yield entry | {"salt": _hex(row.salt), "personal": row.hidden} if with_personal else entry


def exported(row: Row[Any]) -> dict[str, Any]:
    """An entry with every field, and its instants as texts too."""
    return {
        "seq": row.seq,
        "kind": row.kind,
        "ticket": row.ticket,
        "key": row.key,
        "is_event": row.is_event,
        "at": row.at,
        "at_text": text(row.at),
        "recorded_at": row.recorded_at,
        "recorded_at_text": text(row.recorded_at),
        "body": row.body,
        "day": row.day,
        "shard": row.shard,
        "number": row.number,
        "hash": row.hash,
    }


def exported_events(database: Database, span: Span | None, begin: Callable[[int], None]) -> Iterator[TicketEvent]:
    """Events of tickets and of exceptions recorded within a span, with their personal fields."""
    replayable = entries.c.is_event & or_(entries.c.ticket != "", entries.c.kind.startswith("exception."))
    for row in _rows(database, and_(_within(span), replayable), begin):
        yield event_of(row.seq, row.body, row.hidden)


def _within(span: Span | None) -> ColumnElement[bool]:
    return true() if span is None else (entries.c.recorded_at >= span[0]) & (entries.c.recorded_at < span[1])


def _rows(database: Database, wanted: ColumnElement[bool], begin: Callable[[int], None]) -> Iterator[Row[Any]]:
    beside = (personal.c.salt, personal.c.body.label("hidden"))
    joined = entries.outerjoin(personal, personal.c.entry == entries.c.seq)
    rows = select(entries, *beside).select_from(joined).where(wanted).order_by(entries.c.seq)
    with database.snapshot() as connection:
        begin(_count(connection, wanted))
        result = connection.execution_options(stream_results=True, max_row_buffer=_AT_ONCE).execute(rows)
        for some in result.partitions(_AT_ONCE):
            yield from some


def _count(connection: Connection, wanted: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(entries).where(wanted)).scalar() or 0


def _hex(value: bytes | None) -> str | None:
    return None if value is None else value.hex()

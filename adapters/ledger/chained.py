"""Entries in the order of their chains, as they stand in the database.

Decided here: that values are read as they are stored, without any conversion which might hide that one was altered, and a few
at a time. Not decided here: what is wrong with them (`verifying`).
"""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, text

from adapters.ledger.findings import Finding
from adapters.ledger.seal_checks import Chain

_AT_ONCE = 2_000
_ENTRIES = text(
    "SELECT e.day, e.shard, e.number, e.hash, e.seq, e.kind, e.ticket, e.key, e.is_event, e.at, e.recorded_at, e.body, "
    "p.salt, p.body AS personal FROM entries e LEFT JOIN personal p ON p.entry = e.seq "
    "WHERE e.day IS NOT NULL AND e.shard IS NOT NULL AND e.number IS NOT NULL AND e.hash IS NOT NULL "
    "ORDER BY e.day, e.shard, e.number"
)
_UNLINKED = text(
    "SELECT seq, ticket, kind FROM entries WHERE day IS NULL OR shard IS NULL OR number IS NULL OR hash IS NULL ORDER BY seq"
)
_STRAY = text("SELECT p.entry FROM personal p LEFT JOIN entries e ON e.seq = p.entry WHERE e.seq IS NULL ORDER BY p.entry")
_ERASED = text("SELECT body FROM entries WHERE ticket = '' AND kind = 'ledger.erased'")


def chained_entries(connection: Connection) -> Iterator[dict[str, Any]]:
    """All entries that stand in a chain, each with its personal fields."""
    result = connection.execution_options(stream_results=True, max_row_buffer=_AT_ONCE).execute(_ENTRIES)
    names = tuple(result.keys())
    for some in result.partitions(_AT_ONCE):
        for row in some:
            yield dict(zip(names, row, strict=True))


def chain_ends(connection: Connection) -> dict[Chain, tuple[int, bytes]]:
    """Where each chain ends, as the ledger keeps it."""
    found = connection.execute(text("SELECT day, shard, number, hash FROM chains"))
    return {(day, shard): (number, hash) for day, shard, number, hash in found}


def erased_entries(connection: Connection) -> set[int]:
    """The arrival numbers of entries whose personal fields were erased."""
    return {seq for body in connection.execute(_ERASED).scalars() for seq in _named(body)}


def _named(body: str) -> list[int]:
    try:
        return list(json.loads(body)["entries"])
    except (ValueError, TypeError, KeyError):
        return []


def outside_of_chains(connection: Connection) -> Iterator[Finding]:
    """Entries that stand in no chain, and personal fields of none."""
    for row in connection.execute(_UNLINKED):
        yield _unlinked(row)
    for seq in connection.execute(_STRAY).scalars():
        yield Finding("missing: only its personal fields are there", seq=seq)


def _unlinked(row: Row[Any]) -> Finding:
    return Finding("put in: it stands in no chain", seq=row.seq, ticket=row.ticket, kind=row.kind)

"""The chain: each entry carries the hash of the one before it.

Decided here: what is hashed; that there is a chain for each day (UTC, of the recording) and shard, and that a writer takes
any shard of the day that no other writer holds, so that writers do not wait for each other; that days never go back, also
where a clock does: nothing is added to a day that may have been sealed; entries get their numbers and their arrival here. Not
decided here: what stands in entries, and how chains are checked (`verifying`).
"""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select, text, update

from adapters.ledger.bulk import insert_all
from adapters.ledger.engine import insert_new
from adapters.ledger.schema import chains, entries, seals
from rules.instants import DAY

_ADOPTED_AT_ONCE = 10_000
_SEALED = func.coalesce(select(seals.c.at // DAY).order_by(seals.c.number.desc()).limit(1).scalar_subquery(), 0)
_TODAY = select(func.max(chains.c.day)).where(chains.c.day >= bindparam("today"), chains.c.day >= _SEALED).scalar_subquery()
"""Today, or a later day that has begun by another clock, or by the same one before it was set back."""
_FREE = select(chains).where(chains.c.day == _TODAY).order_by(chains.c.shard).limit(1).with_for_update(skip_locked=True)
_HIGHEST = select(chains.c.day, func.max(chains.c.shard)).where(chains.c.day == _TODAY).group_by(chains.c.day)
_GROWN = (
    update(chains)
    .where(chains.c.day == bindparam("own_day"), chains.c.shard == bindparam("own_shard"))
    .values(number=bindparam("number"), hash=bindparam("hash"))
)
_NEXT = text(
    "SELECT nextval(name) FROM generate_series(1, :count), "
    "(SELECT pg_get_serial_sequence('entries', 'seq')::regclass AS name OFFSET 0) AS sequence"  # OFFSET: looked up once
)
_LAST = text("SELECT seq FROM sqlite_sequence WHERE name = 'entries'")


def append(connection: Connection, rows: Sequence[Mapping[str, Any]], now: int) -> list[int]:
    """Write entries at the end of a chain of today's; their arrival numbers. The caller has seen to it that none is known
    yet.
    """
    if not rows:
        return []
    arrivals = _arrivals(connection, len(rows))
    numbered = [{"seq": seq, **row} for seq, row in zip(arrivals, rows, strict=True)]
    insert_all(connection, entries, _linked(connection, numbered, now))
    return arrivals


def adopt(connection: Connection) -> int:
    """Take entries that a version without chains has written into a chain of their day; how many there were."""
    adopted = 0
    unchained = select(entries).where(entries.c.hash.is_(None)).order_by(entries.c.seq).limit(_ADOPTED_AT_ONCE)
    links = update(entries).where(entries.c.seq == bindparam("own"))
    while rows := [dict(row._mapping) for row in connection.execute(unchained)]:
        day = rows[0]["recorded_at"] // DAY
        mine = [row for row in rows if row["recorded_at"] // DAY == day]
        linked = _linked(connection, mine, rows[0]["recorded_at"])
        values = [{"own": row["seq"], **{name: row[name] for name in ("day", "shard", "number", "hash")}} for row in linked]
        connection.execute(links, values)
        adopted += len(values)
    return adopted


def link(before: bytes, row: Mapping[str, Any]) -> bytes:
    """The hash of an entry: over the hash before it and every field. Only the body may hold anything but plain characters, and
    it is canonical JSON, without line breaks, so nothing can be moved from one field to another.
    """
    name = f"{row['seq']}\n{row['kind']}\n{row['ticket']}\n{row['key']}\n{row['is_event']:d}"
    return hashlib.sha256(before + f"{name}\n{row['at']}\n{row['recorded_at']}\n{row['body']}".encode()).digest()


def root(day: int, shard: int) -> bytes:
    """What the first entry of a chain carries in place of a hash before it."""
    return hashlib.sha256(f"slakeeper/{day}/{shard}".encode()).digest()


def _linked(connection: Connection, rows: Sequence[Mapping[str, Any]], now: int) -> list[dict[str, Any]]:
    day, shard, number, last = _taken(connection, now // DAY)
    linked = []
    for row in rows:
        number, last = number + 1, link(last, row)
        linked.append({**row, "day": day, "shard": shard, "number": number, "hash": last})
    connection.execute(_GROWN, {"own_day": day, "own_shard": shard, "number": number, "hash": last})
    return linked


def _taken(connection: Connection, today: int) -> tuple[int, int, int, bytes]:
    """A chain of the day that nobody else writes to, held until the transaction ends: day, shard, and where it stands."""
    while (found := connection.execute(_FREE, {"today": today}).first()) is None:
        highest = connection.execute(_HIGHEST, {"today": today}).first()
        if highest is None:
            day, shard = max(today, connection.execute(select(_SEALED)).scalar() or 0), 0
        else:
            day, shard = highest[0], highest[1] + 1
        insert_new(connection, chains, [{"day": day, "shard": shard, "number": 0, "hash": root(day, shard)}])
    return found.day, found.shard, found.number, found.hash


def _arrivals(connection: Connection, count: int) -> list[int]:
    """The next arrival numbers, in order."""
    if connection.dialect.name == "postgresql":
        return sorted(connection.execute(_NEXT, {"count": count}).scalars())
    last = connection.execute(_LAST).scalar() or 0
    return list(range(last + 1, last + 1 + count))

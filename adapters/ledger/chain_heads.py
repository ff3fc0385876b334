"""Where chains end, computed anew from the entries.

Decided here: that the last entry's number and hash are what the ledger keeps of a chain,
also where it is archived. Not decided here: whether entries are
what was written (`verifying`).
"""

from collections.abc import Iterator

from sqlalchemy import Connection, delete, func, select, tuple_

from adapters.ledger.archived import archived
from adapters.ledger.bulk import insert_all
from adapters.ledger.database import Database
from adapters.ledger.rebuilding import Difference
from adapters.ledger.schema import chains, entries
from adapters.ledger.seal_checks import Chain

_LAST = (
    select(entries.c.day, entries.c.shard, func.max(entries.c.number).label("number"))
    .where(entries.c.day.is_not(None))
    .group_by(entries.c.day, entries.c.shard)
    .subquery()
)
_ENDS = select(entries.c.day, entries.c.shard, entries.c.number, entries.c.hash).join(
    _LAST,
    (entries.c.day == _LAST.c.day) & (entries.c.shard == _LAST.c.shard) & (entries.c.number == _LAST.c.number),
)
Ends = dict[Chain, tuple[int, bytes]]


def chain_differences(database: Database) -> list[Difference]:
    """Chains of which the ledger keeps another end than their entries have."""
    with database.snapshot() as connection:
        return list(_differences(*_both(connection)))


def mend_chains(database: Database) -> None:
    """Have the ledger keep the ends that the entries have. Nobody writes to those chains meanwhile."""

    def work(connection: Connection) -> None:
        connection.execute(select(chains.c.day).with_for_update()).all()
        stored, computed = _both(connection)
        wrong = [chain for chain, end in computed.items() if stored.get(chain) != end]
        rows = [{"day": d, "shard": s, "number": computed[d, s][0], "hash": computed[d, s][1]} for d, s in wrong]
        connection.execute(delete(chains).where(tuple_(chains.c.day, chains.c.shard).in_(wrong)))
        insert_all(connection, chains, rows)

    database.write(work)


def _both(connection: Connection) -> tuple[Ends, Ends]:
    kept = select(chains.c.day, chains.c.shard, chains.c.number, chains.c.hash)
    stored, computed = (
        {(row.day, row.shard): (row.number, row.hash) for row in connection.execute(wanted)} for wanted in (kept, _ENDS)
    )
    for span in (span for file in archived(connection) for span in file.spans):
        if span.last > computed.get(span[:2], (0,))[0]:
            computed[span[:2]] = (span.last, span.hash)
    return stored, computed


def _differences(stored: Ends, computed: Ends) -> Iterator[Difference]:
    for chain in sorted(stored.keys() | computed.keys()):
        before, after = stored.get(chain), computed.get(chain)
        if before != after and (after is not None or (before is not None and before[0] > 0)):
            column = "end" if before and after else None
            yield Difference("chains", f"{chain[0]}/{chain[1]}", column, _end(before), _end(after))


def _end(end: tuple[int, bytes] | None) -> str | None:
    return None if end is None else f"{end[0]}:{end[1].hex()[:12]}"

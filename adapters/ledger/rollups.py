"""Roll-ups: counts of clocks that answer `/sla status`, reports and dashboards.

Decided here: a look's transaction only adds a row that says by how much counts change, so workers never wait for each other
for a counter; one process at a time adds these rows up (`fold`), and readers add what is not folded yet. Each clock counts
twice: in the cell of its agreement and metric, and in one with all its fields; in each, over all time and on the UTC day on
which it was judged. Not decided here: what a clock counts for (`counting`), how it is asked (`tallies`, `views`).
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, text

from adapters.ledger.bulk import upsert_all
from adapters.ledger.counting import CELL, COUNTED, LINE, Changes, Row
from adapters.ledger.database import Database, one_at_a_time
from adapters.ledger.schema import FIGURES, cells, clocks, days, minutes, rollup_changes, rollups
from rules.instants import DAY, MINUTE

EVER = -1_000_000
"""The day of the counts over all time, of clocks that are not judged yet too."""
_AT_A_TIME = 500
_MOST_COUNTS = 200_000
TABLES = (rollups, minutes, days)

Sums = Mapping[Table, Mapping[tuple[Any, ...], Sequence[int]]]


class SqlRollups:
    """Adds up what looks have written down."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def fold(self) -> int:
        """Add the oldest changes to the counts; of how many batches of looks they are, 0 where nothing is left to do."""

        def work(connection: Connection) -> int:
            one_at_a_time(connection, "roll-ups")
            oldest = select(rollup_changes.c.id).order_by(rollup_changes.c.id).limit(_AT_A_TIME)
            taken = delete(rollup_changes).where(rollup_changes.c.id.in_(oldest)).returning(rollup_changes.c.body)
            bodies = connection.execute(taken).scalars().all()
            changes = Changes()
            changes.add(bodies)
            _store(connection, changes)
            return len(bodies)

        return self._database.write(work)


def note_changes(connection: Connection, changes: Changes) -> None:
    """Write down by how much counts change; `fold` adds it to them."""
    if body := changes.body():
        connection.execute(insert(rollup_changes).values(body=body))


def unfolded(connection: Connection) -> Changes:
    """What has not been added to the counts yet."""
    changes = Changes()
    changes.add(connection.execute(select(rollup_changes.c.body)).scalars())
    return changes


def rebuild_rollups(connection: Connection) -> None:
    """Compute all counts anew from the clocks. Until this transaction ends, no look is written."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("LOCK TABLE clocks, rollup_changes IN SHARE ROW EXCLUSIVE MODE"))
    for table in (*TABLES, cells, rollup_changes):
        connection.execute(delete(table))
    for changes in every_change(connection):
        _store(connection, changes)


def every_change(connection: Connection) -> Iterator[Changes]:
    """What all clocks count for, in parts that fit into the memory."""
    changes = Changes()
    for row in _every_clock(connection):
        changes.count(row)
        if len(changes.minutes) > _MOST_COUNTS:
            yield changes
            changes = Changes()
    yield changes


@lru_cache(maxsize=10_000)
def cell_id(fields: tuple[str | None, ...]) -> int:
    """The number of a cell: a digest, so that no table has to be asked for it."""
    return int.from_bytes(blake2b(json.dumps(fields).encode(), digest_size=8).digest(), "big", signed=True)


def _every_clock(connection: Connection) -> Iterator[Row]:
    """All clocks, in the order of time, so that what is counted together is found together."""
    wanted = select(*(clocks.c[name] for name in COUNTED)).order_by(clocks.c.judged_at)
    for row in connection.execute(wanted, execution_options={"yield_per": 10_000}):
        yield dict(row._mapping)


def _store(connection: Connection, changes: Changes) -> None:
    """Add changes to the counts."""
    upsert_all(connection, cells, _cells(key[: len(CELL)] for key in changes.places), "ON CONFLICT DO NOTHING")
    for table, sums in sums_of(changes).items():
        names = [str(column.name) for column in table.c]
        rows = [dict(zip(names, (*key, *numbers), strict=True)) for key, numbers in sorted(sums.items()) if any(numbers)]
        keys = [column.name for column in table.primary_key]
        added = ", ".join(f'"{name}" = {table.name}."{name}" + excluded."{name}"' for name in names if name not in keys)
        upsert_all(connection, table, rows, f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {added}")


def sums_of(changes: Changes) -> Sums:
    """By table and key, what is added to its numbers."""
    places: Counter[tuple[Any, ...]] = Counter()
    for (*fields, day, verdict), n in changes.places.items():
        for cell in (cell_id(tuple(fields)), cell_id(tuple(fields[: len(LINE)]))):
            places[cell, EVER, verdict] += n
            if day is not None:
                places[cell, day, verdict] += n
    series: Mapping[Table, dict[tuple[int, int], list[int]]] = {
        table: defaultdict(lambda: [0] * len(FIGURES)) for table in (minutes, days)
    }
    for (*line, minute, figure), n in changes.minutes.items():
        cell, position = cell_id(tuple(line)), FIGURES.index(figure)
        series[minutes][cell, minute][position] += n
        series[days][cell, minute // (DAY // MINUTE)][position] += n
    return {rollups: {key: (n,) for key, n in places.items()}, **series}


def _cells(found: Iterable[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """The rows of some cells, and of the whole ones that they are parts of."""
    detailed = set(found)
    nothing = (None,) * (len(CELL) - len(LINE))
    rows = [(cell_id(cell), False, *cell) for cell in detailed]
    rows += [(cell_id(line), True, *line, *nothing) for line in {cell[: len(LINE)] for cell in detailed}]
    return [dict(zip(("id", "whole", *CELL), row, strict=True)) for row in sorted(rows, key=lambda row: row[0])]

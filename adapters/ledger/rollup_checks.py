"""Whether the roll-ups are those of the clocks.

Decided here: that the minutes of a day are compared by one number at first, since those of a million clocks would not fit into
the memory, and one by one where that number differs. Not decided here: what a clock counts for (`counting`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, select

from adapters.ledger.rollups import TABLES, Sums, every_change, sums_of, unfolded
from adapters.ledger.schema import days, minutes, rollups
from rules.instants import DAY, MINUTE

Off = Counter[tuple[tuple[Any, ...], int]]
"""By a row's key and the place of a number in it: what is stored less than the clocks come to."""
Day = tuple[int, int]
"""A cell and a UTC day."""


def check_rollups(connection: Connection) -> list[str]:
    """Where the counts are not those of the clocks, in words; the connection must see one state."""
    off: dict[Table, Off] = {table: Counter() for table in TABLES}
    digests: Counter[Day] = Counter()
    for sums, sign in _everything(connection):
        for table in (rollups, days):
            _add(off[table], sums.get(table, {}), sign)
        for key, numbers in sums.get(minutes, {}).items():
            digests[_day(key)] += sign * sum(n * hash((key, place)) for place, n in enumerate(numbers))
    wrong = {day for day, number in digests.items() if number}
    if wrong:
        for sums, sign in _everything(connection):
            _add(off[minutes], {key: n for key, n in sums.get(minutes, {}).items() if _day(key) in wrong}, sign)
    return [said for table in TABLES for said in _in_words(connection, table, off[table])]


def _everything(connection: Connection) -> Iterator[tuple[Sums, int]]:
    """What the clocks come to, and, with the sign turned, what is noted and what is stored: all of it together is nothing."""
    for changes in every_change(connection):
        yield sums_of(changes), 1
    yield sums_of(unfolded(connection)), -1
    for table in TABLES:
        keys = len(table.primary_key)
        for row in connection.execute(select(table), execution_options={"yield_per": 10_000}):
            yield {table: {tuple(row[:keys]): tuple(row[keys:])}}, -1


def _add(off: Off, sums: Mapping[tuple[Any, ...], Sequence[int]], sign: int) -> None:
    for key, numbers in sums.items():
        for place, n in enumerate(numbers):
            off[key, place] += sign * n


def _day(key: tuple[Any, ...]) -> Day:
    return key[0], key[1] // (DAY // MINUTE)


def _in_words(connection: Connection, table: Table, off: Off) -> Iterator[str]:
    keys = list(table.primary_key)
    for key in sorted({key for (key, _), n in off.items() if n}):
        wanted = select(table).where(and_(*(column == value for column, value in zip(keys, key, strict=True))))
        row = connection.execute(wanted).first()
        stored = tuple(row[len(keys) :]) if row else (0,) * (len(table.c) - len(keys))
        computed = tuple(n + off[key, place] for place, n in enumerate(stored))
        yield f"{table.name} {key}: {stored}, and the clocks come to {computed}"

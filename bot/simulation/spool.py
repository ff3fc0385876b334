"""A spool: rows sorted outside memory.

Decided here: how many rows are held in memory, and that the rest goes sorted into the store in runs that are merged at the
end. Not decided here: what the rows are; they are tuples that compare by their first items and hold what the store can keep.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

from bot.simulation.store import Piece, Store

Row = TypeVar("Row", bound=tuple[Any, ...])
Run = list[Piece]
"""Sorted rows, in pieces: merging many runs holds little of each."""

HELD = 50_000
_IN_A_PIECE = 200


class Spool(Generic[Row]):
    """Add rows in any order, then read them sorted, as often as wanted. At most `held` rows are in memory at once."""

    def __init__(self, store: Store, held: int = HELD) -> None:
        self._store, self._held = store, held
        self._rows: list[Row] = []
        self._runs: list[Run] = []

    def add(self, row: Row) -> None:
        """Put in a row."""
        self._rows.append(row)
        if len(self._rows) >= self._held:
            self._spill()

    def extend(self, rows: Iterable[Row]) -> None:
        """Put in rows."""
        for row in rows:
            self.add(row)

    def __iter__(self) -> Iterator[Row]:
        """All rows in order."""
        self._rows.sort()
        return (
            heapq.merge(*(rows_of(self._store, run) for run in self._runs), iter(self._rows))
            if self._runs
            else iter(self._rows)
        )

    def runs(self) -> list[Run]:
        """All rows as sorted runs in the store, for another process to merge."""
        if self._rows:
            self._spill()
        return self._runs

    def _spill(self) -> None:
        self._rows.sort()
        self._runs.append(put_down(self._store, self._rows))
        self._rows = []


def put_down(store: Store, rows: Sequence[Any]) -> Run:
    """Rows as a run, in the order in which they are given."""
    return [store.put(rows[start : start + _IN_A_PIECE]) for start in range(0, len(rows), _IN_A_PIECE)]


def rows_of(store: Store, pieces: Run) -> Iterator[Any]:
    """The rows of some pieces, one after the other."""
    for piece in pieces:
        yield from store.get(piece)


def merged(store: Store, runs: Sequence[Run]) -> Iterator[Any]:
    """The rows of sorted runs, in order."""
    return heapq.merge(*(rows_of(store, run) for run in runs))

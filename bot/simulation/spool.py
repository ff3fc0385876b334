"""A spool: rows sorted outside memory.

Decided here: how many rows are held in memory, and that the rest goes sorted into temporary files that are merged at the end.
Not decided here: what the rows are; they are tuples that compare by their first items and hold what pickle can keep.
"""

import heapq
import pickle
import tempfile
from collections.abc import Iterator
from typing import IO, Any, Generic, TypeVar

Row = TypeVar("Row", bound=tuple[Any, ...])


class Spool(Generic[Row]):
    """Add rows in any order, then read them sorted, as often as wanted. At most `held` rows are in memory at once."""

    def __init__(self, held: int = 100_000) -> None:
        self._held = held
        self._rows: list[Row] = []
        self._files: list[IO[bytes]] = []
        self._sorted = True

    def add(self, row: Row) -> None:
        """Put in a row."""
        self._rows.append(row)
        self._sorted = False
        if len(self._rows) >= self._held:
            self._spill()

    def __iter__(self) -> Iterator[Row]:
        """All rows in order."""
        if not self._sorted:
            self._rows.sort()
            self._sorted = True
        return heapq.merge(*(self._read(file) for file in self._files), iter(self._rows))

    def close(self) -> None:
        """Remove the temporary files."""
        for file in self._files:
            file.close()

    def _spill(self) -> None:
        self._rows.sort()
        file = tempfile.TemporaryFile(prefix="slakeeper-")  # noqa: SIM115 - closed with the spool
        # In pieces, so that merging many files holds little of each.
        for start in range(0, len(self._rows), 500):
            pickle.dump(self._rows[start : start + 500], file, protocol=pickle.HIGHEST_PROTOCOL)
        self._files.append(file)
        self._rows = []

    @staticmethod
    def _read(file: IO[bytes]) -> Iterator[Row]:
        position = 0
        while True:
            file.seek(position)
            try:
                rows = pickle.load(file)  # noqa: S301 - written by ourselves, unlinked
            except EOFError:
                return
            position = file.tell()
            yield from rows

"""A calendar compiled: openings and closings in order, with the open time up to each, answered by bisection.

Decided here: how a table is laid out and asked. Not decided here: how far it reaches and when it grows (`calendar`), and what
is open (`calendar_days`).
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Table:
    """True only within [low, high): what is open at its edges may still change when it grows.

    `edges` are opening, closing, opening …, so that an instant lies in a window where an odd number of them has passed.
    """

    edges: list[int]
    counted: list[int]  # open time up to edge i, exclusive of a window that begins there; one more than there are edges
    before: list[int]  # open time ahead of window i
    filled: list[int]  # and up to its end
    shift: list[int]  # what makes of open time within window i an instant
    total: int  # open time up to `high`
    low: int
    high: int
    first: date
    last: date

    def position(self, at: int) -> int:
        """Open time from the table's beginning to `at`."""
        i = bisect_right(self.edges, at)
        return self.counted[i] + at - self.edges[i - 1] if i & 1 else self.counted[i]

    def windows(self, start: int, end: int) -> list[tuple[int, int]]:
        """The windows that touch [start, end), cut to it."""
        edges = self.edges
        first, last = bisect_right(edges, start) & ~1, bisect_left(edges, end)
        return [(max(edges[i], start), min(edges[i + 1], end)) for i in range(first, last, 2)]

    def opening_after(self, at: int) -> int | None:
        """The first opening after `at`, where the table knows it."""
        i = bisect_right(self.edges, at)
        return self._known(i + (i & 1))

    def closing_after(self, at: int) -> int | None:
        """The first closing after `at`, where the table knows it."""
        return self._known(bisect_right(self.edges, at) | 1)

    def opening_before(self, at: int) -> int | None:
        """The last opening before `at`, where the table knows it."""
        i = bisect_left(self.edges, at) - 1
        return self._known(i - (i & 1))

    def closing_before(self, at: int) -> int | None:
        """The last closing before `at`, where the table knows it."""
        i = bisect_left(self.edges, at) - 1
        return self._known(i - 1 + (i & 1))

    def _known(self, i: int) -> int | None:
        return self.edges[i] if 0 <= i < len(self.edges) and self.low < self.edges[i] < self.high else None


def table_of(windows: Iterable[tuple[int, int]], low: int, high: int, first: date, last: date) -> Table:
    """The table of windows that are sorted and apart."""
    edges: list[int] = []
    counted, before, filled, shift = [0], [], [], []
    total = 0
    for start, end in windows:
        edges += (start, end)
        before.append(total)
        shift.append(start - total)
        counted.append(total)
        total += end - start
        filled.append(total)
        counted.append(total)
    unfinished = Table(edges, counted, before, filled, shift, 0, low, high, first, last)
    return Table(edges, counted, before, filled, shift, unfinished.position(high), low, high, first, last)

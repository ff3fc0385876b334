"""Many questions to a calendar at once, with numpy.

Decided here: how arrays of instants and amounts (int64, milliseconds) are answered: as each would be by itself, also where the
answer is a refusal. Not decided here: what the answers are (`calendar`).
"""

import numpy as np
from numpy.typing import NDArray

from rules.calendar import BusinessCalendar
from rules.calendar_table import Table

Milliseconds = NDArray[np.int64]

_HUGE = 2**62  # more than any calendar has, and far enough from the end of 64 bits to be added to


def add_many(calendar: BusinessCalendar, starts: Milliseconds, amounts: Milliseconds | int) -> Milliseconds:
    """`add` for each start and its amount, or one amount for all. Raises CalendarError where one of them would."""
    wanted = np.clip(np.asarray(amounts, dtype=np.int64), -_HUGE, _HUGE)
    begins, lasts = np.broadcast_arrays(np.asarray(starts, dtype=np.int64), wanted)
    found = begins.copy()
    for forward, chosen in ((True, lasts > 0), (False, lasts < 0)):
        if chosen.any():
            found[chosen] = _moved(calendar, begins[chosen], lasts[chosen], forward=forward)
    return found


def _moved(calendar: BusinessCalendar, starts: Milliseconds, amounts: Milliseconds, *, forward: bool) -> Milliseconds:
    while True:
        table = calendar.table(int(starts.min()), int(starts.max()))
        wanted = _positions(table, starts) + amounts
        farthest = int(wanted.argmax() if forward else wanted.argmin())
        if wanted[farthest] <= table.total if forward else wanted[farthest] >= table.position(table.low):
            break
        calendar.add(int(starts[farthest]), int(amounts[farthest]))  # makes the table long enough for it, or refuses
    if forward:
        windows = np.searchsorted(np.array(table.filled), wanted, side="left")
    else:
        windows = np.searchsorted(np.array(table.before), wanted, side="right") - 1
    moved: Milliseconds = wanted + np.array(table.shift)[windows]
    return moved


def _positions(table: Table, at: Milliseconds) -> Milliseconds:
    edges = np.array([0, *table.edges], dtype=np.int64)  # one before all others, so that each has one to its left
    passed = np.searchsorted(edges[1:], at, side="right")
    within = np.where(passed & 1, at - edges[passed], 0)
    positions: Milliseconds = np.array(table.counted, dtype=np.int64)[passed] + within
    return positions

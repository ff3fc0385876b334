"""What one clock counts for in the roll-ups: its place among the figures, and its minutes in the time series.

Decided here: both are a function of the clock's row alone, so roll-ups can be computed anew at any time, an outage is filled
in and a late event corrects the past. A place is a cell, a verdict and the UTC day on which it was judged. In the series a
clock is running, at risk, then overdue, until it ends or its breach is excused; paused, it stays where it was; a breach counts
in the minute in which it happened, everything else in that in which the clock ended. Not decided here: how counts are stored.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from operator import itemgetter
from typing import Any

from rules.clock_row import BROKEN
from rules.instants import DAY, MINUTE

Row = Mapping[str, Any]
LINE = ("agreement", "kind", "metric")
CELL = (*LINE, "tier", "region", "service", "priority", "team")
"""A customer is not among them: with thousands of customers there would be as many cells as clocks."""
_TURNS = ("verdict", "judged_at", "started_at", "risky_at", "breached_at", "stopped_at")
COUNTED = (*CELL, *_TURNS)
"""What a clock's counts depend on."""
_line, _cell, _counted = itemgetter(*LINE), itemgetter(*CELL), itemgetter(*COUNTED)


class Changes:
    """By how much counts change. `places`: by the fields of a cell, the day and the verdict; `minutes`: by agreement, kind,
    metric, minute and figure.
    """

    def __init__(self) -> None:
        self.places: Counter[tuple[Any, ...]] = Counter()
        self.minutes: Counter[tuple[Any, ...]] = Counter()

    def move(self, before: Row | None, after: Row | None) -> None:
        """A clock has become another, is new, or is gone."""
        if before is not None and after is not None and _counted(before) == _counted(after):
            return
        for row, number in ((before, -1), (after, 1)):
            if row is not None:
                self.count(row, number)

    def count(self, row: Row, number: int = 1) -> None:
        """Count a clock in, or out again."""
        day = None if row["judged_at"] is None else row["judged_at"] // DAY
        self.places[(*_cell(row), day, row["verdict"])] += number
        line = _line(row)
        for at, figure, n in _turns(row):
            self.minutes[(*line, at // MINUTE, figure)] += number * n

    def body(self) -> str:
        """The changes as text; empty where nothing changes."""
        found = [[[*key, n] for key, n in counter.items() if n] for counter in (self.places, self.minutes)]
        return json.dumps(found) if any(found) else ""

    def add(self, bodies: Iterable[str]) -> None:
        """What was written down by `body`."""
        for body in bodies:
            for counter, rows in zip((self.places, self.minutes), json.loads(body), strict=True):
                for *key, n in rows:
                    counter[tuple(key)] += n


def _turns(row: Row) -> Iterator[tuple[int, str, int]]:
    """When a clock counts more or less, in which figure."""
    verdict, judged = row["verdict"], row["judged_at"]
    broken = verdict in BROKEN
    if judged is not None:
        yield judged, "missed" if broken else verdict, 1
    until = judged if verdict == "excused" else row["stopped_at"]
    gauges = (("overdue", row["breached_at"] if broken else None), ("at_risk", row["risky_at"]), ("running", row["started_at"]))
    for gauge, since in gauges:
        if since is None or (until is not None and since >= until):
            continue
        yield since, gauge, 1
        if until is not None:
            yield until, gauge, -1
        until = since

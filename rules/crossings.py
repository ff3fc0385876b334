"""Crossings: which thresholds of one clock lie behind it, and which comes next.

Decided here: each threshold is crossed once, a daily one each 24 hours after the due instant, moved to the next opening; while
paused, only what a change has put behind the clock is crossed. After an excused breach, what lies ahead again is crossed
again. Not decided here: due instants, and what is said of a crossing (`clock`).
"""

from collections.abc import Iterator, Sequence

from rules.durations import Threshold
from rules.elapsed import Elapsed
from rules.instants import DAY
from rules.suspension import Calendar

NEVER = 1 << 62
_MOST_DAYS = 1_000_000

Pair = tuple[int, Threshold]


class Crossings:
    """The thresholds of one clock. `days` counts the daily crossings, `excusals` the breaches that were excused."""

    __slots__ = ("_all", "_crossed", "_first_at", "_last_daily", "_pending", "days", "excusals")

    def __init__(self) -> None:
        self.days = 0
        self._all: Sequence[Pair] = ()
        self._pending: list[Pair] = []
        self._crossed: set[str] = set()
        self._last_daily = self._first_at = 0
        self.excusals = 0

    @property
    def occurrence(self) -> int:
        """Tells apart what is crossed once more: on another day after the breach, or after an excused one."""
        return self.days + _MOST_DAYS * self.excusals

    def arm(self, thresholds: Sequence[Pair]) -> None:
        """Under another limit: all thresholds in order, each with the elapsed time at which it is reached."""
        self._all = thresholds
        crossed = self._crossed
        self._pending = [pair for pair in thresholds if pair[1].text not in crossed] if crossed else list(thresholds)

    def forget(self, used: int) -> None:
        """A breach is excused: what takes more than is used lies ahead again."""
        self._crossed = {threshold.text for needed, threshold in self._all if needed <= used} & self._crossed
        self.excusals += 1
        self.days = self._last_daily = 0
        self.arm(self._all)

    def next_at(self, elapsed: Elapsed, changed_at: int | None) -> int:
        """The instant of the next crossing, the daily ones aside, if nothing else happens; NEVER where there is none."""
        if not self._pending:
            return NEVER
        needed = self._pending[0][0]
        if elapsed.since is None:
            return NEVER if changed_at is None or needed >= elapsed.used else changed_at
        at = elapsed.when(needed)
        return NEVER if at is None else at

    def earliest(self, elapsed: Elapsed) -> int:
        """An instant before which nothing can be crossed, found without counting open time."""
        return elapsed.earliest(self._pending[0][0]) if self._pending else 0

    def next_daily(self, due: int, calendar: Calendar, since: int) -> int:
        """The next daily crossing, not before the present interval's beginning; NEVER where there is none."""
        days = self.days
        while True:
            days += 1
            at = calendar.next_open(due + days * DAY)
            if at is None:
                return NEVER
            if at > self._last_daily and at >= since:
                self.days = days - 1
                return at

    def cross(self, at: int, elapsed: Elapsed) -> Pair | None:
        """What is crossed at an instant, with the elapsed time that it takes; None for the daily one."""
        if self._pending and (elapsed.since is None or elapsed.when(self._pending[0][0]) == at):
            needed, threshold = self._pending.pop(0)
            if not self._crossed:
                self._first_at = at
            self._crossed.add(threshold.text)
            return needed, threshold
        self.days += 1
        self._last_daily = at
        return None

    def risky_at(self, elapsed: Elapsed, used: int) -> int | None:
        """Since when a threshold has been crossed that is reached with so much used; None where none has."""
        crossed = self._crossed
        found = [needed for needed, threshold in self._all if threshold.text in crossed and needed <= used] if crossed else ()
        if not found:
            return None
        at = elapsed.reached(found[0]) if 0 < found[0] <= elapsed.used else elapsed.when(found[0])
        # What a change has put behind the clock was crossed at the change.
        return max(self._first_at, at or 0)

    def again(self, elapsed: Elapsed) -> Iterator[int]:
        """Under a longer limit, what was crossed before lies ahead again: when it is reached, with nothing to say."""
        for needed, threshold in self._all if self._crossed else ():
            at = elapsed.when(needed) if threshold.text in self._crossed else None
            if at is not None:
                yield at

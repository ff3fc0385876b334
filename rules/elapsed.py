"""Elapsed time: what of a clock's life counts.

Decided here: the intervals in which it was active or paused, and what they come to in a calendar; three totals are kept:
working time, wall time, and paused working time. Not decided here: limits, and what happens when they are reached.
"""

from collections.abc import Iterable

from rules.calendar import CalendarError
from rules.metrics import Cycle
from rules.suspension import Calendar

Interval = tuple[int, int]


class Elapsed:
    """Closed intervals, and since when the clock is active or paused. `used` is the working time of the closed ones."""

    __slots__ = ("_active", "_measured", "_pauses", "calendar", "paused_since", "since", "used")

    def __init__(self, calendar: Calendar, cycles: Iterable[Cycle] = (), since: int = 0) -> None:
        """Carry what these cycles have used and paused so far, from an instant on."""
        self.calendar = calendar
        self._active: list[Interval] = []
        self._pauses: list[Interval] = []
        self._measured: dict[Calendar, tuple[int, int]] = {}  # by calendar: of how many intervals, what they come to
        self.since: int | None = None
        self.paused_since: int | None = None
        if since == 0:  # all of them, as they are: what a cycle comes to is found once, not by each of those that follow
            self.used = 0
            for cycle in cycles:
                self._active += cycle.active
                self._pauses += cycle.pauses
                self.used += self._used_in(cycle)
            return
        for cycle in cycles:
            self._active.extend((max(start, since), end) for start, end in cycle.active if end > since)
            self._pauses.extend((max(start, since), end) for start, end in cycle.pauses if end > since)
        self.used = self._working(self._active)

    def close(self, at: int) -> None:
        """End whatever is going on."""
        if self.since is not None:
            self._active.append((self.since, at))
            self.used += self.calendar.between(self.since, at)
            self.since = None
        if self.paused_since is not None:
            self._pauses.append((self.paused_since, at))
            self.paused_since = None

    def split(self, at: int) -> None:
        """Begin a new active interval at `at`: what follows is counted from there."""
        if self.since is not None and self.since < at:
            self.close(at)
            self.since = at

    def measure_in(self, calendar: Calendar) -> None:
        """Count everything anew in another calendar; where that was done before, only what is new."""
        if calendar != self.calendar:
            self._measured[self.calendar] = len(self._active), self.used
            known, used = self._measured.get(calendar, (0, 0))
            self.calendar = calendar
            self.used = used + self._working(self._active[known:])

    def earliest(self, amount: int) -> int:
        """`amount` is not used before this instant, as working time is no longer than wall time; nothing need be counted."""
        return 0 if self.since is None else self.since + amount - self.used

    def when(self, amount: int) -> int | None:
        """The instant at which `amount` is used if the clock goes on, not before its present interval; None for never."""
        return None if self.since is None else self.after(self.since, max(0, amount - self.used))

    def after(self, start: int, amount: int) -> int | None:
        """The instant `amount` of working time after `start`; None where the calendar never opens that long again."""
        try:
            return self.calendar.add(start, amount)
        except CalendarError:
            return None

    def reached(self, amount: int) -> int:
        """The instant in the past at which `amount`, at most what is used, was reached."""
        for start, end in self._active:
            used = self.calendar.between(start, end)
            if used >= amount:
                return self.calendar.add(start, amount)
            amount -= used
        raise ValueError(f"{amount} ms more than was ever used")

    def used_by(self, until: int, calendar: Calendar) -> int:
        """Working time up to an instant, counted in a calendar."""
        active = self._active if self.since is None else [*self._active, (self.since, until)]
        return sum(calendar.between(start, min(end, until)) for start, end in active if start < until)

    def totals(self, end: int) -> tuple[int, int, int]:
        """Working time, wall time and paused working time up to `end`."""
        used, wall = self.used, 0
        for start, closed in self._active:
            wall += closed - start
        if self.since is not None:
            used += self.calendar.between(self.since, end)
            wall += end - self.since
        pauses = self._pauses if self.paused_since is None else [*self._pauses, (self.paused_since, end)]
        return used, wall, self._working(pauses)

    def _used_in(self, cycle: Cycle) -> int:
        if cycle.active_since is not None or cycle.paused_since is not None:
            return self._working(cycle.active)
        used = cycle.used.get(self.calendar)
        if used is None:
            used = cycle.used[self.calendar] = self._working(cycle.active)
        return used

    def _working(self, intervals: list[Interval]) -> int:
        between, total = self.calendar.between, 0
        for start, end in intervals:
            total += between(start, end)
        return total

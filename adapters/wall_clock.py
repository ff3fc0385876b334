"""What time it is.

Decided here: real time, and time that runs faster for a demonstration. Not decided here: anything that depends on it.
"""

import time

from rules.instants import SECOND


class WallClock:
    """Real time; `speed` is 1."""

    speed = 1.0

    def now(self) -> int:
        """The present instant."""
        return time.time_ns() // 1_000_000

    def real_seconds(self) -> float:
        """Seconds since the epoch by the real clock, which signatures are checked against."""
        return time.time()

    def seconds_until(self, at: int) -> float:
        """Real seconds until an instant; never negative."""
        return max(0.0, (at - self.now()) / SECOND / self.speed)


class FastClock(WallClock):
    """Time that begins at `start` and runs `speed` times as fast as the real one."""

    def __init__(self, start: int, speed: float) -> None:
        self.speed = speed
        self._start, self._began = start, time.monotonic_ns()

    def now(self) -> int:
        """The present instant of this clock."""
        return self._start + int((time.monotonic_ns() - self._began) * self.speed) // 1_000_000

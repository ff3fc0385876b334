"""Week: hours by weekday and wall clock, of a shift or of a person's quiet.

Decided here: that windows are half-open and may end on the next day. Not decided here: whose wall clock it is, and holidays:
what knows those is a business calendar (`rules.calendar`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rules.instants import of, to_datetime

_MILLISECOND = timedelta(milliseconds=1)


@dataclass(frozen=True)
class Week:
    """For each weekday from Monday on, windows in milliseconds from midnight; an end may lie on the next day."""

    windows: tuple[tuple[tuple[int, int], ...], ...]

    def holds(self, local: datetime) -> bool:
        """Whether a local time lies in a window."""
        return any(start <= local < end for start, end in self._around(local.date()))

    def edges(self, day: date) -> Iterator[datetime]:
        """The local times at which windows of a day begin and end."""
        for window in self.windows[day.weekday()]:
            yield from (datetime.combine(day, time()) + edge * _MILLISECOND for edge in window)

    def _around(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The windows that may hold a time of a day: its own, and those of the day before."""
        for begun in (day - timedelta(days=1), day) if day > date.min else (day,):
            midnight = datetime.combine(begun, time())
            for start, end in self.windows[begun.weekday()]:
                yield midnight + start * _MILLISECOND, midnight + end * _MILLISECOND

    def plain(self) -> Any:
        """The week as JSON can hold it; `of` makes the same week of it."""
        return self.windows

    @staticmethod
    def of(plain: Any) -> "Week":
        """The week whose `plain` form this is."""
        return Week(tuple(tuple((start, end) for start, end in windows) for windows in plain))


@dataclass(frozen=True)
class QuietHours:
    """When a person is not to be called, unless it is urgent."""

    zone: ZoneInfo
    week: Week

    def end(self, at: int) -> int | None:
        """When the quiet in which an instant lies is over; None where it lies in none. Quiet that never ends is none."""
        local = to_datetime(at).astimezone(self.zone).replace(tzinfo=None)
        if not self.week.holds(local):
            return None
        edges = (edge for n in range(9) for edge in self.week.edges(local.date() + timedelta(days=n - 1)))
        over = [edge for edge in edges if edge > local and not self.week.holds(edge)]
        return max(at + 1, of(min(over).replace(tzinfo=self.zone))) if over else None

"""A calendar less the times in which nothing counts.

Decided here: arithmetic over a business calendar from which windows are taken out. What is used up exactly when a window
begins is due then, as at closing time. Not decided here: which windows (`exemptions`).
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from rules.calendar import BusinessCalendar
from rules.calendar_days import merged

Window = tuple[int, int]


class SuspendedCalendar:
    """A calendar without some windows, under the calendar's name. Answers what a clock asks."""

    def __init__(self, calendar: BusinessCalendar, windows: Sequence[Window]) -> None:
        self.calendar = calendar
        self.windows = tuple(merged(windows))
        self.name = calendar.name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SuspendedCalendar) and self.calendar is other.calendar and self.windows == other.windows

    def __hash__(self) -> int:
        return hash((id(self.calendar), self.windows))

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the calendar."""
        return self.calendar.zone

    @property
    def working_day(self) -> int | None:
        """What `1wd` means, in milliseconds."""
        return self.calendar.working_day

    def between(self, start: int, end: int) -> int:
        """Open time from `start` to `end` outside the windows; negative where the end is before the start."""
        if start > end:
            return -self.between(end, start)
        out = ((max(a, start), min(b, end)) for a, b in self.windows if a < end and b > start)
        return self.calendar.between(start, end) - sum(self.calendar.between(a, b) for a, b in out)

    def add(self, start: int, amount: int) -> int:
        """The instant at which `amount` (not negative) of counted time has passed since `start`. Raises CalendarError."""
        if amount == 0:
            return start
        for begin, end in self.windows:
            if end <= start:
                continue
            if begin > start:
                until = self.calendar.between(start, begin)
                if until >= amount:
                    break
                amount -= until
            start = end
        return self.calendar.add(start, amount)

    def next_open(self, at: int) -> int | None:
        """`at` itself if time counts there, else the next instant at which it does; None where there is none any more."""
        found = self.calendar.next_open(at)
        for begin, end in self.windows:
            if found is not None and begin <= found < end:
                found = self.calendar.next_open(end)
        return found


Calendar = BusinessCalendar | SuspendedCalendar
"""What counts working time."""

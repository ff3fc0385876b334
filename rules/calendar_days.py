"""Which windows of a date are open, by the wall clock of one zone.

Decided here: the precedence closed, dates, open, holidays, weekly hours; that a closed day is closed from local midnight to
midnight, whatever shift runs into it or begins on it (what such a shift has after midnight stays open); that touching or
overlapping windows are one. A wall-clock time that the zone skips means the time as far after the skip; one that it has
twice means the first; so the hours of a date that the zone skips whole are those after the skip, as `workclock` has it too.
Not decided here: arithmetic, and which version of a calendar holds (`calendar_versions`).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from rules.instants import DAY, SECOND, of

FIRST_DATE = date(1600, 1, 1)
LAST_DATE = date(2600, 1, 1)
"""Working time is counted between these dates; a question beyond them is refused instead of being answered slowly."""

Hours = tuple[tuple[int, int], ...]
"""Windows of one date: milliseconds of wall clock since its midnight; an end beyond 24 h is on the next date."""


class Days(Protocol):
    """What a calendar is compiled from: the dates of one version, or of several that follow each other."""

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose wall clock is followed; of several the last one's."""

    def on(self, day: date) -> "CalendarDays":
        """The version that holds on a date."""

    def exceptions(self) -> list[date]:
        """The single dates before, between and after which the weeks are alike, in order."""

    def windows(self, first: date, last: date) -> list[tuple[int, int]]:
        """Open windows of the dates [first, last), in instants, sorted and merged."""


@dataclass(frozen=True)
class CalendarDays:
    """The dates of a calendar: `weekly` has the hours of Monday to Sunday, the rest are exceptions to them."""

    zone: ZoneInfo
    weekly: tuple[Hours, Hours, Hours, Hours, Hours, Hours, Hours]
    closed: Mapping[date, str] = field(default_factory=dict)
    dates: Mapping[date, Hours] = field(default_factory=dict)
    open: frozenset[date] = frozenset()
    holidays: Callable[[int], Mapping[date, str]] = lambda _year: {}

    def on(self, _day: date) -> "CalendarDays":
        """Itself: there is only this version."""
        return self

    def exceptions(self) -> list[date]:
        """The single dates that differ from the week, in order."""
        return sorted({*self.closed, *self.dates, *self.open})

    def hours_of(self, day: date) -> Hours:
        """The windows that begin on a date, before closed days are cut out."""
        return self.dates.get(day, self.weekly[day.weekday()])

    def closing_reason(self, day: date) -> str | None:
        """Why a date is closed from midnight to midnight, or None where it is not."""
        if day in self.closed:
            return self.closed[day]
        if day in self.dates:
            return None if self.dates[day] else "closed on this date"
        return None if day in self.open else self.holidays(day.year).get(day)

    def windows(self, first: date, last: date) -> list[tuple[int, int]]:
        """Open windows that begin on the dates [first, last), in instants, sorted, merged, cut at closed days."""
        found: list[tuple[int, int]] = []
        shut: list[tuple[int, int]] = []
        dates = [first + timedelta(days=n) for n in range((last - first).days + 3)]
        begins = [midnight(day, self.zone) for day in dates]
        for i, day in enumerate(dates[:-2]):
            if day < last:
                for start, end in self.hours_of(day):
                    found.append((self._instant(day, start, begins, i), self._instant(day, end, begins, i)))
            # A date that the zone skips has no time to be closed.
            if begins[i] < begins[i + 1] and self.closing_reason(day) is not None:
                shut.append((begins[i], begins[i + 1]))
        return _without(merged(found), shut)

    def _instant(self, day: date, wall: int, begins: list[int], i: int) -> int:
        """The instant of a time of day of a date, or of the date after it; `begins[i]` and what follows are their midnights."""
        days, rest = divmod(wall, DAY)
        # No zone has ever changed its clocks twice within two days: where a date has 24 hours, they stay.
        if begins[i + days + 1] - begins[i + days] == DAY:
            return begins[i + days] + rest
        moment = datetime.combine(day + timedelta(days=days), time.min) + timedelta(milliseconds=rest)
        return of(moment.replace(tzinfo=self.zone))


def midnight(day: date, zone: ZoneInfo) -> int:
    """The instant at which a date begins in a zone."""
    return of(datetime.combine(day, time.min, tzinfo=zone))


def merged(windows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Windows sorted and joined where they touch or overlap; empty ones are left out."""
    result: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if end <= start:
            continue
        if result and start <= result[-1][1]:
            if end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        else:
            result.append((start, end))
    return result


def _without(windows: list[tuple[int, int]], shut: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Windows less the times that are shut; both sorted."""
    if not shut:
        return windows
    result: list[tuple[int, int]] = []
    position = 0
    for start, end in windows:
        while position < len(shut) and shut[position][1] <= start:
            position += 1
        k = position
        while k < len(shut) and shut[k][0] < end:
            if start < shut[k][0]:
                result.append((start, shut[k][0]))
            start = max(start, shut[k][1])
            k += 1
        if start < end:
            result.append((start, end))
    return result


def wall_milliseconds(text: str) -> int:
    """Milliseconds since midnight of `09:00`, `17:30:15` or `24:00`. Raises ValueError."""
    if text.strip() in ("24:00", "24:00:00"):
        return DAY
    moment = time.fromisoformat(text.strip())
    if moment.tzinfo is not None or ":" not in text:
        raise ValueError(text)
    return ((moment.hour * 60 + moment.minute) * 60 + moment.second) * SECOND

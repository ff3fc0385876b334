"""Business calendar: when time counts.

Decided here: what working time is between two instants, and which instant lies a given working time away (DESIGN 4,
"calendars" and "questions to a calendar"). A calendar is compiled once to a table of open windows with cumulative time and
then answered by bisection; the table grows on demand in both directions. Not decided here: which windows a date has
(`calendar_days`), which version of a calendar counts for whom (`calendar_versions`), tickets, targets.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rules.calendar_days import FIRST_DATE, LAST_DATE, Days, midnight
from rules.instants import DAY, to_datetime

_CYCLE = 3 * 366 * DAY  # holidays come again every year, give or take a leap year
_BEGINNING, _END = -62_135_596_800_000, 253_402_300_799_999  # the years 1 to 9999


class CalendarError(ValueError):
    """A calendar has no open time where some is needed."""


class _Table(NamedTuple):
    """Open windows, sorted and apart; `before[i]` is the open time ahead of window i. True only within [low, high)."""

    starts: list[int]
    ends: list[int]
    before: list[int]
    filled: list[int]  # before[i] plus the length of window i
    low: int
    high: int
    first: date
    last: date

    def position(self, at: int) -> int:
        """Open time from the table's beginning to `at`."""
        i = bisect_right(self.starts, at) - 1
        if i < 0:
            return 0
        end = self.ends[i]
        return self.before[i] + (at if at < end else end) - self.starts[i]


class BusinessCalendar:
    """A calendar that answers in integer milliseconds. Safe to share between threads: tables are replaced, never changed.

    `working_day` is what `1wd` means, in milliseconds, or None. `always` is true for 24x7.
    """

    def __init__(self, name: str, days: Days | None, working_day: int | None = None) -> None:
        self.name = name
        self.days = days
        self.working_day = working_day
        self.always = days is None
        self._table: _Table | None = None
        if days is None:
            length = _END - _BEGINNING
            self._table = _Table([_BEGINNING], [_END], [0], [length], _BEGINNING, _END, FIRST_DATE, LAST_DATE)

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose wall clock the calendar follows; UTC for 24x7."""
        return self.days.zone if self.days else ZoneInfo("UTC")

    @property
    def base(self) -> str:
        """The name in the configuration; a version of a calendar has a longer one."""
        return self.name

    @property
    def changes(self) -> tuple[int, ...]:
        """Instants from which running clocks follow a new version; a calendar without versions has none."""
        return ()

    @property
    def versions(self) -> "Mapping[str, BusinessCalendar]":
        """By name, itself and what its later versions make of it."""
        return {self.name: self}

    def in_force(self, start: int, at: int) -> "BusinessCalendar":  # noqa: ARG002
        """The calendar that counts, as known at an instant, for a clock that began at another: itself, without versions."""
        return self

    def zone_on(self, day: date) -> ZoneInfo:
        """The zone whose wall clock it follows on a date."""
        return self.days.on(day).zone if self.days else self.zone

    def __repr__(self) -> str:
        return f"BusinessCalendar({self.name!r})"

    def add(self, start: int, amount: int) -> int:
        """The instant at which `amount` of open time has passed since `start`; used up at closing time, it is closing time.

        Adding zero gives `start`; a negative amount goes backward. Raises CalendarError where the calendar never opens so long.
        """
        if amount <= 0:
            return start if amount == 0 else self.sub(start, -amount)
        table = self._covering(start)
        wanted = table.position(start) + amount
        while wanted > table.position(table.high):
            table = self._opening(table, forward=True)
            wanted = table.position(start) + amount
        i = bisect_left(table.filled, wanted)
        return table.starts[i] + wanted - table.before[i]

    def sub(self, start: int, amount: int) -> int:
        """The instant `amount` of open time before `start`; the mirror of `add`."""
        if amount <= 0:
            return start if amount == 0 else self.add(start, -amount)
        table = self._covering(start)
        wanted = table.position(start) - amount
        while wanted < table.position(table.low):
            table = self._opening(table, forward=False)
            wanted = table.position(start) - amount
        i = bisect_right(table.before, wanted) - 1
        return table.starts[i] + wanted - table.before[i]

    def between(self, start: int, end: int) -> int:
        """Open time from `start` to `end`; negative where the end is before the start."""
        if start > end:
            return -self.between(end, start)
        table = self._covering(start)
        if end > table.high:
            table = self._covering(end)
        return table.position(end) - table.position(start)

    def is_open(self, at: int) -> bool:
        """Whether `at` lies in an open window; windows are half-open."""
        table = self._covering(at)
        i = bisect_right(table.starts, at) - 1
        return i >= 0 and at < table.ends[i]

    def next_open(self, at: int) -> int | None:
        """`at` itself if open, else the next opening; None where there is none any more."""
        if self.is_open(at):
            return at
        return self._search(at, forward=True, find=_opening_after)

    def next_close(self, at: int) -> int | None:
        """The first closing strictly after `at`; None where it never closes."""
        return self._search(at, forward=True, find=_closing_after)

    def prev_close(self, at: int) -> int | None:
        """`at` itself if the time just before it is open, else the last closing before it; None where there is none."""
        if self.is_open(at - 1):
            return at
        return self._search(at, forward=False, find=_closing_before)

    def prev_open(self, at: int) -> int | None:
        """The last opening strictly before `at`; None where there is none."""
        return self._search(at, forward=False, find=_opening_before)

    def windows(self, start: int, end: int) -> list[tuple[int, int]]:
        """The open windows that touch [start, end), cut to it."""
        self._covering(start)
        table = self._covering(end)
        pairs = zip(table.starts, table.ends, strict=True)
        return [(max(a, start), min(b, end)) for a, b in pairs if a < end and b > start]

    def _search(self, at: int, *, forward: bool, find: Callable[[_Table, int], int | None]) -> int | None:
        table = self._covering(at)
        nothing_until, nothing_before = self._horizon(at)
        while (found := find(table, at)) is None:
            if self.always or (table.high > nothing_until if forward else table.low < nothing_before):
                return None
            try:
                table = self._grown(table, forward=forward)
            except CalendarError:
                return None
        return found

    def _horizon(self, at: int) -> tuple[int, int]:
        """Instants beyond which, seen from `at`, only what has been seen before comes again."""
        if self.days is None:
            return at, at
        exceptions = self.days.exceptions()
        last = max([at, *(midnight(day, self.zone) for day in exceptions[-1:])])
        first = min([at, *(midnight(day, self.zone) for day in exceptions[:1])])
        return last + _CYCLE, first - _CYCLE

    def _covering(self, at: int) -> _Table:
        table = self._table
        if table is not None and table.low <= at < table.high:
            return table
        day = _date_of(at)
        if table is None:
            table = self._table = self._compiled(day - timedelta(days=370), day + timedelta(days=400))
        while at >= table.high:
            table = self._grown(table, forward=True)
        while at < table.low:
            table = self._grown(table, forward=False)
        return table

    def _grown(self, table: _Table, *, forward: bool) -> _Table:
        """A table twice as long, kept for later. Raises CalendarError at the end of what is counted."""
        span = table.last - table.first
        first, last = table.first, table.last
        if forward:
            last = min(last, LAST_DATE - span) + span
        else:
            first = max(first, FIRST_DATE + span) - span
        if self.always or (first, last) == (table.first, table.last):
            raise CalendarError(f"calendar {self.name!r} has not enough open time between {FIRST_DATE} and {LAST_DATE}")
        self._table = grown = self._compiled(first, last)
        return grown

    def _opening(self, table: _Table, *, forward: bool) -> _Table:
        """A longer table for more open time. Raises CalendarError where the calendar does not open any more."""
        grown = self._grown(table, forward=forward)
        until, before = self._horizon(table.high if forward else table.low)
        beyond = grown.high > until if forward else grown.low < before
        if beyond and grown.filled[-1:] == table.filled[-1:]:
            side = f"after {table.last}" if forward else f"before {table.first}"
            raise CalendarError(f"calendar {self.name!r} has not enough open time: it does not open {side}")
        return grown

    def _compiled(self, first: date, last: date) -> _Table:
        days = self.days
        assert days is not None
        first, last = max(first, FIRST_DATE), min(last, LAST_DATE)
        # One day more at the beginning: its shift may run past midnight into the first day.
        windows = days.windows(first - timedelta(days=1), last)
        starts = [start for start, _ in windows]
        ends = [end for _, end in windows]
        before, filled, total = [], [], 0
        for start, end in windows:
            before.append(total)
            total += end - start
            filled.append(total)
        return _Table(starts, ends, before, filled, midnight(first, days.zone), midnight(last, days.zone), first, last)


# What a table says at its edges may still change when it grows, so only what lies within them is an answer.


def _opening_after(table: _Table, at: int) -> int | None:
    i = bisect_right(table.starts, at)
    return table.starts[i] if i < len(table.starts) and table.starts[i] < table.high else None


def _closing_after(table: _Table, at: int) -> int | None:
    i = bisect_right(table.ends, at)
    return table.ends[i] if i < len(table.ends) and table.ends[i] < table.high else None


def _closing_before(table: _Table, at: int) -> int | None:
    i = bisect_left(table.ends, at) - 1
    return table.ends[i] if i >= 0 and table.ends[i] > table.low else None


def _opening_before(table: _Table, at: int) -> int | None:
    i = bisect_left(table.starts, at) - 1
    return table.starts[i] if i >= 0 and table.starts[i] > table.low else None


def _date_of(at: int) -> date:
    try:
        day = to_datetime(at).date()
    except OverflowError:
        day = date.max
    if not FIRST_DATE <= day < LAST_DATE:
        raise CalendarError(f"working time is counted in the years {FIRST_DATE.year} to {LAST_DATE.year - 1} only")
    return day

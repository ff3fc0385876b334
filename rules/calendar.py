"""Business calendar: when time counts.

Decided here: what working time is between two instants, and which instant lies a given working time away (DESIGN 4,
"calendars" and "questions to a calendar"). A calendar is compiled once to a table of open windows with cumulative time and
then answered by bisection; the table grows on demand in both directions. Not decided here: which windows a date has
(`calendar_days`), which version of a calendar counts for whom (`calendar_versions`), tickets, targets.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from rules.calendar_days import FIRST_DATE, LAST_DATE, Days, midnight
from rules.calendar_table import Table, table_of
from rules.instants import DAY, to_datetime

_CYCLE = 3 * 366 * DAY  # holidays come again every year, give or take a leap year
_BEGINNING, _END = -62_135_596_800_000, 253_402_300_799_999  # the years 1 to 9999
UTC = ZoneInfo("UTC")
_LONGEST = (LAST_DATE - FIRST_DATE).days * DAY


class CalendarError(ValueError):
    """A calendar has no open time where some is needed."""


class BusinessCalendar:
    """A calendar that answers in integer milliseconds. Safe to share between threads: tables are replaced, never changed.

    `working_day` is what `1wd` means, in milliseconds, or None. `always` is true for 24x7, which has no `days`, only a `zone`.
    """

    def __init__(self, name: str, days: Days | None, working_day: int | None = None, zone: ZoneInfo = UTC) -> None:
        self.name = name
        self.days = days
        self.working_day = working_day
        self.always = days is None
        self._zone = zone
        self._table: Table | None = None
        if days is None:
            self._table = table_of([(_BEGINNING, _END)], _BEGINNING, _END, FIRST_DATE, LAST_DATE)

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose wall clock the calendar follows."""
        return self.days.zone if self.days else self._zone

    @property
    def base(self) -> str:
        """The name in the configuration; a version of a calendar has a longer one."""
        return self.name

    @property
    def begins(self) -> tuple[int, ...]:
        """Instants at which its later versions begin; a calendar without versions has none."""
        return ()

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
        # Everything asks this, so what could be calls is written out.
        table = self._table
        if table is None or not table.low <= start < table.high:
            table = self._covering(start)
        i = bisect_right(table.edges, start)
        wanted = table.counted[i] + amount
        if i & 1:
            wanted += start - table.edges[i - 1]
        if wanted > table.total:
            return self._far(start, amount)
        return wanted + table.shift[bisect_left(table.filled, wanted)]

    def _far(self, start: int, amount: int) -> int:
        """`add` where the table does not reach far enough."""
        table = self._covering(start)
        while (wanted := table.position(start) + amount) > table.total:
            table = self._opening(table, amount, forward=True)
        return wanted + table.shift[bisect_left(table.filled, wanted)]

    def sub(self, start: int, amount: int) -> int:
        """The instant `amount` of open time before `start`; the mirror of `add`."""
        if amount <= 0:
            return start if amount == 0 else self.add(start, -amount)
        table = self._covering(start)
        while (wanted := table.position(start) - amount) < table.position(table.low):
            table = self._opening(table, amount, forward=False)
        return wanted + table.shift[bisect_right(table.before, wanted) - 1]

    def between(self, start: int, end: int) -> int:
        """Open time from `start` to `end`; negative where the end is before the start."""
        table = self._table
        if table is None or not (table.low <= start < table.high and table.low <= end < table.high):
            table = self.table(start, end)
        i, k = bisect_right(table.edges, start), bisect_right(table.edges, end)
        open_time = table.counted[k] - table.counted[i]
        if i & 1:
            open_time -= start - table.edges[i - 1]
        if k & 1:
            open_time += end - table.edges[k - 1]
        return open_time

    def is_open(self, at: int) -> bool:
        """Whether `at` lies in an open window; windows are half-open."""
        return bisect_right(self._covering(at).edges, at) & 1 == 1

    def next_open(self, at: int) -> int | None:
        """`at` itself if open, else the next opening; None where there is none any more."""
        if self.is_open(at):
            return at
        return self._search(at, forward=True, find=Table.opening_after)

    def next_close(self, at: int) -> int | None:
        """The first closing strictly after `at`; None where it never closes."""
        return self._search(at, forward=True, find=Table.closing_after)

    def prev_close(self, at: int) -> int | None:
        """`at` itself if the time just before it is open, else the last closing before it; None where there is none."""
        if self.is_open(at - 1):
            return at
        return self._search(at, forward=False, find=Table.closing_before)

    def prev_open(self, at: int) -> int | None:
        """The last opening strictly before `at`; None where there is none."""
        return self._search(at, forward=False, find=Table.opening_before)

    def windows(self, start: int, end: int) -> list[tuple[int, int]]:
        """The open windows that touch [start, end), cut to it."""
        return self.table(start, end).windows(start, end)

    def table(self, start: int, end: int) -> Table:
        """What the calendar has been compiled to, true at both instants."""
        return self._covering(end, self._covering(start))

    def _search(self, at: int, *, forward: bool, find: Callable[[Table, int], int | None]) -> int | None:
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

    def _covering(self, at: int, table: Table | None = None) -> Table:
        """A table that is true at an instant, and where `table` is: the one that is kept may by now be another thread's."""
        table = table or self._table
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

    def _grown(self, table: Table, *, forward: bool) -> Table:
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

    def _opening(self, table: Table, amount: int, *, forward: bool) -> Table:
        """A longer table for more open time. Raises CalendarError where the calendar does not open any more, or so long."""
        if amount > _LONGEST and not self.always:
            raise CalendarError(f"calendar {self.name!r} has not enough open time between {FIRST_DATE} and {LAST_DATE}")
        grown = self._grown(table, forward=forward)
        until, before = self._horizon(table.high if forward else table.low)
        beyond = grown.high > until if forward else grown.low < before
        if beyond and grown.filled[-1:] == table.filled[-1:]:
            side = f"after {table.last}" if forward else f"before {table.first}"
            raise CalendarError(f"calendar {self.name!r} has not enough open time: it does not open {side}")
        return grown

    def _compiled(self, first: date, last: date) -> Table:
        days = self.days
        assert days is not None
        first, last = max(first, FIRST_DATE), min(last, LAST_DATE)
        # One day more at the beginning: its shift may run past midnight into the first day.
        windows = days.windows(first - timedelta(days=1), last)
        return table_of(windows, midnight(first, days.zone), midnight(last, days.zone), first, last)


def _date_of(at: int) -> date:
    try:
        day = to_datetime(at).date()
    except OverflowError:
        day = date.max
    if not FIRST_DATE <= day < LAST_DATE:
        raise CalendarError(f"working time is counted in the years {FIRST_DATE.year} to {LAST_DATE.year - 1} only")
    return day

"""How fast a calendar adds working time, one by one and in bulk, against `workclock` in the same run."""

import random
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from datetime import time as wall
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import workclock

from benchmarks.report import line
from rules.calendar import BusinessCalendar
from rules.calendar_bulk import add_many
from rules.calendar_days import CalendarDays, wall_milliseconds
from rules.instants import DAY, MINUTE, of, parse, to_datetime

ZONE = "Europe/London"
DAYS = [[("09:00", "12:30"), ("13:15", "17:30")]] * 4 + [[("09:00", "16:00")]]
CLOSED = [date(2026, 4, 3), date(2026, 4, 6), date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 28)]
LIMITS = [15 * MINUTE, 60 * MINUTE, 240 * MINUTE, 8 * 60 * MINUTE, 24 * 60 * MINUTE]
MANY, FEW = 100_000, 5_000


def results() -> Iterator[dict[str, Any]]:
    """Additions a second: with aware datetimes in and out on both sides, and of arrays in bulk."""
    ours, theirs = _ours(), _theirs()
    chosen = random.Random(4)
    began = parse("2026-01-01T00:00:00Z")
    starts = [began + chosen.randrange(350 * DAY) for _ in range(MANY)]
    limits = [chosen.choice(LIMITS) for _ in range(MANY)]
    asked = [(to_datetime(start), limit, timedelta(milliseconds=limit)) for start, limit in zip(starts, limits, strict=True)]
    # Before anything is timed, the two must agree.
    assert all(to_datetime(ours.add(of(start), limit)) == theirs.add(start, span) for start, limit, span in asked[:FEW])
    few = asked[:FEW]
    one_by_one, reference = _quickest(
        lambda: [to_datetime(ours.add(of(start), limit)) for start, limit, _ in few],
        lambda: [theirs.add(start, span) for start, _, span in few],
    )
    yield line("calendar_add_aware_datetimes", FEW / one_by_one, "calls/s", FEW / reference, 5, by_ratio=True)
    begin, amount = np.array(starts), np.array(limits)
    dates, spans = begin.astype("datetime64[ms]"), amount.astype("timedelta64[ms]")
    in_bulk, reference = _quickest(lambda: add_many(ours, begin, amount), lambda: theirs.add_many(dates, spans))
    yield line("calendar_add_in_bulk", MANY / in_bulk, "additions/s", MANY / reference, 15, by_ratio=True)


def _ours() -> BusinessCalendar:
    weekly: Any = tuple(tuple((wall_milliseconds(a), wall_milliseconds(b)) for a, b in day) for day in [*DAYS, [], []])
    return BusinessCalendar("bench", CalendarDays(ZoneInfo(ZONE), weekly, closed=dict.fromkeys(CLOSED, "closed")))


def _theirs() -> workclock.Schedule:
    work = [
        workclock.WorkDay(wall.fromisoformat(a), wall.fromisoformat(b), days=[weekday])
        for weekday, windows in enumerate(DAYS)
        for a, b in windows
    ]
    return workclock.Schedule([*work, workclock.Holidays(CLOSED)], time_zone=ZONE)


def _quickest(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the quickest of ten runs of each, in turns: what else the machine does can only slow one down."""
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(10):
        for work, found in zip((ours, theirs), seconds, strict=True):
            began = time.perf_counter()
            work()
            found.append(time.perf_counter() - began)
    return min(seconds[0]), min(seconds[1])

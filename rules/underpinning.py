"""Whether what a team or a supplier promises us is in time for what we promise a customer.

Decided here: due instants are compared for tickets of every hour of a fortnight, each limit in its own calendar, at every
priority that either agreement names and at any other. The same metric should never be due later than the customer's. Where the
customer is promised no such metric, it is a step on the way to the `resolution`, and is told where it is never due earlier,
whenever the ticket comes: that a short step may wait for Monday morning is what office hours mean. Not decided here: which
agreements may hold together, and how it is told.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from rules.agreement import DEFAULT, Agreement, Target
from rules.calendar import BusinessCalendar, CalendarError
from rules.calendar_bulk import Milliseconds, add_many
from rules.instants import DAY, HOUR

RESOLUTION = "resolution"
_LONGEST = 366 * DAY  # more open time than this would compile centuries of a calendar; nobody rests on it
_STARTS = np.arange(0, 14 * DAY, HOUR, dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Late:
    """An example: for a ticket of `start` the limit of `metric` is due at `due`, after `promised`, by when the customer was
    promised `rests`.
    """

    metric: str
    rests: str
    priority: str
    start: int
    due: int
    promised: int


def late(customer: Agreement, behind: Agreement, since: int) -> Iterator[Late]:
    """What of the agreement behind is due after what was promised to a customer, once a metric, for tickets from `since` on."""
    for metric in behind.targets:
        same = metric in customer.targets
        rests = metric if same else RESOLUTION
        names = [*behind.targets[metric], *customer.targets.get(rests, {}), DEFAULT]
        for priority in dict.fromkeys(names):
            ours, theirs = customer.target(rests, priority), behind.target(metric, priority)
            found = None if ours is None or theirs is None else _first_late(ours, theirs, since, always=not same)
            if found is not None:
                yield Late(metric, rests, priority, *found)
                break


def _first_late(ours: Target, theirs: Target, since: int, *, always: bool) -> tuple[int, int, int] | None:
    """Start and due instants of a ticket whose limit behind is due later; of one that comes in open hours, where there is."""
    ours, theirs = ours.in_force(since, since), theirs.in_force(since, since)
    if (ours.milliseconds, ours.calendar) == (theirs.milliseconds, theirs.calendar):
        return None
    if max(ours.milliseconds, theirs.milliseconds) > _LONGEST:
        return None
    try:
        promised, due = (_due(target.calendar, target.milliseconds, since) for target in (ours, theirs))
    except CalendarError:
        return None  # what the calendar never fills is never due
    later = due > promised
    if not later.any() or (always and (due < promised).any()):
        return None
    positions = np.flatnonzero(later)
    starts = _STARTS + since
    i = next((i for i in positions if all(t.calendar.is_open(int(starts[i])) for t in (ours, theirs))), positions[0])
    return int(starts[i]), int(due[i]), int(promised[i])


@lru_cache(maxsize=1_000)
def _due(calendar: BusinessCalendar, amount: int, since: int) -> Milliseconds:
    return add_many(calendar, _STARTS + since, amount)

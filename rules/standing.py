"""How a clock stands at an instant.

Decided here: what its row says of it, and when it changes next by itself. Not decided here: how that came about (`clock`).
"""

from rules.clock import Clock
from rules.clock_row import ClockRow, verdict_of
from rules.crossings import NEVER


def attention_at(clock: Clock, now: int) -> int:
    """The next instant after `now` at which the clock changes by itself, NEVER where there is none."""
    if clock.stopped_at is not None:
        return NEVER
    upcoming = clock.next_at()
    if clock.breached_at is None:
        upcoming = min([upcoming, *(at for at in clock.crossings.again(clock.elapsed) if at > now)])
    return upcoming


def row_of(clock: Clock, now: int) -> ClockRow:
    """How the clock stands at `now`."""
    runs = clock.stopped_at is None
    elapsed, wall, paused = clock.elapsed.totals(now if clock.stopped_at is None else clock.stopped_at)
    upcoming = attention_at(clock, now)
    # Given more time, a clock that runs is told by how it stands in that time.
    excused = clock.excused_breach is not None and (clock.waived or not runs)
    broken, risky_at = clock.breached_at is not None, clock.crossings.risky_at(clock.elapsed, elapsed)
    verdict = verdict_of(clock.state, broken=broken, excused=excused, risky=runs and risky_at is not None)
    suspended = clock.target.suspended
    return ClockRow(
        ticket=clock.ticket,
        agreement=clock.agreement.name,
        version=clock.agreement.version,
        kind=clock.agreement.kind,
        metric=clock.metric,
        cycle=clock.number,
        state=clock.state,
        verdict=verdict,
        target_ms=clock.target.milliseconds,
        elapsed_ms=elapsed,
        wall_elapsed_ms=wall,
        paused_ms=paused,
        started_at=clock.started_at,
        due_at=None if clock.state == "paused" and clock.breached_at is None else clock.due,
        stopped_at=clock.stopped_at,
        breached_at=clock.excused_breach if clock.breached_at is None else clock.breached_at,
        original_due_at=clock.original_due_at,
        next_at=upcoming if upcoming < NEVER else None,
        calendar=clock.target.calendar.name,
        as_of=now,
        suspended=tuple((start, end) for start, end in suspended if end > now) if suspended else (),
        risky_at=risky_at,
    )

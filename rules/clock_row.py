"""How a clock stands at one instant.

Decided here: the figures, states and verdicts that are told of a clock (DESIGN 4, "states"). Not decided here: how they come
about (`clock`).
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

from rules.calendar import BusinessCalendar
from rules.instants import text, text_or_none
from rules.suspension import SuspendedCalendar, Window

State = Literal["running", "paused", "met", "missed", "cancelled"]
Verdict = Literal["on track", "at risk", "overdue", "met", "missed", "excused", "cancelled"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
BROKEN: tuple[Verdict, ...] = ("overdue", "missed")
"""Verdicts of a breach that stands."""


def verdict_of(state: State, *, broken: bool, excused: bool, risky: bool) -> Verdict:
    """What is told of a clock: a breach that stands, then one that is excused, then what became of it."""
    if broken:
        return "overdue" if state in ("running", "paused") else "missed"
    if excused:
        return "excused"
    if state in ("met", "cancelled"):
        return state
    return "at risk" if risky else "on track"


class ClockRow(NamedTuple):
    """How a clock stands at the instant `as_of`; milliseconds and instants as in DESIGN 4. `calendar` counts its limit, but for
    the windows in `suspended`; an excused breach keeps its `breached_at`; `risky_at` is since when it has been at risk,
    or was until it was broken or ended.
    """

    ticket: str
    agreement: str
    version: str
    kind: str
    metric: str
    cycle: int
    state: State
    verdict: Verdict
    target_ms: int
    elapsed_ms: int
    wall_elapsed_ms: int
    paused_ms: int
    started_at: int
    due_at: int | None
    stopped_at: int | None
    breached_at: int | None
    original_due_at: int | None
    next_at: int | None
    calendar: str
    as_of: int
    suspended: tuple[Window, ...] = ()
    risky_at: int | None = None

    def at(self, now: int, calendars: Mapping[str, BusinessCalendar]) -> "ClockRow":
        """How the clock stands at a later instant if nothing has happened since `as_of`; before it, as it stood then."""
        if self.stopped_at is not None or now <= self.as_of:
            return self
        calendar = calendars.get(self.calendar)
        counted = SuspendedCalendar(calendar.in_force(self.started_at, now), self.suspended) if calendar else None
        open_time = counted.between(self.as_of, now) if counted else 0
        if self.state == "paused":
            return self._replace(as_of=now, paused_ms=self.paused_ms + open_time)
        later = self._replace(as_of=now, elapsed_ms=self.elapsed_ms + open_time)
        later = later._replace(wall_elapsed_ms=self.wall_elapsed_ms + now - self.as_of)
        if self.verdict == "on track" and self.next_at is not None and self.next_at <= now:
            later = later._replace(verdict="at risk", risky_at=self.next_at)
        if self.due_at is not None and self.due_at <= now and (self.breached_at is None or self.breached_at < self.due_at):
            return later._replace(verdict="overdue", breached_at=self.due_at)
        return later

    def public(self) -> dict[str, Any]:
        """The clock as `sla simulate` writes it."""
        return {
            "ticket": self.ticket,
            "agreement": self.agreement,
            "version": self.version,
            "metric": self.metric,
            "cycle": self.cycle,
            "state": self.state,
            "verdict": self.verdict,
            "target_ms": self.target_ms,
            "elapsed_ms": self.elapsed_ms,
            "wall_elapsed_ms": self.wall_elapsed_ms,
            "paused_ms": self.paused_ms,
            "started_at": text(self.started_at),
            "due_at": text_or_none(self.due_at),
            "stopped_at": text_or_none(self.stopped_at),
            "breached_at": text_or_none(self.breached_at),
        }

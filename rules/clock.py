"""The SLA clock: one agreement's promise about one cycle of one metric.

Decided here: elapsed time, due instant, crossings and verdict as a clock is paused, resumed, given another limit and ended
(DESIGN 4). An event's effects come before the crossings of its instant: what stops at the due instant is met. Not decided
here: which events do these things (`metrics`), and which clocks there are (`clocks`).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from rules.agreement import Agreement, Target
from rules.calendar import CalendarError
from rules.decisions import Decision
from rules.durations import Threshold, spoken
from rules.instants import DAY, text_or_none
from rules.metrics import Cycle, in_words

State = Literal["running", "paused", "met", "missed", "cancelled"]
Verdict = Literal["on track", "at risk", "overdue", "met", "missed", "excused", "cancelled"]

TRANSITIONS: dict[tuple[State, str], State] = {
    ("running", "pause"): "paused",
    ("paused", "resume"): "running",
    ("running", "stop"): "met",
    ("paused", "stop"): "met",
    ("running", "cancel"): "cancelled",
    ("paused", "cancel"): "cancelled",
    ("running", "retarget"): "running",
    ("paused", "retarget"): "paused",
}
"""Every step a clock can take; `stop` gives missed instead of met where the due instant has passed."""

NEVER = 1 << 62


class ClockError(ValueError):
    """A clock was asked for a step that its state does not allow."""


@dataclass(frozen=True, slots=True)
class ClockRow:
    """How a clock stands at one instant; milliseconds and instants as in DESIGN 4."""

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

    def public(self) -> dict[str, Any]:
        """The clock as `sla simulate` writes it."""
        instants = ("started_at", "due_at", "stopped_at", "breached_at")
        names = ("ticket", "agreement", "version", "metric", "cycle", "state", "verdict")
        figures = ("target_ms", "elapsed_ms", "wall_elapsed_ms", "paused_ms")
        row: dict[str, Any] = {name: getattr(self, name) for name in names + figures}
        return row | {name: text_or_none(getattr(self, name)) for name in instants}


class Clock:
    """A running promise. `say` receives its decisions, in the order in which they come about.

    `active` and `pauses` are what it carries from before `at`: closed intervals that count as used and as paused.
    """

    def __init__(self, ticket: str, agreement: Agreement, cycle: int, metric: str, say: Callable[[Decision], None]) -> None:
        self.ticket, self.agreement, self.metric, self.number = ticket, agreement, metric, cycle
        self.state: State = "running"
        self.stopped_at: int | None = None
        self.breached_at: int | None = None
        self.original_due_at: int | None = None
        self._say = say
        self._active: list[tuple[int, int]] = []
        self._pauses: list[tuple[int, int]] = []
        self._since: int | None = None
        self._paused_since: int | None = None
        self._base = 0
        self._so_far = 0
        self._due: int | None = None
        self._crossed: set[str] = set()
        self._pending: list[tuple[int, Threshold]] = []
        self._daily = agreement.daily
        self._days = 0
        self._last_daily = 0
        self._happened: Counter[tuple[int, str]] = Counter()
        self._changed_at: int | None = None

    def start(self, cycle: Cycle, carried: list[Cycle], target: Target, at: int, *, afresh: bool, reason: str) -> None:
        """Begin at `at`, with what the cycle and the carried ones have used; `afresh` begins at zero from `at`."""
        self.target = target
        self.started_at = at if afresh else cycle.started_at
        if not afresh:
            for earlier in (*carried, cycle):
                self._active.extend(earlier.active)
                self._pauses.extend(earlier.pauses)
        paused = cycle.paused_since is not None
        if paused:
            self.state = "paused"
            self._paused_since = at if afresh else cycle.paused_since
        else:
            self._since = at if afresh else cycle.active_since
        self._base = self._used()
        self._arm()
        self._settle(at)
        if self._base:
            self._changed_at = at
        self.original_due_at = self._due
        self._decide(at, "clock.started", reason)
        if paused:
            self._decide(at, "clock.paused", reason)

    def pause(self, at: int, reason: str) -> None:
        """Stop counting at `at`."""
        self._step("pause")
        self.advance(at)
        self._close(at)
        self._paused_since = at
        self._decide(at, "clock.paused", reason)

    def resume(self, at: int, reason: str) -> None:
        """Count again from `at`."""
        self._step("resume")
        assert self._paused_since is not None
        self._pauses.append((self._paused_since, at))
        self._paused_since = None
        self._since = at
        self._changed_at = None
        was = self._due
        self._settle(at)
        self._decide(at, "clock.resumed", reason)
        self._moved(at, was, reason)

    def retarget(self, target: Target, at: int, reason: str) -> None:
        """Take another limit from `at` on: what was used stays used, in the new limit's calendar; a breach stays."""
        self._step("retarget")
        self.advance(at)
        was = self._due
        another = target.calendar is not self.target.calendar
        if self._since is not None:
            self._close(at)
            self._since = at
        self.target = target
        if another:
            self._base = self._used()
        self._changed_at = at
        self._arm()
        self._settle(at)
        self._moved(at, was, reason)

    def end(self, at: int, how: Literal["stop", "cancel"], reason: str) -> None:
        """Stop or cancel at `at`. A breach is judged up to, not at, that instant."""
        self.advance(at)
        if self.breached_at is None:
            if self._since is None and self._base <= self.target.milliseconds:
                self._due = self._add(at, self.target.milliseconds - self._base)
            if self._due is not None and self._due < at:
                self.breached_at = at  # a change at this very instant has put the due instant behind it
        state = self._step(how)
        self._close(at)
        if self._paused_since is not None:
            self._pauses.append((self._paused_since, at))
            self._paused_since = None
        self.stopped_at = at
        if how == "stop" and self.breached_at is not None:
            state = "missed"
        self.state = state
        used = f" after {spoken(self._base)} of {spoken(self.target.milliseconds)}" if how == "stop" else ""
        reason = f"{in_words(self.metric)} {state}{used}: {reason}"
        self._decide(at, f"clock.{state}", reason)

    def advance(self, until: int, *, inclusive: bool = False) -> None:
        """Say the crossings before `until`, or up to and at it."""
        if self._since is not None and self.stopped_at is None and until > self._since:
            self._so_far = self._base + self.target.calendar.between(self._since, until)
        while (at := self.next_at()) < until or (inclusive and at == until):
            self._cross(at)

    def next_at(self) -> int:
        """The instant of the next crossing if nothing else happens, NEVER where there is none."""
        if self.stopped_at is not None:
            return NEVER
        if self._since is None:
            return self._passed_at()
        at = NEVER
        if self._pending:
            at = self._add(self._since, max(0, self._pending[0][0] - self._base)) or NEVER
        if self._daily is not None and self.breached_at is not None:
            at = min(at, self._next_daily())
        return at

    def _passed_at(self) -> int:
        """While paused, only what a change has put behind the clock is crossed: at that change."""
        passed = self._changed_at is not None and self._pending and self._pending[0][0] < self._base
        return self._changed_at if passed and self._changed_at is not None else NEVER

    def row(self, now: int) -> ClockRow:
        """How the clock stands at `now`."""
        end = self.stopped_at if self.stopped_at is not None else now
        active = self._active if self._since is None or self.stopped_at is not None else [*self._active, (self._since, end)]
        pauses = self._pauses if self._paused_since is None else [*self._pauses, (self._paused_since, end)]
        between = self.target.calendar.between
        upcoming = self.next_at()
        return ClockRow(
            ticket=self.ticket,
            agreement=self.agreement.name,
            version=self.agreement.version,
            kind=self.agreement.kind,
            metric=self.metric,
            cycle=self.number,
            state=self.state,
            verdict=self.verdict,
            target_ms=self.target.milliseconds,
            elapsed_ms=sum(between(a, b) for a, b in active),
            wall_elapsed_ms=sum(b - a for a, b in active),
            paused_ms=sum(between(a, b) for a, b in pauses),
            started_at=self.started_at,
            due_at=None if self.state == "paused" and self.breached_at is None else self._due,
            stopped_at=self.stopped_at,
            breached_at=self.breached_at,
            original_due_at=self.original_due_at,
            next_at=upcoming if upcoming < NEVER else None,
        )

    @property
    def verdict(self) -> Verdict:
        """What is to be said of the promise as far as it was advanced."""
        if self.breached_at is not None:
            return "missed" if self.stopped_at is not None else "overdue"
        if self.state in ("met", "cancelled"):
            return self.state
        # Under a longer limit, what was crossed before may lie ahead again.
        crossings = self.agreement.crossings(self.target.milliseconds)
        risky = any(threshold.text in self._crossed and needed <= self._so_far for needed, threshold in crossings)
        return "at risk" if risky else "on track"

    def _step(self, step: str) -> State:
        try:
            self.state = TRANSITIONS[self.state, step]
        except KeyError:
            name = f"{self.ticket} {self.agreement.name} {self.metric} {self.number}"
            raise ClockError(f"clock {name} is {self.state}; {step} is not possible") from None
        return self.state

    def _close(self, at: int) -> None:
        """End the active interval, if there is one."""
        if self._since is not None:
            self._active.append((self._since, at))
            self._base += self.target.calendar.between(self._since, at)
            self._since = None

    def _used(self) -> int:
        """The closed intervals in the limit's calendar."""
        between = self.target.calendar.between
        return sum(between(start, end) for start, end in self._active)

    def _arm(self) -> None:
        """Find what may still be crossed, in order; each threshold is crossed once."""
        crossings = self.agreement.crossings(self.target.milliseconds)
        self._pending = [pair for pair in crossings if pair[1].text not in self._crossed]

    def _settle(self, at: int) -> None:
        """Find the due instant again after a change at `at`. Once breached, it stays."""
        if self._since is not None and self._since < at:
            # Counted from the change, not from the interval's beginning: a crossing cannot lie before what brought it about.
            self._close(at)
            self._since = at
        self._so_far = self._base
        if self.breached_at is not None:
            return
        left = self.target.milliseconds - self._base
        if self._since is None:
            self._due = None if left >= 0 else self._reached(self.target.milliseconds)
            return
        self._due = self._add(at, left) if left >= 0 else self._reached(self.target.milliseconds)

    def _reached(self, amount: int) -> int:
        """The instant in the past at which the elapsed time reached an amount."""
        for start, end in self._active:
            used = self.target.calendar.between(start, end)
            if used >= amount:
                return self.target.calendar.add(start, amount)
            amount -= used
        raise ClockError(f"{self.ticket}: {amount} ms were never reached")

    def _add(self, start: int, amount: int) -> int | None:
        try:
            return self.target.calendar.add(start, amount)
        except CalendarError:
            return None  # the calendar never opens that long again: never due

    def _next_daily(self) -> int:
        assert self._due is not None
        assert self._since is not None
        days = self._days
        while True:
            days += 1
            at = self.target.calendar.next_open(self._due + days * DAY)
            if at is None:
                return NEVER
            if at > self._last_daily and at >= self._since:
                self._days = days - 1
                return at

    def _cross(self, at: int) -> None:
        if self._pending:
            needed, threshold = self._pending[0]
            if self._since is None or self._add(self._since, max(0, needed - self._base)) == at:
                del self._pending[0]
                self._say_crossed(at, threshold, needed)
                return
        assert self._daily is not None
        self._days += 1
        self._last_daily = at
        self._say_crossed(at, self._daily, 0)

    def _say_crossed(self, at: int, threshold: Threshold, needed: int) -> None:
        limit, words = spoken(self.target.milliseconds), in_words(self.metric)
        passed = not threshold.daily and needed <= self._base and self._changed_at == at
        born = passed and self.target.milliseconds <= self._base
        reason = f"{words}: {_amount(threshold, limit)} used up (calendar {self.target.calendar.name})"
        if threshold.daily:
            reason = f"{words}: {limit} have been used up for {self._days} day{'s' if self._days > 1 else ''}"
        else:
            self._crossed.add(threshold.text)
        if passed:
            reason += f": already passed when this limit began to hold ({spoken(self._base)} used)"
        if threshold.percent == 1 and self.breached_at is None:
            self.breached_at = at
        crossed = self._decision(at, "clock.crossed", reason)
        crossed.threshold, crossed.due_at, crossed.born, crossed.occurrence = threshold.text, self._due, born, self._days
        self._say(crossed)
        if threshold.percent == 1:
            overdue = self._decision(at, "clock.overdue", f"{words}: {limit} are used up, and it has not happened")
            overdue.born = born
            self._say(overdue)

    def _moved(self, at: int, was: int | None, reason: str) -> None:
        if self._due != was and self._due is not None:
            moved = self._decision(at, "clock.moved", reason)
            moved.due_at, moved.was, moved.occurrence = self._due, was, self._nth(at, moved.kind)
            self._say(moved)

    def _decide(self, at: int, kind: str, reason: str) -> None:
        decision = self._decision(at, kind, reason)
        if kind in ("clock.paused", "clock.resumed"):
            decision.occurrence = self._nth(at, kind)
        if kind in ("clock.started", "clock.resumed"):
            decision.due_at = self._due
        self._say(decision)

    def _nth(self, at: int, kind: str) -> int:
        """A number for what may happen often, even several times at one instant; other instants do not change it."""
        self._happened[at, kind] += 1
        return at * 1_000 + self._happened[at, kind] - 1

    def _decision(self, at: int, kind: str, reason: str) -> Decision:
        a = self.agreement
        return Decision(at, kind, self.ticket, reason, a.name, a.version, self.metric, self.number)


def _amount(threshold: Threshold, limit: str) -> str:
    """How much of a limit a threshold is, in words."""
    if threshold.percent is not None:
        return f"{threshold.text} of {limit}"
    return (
        f"all but {threshold.text.removesuffix('before').strip()} of {limit}" if threshold.offset < 0 else f"{limit} and more"
    )

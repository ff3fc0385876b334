"""The SLA clock: one agreement's promise about one cycle of one metric.

Decided here: due instant, crossings and verdict as a clock is paused, resumed, given another limit and ended (DESIGN 4). An
event's effects come before the crossings of its instant: what stops at the due instant is met. Not decided here: what time
counts (`elapsed`), which events do these things (`metrics`), and which clocks there are (`clocks`).
"""

from collections import Counter
from collections.abc import Callable
from typing import Literal

from rules.agreement import Agreement, Target
from rules.clock_row import ClockRow, State, Verdict
from rules.decisions import Decision
from rules.durations import Threshold, spoken
from rules.elapsed import Elapsed
from rules.instants import DAY
from rules.metrics import Cycle, in_words

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


class Clock:
    """A running promise. `say` receives its decisions, in the order in which they come about."""

    def __init__(self, ticket: str, agreement: Agreement, cycle: int, metric: str, say: Callable[[Decision], None]) -> None:
        self.ticket, self.agreement, self.metric, self.number = ticket, agreement, metric, cycle
        self.state: State = "running"
        self.stopped_at: int | None = None
        self.breached_at: int | None = None
        self.original_due_at: int | None = None
        self._say = say
        self._due: int | None = None
        self._crossed: set[str] = set()
        self._pending: list[tuple[int, Threshold]] = []
        self._days = 0
        self._last_daily = 0
        self._happened: Counter[tuple[int, str]] = Counter()
        self._changed_at: int | None = None
        self._retargeted: tuple[int | None, str] | None = None

    def start(self, cycle: Cycle, carried: list[Cycle], target: Target, at: int, *, since: int, reason: str) -> None:
        """Begin at `at` with what the cycle and the carried ones have used from `since` on; at zero where that is `at`."""
        self.target = target
        afresh = since == at
        self.started_at = at if afresh else cycle.started_at
        self._elapsed = elapsed = Elapsed(target.calendar, (*carried, cycle), since)
        paused = cycle.paused_since is not None
        if paused:
            self.state = "paused"
            elapsed.paused_since = at if afresh else cycle.paused_since
        else:
            elapsed.since = at if afresh else cycle.active_since
        self._arm()
        self._settle(at)
        if elapsed.used:
            self._changed_at = at
        self.original_due_at = self._due
        self._decide(at, "clock.started", reason)
        if paused:
            self._decide(at, "clock.paused", reason)

    def pause(self, at: int, reason: str) -> None:
        """Stop counting at `at`."""
        self.advance(at)
        self._step("pause")
        self._elapsed.close(at)
        self._elapsed.paused_since = at
        self._decide(at, "clock.paused", reason)

    def resume(self, at: int, reason: str) -> None:
        """Count again from `at`."""
        self.advance(at)
        self._step("resume")
        self._elapsed.close(at)
        self._elapsed.since = at
        self._changed_at = None
        was, because = self._due, reason
        if self._retargeted is not None:
            was, because = self._retargeted[0], f"{reason}; {self._retargeted[1]}"
            self._retargeted = None
        self._settle(at)
        self._decide(at, "clock.resumed", reason)
        self._moved(at, was, because)

    def retarget(self, target: Target, at: int, reason: str) -> None:
        """Take another limit from `at` on: what was used stays used, in the new limit's calendar; a breach stays."""
        self.advance(at)
        self._step("retarget")
        was = self._due
        self._elapsed.split(at)
        self.target = target
        self._elapsed.measure_in(target.calendar)
        self._changed_at = at
        self._arm()
        self._settle(at)
        if self._due is None:  # paused: what it comes to is known, and told, when the clock goes on
            before = self._retargeted[0] if self._retargeted else was
            self._retargeted = (before, reason)
        self._moved(at, was, reason)

    def end(self, at: int, how: Literal["stop", "cancel"], reason: str) -> None:
        """Stop or cancel at `at`. A breach is judged up to, not at, that instant."""
        self.advance(at)
        elapsed, limit = self._elapsed, self.target.milliseconds
        if self.breached_at is None:
            if elapsed.since is None and elapsed.used <= limit:
                self._due = elapsed.after(at, limit - elapsed.used)
            if self._due is not None and self._due < at:
                self.breached_at = at  # a change at this very instant has put the due instant behind it
        state = self._step(how)
        elapsed.close(at)
        self.stopped_at = at
        if how == "stop" and self.breached_at is not None:
            state = "missed"
        self.state = state
        used = f" after {spoken(elapsed.used)} of {spoken(limit)}" if how == "stop" else ""
        self._decide(at, f"clock.{state}", f"{in_words(self.metric)} {state}{used}: {reason}")

    def advance(self, until: int, *, inclusive: bool = False) -> None:
        """Say the crossings before `until`, or up to and at it."""
        if self._pending and self.breached_at is None and until < self._elapsed.earliest(self._pending[0][0]):
            return
        while (at := self.next_at()) < until or (inclusive and at == until):
            self._cross(at)

    def next_at(self) -> int:
        """The instant of the next crossing if nothing else happens, NEVER where there is none."""
        if self.stopped_at is not None:
            return NEVER
        if self._elapsed.since is None:
            return self._passed_at()
        at = self._next_pending()
        if self.breached_at is not None and self.agreement.daily is not None:
            at = min(at, self._next_daily())
        return at

    def attention_at(self, now: int) -> int:
        """The next instant after `now` at which the clock changes by itself, NEVER where there is none."""
        upcoming = self.next_at()
        if self._crossed and self.breached_at is None and self.stopped_at is None:
            # Under a longer limit, what was crossed before lies ahead again: the verdict changes there, with nothing to say.
            ahead = (self._elapsed.when(needed) for needed, threshold in self._crossings() if threshold.text in self._crossed)
            upcoming = min([upcoming, *(at for at in ahead if at is not None and at > now)])
        return upcoming

    def row(self, now: int) -> ClockRow:
        """How the clock stands at `now`."""
        elapsed, wall, paused = self._elapsed.totals(now if self.stopped_at is None else self.stopped_at)
        upcoming = self.attention_at(now)
        return ClockRow(
            ticket=self.ticket,
            agreement=self.agreement.name,
            version=self.agreement.version,
            kind=self.agreement.kind,
            metric=self.metric,
            cycle=self.number,
            state=self.state,
            verdict=self._verdict(elapsed),
            target_ms=self.target.milliseconds,
            elapsed_ms=elapsed,
            wall_elapsed_ms=wall,
            paused_ms=paused,
            started_at=self.started_at,
            due_at=None if self.state == "paused" and self.breached_at is None else self._due,
            stopped_at=self.stopped_at,
            breached_at=self.breached_at,
            original_due_at=self.original_due_at,
            next_at=upcoming if upcoming < NEVER else None,
            calendar=self.target.calendar.name,
            as_of=now,
        )

    def _verdict(self, elapsed: int) -> Verdict:
        if self.breached_at is not None:
            return "missed" if self.stopped_at is not None else "overdue"
        if self.state in ("met", "cancelled"):
            return self.state
        risky = any(threshold.text in self._crossed and needed <= elapsed for needed, threshold in self._crossings())
        return "at risk" if risky else "on track"

    def _step(self, step: str) -> State:
        try:
            self.state = TRANSITIONS[self.state, step]
        except KeyError:
            name = f"{self.ticket} {self.agreement.name} {self.metric} {self.number}"
            raise ClockError(f"clock {name} is {self.state}; {step} is not possible") from None
        return self.state

    def _arm(self) -> None:
        """Find what may still be crossed, in order; each threshold is crossed once."""
        self._pending = [pair for pair in self._crossings() if pair[1].text not in self._crossed]

    def _crossings(self) -> tuple[tuple[int, Threshold], ...]:
        """All thresholds of the present limit, each with the elapsed time at which it is reached."""
        return self.agreement.crossings(self.target.milliseconds)

    def _settle(self, at: int) -> None:
        """Find the due instant again after a change at `at`. Once breached, it stays."""
        # Counted from the change, not from the interval's beginning: a crossing cannot lie before what brought it about.
        self._elapsed.split(at)
        if self.breached_at is None:
            limit = self.target.milliseconds
            self._due = self._elapsed.reached(limit) if limit < self._elapsed.used else self._elapsed.when(limit)

    def _next_pending(self) -> int:
        at = self._elapsed.when(self._pending[0][0]) if self._pending else None
        return NEVER if at is None else at

    def _passed_at(self) -> int:
        """While paused, only what a change has put behind the clock is crossed: at that change."""
        if self._changed_at is None or not self._pending or self._pending[0][0] >= self._elapsed.used:
            return NEVER
        return self._changed_at

    def _next_daily(self) -> int:
        """Each 24 hours after the due instant, moved to the next opening; not while paused."""
        assert self._due is not None
        since = self._elapsed.since or 0
        days = self._days
        while True:
            days += 1
            at = self.target.calendar.next_open(self._due + days * DAY)
            if at is None:
                return NEVER
            if at > self._last_daily and at >= since:
                self._days = days - 1
                return at

    def _cross(self, at: int) -> None:
        if self._pending and (self._elapsed.since is None or self._next_pending() == at):
            self._say_crossed(at, *self._pending.pop(0))
            return
        assert self.agreement.daily is not None
        self._days += 1
        self._last_daily = at
        self._say_crossed(at, 0, self.agreement.daily)

    def _say_crossed(self, at: int, needed: int, threshold: Threshold) -> None:
        limit, words = spoken(self.target.milliseconds), in_words(self.metric)
        passed = not threshold.daily and needed <= self._elapsed.used and self._changed_at == at
        born = passed and self.target.milliseconds <= self._elapsed.used
        reason = f"{words}: {threshold.of(limit)} used up (calendar {self.target.calendar.name})"
        if threshold.daily:
            reason = f"{words}: {limit} have been used up for {self._days} day{'s' if self._days > 1 else ''}"
        else:
            self._crossed.add(threshold.text)
        if passed:
            reason += f": already passed when this limit began to hold ({spoken(self._elapsed.used)} used)"
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

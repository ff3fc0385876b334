"""The SLA clock: one agreement's promise about one cycle of one metric.

Decided here: due instant, crossings and verdict as a clock is paused, resumed, given another limit, judged anew and ended
(DESIGN 4). An event's effects come before the crossings of its instant: what stops at the due instant is met. A breach is
never taken back; an exception excuses it. Not decided here: what time counts (`elapsed`), which events do these things
(`metrics`), and which clocks there are (`clocks`).
"""

from collections.abc import Callable
from typing import Any, Literal

from rules import reasons
from rules.agreement import Agreement, Target
from rules.clock_row import ClockRow, State, verdict_of
from rules.clock_states import stepped
from rules.crossings import NEVER, Crossings
from rules.decisions import Decision
from rules.durations import Threshold
from rules.elapsed import Elapsed
from rules.exceptions import SlaException
from rules.metrics import Cycle


class Clock:
    """A running promise. `say` receives its decisions, in the order in which they come about; `waiver` knows what excuses a
    breach. `target` is its limit, `base` that before exceptions; `began_at` is when the first cycle began that it carries.
    """

    def __init__(
        self,
        ticket: str,
        agreement: Agreement,
        cycle: int,
        metric: str,
        say: Callable[[Decision], None],
        waiver: Callable[["Clock", int], SlaException | None],
    ) -> None:
        self.ticket, self.agreement, self.metric, self.number = ticket, agreement, metric, cycle
        self.base: Target
        self.began_at = 0
        self.state: State = "running"
        self.stopped_at: int | None = None
        self.breached_at: int | None = None
        self.excused_breach: int | None = None
        self._broken_limit = 0
        self._waived = False
        self.original_due_at: int | None = None
        self._say, self._waiver = say, waiver
        self._due: int | None = None
        self._crossings = Crossings()
        self._happened: dict[tuple[int, str], int] = {}
        self._changed_at: int | None = None
        self._retargeted: tuple[int | None, str] | None = None

    def start(self, cycle: Cycle, carried: list[Cycle], target: Target, at: int, *, since: int, reason: str) -> None:
        """Begin at `at` with what the cycle and the carried ones have used from `since` on; at zero where that is `at`."""
        self.target = target
        afresh = since == at
        self.started_at = at if afresh else cycle.started_at
        self._elapsed = elapsed = Elapsed(target.counted, (*carried, cycle), since)
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
            reason += f"; {reasons.carried(target, elapsed.used)}"
        self.original_due_at = self._due
        self._decide(at, "clock.started", reason, due_at=self._due)
        if paused:
            self._decide(at, "clock.paused", reason, occurrence=self._nth(at, "clock.paused"))

    def pause(self, at: int, reason: str) -> None:
        """Stop counting at `at`."""
        self.advance(at)
        self._step("pause")
        self._elapsed.close(at)
        self._elapsed.paused_since = at
        self._decide(at, "clock.paused", reason, occurrence=self._nth(at, "clock.paused"))

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
        self._decide(at, "clock.resumed", reason, due_at=self._due, occurrence=self._nth(at, "clock.resumed"))
        self._moved(at, was, because)

    def retarget(self, agreement: Agreement, target: Target, at: int, reason: str) -> None:
        """Take another limit from `at` on: what was used stays used, in the new limit's calendar; a breach stays."""
        self.advance(at)
        self._step("retarget")
        was = self._due
        self.agreement = agreement
        self._elapsed.split(at)
        self.target = target
        self._elapsed.measure_in(target.counted)
        self._changed_at = at
        self._arm()
        self._settle(at)
        if self._due is None:  # paused: what it comes to is known, and told, when the clock goes on
            before = self._retargeted[0] if self._retargeted else was
            self._retargeted = (before, reason)
        self._moved(at, was, reason)

    def rejudge(self, target: Target, at: int, reason: str) -> None:
        """An exception changes what counts or how much may be used, also in the past; a breach that comes of it no more is
        excused.
        """
        running = self.stopped_at is None
        if running:
            self.advance(at)
            self._elapsed.split(at)
        new = [exception.id for exception in target.under if exception not in self.target.under]
        before = self._elapsed.used, self.target.milliseconds
        self.target = target
        self._elapsed.measure_in(target.counted)
        left = target.milliseconds - self._elapsed.used
        excused = self.breached_at is not None and (left >= 0 if not running or self.state == "paused" else left > 0)
        self._arm()
        if excused:
            self.excused_breach, self.breached_at = self.breached_at, None
            # Used up to the limit exactly, as it may be while paused, the breach lies ahead too.
            self._crossings.forget(min(self._elapsed.used, target.milliseconds - 1))
        was = self._due
        if running:
            self._changed_at = at
            self._settle(at)
        if excused:
            self._say_excused(at, new[0] if new else None, reason, self._due if running else None)
        elif running and self._due not in (None, was):
            self._moved(at, was, reason)
        elif running or before != (self._elapsed.used, target.milliseconds):
            counts, broken = (before[0], self._elapsed.used), self.breached_at is not None
            said = reasons.recounted(self.metric, target, *counts, reason, broken=broken)
            self._decide(at, "clock.recounted", said, occurrence=self._nth(at, "clock.recounted"))

    def waive(self, at: int, waiver: SlaException) -> None:
        """An exception excuses the breach, whatever becomes of the clock."""
        self._waived = True
        self.excused_breach, self.breached_at = self.breached_at, None
        self._say_excused(at, waiver.id, waiver.in_words(), None)

    def end(self, at: int, how: Literal["stop", "cancel"], reason: str) -> None:
        """Stop or cancel at `at`. A breach is judged up to, not at, that instant."""
        self.advance(at)
        elapsed, limit = self._elapsed, self.target.milliseconds
        if self.breached_at is None and not self._waived:
            if elapsed.since is None and elapsed.used <= limit:
                self._due = elapsed.after(at, limit - elapsed.used)
            if self._due is not None and self._due < at:
                waiver = self._break(at)  # a change at this very instant has put the due instant behind it
                if waiver is not None:
                    self.waive(at, waiver)
        state = self._step(how)
        elapsed.close(at)
        self.stopped_at = at
        if how == "stop" and (self.breached_at is not None or self._waived):
            state = "missed"
        self.state = state
        broken = self._broken_limit
        said = reasons.ended(self.metric, state, self.target, elapsed.used, broken, reason, waived=self._waived)
        self._decide(at, f"clock.{state}", said)

    def advance(self, until: int, *, inclusive: bool = False) -> None:
        """Say the crossings before `until`, or up to and at it."""
        if self.breached_at is None and until < self._crossings.earliest(self._elapsed):
            return
        while (at := self.next_at()) < until or (inclusive and at == until):
            self._cross(at)

    def next_at(self) -> int:
        """The instant of the next crossing if nothing else happens, NEVER where there is none."""
        if self.stopped_at is not None:
            return NEVER
        at = self._crossings.next_at(self._elapsed, self._changed_at)
        if self._elapsed.since is not None and self.breached_at is not None and self.agreement.daily is not None:
            assert self._due is not None
            at = min(at, self._crossings.next_daily(self._due, self.target.counted, self._elapsed.since))
        return at

    def attention_at(self, now: int) -> int:
        """The next instant after `now` at which the clock changes by itself, NEVER where there is none."""
        if self.stopped_at is not None:
            return NEVER
        upcoming = self.next_at()
        if self.breached_at is None:
            upcoming = min([upcoming, *(at for at in self._crossings.again(self._elapsed) if at > now)])
        return upcoming

    def row(self, now: int) -> ClockRow:
        """How the clock stands at `now`."""
        runs = self.stopped_at is None
        elapsed, wall, paused = self._elapsed.totals(now if self.stopped_at is None else self.stopped_at)
        upcoming = self.attention_at(now)
        # Given more time, a clock that runs is told by how it stands in that time.
        excused = self.excused_breach is not None and (self._waived or not runs)
        broken, risky = self.breached_at is not None, runs and self._crossings.risky(elapsed)
        verdict = verdict_of(self.state, broken=broken, excused=excused, risky=risky)
        suspended = self.target.suspended
        return ClockRow(
            ticket=self.ticket,
            agreement=self.agreement.name,
            version=self.agreement.version,
            kind=self.agreement.kind,
            metric=self.metric,
            cycle=self.number,
            state=self.state,
            verdict=verdict,
            target_ms=self.target.milliseconds,
            elapsed_ms=elapsed,
            wall_elapsed_ms=wall,
            paused_ms=paused,
            started_at=self.started_at,
            due_at=None if self.state == "paused" and self.breached_at is None else self._due,
            stopped_at=self.stopped_at,
            breached_at=self.excused_breach if self.breached_at is None else self.breached_at,
            original_due_at=self.original_due_at,
            next_at=upcoming if upcoming < NEVER else None,
            calendar=self.target.calendar.name,
            as_of=now,
            suspended=tuple((start, end) for start, end in suspended if end > now) if suspended else (),
        )

    def _step(self, step: str) -> State:
        self.state = stepped(self.state, step)
        return self.state

    def _arm(self) -> None:
        self._crossings.arm(self.agreement.crossings(self.target.milliseconds))

    def _settle(self, at: int) -> None:
        """Find the due instant again after a change at `at`. Once breached, it stays."""
        # Counted from the change, not from the interval's beginning: a crossing cannot lie before what brought it about.
        self._elapsed.split(at)
        if self.breached_at is None and not self._waived:
            limit = self.target.milliseconds
            self._due = self._elapsed.reached(limit) if limit < self._elapsed.used else self._elapsed.when(limit)

    def _cross(self, at: int) -> None:
        found = self._crossings.cross(at, self._elapsed)
        if found is None:
            assert self.agreement.daily is not None
            assert self._due is not None
            reason = reasons.still_overdue(self.metric, self.target, at - self._due)
            self._say_crossed(at, self.agreement.daily, reason, born=False)
            return
        needed, threshold = found
        used = self._elapsed.used
        passed = needed <= used and self._changed_at == at
        reason = reasons.crossed(self.metric, self.target, threshold, used=used if passed else None)
        self._say_crossed(at, threshold, reason, born=passed and self.target.milliseconds <= used)

    def _say_crossed(self, at: int, threshold: Threshold, reason: str, *, born: bool) -> None:
        breach, nth = threshold.percent == 1, self._crossings.occurrence
        waiver = self._break(at) if breach and self.breached_at is None else None
        if waiver is not None:
            reason = f"{reason}: excused by {waiver.in_words()}"
        self._decide(at, "clock.crossed", reason, threshold=threshold.text, due_at=self._due, born=born, occurrence=nth)
        if waiver is not None:
            self.waive(at, waiver)
        elif breach:
            self._decide(at, "clock.overdue", reasons.overdue(self.metric, self.target), born=born, occurrence=nth)

    def _break(self, at: int) -> SlaException | None:
        """The promise is broken; what excuses that, as far as is known."""
        self.breached_at, self._broken_limit = at, self.target.milliseconds
        return self._waiver(self, at)

    def _say_excused(self, at: int, exception: str | None, reason: str, due: int | None) -> None:
        said, nth = reasons.excused(self.metric, reason), self._crossings.excusals
        self._decide(at, "clock.excused", said, exception=exception, due_at=due, occurrence=nth)

    def _moved(self, at: int, was: int | None, reason: str) -> None:
        if self._due != was and self._due is not None:
            self._decide(at, "clock.moved", reason, due_at=self._due, was=was, occurrence=self._nth(at, "clock.moved"))

    def _nth(self, at: int, kind: str) -> int:
        """A number for what may happen often, even several times at one instant; other instants do not change it."""
        before = self._happened.get((at, kind), 0)
        self._happened[at, kind] = before + 1
        return at * 1_000 + before

    def _decide(self, at: int, kind: str, reason: str, **more: Any) -> None:
        a = self.agreement
        said = Decision(at, kind, self.ticket, reason, a.name, a.version, self.metric, self.number)
        for name, value in more.items():  # handed on as `**more`, they would make all clocks an eighth slower
            setattr(said, name, value)
        self._say(said)

"""The SLA clock: one agreement's promise about one cycle of one metric.

Decided here: due instant, crossings and verdict as a clock is paused, resumed, given another limit, judged anew and ended
(DESIGN 4). An event's effects come before the crossings of its instant: what stops at the due instant is met. A breach is
never taken back; an exception excuses it. Not decided here: what time counts (`elapsed`), which events do these things
(`metrics`), and which clocks there are (`clocks`).
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from rules import reasons
from rules.agreement import Agreement, Target
from rules.clock_row import State
from rules.clock_states import stepped
from rules.crossings import NEVER, Crossings
from rules.decisions import Decision
from rules.durations import Threshold
from rules.elapsed import Elapsed
from rules.exceptions import SlaException
from rules.metrics import Cycle


class Outgrown(NamedTuple):
    """A limit before exceptions that a clock had from its breach up to an instant."""

    until: int
    agreement: Agreement
    base: Target


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
        self.outgrown: list[Outgrown] = []
        self._broken_limit = 0
        self.waived = False
        self.original_due_at: int | None = None
        self._say, self._waiver = say, waiver
        self.due: int | None = None
        self.crossings = Crossings()
        self._happened: dict[tuple[int, str], int] = {}
        self._changed_at: int | None = None
        self._retargeted: tuple[int | None, str] | None = None

    def start(self, cycle: Cycle, carried: list[Cycle], target: Target, at: int, *, since: int, reason: str) -> None:
        """Begin at `at` with what the cycle and the carried ones have used from `since` on; at zero where that is `at`."""
        self.target = target
        afresh = since == at
        self.started_at = at if afresh else cycle.started_at
        self.elapsed = elapsed = Elapsed(target.counted, (*carried, cycle), since)
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
        self.original_due_at = self.due
        self._decide(at, "clock.started", reason, due_at=self.due)
        if paused:
            self._decide(at, "clock.paused", reason, occurrence=self._nth(at, "clock.paused"))

    def pause(self, at: int, reason: str) -> None:
        """Stop counting at `at`."""
        self.advance(at)
        self._step("pause")
        self.elapsed.close(at)
        self.elapsed.paused_since = at
        self._decide(at, "clock.paused", reason, occurrence=self._nth(at, "clock.paused"))

    def resume(self, at: int, reason: str) -> None:
        """Count again from `at`."""
        self.advance(at)
        self._step("resume")
        self.elapsed.close(at)
        self.elapsed.since = at
        self._changed_at = None
        was, because = self.due, reason
        if self._retargeted is not None:
            was, because = self._retargeted[0], f"{reason}; {self._retargeted[1]}"
            self._retargeted = None
        self._settle(at)
        self._decide(at, "clock.resumed", reason, due_at=self.due, occurrence=self._nth(at, "clock.resumed"))
        self._moved(at, was, because)

    def retarget(self, agreement: Agreement, base: Target, target: Target, at: int, reason: str) -> None:
        """Take another limit from `at` on, `base` before exceptions: what was used stays used; a breach stays."""
        self.advance(at)
        self._step("retarget")
        if self.breached_at is not None:
            self.outgrown.append(Outgrown(at, self.agreement, self.base))
        self.agreement, self.base = agreement, base
        self.elapsed.split(at)
        self.target = target
        self.elapsed.measure_in(target.counted)
        self._arm()
        self._change(at, reason, "clock.retargeted", reason)

    def rejudge(self, target: Target, outgrown: Sequence[tuple[int, Target]], at: int, reason: str) -> None:
        """An exception changes what counts or how much may be used, also in the past; a breach that comes of it no more, not by
        the limits `outgrown` either, is excused.
        """
        if self.stopped_at is None:
            self.advance(at)
            self.elapsed.split(at)
        new = [exception.id for exception in target.under if exception not in self.target.under]
        used_before, limit_before = self.elapsed.used, self.target.milliseconds
        self.target = target
        self.elapsed.measure_in(target.counted)
        self._arm()
        if self.breached_at is not None and self._kept(outgrown):
            self.excused_breach, self.breached_at = self.breached_at, None
            self.outgrown.clear()
            # Used up to the limit exactly, as it may be while paused, the breach lies ahead too.
            self.crossings.forget(min(self.elapsed.used, target.milliseconds - 1))
            if self.stopped_at is None:
                self._changed_at = at
                self._settle(at)
            self._say_excused(at, new[0] if new else None, reason, self.due if self.stopped_at is None else None)
            return
        used, limit, broken = self.elapsed.used, target.milliseconds, self.breached_at is not None
        said = reasons.recounted(self.metric, target, used_before, used, reason, broken=broken)
        by_this_count = self.elapsed.reached(limit) if broken and limit <= used else None
        if self.stopped_at is None:
            self._change(at, reason, "clock.recounted", said, by_this_count)
        elif (used_before, limit_before) != (used, limit):
            self._decide(at, "clock.recounted", said, due_at=by_this_count, occurrence=self._nth(at, "clock.recounted"))

    def waive(self, at: int, waiver: SlaException) -> None:
        """An exception excuses the breach, whatever becomes of the clock."""
        self.waived = True
        self.excused_breach, self.breached_at = self.breached_at, None
        self._say_excused(at, waiver.id, waiver.in_words(), None)

    def end(self, at: int, how: Literal["stop", "cancel"], reason: str) -> None:
        """Stop or cancel at `at`. A breach is judged up to, not at, that instant."""
        self.advance(at)
        elapsed, limit = self.elapsed, self.target.milliseconds
        if self.breached_at is None and not self.waived:
            if elapsed.since is None and elapsed.used <= limit:
                self.due = elapsed.after(at, limit - elapsed.used)
            if self.due is not None and self.due < at:
                waiver = self._break(at)  # a change at this very instant has put the due instant behind it
                if waiver is not None:
                    self.waive(at, waiver)
        state = self._step(how)
        elapsed.close(at)
        self.stopped_at = at
        if how == "stop" and (self.breached_at is not None or self.waived):
            state = "missed"
        self.state = state
        broken = self._broken_limit
        said = reasons.ended(self.metric, state, self.target, elapsed.used, broken, reason, waived=self.waived)
        self._decide(at, f"clock.{state}", said)

    def advance(self, until: int, *, inclusive: bool = False) -> None:
        """Say the crossings before `until`, or up to and at it."""
        if self.breached_at is None and until < self.crossings.earliest(self.elapsed):
            return
        while (at := self.next_at()) < until or (inclusive and at == until):
            self._cross(at)

    def next_at(self) -> int:
        """The instant of the next crossing if nothing else happens, NEVER where there is none."""
        if self.stopped_at is not None:
            return NEVER
        at = self.crossings.next_at(self.elapsed, self._changed_at)
        if self.elapsed.since is not None and self.breached_at is not None and self.agreement.daily is not None:
            assert self.due is not None
            at = min(at, self.crossings.next_daily(self.due, self.target.counted, self.elapsed.since))
        return at

    def _step(self, step: str) -> State:
        self.state = stepped(self.state, step)
        return self.state

    def _kept(self, outgrown: Sequence[tuple[int, Target]]) -> bool:
        """Whether the limits it has had since its breach, each up to an instant, and its present one are kept now."""
        if any(self.elapsed.used_by(until, target.counted) > target.milliseconds for until, target in outgrown):
            return False
        left = self.target.milliseconds - self.elapsed.used
        return left > 0 if self.state == "running" else left >= 0

    def _change(self, at: int, reason: str, kind: str, said: str, due: int | None = None) -> None:
        """Something about a clock that has not stopped is another: its due instant moves, or else `kind` is said of it, with a
        `due` instant that changes nothing any more.
        """
        was = self.due
        self._changed_at = at
        self._settle(at)
        if self.due is None:  # paused: what it comes to is known, and told too, when the clock goes on
            self._retargeted = (self._retargeted[0] if self._retargeted else was, reason)
        if self.due in (None, was):
            self._decide(at, kind, said, due_at=due, occurrence=self._nth(at, kind))
        else:
            self._moved(at, was, reason)

    def _arm(self) -> None:
        self.crossings.arm(self.agreement.crossings(self.target.milliseconds))

    def _settle(self, at: int) -> None:
        """Find the due instant again after a change at `at`. Once breached, it stays."""
        # Counted from the change, not from the interval's beginning: a crossing cannot lie before what brought it about.
        self.elapsed.split(at)
        if self.breached_at is None and not self.waived:
            limit = self.target.milliseconds
            self.due = self.elapsed.reached(limit) if limit < self.elapsed.used else self.elapsed.when(limit)

    def _cross(self, at: int) -> None:
        found = self.crossings.cross(at, self.elapsed)
        if found is None:
            assert self.agreement.daily is not None
            assert self.due is not None
            reason = reasons.still_overdue(self.metric, self.target, at - self.due)
            self._say_crossed(at, self.agreement.daily, reason, born=False)
            return
        needed, threshold = found
        used = self.elapsed.used
        passed = needed <= used and self._changed_at == at
        reason = reasons.crossed(self.metric, self.target, threshold, used=used if passed else None)
        self._say_crossed(at, threshold, reason, born=passed and self.target.milliseconds <= used)

    def _say_crossed(self, at: int, threshold: Threshold, reason: str, *, born: bool) -> None:
        breach, nth = threshold.percent == 1, self.crossings.occurrence
        waiver = self._break(at) if breach and self.breached_at is None else None
        if waiver is not None:
            reason = f"{reason}: excused by {waiver.in_words()}"
        self._decide(at, "clock.crossed", reason, threshold=threshold.text, due_at=self.due, born=born, occurrence=nth)
        if waiver is not None:
            self.waive(at, waiver)
        elif breach:
            self._decide(at, "clock.overdue", reasons.overdue(self.metric, self.target), born=born, occurrence=nth)

    def _break(self, at: int) -> SlaException | None:
        """The promise is broken; what excuses that, as far as is known."""
        self.breached_at, self._broken_limit = at, self.target.milliseconds
        return self._waiver(self, at)

    def _say_excused(self, at: int, exception: str | None, reason: str, due: int | None) -> None:
        said, nth = reasons.excused(self.metric, reason), self.crossings.excusals
        self._decide(at, "clock.excused", said, exception=exception, due_at=due, occurrence=nth)

    def _moved(self, at: int, was: int | None, reason: str) -> None:
        if self.due != was and self.due is not None:
            self._decide(at, "clock.moved", reason, due_at=self.due, was=was, occurrence=self._nth(at, "clock.moved"))

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

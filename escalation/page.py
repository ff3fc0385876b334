"""Page: calling people, step by step, until one of them takes it.

Decided here: a page's states and its way up the ladder, as it stood when the page was opened. A step that reaches nobody, that
waits for the breach or is not for such a ticket or hour is passed over; when all repeats are used up the page is exhausted and
stays open. Not decided here: why a page opens and when the ticket no longer needs it (`responses`).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from escalation.book import Book
from escalation.ladder import Ladder
from escalation.roster import Roster
from rules.calendar import BusinessCalendar, CalendarError
from rules.crossings import NEVER
from rules.decisions import Decision
from rules.durations import spoken

State = Literal["open", "acknowledged", "exhausted", "closed"]

TRANSITIONS: dict[tuple[State, str], State] = {
    ("open", "step"): "open",
    ("open", "acknowledge"): "acknowledged",
    ("open", "hand_over"): "open",
    ("open", "exhaust"): "exhausted",
    ("open", "close"): "closed",
    ("acknowledged", "acknowledge"): "acknowledged",
    ("acknowledged", "hand_over"): "open",
    ("acknowledged", "expire"): "open",
    ("acknowledged", "step"): "open",
    ("acknowledged", "close"): "closed",
    ("exhausted", "step"): "open",
    ("exhausted", "acknowledge"): "acknowledged",
    ("exhausted", "hand_over"): "open",
    ("exhausted", "close"): "closed",
}

Clock = tuple[str | None, str | None, int | None]


@dataclass(frozen=True, slots=True)
class PageRow:
    """How a page stands at one instant; as things stand, `next_step` of the ladder pages `next_to` at `next_at`."""

    page: str
    ticket: str
    ladder: str
    team: str | None
    state: State
    step: int
    to: tuple[str, ...]
    opened_at: int
    next_at: int | None
    acknowledged_by: str | None
    acknowledged_until: int | None
    closed_at: int | None
    reasons: tuple[str, ...]
    next_step: int | None = None
    next_to: tuple[str, ...] = ()


class Rung(NamedTuple):
    """A step of the ladder that reaches somebody, and in which round."""

    position: int
    round: int
    to: list[str]


class Page:
    """An open page. `say` receives its decisions; `clocks` are those it is open for, each with whether it is past due; `facts`
    are the ticket's, brought up to date by whoever tells the page what happens.
    """

    def __init__(
        self, id: str, cause: Decision, ladder: Ladder, roster: Roster, book: Book, say: Callable[[Decision], None]
    ) -> None:
        self.id, self.ladder, self.cause = id, ladder, cause
        self.state: State = "open"
        self.clocks: dict[Clock, bool] = {}
        self.reasons: list[str] = []
        self.facts: Mapping[str, Any] = {}
        self.deadline = NEVER
        self.to: list[str] = []
        self.calls = 0
        self.team: str | None = None
        self.calendar: BusinessCalendar | None = None
        self.acknowledged_by: str | None = None
        self.closed_at: int | None = None
        self.opened_at = cause.at
        self.waiting = False
        self._roster, self._book, self._say = roster, book, say
        self._until = NEVER
        self._position = -1
        self._round = 0
        self._called = 0
        self._unreached: dict[str, str] = {}
        self._said: Counter[str] = Counter()

    def open(self, at: int) -> None:
        """Page the first step that reaches somebody."""
        self.waiting = False
        self.opened_at = at
        self._climb(at, "page.opened", self.cause.reason)

    def open_later(self, at: int) -> None:
        """Wait until `at`: the cause lies before it, but nobody could know then. If it is over by then, nobody is called."""
        self.waiting, self.deadline = True, at

    def join(self, cause: Decision, at: int, *, breached: bool) -> None:
        """Another reason for the same page; an exhausted one starts again at `at`."""
        self.clocks[cause.clock] = breached
        self.reasons.append(cause.reason)
        if self.state == "exhausted" and self.deadline == NEVER:
            self.deadline = at

    def time_out(self, at: int) -> None:
        """The deadline has come: the acknowledgement ends or will end soon, nobody took the step, or there is a new reason."""
        if self.waiting:
            self.open(at)
        elif self.state == "exhausted":
            self._start_again()
            self._climb(at, "page.stepped", f"starts again: {self.reasons[-1]}")
        elif self.state == "acknowledged" and at < self._until:
            self.deadline = self._until
            self._decide(at, "page.reminded", f"the acknowledgement ends in {spoken(self._until - at)}", self._taker())
        elif self.state == "acknowledged":
            self._transit("expire")
            who = self._book.names(self._taker()) or "nobody"
            self.acknowledged_by = None
            self._decide(at, "page.expired", f"the acknowledgement by {who} has ended and the ticket still needs somebody")
            self._position = self._called - 1
            self._climb(at, "page.stepped", "goes on from the same step after the acknowledgement ended")
        else:
            waited = spoken(self.ladder.steps[self._position].wait)
            self._climb(at, "page.stepped", f"nobody took step {self._position + 1} within {waited}")

    def acknowledge(self, at: int, by: str, lasts: int | None) -> None:
        """A person takes it for `lasts` milliseconds of wall time, or for as long as the ladder says."""
        self._transit("acknowledge")
        usual = self.ladder.acknowledgement
        lasts = usual.lasts if lasts is None else lasts
        reminder = usual.reminder(lasts)
        self.acknowledged_by, self._until = by, at + lasts
        self.deadline = self._until if reminder is None else at + reminder
        self._decide(at, "page.acknowledged", f"{self._book.names([by])} has it for {spoken(lasts)}", [by])

    def hand_over(self, at: int, by: str, to: str) -> None:
        """It is another person's now: that person is called, and where there is no answer the ladder goes on from its step."""
        self._transit("hand_over")
        self._call(at, [to], self.ladder.steps[max(self._position, 0)].wait)
        self._position = max(self._position, 0)
        self._decide(at, "page.handed_over", f"{self._book.names([by])} handed it to {self._book.names([to])}")

    def escalate(self, at: int, by: str) -> None:
        """A person wants the next step now; a ladder that is used up starts again. Who has taken it keeps it where nobody can
        be called.
        """
        if self._rung(at, self._position, self._round)[0] is None:
            if self.state == "acknowledged" and self._rung(at, -1, 0)[0] is None:
                return
            self._start_again()
        self._climb(at, "page.stepped", f"escalated by {self._book.names([by])}")

    def unreached(self, at: int, call: int, who: str, why: str) -> None:
        """Somebody whom a call was for can never be reached there; where that was everybody, the next step comes at once."""
        if self.state != "open" or call != self.calls or who not in self.to or who in self._unreached:
            return
        self._unreached[who] = why
        reason = f"{self._book.names([who])} could not be reached: {why}"
        self._decide(at, "page.unreached", reason, [who])
        if len(self._unreached) == len(self.to):
            self._climb(at, "page.stepped", f"step {self._position + 1} reached nobody: {reason}")

    def close(self, at: int, reason: str) -> None:
        """Nobody is needed any more."""
        self._transit("close")
        self.deadline, self.closed_at = NEVER, at
        if self.waiting:
            return
        self._decide(at, "page.closed", reason)

    def row(self) -> PageRow:
        """How it stands."""
        taken = self.state == "acknowledged"
        at = self._until if taken else self.deadline
        following = self._following() if at < NEVER else None
        return PageRow(
            page=self.id,
            ticket=self.cause.ticket,
            ladder=self.ladder.name,
            team=self.team,
            state=self.state,
            step=self._position + 1,
            to=tuple(self.to),
            opened_at=self.opened_at,
            next_at=at if at < NEVER else None,
            acknowledged_by=self.acknowledged_by,
            acknowledged_until=self._until if taken else None,
            closed_at=self.closed_at,
            reasons=tuple(self.reasons),
            next_step=following.position + 1 if following else None,
            next_to=tuple(following.to) if following else (),
        )

    def _start_again(self) -> None:
        self._position, self._round = -1, 0

    def _taker(self) -> list[str]:
        return [self.acknowledged_by] if self.acknowledged_by else []

    def _following(self) -> Rung | None:
        """What comes at the deadline, as things stand."""
        if self.state == "exhausted":
            return self._rung(self.deadline, -1, 0)[0]
        if self.state == "acknowledged":
            return self._rung(self._until, self._called - 1, self._round)[0]
        return self._rung(self.deadline, self._position, self._round)[0]

    def _rung(self, at: int, position: int, round: int) -> tuple[Rung | None, list[str]]:
        """The next step that reaches somebody, and what is said of those that reach nobody."""
        passed_over: list[str] = []
        for _ in self.ladder.steps:
            if position + 1 == len(self.ladder.steps):
                if round == self.ladder.repeat:
                    break
                position, round = -1, round + 1
            position += 1
            step = self.ladder.steps[position]
            if (step.after_breach and not any(self.clocks.values())) or not self._book.counts(step, self.facts, at):
                continue
            to = self._book.reached(self._roster, step, self.team, at)
            if to:
                return Rung(position, round, to), passed_over
            passed_over.append(f"step {position + 1} reaches nobody")
        return None, passed_over

    def _climb(self, at: int, kind: str, reason: str) -> None:
        """Page the next step that reaches somebody; where none is left, the page is exhausted."""
        rung, passed_over = self._rung(at, self._position, self._round)
        reason = "; ".join([reason, *passed_over])
        if rung is None:
            self._exhaust(at, kind, reason)
            return
        if kind == "page.stepped":
            self._transit("step")
        self._position, self._round = rung.position, rung.round
        self._called = rung.position
        self._call(at, rung.to, self.ladder.steps[rung.position].wait)
        self._decide(at, kind, reason)

    def _call(self, at: int, to: list[str], wait: int) -> None:
        self.to, self.deadline = to, self._after(at, wait)
        self.acknowledged_by = None
        self.calls += 1
        self._unreached = {}

    def _exhaust(self, at: int, kind: str, reason: str) -> None:
        self.to, self.deadline, self.acknowledged_by = [], NEVER, None
        if kind == "page.opened":
            self._decide(at, kind, reason)
        if self.state != "exhausted":
            self.state = "open" if self.state == "acknowledged" else self.state
            self._transit("exhaust")
            self._decide(at, "page.exhausted", f"the ladder is used up and nobody has taken it: {reason}")

    def _after(self, at: int, wait: int) -> int:
        if self.ladder.waits == "wall" or self.calendar is None:
            return at + wait
        try:
            return self.calendar.add(at, wait)
        except CalendarError:
            return NEVER

    def _transit(self, event: str) -> None:
        try:
            self.state = TRANSITIONS[self.state, event]
        except KeyError:
            raise ValueError(f"page {self.id} is {self.state}; {event} is not possible") from None

    def _decide(self, at: int, kind: str, reason: str, to: list[str] | None = None) -> None:
        cause = self.cause
        self._said[kind] += 1
        said = Decision(at, kind, cause.ticket, reason, cause.agreement, cause.version, cause.metric, cause.cycle)
        said.page, said.ladder, said.team = self.id, self.ladder.name, self.team
        said.step = self._position + 1 if self._position >= 0 else None
        said.to = list(self.to) if to is None else to
        said.cause, said.occurrence = cause.name, self._said[kind]
        self._say(said)

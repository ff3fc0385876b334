"""Page: calling people, step by step, until one of them takes it.

Decided here: a page's states and its way up the ladder. A step that reaches nobody, or that waits for the breach, is passed
over; when all repeats are used up the page is exhausted and stays open. Not decided here: why a page opens and when the
ticket no longer needs it (`responses`).
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from escalation.book import Book
from escalation.ladder import Ladder
from rules.calendar import BusinessCalendar, CalendarError
from rules.crossings import NEVER
from rules.decisions import Decision
from rules.durations import spoken

State = Literal["open", "acknowledged", "exhausted", "closed"]

TRANSITIONS: dict[tuple[State, str], State] = {
    ("open", "step"): "open",
    ("open", "acknowledge"): "acknowledged",
    ("open", "exhaust"): "exhausted",
    ("open", "close"): "closed",
    ("acknowledged", "acknowledge"): "acknowledged",
    ("acknowledged", "expire"): "open",
    ("acknowledged", "step"): "open",
    ("acknowledged", "close"): "closed",
    ("exhausted", "step"): "open",
    ("exhausted", "acknowledge"): "acknowledged",
    ("exhausted", "close"): "closed",
}

Clock = tuple[str | None, str | None, int | None]


@dataclass(frozen=True, slots=True)
class PageRow:
    """How a page stands at one instant."""

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


class Page:
    """An open page. `say` receives its decisions; `clocks` are those it is open for, each with whether it is past due."""

    def __init__(self, id: str, cause: Decision, ladder: Ladder, book: Book, say: Callable[[Decision], None]) -> None:
        self.id, self.ladder, self.cause = id, ladder, cause
        self.state: State = "open"
        self.clocks: dict[Clock, bool] = {}
        self.reasons: list[str] = []
        self.deadline = NEVER
        self.to: list[str] = []
        self.team: str | None = None
        self.calendar: BusinessCalendar | None = None
        self.acknowledged_by: str | None = None
        self.closed_at: int | None = None
        self.opened_at = cause.at
        self._book, self._say = book, say
        self._position = -1
        self._rounds = 0
        self._called = 0
        self.waiting = False
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
        """The deadline has come: the acknowledgement ends, nobody took the step, or there is a new reason."""
        if self.waiting:
            self.open(at)
        elif self.state == "exhausted":
            self._position, self._rounds = -1, 0
            self._climb(at, "page.stepped", f"starts again: {self.reasons[-1]}")
        elif self.state == "acknowledged":
            self._transit("expire")
            who = self._book.names([self.acknowledged_by]) if self.acknowledged_by else "nobody"
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
        lasts = self.ladder.acknowledgement.lasts if lasts is None else lasts
        self.acknowledged_by, self.deadline = by, at + lasts
        self._decide(at, "page.acknowledged", f"{self._book.names([by])} has it for {spoken(lasts)}", [by])

    def escalate(self, at: int, by: str) -> None:
        """A person wants the next step now; an exhausted page starts again."""
        if self.state == "exhausted":
            self._position, self._rounds = -1, 0
        self._climb(at, "page.stepped", f"escalated by {self._book.names([by])}")

    def close(self, at: int, reason: str) -> None:
        """Nobody is needed any more."""
        self._transit("close")
        self.deadline, self.closed_at = NEVER, at
        if self.waiting:
            return
        self._decide(at, "page.closed", reason)

    def row(self) -> PageRow:
        """How it stands."""
        until = self.deadline if self.state == "acknowledged" else None
        return PageRow(
            page=self.id,
            ticket=self.cause.ticket,
            ladder=self.ladder.name,
            team=self.team,
            state=self.state,
            step=self._position + 1,
            to=tuple(self.to),
            opened_at=self.opened_at,
            next_at=self.deadline if self.deadline < NEVER else None,
            acknowledged_by=self.acknowledged_by,
            acknowledged_until=until,
            closed_at=self.closed_at,
            reasons=tuple(self.reasons),
        )

    def _climb(self, at: int, kind: str, reason: str) -> None:
        """Page the next step that reaches somebody; where none is left, the page is exhausted."""
        passed_over: list[str] = []
        for _ in range(len(self.ladder.steps)):
            if self._position + 1 == len(self.ladder.steps):
                if self._rounds == self.ladder.repeat:
                    break
                self._position, self._rounds = -1, self._rounds + 1
            self._position += 1
            step = self.ladder.steps[self._position]
            if step.after_breach and not any(self.clocks.values()):
                continue
            self.to = self._book.reached(step, self.team, at)
            if not self.to:
                passed_over.append(f"step {self._position + 1} reaches nobody")
                continue
            if kind == "page.stepped":
                self._transit("step")
            self._called = self._position
            self.deadline = self._after(at, step.wait)
            self.acknowledged_by = None
            self._decide(at, kind, "; ".join([reason, *passed_over]))
            return
        self._exhaust(at, kind, "; ".join([reason, *passed_over]))

    def _exhaust(self, at: int, kind: str, reason: str) -> None:
        self.to, self.deadline = [], NEVER
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

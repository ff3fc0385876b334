"""Breach reviews: what is learned of a broken promise.

Decided here: a ticket has one open review, which later breaches join; whoever is on its team's rota of reviewers when it opens
reviews it, or else the team's lead; the reviewer, and who has promised to do something, are reminded when that is due and then
weekly, but not for ever. Not decided here: when a review is called for (`responses`), and who may write in it (`bot.reviews`).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from escalation.book import Book
from escalation.ladder import Step
from escalation.people import Person, Team
from rules.agreement import Agreement
from rules.crossings import NEVER
from rules.decisions import Decision
from rules.instants import DAY, InstantError, parse
from rules.moments import Moment

OPENED, REMINDED, GIVEN = "review.opened", "review.reminded", "review.given"
"""The decisions; the last tells somebody of a review or an action that another person has given them."""
TO_DO = (REMINDED, GIVEN)
"""What is said to who has something to do: it calls nobody."""
CAUSED, ADDED, DONE, HANDED_OVER, CLOSED = "review.caused", "review.added", "review.done", "review.handed_over", "review.closed"
"""What people do in a review: name its `cause`, add `what` an `owner` does by `due`, tick off an `item` by its number, hand
the review `to` somebody, close it with a `note`.
"""
ACTS = (CAUSED, ADDED, DONE, HANDED_OVER, CLOSED)
CAUSES = ("staffing", "hand-over", "knowledge", "priority", "tooling", "third party", "other")
"""Where a team keeps no list of its own."""
AGAIN = 7 * DAY
MOST_REMINDERS = 4


class Item(NamedTuple):
    """Something that somebody will do, so that it does not happen again."""

    what: str
    owner: str
    due_at: int
    done_at: int | None = None


@dataclass(frozen=True)
class ReviewRow:
    """How a review stands."""

    review: str
    ticket: str
    team: str | None
    state: str
    reviewer: str | None
    opened_at: int
    due_at: int | None
    cause: str | None
    note: str | None
    closed_at: int | None
    breaches: tuple[str, ...]
    actions: tuple[Item, ...]

    @property
    def left(self) -> list[Item]:
        """What was to be done and is not."""
        return [item for item in self.actions if item.done_at is None]

    @property
    def unfinished(self) -> int:
        """How much is still to be done, its closing included."""
        return len(self.left) + (self.state == "open")


@dataclass
class Review:
    """One review as it goes on. `due` are what is reminded of, by its number: 0 the review itself, then its actions."""

    id: str
    opened_by: Decision
    team: Team | None
    reviewer: str | None
    breaches: list[str]
    actions: list[Item] = field(default_factory=list)
    cause: str | None = None
    note: str | None = None
    closed_at: int | None = None
    due: dict[int, int] = field(default_factory=dict)
    reminded: dict[int, int] = field(default_factory=dict)

    def act(self, moment: Moment, people: Mapping[str, Any]) -> Iterator[Decision]:
        """A person writes in it; yields what tells who was given something. What is done to a closed one, but for ticking off
        what was to be done, changes nothing.
        """
        data, is_open = moment.event.data, self.closed_at is None
        owner, to, number = str(data.get("owner")), str(data.get("to")), data.get("item")
        match moment.event.type:
            case "review.caused" if is_open:
                self.cause = str(data.get("cause"))
            case "review.added" if is_open and owner in people:
                due = _instant(data.get("due"), moment.at)
                self.actions.append(Item(str(data.get("what") or ""), owner, due))
                self.due[len(self.actions)] = max(due, moment.at)
                yield from self._given(moment, owner, f"action {len(self.actions)} of review {self.id}", people)
            case "review.done" if isinstance(number, int) and number in self._undone():
                self.actions[number - 1] = self.actions[number - 1]._replace(done_at=moment.at)
                self.due.pop(number, None)
            case "review.handed_over" if is_open and to in people:
                self.reviewer = to
                yield from self._given(moment, to, f"review {self.id}", people)
            case "review.closed" if is_open:
                self.closed_at, self.note = moment.at, str(data.get("note") or "") or None
                self.due.pop(0, None)

    def remind(self, at: int) -> Iterator[Decision]:
        """Who is reminded of what at an instant."""
        for number in [number for number, due in self.due.items() if due <= at]:
            times = self.reminded[number] = self.reminded.get(number, 0) + 1
            who = self.actions[number - 1].owner if number else self.reviewer
            if times < MOST_REMINDERS:
                self.due[number] += AGAIN
            else:
                del self.due[number]
            if who is not None:
                yield self._reminder(at, number, who, times)

    def row(self) -> ReviewRow:
        """How it stands."""
        terms = self.team.reviews if self.team else None
        by = self.opened_by
        return ReviewRow(
            review=self.id,
            ticket=by.ticket,
            team=self.team.id if self.team else None,
            state="open" if self.closed_at is None else "closed",
            reviewer=self.reviewer,
            opened_at=by.at,
            due_at=by.at + terms.within if terms else None,
            cause=self.cause,
            note=self.note,
            closed_at=self.closed_at,
            breaches=tuple(self.breaches),
            actions=tuple(self.actions),
        )

    def _undone(self) -> list[int]:
        return [number for number, item in enumerate(self.actions, 1) if item.done_at is None]

    def _given(self, moment: Moment, to: str, what: str, people: Mapping[str, Person]) -> Iterator[Decision]:
        by = str(moment.event.data.get("by") or "somebody")
        if to != by:
            giver = people[by].name if by in people else by
            yield self._said(moment.at, GIVEN, f"{giver} gave {people[to].name} {what}", f"{self.id}/{moment.event.id}", to)

    def _reminder(self, at: int, number: int, who: str, times: int) -> Decision:
        again = "is due" if times == 1 else "is still not done"
        reason = f"action {number} of review {self.id} {again}" if number else f"review {self.id} {again}"
        said = self._said(at, REMINDED, reason, f"{self.id}/{number}", who)
        said.occurrence = times
        return said

    def _said(self, at: int, kind: str, reason: str, cause: str, to: str) -> Decision:
        by = self.opened_by
        said = Decision(at, kind, by.ticket, reason, by.agreement, by.version, by.metric, by.cycle)
        said.cause, said.to = cause, [to]
        return said


class Reviews:
    """The reviews of one ticket, in the order in which they were opened; `say` receives decisions."""

    def __init__(self, book: Book, say: Callable[[Decision], None]) -> None:
        self._book, self._say = book, say
        self._called_for: set[str] = set()
        self.all: list[Review] = []

    def next_at(self) -> int:
        """When somebody is reminded next."""
        return min((due for review in self.all for due in review.due.values()), default=NEVER)

    def time_out(self, at: int) -> None:
        """Something falls due."""
        for review in self.all:
            for reminder in review.remind(at):
                self._say(reminder)

    def open(self, cause: Decision, opened: Decision, agreement: Agreement | None) -> None:
        """A breach calls for a review: `opened` is what is said of it."""
        if opened.key in self._called_for:  # by another rule already
            return
        self._called_for.add(opened.key)
        review = self.all[-1] if self.all and self.all[-1].closed_at is None else None
        if review is not None:
            review.breaches.append(cause.reason)
        else:
            team = self._book.teams.get((agreement.team if agreement else None) or "")
            review = Review(f"R-{cause.ticket}-{len(self.all) + 1}", cause, team, None, [cause.reason])
            if team and team.reviews:
                review.reviewer = self._reviewer(team, cause.at)
                review.due[0] = cause.at + team.reviews.within
                opened.to = [review.reviewer] if review.reviewer else None
            self.all.append(review)
        self._say(opened)

    def act(self, moment: Moment) -> None:
        """A person writes in the named review."""
        for review in self.all:
            if review.id == moment.event.data.get("review"):
                for given in review.act(moment, self._book.people):
                    self._say(given)

    def _reviewer(self, team: Team, at: int) -> str | None:
        rota = team.reviews.rota if team.reviews else None
        steps: Sequence[Step] = (*((Step("rota", rota, 0),) if rota else ()), Step("lead_of", team.id, 0))
        roster = self._book.roster_at(at)
        return next((who for step in steps for who in self._book.reached(roster, step, team.id, at)), None)


def _instant(text: Any, otherwise: int) -> int:
    try:
        return parse(text)
    except InstantError:
        return otherwise  # a file may hold anything

"""Breach reviews: what people see of them and write into them.

Decided here: that a review is not closed before its cause is named, and that a cause is one of those that the team knows. Not
decided here: who reviews, when anybody is reminded (`escalation.reviews`), and how a review looks (`review_cards`).
"""

from collections.abc import Sequence
from typing import Any

from bot.acting import Acting, somebody
from bot.commands import Command, CommandError
from bot.messages import Answer, Card, clipped, counted, refusal
from bot.ports import Ledger, WallClockPort
from bot.review_cards import COUNTED, SHOWN, causes_of, listed_reviews, review_card, timeline_card
from bot.times import instant_at
from bot.watch import Watch
from escalation.book import Book
from escalation.people import Person
from escalation.reviews import ADDED, CAUSED, CLOSED, DONE, HANDED_OVER, ReviewRow
from rules.instants import InstantError, text
from rules.problems import did_you_mean

_MOST_ACTIONS = 50
_LONGEST = 300
_ACTION = "/sla reviews action R-1 @ana by 2026-12-01 write down how it is restarted"


class Reviews:
    """Shows the reviews of one ledger and writes into them."""

    def __init__(self, ledger: Ledger, book: Book, clock: WallClockPort, watch: Watch) -> None:
        self._ledger, self._book, self._clock = ledger, book, clock
        self._acting = Acting(ledger, clock, watch)
        self._events = {
            "cause": self._cause,
            "action": self._action,
            "done": self._done,
            "handover": self._handover,
            "close": self._close,
        }

    def show(self, command: Command) -> Answer:
        """One review with its timeline, or a list: of what is still to be done, or of all."""
        reader, now = self._ledger.reader, self._clock.now()
        if command.subject is None or command.subject.lower() == "all":
            every = command.subject is not None
            found = reader.reviews(unfinished=not every, limit=SHOWN + 1)
            return listed_reviews(found, reader.causes(now - COUNTED), self._book, now, every=every)
        review = self._review(command.subject)
        return review if isinstance(review, Answer) else self._shown(review)

    def act(self, command: Command, who: Person, act: str) -> Answer:
        """Write into a review. Raises CommandError where a word is missing or cannot be understood."""
        review = self._review(command.subject or "")
        if isinstance(review, Answer):
            return review
        if review.state == "closed" and command.step != "done":
            return refusal(f"Review {review.review} is closed: nothing has changed.")
        found = self._events[command.step or ""](review, command.words)
        if isinstance(found, Answer):
            return found
        type, data, what = found
        self._acting.do(review.ticket, type, {"review": review.review, "by": who.id, **data}, act)
        now = self._ledger.reader.review(review.review) or review
        card = review_card(now, self._book, self._clock.now())
        return Answer(cards=(Card(title=f"{who.name} {what}"), card), private=False)

    def _cause(self, review: ReviewRow, words: Sequence[str]) -> Any:
        known, said = causes_of(review, self._book), " ".join(words).casefold()
        cause = next((cause for cause in known if cause.casefold() == said), None)
        if cause is None:
            hint = did_you_mean(said, known, otherwise="") if said else ""
            return refusal(f"Which cause? One of {', '.join(known)}. {hint}".rstrip())
        return CAUSED, {"cause": cause}, f"put {review.review} down to {cause}."

    def _action(self, review: ReviewRow, words: Sequence[str]) -> Any:
        owners = [word for word in words if word.startswith("@")]
        rest = [word for word in words if word not in owners[:1]]
        if not owners or len(rest) < 3 or rest[0].lower() != "by":
            raise CommandError(f"Who does what by when? Write {_ACTION}")
        if len(review.actions) >= _MOST_ACTIONS:
            return refusal(f"Review {review.review} has {_MOST_ACTIONS} actions already.")
        owner, due = somebody(self._book, owners[0]), self._date(rest[1])
        if isinstance(owner, Answer):
            return owner
        what = clipped(" ".join(rest[2:]), _LONGEST)
        data = {"what": what, "owner": owner.id, "due": text(due)}
        return ADDED, data, f"added an action for {owner.name} to {review.review}."

    def _done(self, review: ReviewRow, words: Sequence[str]) -> Any:
        said = words[0].removeprefix("#") if len(words) == 1 else ""
        number = int(said) if said.isdecimal() and len(said) < 4 else 0
        if not 0 < number <= len(review.actions):
            has = f"{review.review} has {counted(len(review.actions), 'action')}"
            raise CommandError(f"Which action? {has}: write /sla reviews done {review.review} 1")
        if review.actions[number - 1].done_at is not None:
            return refusal(f"Action {number} of {review.review} was done already.")
        return DONE, {"item": number}, f"has done action {number} of {review.review}."

    def _handover(self, review: ReviewRow, words: Sequence[str]) -> Any:
        to = somebody(self._book, " ".join(words))
        if isinstance(to, Answer):
            return to
        return HANDED_OVER, {"to": to.id}, f"handed {review.review} to {to.name}."

    def _close(self, review: ReviewRow, words: Sequence[str]) -> Any:
        if review.cause is None:
            return refusal(f"Name the cause first: /sla reviews cause {review.review} {causes_of(review, self._book)[0]}")
        return CLOSED, {"note": clipped(" ".join(words), _LONGEST)}, f"closed {review.review}."

    def _date(self, said: str) -> int:
        """A date is meant at nine in the morning."""
        now = self._clock.now()
        try:
            due = instant_at(said if "T" in said else f"{said}T09:00", self._book.zone_at(now))
        except InstantError:
            raise CommandError(f"By when? {said[:40]!r} is no date: write {_ACTION}") from None
        if due <= now:
            raise CommandError(f"By when? {said[:40]} is over: write {_ACTION}")
        return due

    def _review(self, id: str) -> ReviewRow | Answer:
        """A review by its id, or the latest of a ticket."""
        review = self._ledger.reader.review(id)
        if review is not None:
            return review
        view = self._ledger.reader.ticket(id)
        if view is not None and view.reviews:
            return view.reviews[-1]
        if view is not None:
            return refusal(f"Nothing of {view.ticket} was breached, so there is nothing to review.")
        return refusal(f"There is no review and no ticket {clipped(id, 60)!r}. /sla reviews lists what is open.")

    def _shown(self, review: ReviewRow) -> Answer:
        """A review with what happened to its ticket."""
        card = review_card(review, self._book, self._clock.now())
        history = self._ledger.looks.histories([review.ticket])[0]
        return Answer(cards=(card, timeline_card(history, self._book)) if history.events else (card,))

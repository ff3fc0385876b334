"""Letters: what a customer is told about a ticket, and whether anybody has to approve it first.

Decided here: at most one letter a ticket within the agreement's span, none for who asked for none; before a promised letter
falls due another one follows; a letter that a person has to approve waits for that, but not for ever. Not decided here: when a
letter is called for (`responses`), its words and how it goes out.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from escalation.book import Book
from escalation.facts import Facts
from escalation.reconcile import LETTER
from rules.agreement import Agreement
from rules.decisions import Decision
from rules.instants import HOUR
from rules.moments import Moment

APPROVED, REFUSED = "letter.approved", "letter.refused"
"""What a person says to a letter that asks for it: `letter` its id, `by` who."""
RELEASED, KEPT_BACK = "message.approved", "message.refused"
"""The decisions that follow from it."""
FOLLOW_UP = "progress"
"""The wording of a letter that keeps a promise to write; where there is none, the promise is people's to keep."""
DRAFT_LASTS = 4 * HOUR
"""So long a letter may wait for its approval; later it would not be true any more."""

Following = Callable[..., Decision]


class Letters:
    """The letters of one ticket. `done_at` tells when what was due at an instant could be done, `add` receives decisions."""

    def __init__(
        self, book: Book, facts: Facts, done_at: Callable[[int], int], following: Following, add: Callable[[Decision], None]
    ) -> None:
        self._book, self._facts, self._done_at, self._following, self._add = book, facts, done_at, following, add
        self._written: list[int] = []
        self._drafts: dict[str, Decision] = {}
        self._followed: set[Any] = set()

    def write(self, wording: str, cause: Decision, customer: Any, agreement: Agreement | None, reason: str) -> None:
        """A rule calls for a letter."""
        if not self._wanted(wording, customer):
            return
        every = (agreement.customer_updates.every if agreement else None) or 0
        letter = self._drafted(wording, cause, customer, agreement, reason)
        written = self._facts.letters.get(letter.key, self._done_at(cause.at))
        earlier = [at for key, at in self._facts.letters.items() if key != letter.key and at <= cause.at]
        if all(at < written and written - at >= every for at in [*self._written, *earlier]):
            self._send(letter, written, cause)

    def follow_up(self, cause: Decision, customer: Any, agreement: Agreement | None) -> None:
        """A promise to write is about to fall due: it is kept by another letter."""
        if self._wanted(FOLLOW_UP, customer) and cause.clock not in self._followed:
            self._followed.add(cause.clock)
            letter = self._drafted(FOLLOW_UP, cause, customer, agreement, f"as promised: {cause.reason}")
            self._send(letter, self._facts.letters.get(letter.key, self._done_at(cause.at)), cause)

    def judge(self, moment: Moment, name: Callable[[Sequence[str]], str]) -> None:
        """A person has approved a draft, or will not have it sent. Which is done once; what has expired stays as it is."""
        data = moment.event.data
        draft = self._drafts.pop(str(data.get("letter")), None)
        if draft is None or moment.at > expires_at(draft):
            return
        by, sends = name([str(data.get("by") or "somebody")]), moment.event.type == APPROVED
        kind, done = (RELEASED, "approved") if sends else (KEPT_BACK, "refused")
        reason = f"{by} {done} the letter to {draft.customer}"
        said = Decision(moment.at, kind, draft.ticket, reason, draft.agreement, draft.version, draft.metric, draft.cycle)
        said.wording, said.customer, said.cause = draft.wording, draft.customer, draft.cause
        self._add(said)

    def _wanted(self, wording: str, customer: Any) -> bool:
        known = self._book.promises.customers.get(customer, {}) if isinstance(customer, str) else {}
        return customer is not None and wording in self._book.wording and known.get("updates") != "none"

    def _drafted(self, wording: str, cause: Decision, customer: Any, agreement: Agreement | None, reason: str) -> Decision:
        """A letter; one that has to be approved is for a team first."""
        asks = agreement is not None and agreement.customer_updates.approve is not None
        team = agreement.team if asks and agreement else None
        return self._following(cause, LETTER, reason, wording=wording, customer=str(customer), team=team)

    def _send(self, letter: Decision, written: int, cause: Decision) -> None:
        self._written.append(written)
        letter.done_at = written if written > cause.at else None
        if letter.team is not None:
            self._drafts[letter_id(letter)] = letter
        self._add(letter)


def expires_at(letter: Decision) -> int:
    """Until when a letter may be approved."""
    return (letter.done_at or letter.at) + DRAFT_LASTS


def letter_id(letter: Decision) -> str:
    """What a person calls a letter; the same at every look."""
    return f"L-{letter.ticket}-{hashlib.sha256(letter.key.encode()).hexdigest()[:6]}"

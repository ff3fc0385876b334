"""The pages of one ticket.

Decided here: that there is one open page a ladder, which later reasons join; what a person's click does; when a page is no
longer needed; that nobody is called before it could be known that somebody is needed. Not decided here: why people are
called (`responses`), and the way up the ladder (`page`).
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from escalation.book import Book
from escalation.lateness import Delays
from escalation.page import Clock, Page
from rules.agreement import Agreement
from rules.crossings import NEVER
from rules.decisions import Decision
from rules.durations import DurationError, parse_milliseconds
from rules.moments import Moment

ACKNOWLEDGED, ESCALATED, HANDED_OVER = "page.acknowledged", "page.escalated", "page.handed_over"
UNREACHED = "page.unreached"
"""Somebody whom a page called can never be reached where it was tried."""
_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


class Pages:
    """Open and closed pages, in the order in which they were opened; `opened` are those on record, `say` receives decisions."""

    def __init__(
        self, book: Book, moments: Sequence[Moment], opened: Mapping[str, int], say: Callable[[Decision], None]
    ) -> None:
        self._book, self._opened, self._say = book, opened, say
        self._delays = Delays(moments)
        self._known_at = 0
        self._facts: Mapping[str, Any] = {}
        self.all: list[Page] = []

    def next_at(self) -> int:
        """When a page comes to its next deadline."""
        return min(map(self._due, self.all)) if self.all else NEVER

    def time_out(self, at: int) -> None:
        """A deadline has come."""
        min(self.all, key=self._due).time_out(at)

    def heard(self, moment: Moment) -> None:
        """An event was known at its instant; what follows from it could not be known before."""
        self._known_at = max(self._known_at, moment.event.known_at)
        self._facts = moment.facts
        for page in self._open():
            page.facts = moment.facts

    def possible(self, at: int) -> int:
        """When what is due at `at` can be done: not before it is known, and not while nothing could be done."""
        return self._delays.over(max(self._known_at, at))

    def call(self, ladder: str, cause: Decision, agreement: Agreement | None, *, breached: bool) -> None:
        """People are needed: open a page, or give the open one another reason."""
        for page in self._open():
            if page.ladder.name == ladder:
                page.join(cause, self.possible(cause.at), breached=breached)
                return
        id = _id(ladder, cause)
        # A page on record stays where it was opened, whatever has arrived late since.
        at = max(cause.at, self._opened[id]) if id in self._opened else self.possible(cause.at)
        found = self._book.ladder_at(ladder, at)
        if found is None:
            return
        page = Page(id, cause, found, self._book.roster_at(at), self._book, self._say)
        page.facts = self._facts
        if agreement:
            page.team, page.calendar = agreement.team, agreement.calendar
        page.clocks[cause.clock] = breached
        page.reasons.append(cause.reason)
        self.all.append(page)
        if at > cause.at:
            page.open_later(at)
        else:
            page.open(at)

    def click(self, moment: Moment) -> bool:
        """A person acts on the named page or each open one, or could not be reached; whether there was one."""
        data = moment.event.data
        wanted, by, to = data.get("page"), str(data.get("by") or "somebody"), str(data.get("to"))
        pages = [page for page in self._open() if wanted in (None, page.id) and not page.waiting]
        for page in pages:
            match moment.event.type:
                case "page.acknowledged":
                    page.acknowledge(moment.at, by, _lasts(data.get("for")))
                case "page.escalated":
                    page.escalate(moment.at, by)
                case "page.handed_over" if to in self._book.people:
                    page.hand_over(moment.at, by, to)
                case "page.unreached":
                    page.unreached(moment.at, _number(data.get("call")), to, str(data.get("why"))[:200])
        return bool(pages)

    def overdue(self, clock: Clock) -> None:
        """A clock has gone overdue: its pages may climb to the steps that wait for that."""
        for page in self._open():
            if clock in page.clocks:
                page.clocks[clock] = True

    def end(self, cause: Decision) -> None:
        """The clock of `cause` no longer needs anybody: pages that were open for it alone are over."""
        for page in self._open():
            if page.clocks.pop(cause.clock, None) is not None and not page.clocks:
                page.close(cause.at, cause.reason)

    def close(self, at: int, reason: str) -> None:
        """Nobody is needed any more, for whatever reason a page was open."""
        for page in self._open():
            page.close(at, reason)

    def _due(self, page: Page) -> int:
        """When a page's deadline is acted on. One that waits to be opened waits for what is possible, or on record, already."""
        return page.deadline if page.waiting else self._delays.over(page.deadline)

    def _open(self) -> list[Page]:
        return [page for page in self.all if page.state != "closed"]


def _id(ladder: str, cause: Decision) -> str:
    """An id that names the ticket and depends on the cause alone: the same at every look, whatever other pages there were."""
    digest = hashlib.sha256(f"{ladder}/{cause.key}".encode()).digest()
    return f"P-{cause.ticket}-" + "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in digest[:6])


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _lasts(text: Any) -> int | None:
    try:
        return parse_milliseconds(text) if isinstance(text, str) else None
    except DurationError:
        return None

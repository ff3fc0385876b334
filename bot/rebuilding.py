"""Rebuilding: a ticket as its last look found it, from its entries alone.

Decided here: that it is looked at as of the instant of its last look, with the facts that its record remembers, and that what
has come since then is left out; what came at about that instant may have been seen by that look or not. Not decided here: what
is compared, and what becomes of a difference.
"""

from collections.abc import Iterator
from dataclasses import replace

from bot.looking import breaches_elsewhere, found_in
from bot.ports import Looks
from bot.records import History, Written
from escalation.book import Book
from escalation.facts import NO_FACTS
from rules.instants import MINUTE

_ABOUT = MINUTE
"""Longer than any look takes, and than machines' clocks differ."""


class Rebuilding:
    """Looks at tickets anew under a book with its register."""

    def __init__(self, looks: Looks, book: Book, republished_at: int | None) -> None:
        self._looks, self._book, self._republished_at = looks, book, republished_at
        self._teams = {agreement.name: agreement.team for agreement in book.promises.agreements}

    def as_looked_at(self, history: History, looked_at: int) -> Iterator[Written]:
        """The ticket as it was looked at last; then as it would have been without what came only just before."""
        events = [event for event in history.events if (event.recorded or event.time) <= looked_at]
        while events:
            yield self._looked(replace(history, events=events), looked_at)
            if (events[-1].recorded or events[-1].time) < looked_at - _ABOUT:
                return
            events = events[:-1]

    def _looked(self, history: History, at: int) -> Written:
        facts = NO_FACTS.remembering(history.recorded)
        found, new = found_in(history, self._book, facts, at, self._republished_at)
        # Where a counter led to nothing, nothing of it is on record, and other tickets may be known better by now than then.
        if new and found.counted:
            facts = replace(facts, breaches=breaches_elsewhere(self._looks, history))
            found, _ = found_in(history, self._book, facts, at, self._republished_at)
        return Written(found, history.seen, (), (), self._teams, at)

"""Promising: a letter that says when the next one comes has promised it, and that becomes a clock.

Decided here: only what the letter's words say is promised, once for all platforms on which it went out. Not decided here: what
becomes of the clock (`rules.promised`).
"""

import hashlib

from bot.ports import Ledger, WallClockPort
from bot.records import OutboxRow
from bot.sending import Post
from bot.watch import Watch
from bot.wording import next_update
from escalation.book import Book
from escalation.lateness import SOURCE
from rules.decisions import Decision
from rules.instants import text
from rules.promised import GIVEN
from rules.ticket import TicketEvent

BY = "our letter"


class Promising:
    """Notes what letters promise."""

    def __init__(self, ledger: Ledger, book: Book, clock: WallClockPort, watch: Watch) -> None:
        self._ledger, self._book, self._clock, self._watch = ledger, book, clock, watch

    def sent(self, row: OutboxRow, post: Post, drawn_at: int) -> None:
        """A letter went out as it was drawn at an instant."""
        decision = Decision.of(row.body["decision"])
        until, words = next_update(decision, self._book, drawn_at)
        if decision.agreement is None or words not in " ".join(post.card.lines):
            return
        data = {"until": text(until), "agreement": decision.agreement, "version": decision.version, "by": BY}
        id = f"promised/{hashlib.sha256(decision.entry.encode()).hexdigest()[:20]}"
        event = TicketEvent(row.ticket, GIVEN, drawn_at, data, id, SOURCE)
        if self._ledger.intake.act(event, self._clock.now):
            self._watch.nudge()

"""Drawing: what stands on a message.

Decided here: that a card is drawn as its ticket stands when it is sent, a list as all of its tickets stand; that what is said
late tells its age. Not decided here: what is put together (`bundling`), how a card looks (`cards`, `exception_cards`,
`wording`) and how a platform shows it.
"""

from collections.abc import Mapping

from bot.bundling import Message
from bot.cards import list_card, ticket_card
from bot.changes import change_of
from bot.exception_cards import exception_card
from bot.messages import Card, clipped
from bot.needed import awake
from bot.outlook import outlook
from bot.ports import Ledger
from bot.records import ALONE, NOTICE, ChatEntry, OutboxRow, TicketView
from bot.registrar import AUDIENCE, Registrar
from bot.sending import DeliveryError, Post, PostKind
from bot.wording import address_of, customer_card, draft_card
from escalation.book import Book
from rules.decisions import Decision
from rules.durations import spoken
from rules.instants import MINUTE

LATE = MINUTE
"""What is said later than that tells by how much."""
_LONGEST_LINE = 500


class Drawing:
    """Draws messages from what the ledger and the register hold."""

    def __init__(self, ledger: Ledger, book: Book, registrar: Registrar) -> None:
        self._ledger, self._book, self._registrar = ledger, book, registrar

    def post(self, message: Message, views: Mapping[str, TicketView], now: int) -> Post:
        """A message as a platform is asked to say it. Raises DeliveryError where it cannot be drawn."""
        row = message.rows[0]
        kind, card = self._card(message, row, views, now)
        lines = tuple(self._line(row, len(message.tickets) > 1, now) for row in message.rows if _speaks(row))
        ref = message.post.ref if message.post else None
        to = address_of(views[row.ticket].facts, self._book) if kind == "letter" else None
        change = change_of(row, self._book) if kind == "change" else {}
        return Post(message.bundle or row.id, row.channel, kind, card, lines, ref, row.ticket, to, change)

    def _card(self, message: Message, row: OutboxRow, views: Mapping[str, TicketView], now: int) -> tuple[PostKind, Card]:
        if message.bundle is not None:
            return "list", self._list(message.bundle, views, now)
        if row.audience == NOTICE:
            return "notice", Card(title=row.body["title"], lines=tuple(row.body["lines"]))
        if row.audience == AUDIENCE:
            return "card", self._exception(row, now)
        if row.audience == "helpdesk":
            return "change", Card(title=row.line or "")
        view = views.get(row.ticket)
        if view is None:
            raise DeliveryError(f"ticket {row.ticket} is not known", permanent=True)
        view = view.at(now, self._book.promises.calendars)
        if row.audience in ("customer", "draft"):
            letter = Decision.of(row.body["decision"])
            agreement = self._book.promises.agreement(letter.agreement, letter.version)
            told = outlook(view, agreement, self._ledger.reader, self._book, now)
            card = customer_card(letter, view, self._book, now, told)
            return ("letter", card) if row.audience == "customer" else ("notice", draft_card(letter, card, self._book))
        return "card", ticket_card(view, self._book)

    def _list(self, bundle: int, views: Mapping[str, TicketView], now: int) -> Card:
        """A list with all of its tickets, also those that nothing new is said about."""
        others = [ticket for ticket in self._ledger.posts.bundled(bundle) if ticket not in views]
        every = {**views, **self._ledger.reader.tickets(others)}
        calendars = self._book.promises.calendars
        return list_card([view.at(now, calendars) for view in every.values()], bundle, self._book)

    def _exception(self, row: OutboxRow, now: int) -> Card:
        exception = self._registrar.register.exceptions.get(row.ticket)
        if exception is None:
            raise DeliveryError(f"exception {row.ticket} is not known", permanent=True)
        return exception_card(exception, self._book, now)

    def _line(self, row: OutboxRow, several: bool, now: int) -> ChatEntry:
        """What is added to the message's thread; what customers read has none of our reasons."""
        at = row.body["decision"]["at"] if "decision" in row.body else row.body["at"]
        if row.audience in ALONE:
            return ChatEntry(str(row.id), at, "")
        text = clipped(f"{row.ticket}: {row.line}" if several else row.line, _LONGEST_LINE)
        late = f" ({spoken((now - at) // MINUTE * MINUTE)} late)" if now - at > LATE else ""
        return ChatEntry(str(row.id), at, text + late, tuple(awake(row, self._book, now)))


def _speaks(row: OutboxRow) -> bool:
    return row.line is not None or row.audience == NOTICE

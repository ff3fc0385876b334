"""Delivery: carries out what the outbox holds.

Decided here: a card is drawn as the ticket stands when it is sent; failures that may pass are tried again with growing
pauses, others are kept as dead letters. Not decided here: what is said, and how a platform says it.
"""

import asyncio
import random
from collections.abc import Mapping

import structlog

from bot.cards import ticket_card
from bot.exception_cards import exception_card
from bot.loops import go_on, waited_until
from bot.messages import Card, clipped
from bot.ports import DeliveryError, Ledger, Sender, WallClockPort
from bot.records import NOTICE, ChatEntry, OutboxRow, TicketView
from bot.registrar import AUDIENCE, Registrar
from bot.wording import customer_card
from escalation.book import Book
from rules.decisions import Decision
from rules.instants import MINUTE, SECOND

BATCH = 100
MOST_ATTEMPTS = 10

log = structlog.get_logger()


class Delivery:
    """Sends through `senders`, one a platform."""

    def __init__(
        self, ledger: Ledger, book: Book, clock: WallClockPort, senders: Mapping[str, Sender], registrar: Registrar
    ) -> None:
        self._ledger, self._book, self._clock, self._senders = ledger, book, clock, senders
        self._registrar = registrar

    async def run(self, written: asyncio.Event, said: asyncio.Event) -> None:
        """Deliver for ever: when `written` is set, when a row is due, and each second; `said` is set after each batch."""
        await go_on(lambda: self._turn(written, said))

    async def _turn(self, written: asyncio.Event, said: asyncio.Event) -> None:
        written.clear()
        if await asyncio.to_thread(self.batch):
            said.set()
            return
        upcoming = await asyncio.to_thread(self._ledger.outbox.next_due)
        await waited_until(written, upcoming, self._clock)

    def batch(self) -> int:
        """Send what is due; how many rows there were. After a failure, its channel waits: nothing overtakes it there."""
        rows = self._ledger.outbox.claim(self._clock.now(), BATCH)
        stuck: set[tuple[str, str]] = set()
        held: list[OutboxRow] = []
        for row in rows:
            channel = (row.platform, row.channel)
            if channel in stuck:
                held.append(row)
            elif not self._deliver(row):
                stuck.add(channel)
        if held:
            self._ledger.outbox.release(held)
        return len(rows)

    def _deliver(self, row: OutboxRow) -> bool:
        """Whether it was sent or is given up; False where it is to be tried again."""
        try:
            self._send(row)
        except DeliveryError as error:
            return self._fail(row, str(error), permanent=error.permanent)
        except Exception as error:
            log.exception("a delivery failed", outbox=row.id, ticket=row.ticket, platform=row.platform)
            return self._fail(row, f"{type(error).__name__}: {error}", permanent=False)
        self._ledger.outbox.sent(row, self._clock.now())
        return True

    def _send(self, row: OutboxRow) -> None:
        sender = self._senders.get(row.platform)
        if sender is None:
            raise DeliveryError(f"there is no sender for {row.platform}", permanent=True)
        if row.body["audience"] == AUDIENCE:
            self._send_exception(row, sender)
            return
        if row.body["audience"] == NOTICE:
            card = Card(title=row.body["title"], lines=tuple(row.body["lines"]))
            sender.send(row, card, NOTICE, ChatEntry(str(row.id), row.body["at"], ""), self._clock.now())
            return
        view = self._ledger.reader.ticket(row.ticket)
        if view is None:
            raise DeliveryError(f"ticket {row.ticket} is not known", permanent=True)
        card, kind = self._card(row, view.at(self._clock.now(), self._book.promises.calendars))
        sender.send(row, card, kind, _thread_line(row, kind), self._clock.now())

    def _send_exception(self, row: OutboxRow, sender: Sender) -> None:
        """An exception's card as it stands now."""
        now = self._clock.now()
        exception = self._registrar.register.exceptions.get(row.ticket)
        if exception is None:
            raise DeliveryError(f"exception {row.ticket} is not known", permanent=True)
        line = ChatEntry(str(row.id), row.body["at"], clipped(row.body["line"], 500), tuple(row.body["mentions"]))
        sender.send(row, exception_card(exception, self._book, now), "card", line, now)

    def _card(self, row: OutboxRow, view: TicketView) -> tuple[Card, str]:
        if row.body["audience"] == "customer":
            return customer_card(Decision(**row.body["decision"]), view, self._book, self._clock.now()), "customer"
        return ticket_card(view, self._book), "card"

    def _fail(self, row: OutboxRow, error: str, *, permanent: bool) -> bool:
        dead = permanent or row.attempts >= MOST_ATTEMPTS
        wait = min(SECOND << row.attempts, 10 * MINUTE)
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
        retry_at = None if dead else self._clock.now() + int(wait * jitter * self._clock.speed)
        log.warning("not delivered", outbox=row.id, ticket=row.ticket, error=error, again=not dead)
        self._ledger.outbox.failed(row, error, retry_at)
        return dead


def _thread_line(row: OutboxRow, kind: str) -> ChatEntry | None:
    """What is added to the card's thread; what customers read has none of our reasons."""
    line = row.body.get("line")
    if line is None:
        return None
    text = "" if kind == "customer" else clipped(line, 500)
    return ChatEntry(str(row.id), row.body["decision"]["at"], text, tuple(row.body.get("mentions", ())))

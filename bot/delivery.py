"""Delivery: carries out what the outbox holds.

Decided here: a card is drawn as the ticket stands when it is sent; failures that may pass are tried again with growing
pauses, others are kept as dead letters. Not decided here: what is said, and how a platform says it.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping

import structlog

from bot.cards import ticket_card
from bot.exception_cards import exception_card
from bot.figures import Figures
from bot.loops import Wake, go_on
from bot.messages import Card, clipped
from bot.pace import held_until
from bot.ports import Ledger, LedgerUnavailableError, WallClockPort
from bot.records import NOTICE, ChatEntry, OutboxRow, TicketView
from bot.registrar import AUDIENCE, Registrar
from bot.sending import DeliveryError, Sender
from bot.shared_ports import Limits
from bot.wording import customer_card
from escalation.book import Book
from rules.decisions import Decision
from rules.instants import MINUTE, SECOND

BATCH = 100
LONGEST_SECONDS = 20.0
"""What a batch has not sent by then goes back: a row that was claimed for a minute counts as lost, and is sent by somebody
else.
"""
MOST_ATTEMPTS = 10

log = structlog.get_logger()


class Delivery:
    """Sends through `senders`, one a platform; `said` is called after each batch."""

    def __init__(
        self,
        ledger: Ledger,
        book: Book,
        clock: WallClockPort,
        senders: Mapping[str, Sender],
        registrar: Registrar,
        limits: Limits,
        figures: Figures,
        said: Callable[[], None],
    ) -> None:
        self._ledger, self._book, self._clock, self._senders = ledger, book, clock, senders
        self._registrar, self._limits, self._figures, self._said = registrar, limits, figures, said
        self._nudged = Wake()

    def nudge(self) -> None:
        """There is something to say: look now."""
        self._nudged.set()

    async def run(self) -> None:
        """Deliver for ever: when there is something to say, when a row is due, and each second."""
        await go_on(self._turn)

    async def _turn(self) -> None:
        self._nudged.clear()
        if await asyncio.to_thread(self.batch):
            self._said()
            return
        upcoming = await asyncio.to_thread(self._ledger.outbox.next_due)
        await self._nudged.until(upcoming, self._clock)

    def batch(self) -> int:
        """Send what is due; how many rows there were. Where one has to wait, its channel waits: nothing overtakes it there."""
        rows = self._ledger.outbox.claim(self._clock.now(), BATCH)
        end = time.monotonic() + LONGEST_SECONDS
        stuck: set[tuple[str, str]] = set()
        held: dict[int, list[OutboxRow]] = defaultdict(list)
        for row in rows:
            channel = (row.platform, row.channel)
            again = 0 if channel in stuck or time.monotonic() > end else self._held(row)
            if again is not None:
                held[again].append(row)
                stuck.add(channel)
            elif not self._deliver(row):
                stuck.add(channel)
        for again, waiting in held.items():
            self._ledger.outbox.release(waiting, again)
        if rows:
            self._figures.batch("messages", len(rows))
        return len(rows)

    def _held(self, row: OutboxRow) -> int | None:
        """When to try a row whose platform takes no more messages now; None: send it."""
        sender = self._senders.get(row.platform)
        return held_until(row, sender, self._limits, self._clock) if sender else None

    def _deliver(self, row: OutboxRow) -> bool:
        """Whether it was sent or is given up; False where it is to be tried again."""
        try:
            self._send(row)
        except DeliveryError as error:
            return self._fail(row, str(error), permanent=error.permanent)
        except LedgerUnavailableError:
            raise
        except Exception as error:
            log.exception("a delivery failed", outbox=row.id, ticket=row.ticket, platform=row.platform)
            return self._fail(row, f"{type(error).__name__}: {error}", permanent=False)
        now = self._clock.now()
        self._ledger.outbox.sent(row, now)
        self._figures.said(max(0, now - row.created_at))
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
            return customer_card(Decision.of(row.body["decision"]), view, self._book, self._clock.now()), "customer"
        return ticket_card(view, self._book), "card"

    def _fail(self, row: OutboxRow, error: str, *, permanent: bool) -> bool:
        dead = permanent or row.attempts >= MOST_ATTEMPTS
        wait = min(SECOND << row.attempts, 10 * MINUTE)
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
        retry_at = None if dead else self._clock.now() + int(wait * jitter * self._clock.speed)
        self._figures.failed("delivery")
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

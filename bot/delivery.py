"""Delivery: carries out what the outbox holds.

Decided here: each platform is served by a loop of its own, some channels at once and a channel's messages one after the other;
whether a call or a letter is still needed is asked just before; failures that may pass are tried again with growing pauses,
others are kept as dead letters, and who cannot be reached is told to the ladder. Not decided here: what is put together
(`bundling`), what stands on it (`drawing`), and how a platform says it.
"""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import structlog

from bot.bundling import SPAN, Message, bundled
from bot.drawing import Drawing
from bot.figures import Figures
from bot.hints import Hints
from bot.loops import Wake, go_on
from bot.needed import needless, quiet_until
from bot.pace import held_until
from bot.ports import Ledger, LedgerUnavailableError, WallClockPort
from bot.promising import Promising
from bot.records import NOTICE, PRESSING, OutboxRow, TicketView
from bot.registrar import Registrar
from bot.sending import DeliveryError, Posted, Sender
from bot.shared_ports import Limits
from bot.unreached import Unreached
from bot.watch import Watch
from escalation.book import Book
from escalation.effects import HINTED
from rules.instants import MINUTE, SECOND

AT_ONCE = 8
"""So many channels of a platform are served at the same time."""
LONGEST_SECONDS = 20.0
"""What a channel has not been sent by then goes back: a row that was claimed for a minute counts as lost, and is sent by
somebody else.
"""
MOST_ATTEMPTS = 10
_LONGEST_STOP = 5.0
_LOST = "it was being sent when the process ended, and nobody can know whether it has arrived"
_NOTHING_ALIKE = "nothing like it is known"
_NOTHING_SHOWN = "nothing is shown of the ticket here"

log = structlog.get_logger()


class Delivery:
    """Sends through `senders`, one a platform; `said` is called when something was."""

    def __init__(
        self,
        ledger: Ledger,
        book: Book,
        clock: WallClockPort,
        senders: Mapping[str, Sender],
        registrar: Registrar,
        watch: Watch,
        limits: Limits,
        figures: Figures,
        said: Callable[[], None],
    ) -> None:
        self._ledger, self._book, self._clock, self._senders = ledger, book, clock, senders
        self._watch, self._limits, self._figures, self._said = watch, limits, figures, said
        self._drawing = Drawing(ledger, book, registrar)
        self._unreached = Unreached(ledger, book, clock, watch, senders)
        self._hints = Hints(ledger)
        self._promising = Promising(ledger, book, clock, watch)
        self._nudged = {platform: Wake() for platform in senders}
        self._busy: dict[str, set[asyncio.Future[None]]] = {platform: set() for platform in senders}
        self._threads = ThreadPoolExecutor(AT_ONCE * len(senders), thread_name_prefix="delivery")

    def nudge(self) -> None:
        """There is something to say: look now."""
        for wake in self._nudged.values():
            wake.set()

    async def run(self) -> None:
        """Deliver for ever: when there is something to say, when a row is due, and each second."""
        await asyncio.to_thread(self._ledger.outbox.serve, list(self._senders))
        try:
            await asyncio.gather(*(go_on(partial(self._turn, platform)) for platform in self._senders))
        finally:  # what is on its way is noted, so that it need not be asked for
            if under_way := [task for busy in self._busy.values() for task in busy]:
                await asyncio.wait(under_way, timeout=_LONGEST_STOP)

    async def _turn(self, platform: str) -> None:
        wake, busy = self._nudged[platform], self._busy[platform]
        wake.clear()
        outbox, free = self._ledger.outbox, AT_ONCE - len(busy)
        rows = await asyncio.to_thread(outbox.claim, self._clock.now(), free, [platform]) if free else []
        for own in by_channel(rows):
            task = asyncio.get_running_loop().run_in_executor(self._threads, self.deliver, own)
            busy.add(task)
            task.add_done_callback(partial(self._done, platform))
        if rows:
            self._figures.batch("messages", len(rows))
            return
        upcoming = await asyncio.to_thread(outbox.next_due, [platform]) if free else None
        await wake.until(upcoming, self._clock)

    def _done(self, platform: str, task: "asyncio.Future[None]") -> None:
        self._busy[platform].discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a channel could not be served; it is tried again in a minute", platform=platform, error=str(error))
        self._nudged[platform].set()
        self._said()

    def deliver(self, rows: Sequence[OutboxRow]) -> None:
        """Send what was claimed of one channel. Where a message has to wait, nothing less pressing overtakes it there."""
        now, (platform, channel) = self._clock.now(), (rows[0].platform, rows[0].channel)
        sender = self._senders.get(platform)
        if sender is None:
            self._ledger.outbox.failed(rows, f"there is no sender for {platform}", None)
            return
        rows = self._ready(rows, sender, now)
        standing = self._ledger.posts.standing(platform, channel, [row.ticket for row in rows], now - SPAN)
        found = bundled(rows, standing, now)
        self._ledger.outbox.dropped(found.needless, _NOTHING_SHOWN, now)
        for at, later in found.later.items():
            self._ledger.outbox.release(later, at)
        end = time.monotonic() + LONGEST_SECONDS
        for n, message in enumerate(found.messages):
            rest = [row for later in found.messages[n:] for row in later.rows]
            if (again := held_until(channel, sender, self._limits, self._clock)) is not None:
                self._ledger.outbox.release(rest, again, held=True)
                return
            if time.monotonic() > end or not self._say(message, sender):
                self._ledger.outbox.release(rest)  # those that were tried are marked already
                return

    def _ready(self, rows: Sequence[OutboxRow], sender: Sender, now: int) -> list[OutboxRow]:
        """Without those of which nobody knows whether they were sent, and those that wait for the end of quiet hours."""
        quiet: dict[int, list[OutboxRow]] = defaultdict(list)
        ready, lost = [], []
        for row in rows:
            if row.lost and not sender.certain:
                lost.append(row)
            elif (until := quiet_until(row, self._book, now)) is not None:
                quiet[until].append(row)
            else:
                ready.append(row)
        self._ledger.outbox.failed(lost, _LOST, None)
        for until, waiting in quiet.items():
            self._ledger.outbox.release(waiting, until)
        return ready

    def _say(self, message: Message, sender: Sender) -> bool:
        """Whether it was sent, is given up or need not be said; False where it is to be tried again."""
        rows: Sequence[OutboxRow] = message.rows
        try:
            views = self._views(message)
            rows = self._needed(message, views)
            if not rows:
                return True
            message = Message(tuple(rows), message.post, message.bundle)
            now = self._clock.now()
            post = self._drawing.post(message, views, now)
            ref = sender.send(post, now)
        except DeliveryError as error:
            return self._fail(rows, str(error), permanent=error.permanent, retry_after=error.retry_after)
        except LedgerUnavailableError:
            raise
        except Exception as error:
            log.exception("a delivery failed", outbox=rows[0].id, ticket=rows[0].ticket, platform=sender.platform)
            return self._fail(rows, f"{type(error).__name__}: {error}", permanent=False)
        sent_at, spoken = self._clock.now(), any(row.line is not None for row in rows)
        self._ledger.outbox.sent(rows, sent_at, Posted(ref, sent_at, sent_at if spoken else 0, sent_at, message.bundle))
        for row in rows:
            self._figures.said(max(0, sent_at - row.created_at))
            if row.audience == "customer":
                self._promising.sent(row, post, now)
        return True

    def _views(self, message: Message) -> Mapping[str, TicketView]:
        """The tickets of a message. Where somebody is called or a customer is written to, as they stand at this instant."""
        views = self._ledger.reader.tickets(message.tickets)
        weighty = {row.ticket for row in message.rows if row.priority == PRESSING or row.audience in ("customer", "draft")}
        now = self._clock.now()
        behind = [id for id in weighty if id in views and (views[id].attention_at or now + 1) <= now]
        for ticket in behind:
            self._watch.look_now(ticket)
        return {**views, **self._ledger.reader.tickets(behind)}

    def _needed(self, message: Message, views: Mapping[str, TicketView]) -> list[OutboxRow]:
        """What of a message still has to be said; where nothing of a new one has, nothing is shown either."""
        needed: list[OutboxRow] = []
        given_up: dict[str, list[OutboxRow]] = defaultdict(list)
        for row in message.rows:
            view = views.get(row.ticket)
            why = needless(row, view, self._book) if view is not None and "decision" in row.body else None
            if why is None and view is not None and row.body.get("decision", {}).get("kind") == HINTED:
                hint = self._hints.line(view)
                row, why = (replace(row, body={**row.body, "line": hint}), None) if hint else (row, _NOTHING_ALIKE)
            (needed if why is None else given_up[why]).append(row)
        if message.post is None:
            speaking = {row.ticket for row in needed if row.line is not None or row.audience == NOTICE}
            given_up[_NOTHING_SHOWN] = [row for row in needed if row.ticket not in speaking]
            needed = [row for row in needed if row.ticket in speaking]
        for why, dropped in given_up.items():
            self._ledger.outbox.dropped(dropped, why, self._clock.now())
        return needed

    def _fail(self, rows: Sequence[OutboxRow], error: str, *, permanent: bool, retry_after: float | None = None) -> bool:
        attempts = max(row.attempts for row in rows)
        dead = permanent or attempts >= MOST_ATTEMPTS
        wait = min(SECOND << attempts, 10 * MINUTE) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads retries, guards nothing
        wait = max(wait, (retry_after or 0.0) * SECOND)
        retry_at = None if dead else self._clock.now() + int(wait * self._clock.speed)
        self._figures.failed("delivery")
        log.warning("not delivered", outbox=rows[0].id, ticket=rows[0].ticket, error=error, again=not dead)
        self._ledger.outbox.failed(rows, error, retry_at)
        if dead:
            self._unreached.tell(rows, error)
        return dead


def by_channel(rows: Sequence[OutboxRow]) -> list[list[OutboxRow]]:
    """Rows of each channel, in their order."""
    channels: dict[tuple[str, str], list[OutboxRow]] = defaultdict(list)
    for row in rows:
        channels[row.platform, row.channel].append(row)
    return list(channels.values())

"""The composition root: what the bot is made of.

Decided here: which part gets which others, and the order of starting and stopping. Nothing happens at import. Not decided
here: anything a part does.
"""

import asyncio
import signal
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
import uvicorn
from rich.console import Console

from adapters.helpdesk.cloudevents import batch_of
from adapters.ledger.seal_file import JsonSealFile
from adapters.ledger.store import open_ledger
from adapters.terminal.render import TerminalSender
from adapters.wall_clock import WallClock
from adapters.web.api import Api
from adapters.web.chat_page import ChatPage
from adapters.web.ingress import Ingress
from adapters.web.security import Security
from adapters.web.server import web_server
from bot.delivery import Delivery
from bot.handlers import Handlers
from bot.ports import Ledger, Sender, WallClockPort
from bot.registrar import Registrar
from bot.sealing import Sealing
from bot.watch import Watch
from config.settings import Settings
from escalation.book import Book

log = structlog.get_logger()


@dataclass
class App:
    """The parts of one process."""

    settings: Settings
    ledger: Ledger
    clock: WallClockPort
    watch: Watch
    delivery: Delivery
    registrar: Registrar
    handlers: Handlers
    page: ChatPage
    server: uvicorn.Server

    async def run(self, listening: socket.socket) -> None:
        """Serve until a signal ends it; then finish what is under way and stop."""
        if self.ledger.alone:  # what an earlier process held when it died is free again
            await asyncio.to_thread(self.ledger.looks.release)
            await asyncio.to_thread(self.ledger.outbox.reopen)
        await asyncio.to_thread(self.registrar.publish)
        written, said = asyncio.Event(), asyncio.Event()
        tasks = [
            asyncio.create_task(self.watch.run(written)),
            asyncio.create_task(self.delivery.run(written, said)),
            asyncio.create_task(self._wake(said)),
        ]
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(ending, self.stop)
        try:
            await self.server.serve(sockets=[listening])
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):
                raise error

    def stop(self) -> None:
        """End: the server waits for its connections, and a page's stream never ends by itself."""
        self.server.should_exit = True
        self.page.end()

    async def _wake(self, said: asyncio.Event) -> None:
        while True:
            await said.wait()
            said.clear()
            self.page.wake()


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling, which would end the process before the rest of it has ended."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def build_app(
    settings: Settings,
    book: Book,
    *,
    clock: WallClockPort | None = None,
    ledger: Ledger | None = None,
    senders: Sequence[Sender] = (),
) -> App:
    """Put the bot together; stand-ins may be given for clock, ledger and senders."""
    clock = clock or WallClock()
    ledger = ledger or open_ledger(settings.database_url)
    by_platform: dict[str, Sender] = {sender.platform: sender for sender in senders}
    by_platform.setdefault("local", ledger.chat)
    registrar = Registrar(ledger, book, clock, list(by_platform))
    watch = Watch(ledger, book, clock, list(by_platform), registrar)
    delivery = Delivery(ledger, book, clock, by_platform, registrar)
    handlers = Handlers(ledger, book, clock, watch, registrar)
    security = Security(settings.host, settings.sla_webhook_secret, settings.sla_api_token)
    page = ChatPage(ledger, book, clock, handlers, security)
    ingress = Ingress(ledger.intake, batch_of, clock, security, watch.nudge)
    web = web_server(ledger, ingress, page, Api(ledger, clock, book.promises.calendars), security)
    server = _Server(
        uvicorn.Config(
            web, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=5, server_header=False
        )
    )
    return App(settings, ledger, clock, watch, delivery, registrar, handlers, page, server)


def build_sealing(settings: Settings, ledger: Ledger, clock: WallClockPort) -> Sealing | None:
    """What seals the ledger; None where there is no key to seal it with."""
    if settings.seal_key is None:
        return None
    file = JsonSealFile(settings.seal_file) if settings.seal_file else None
    platform, _, channel = (settings.seal_channel or "").partition(":")
    place = (platform, channel) if channel else None
    return Sealing(ledger, clock, settings.seal_key.get_secret_value().encode(), file, place)


def terminal_sender() -> Sender:
    """Messages as lines on standard output."""
    return TerminalSender(Console(highlight=False))

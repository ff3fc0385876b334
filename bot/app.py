"""The composition root: what the bot is made of.

Decided here: which part gets which others, which parts a process of a role runs, and the order of starting and stopping.
Nothing happens at import. Not decided here: anything a part does.
"""

import asyncio
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Literal

import structlog
import uvicorn
from rich.console import Console
from starlette.types import ASGIApp

from adapters.email.sender import EmailSender
from adapters.helpdesk.cloudevents import batch_of
from adapters.helpdesk.writing_back import HelpdeskSender
from adapters.ledger.engine import database_name
from adapters.ledger.seal_file import JsonSealFile
from adapters.ledger.store import open_ledger
from adapters.redis.shared import open_redis
from adapters.terminal.render import TerminalSender
from adapters.wall_clock import WallClock
from adapters.web.api import Api
from adapters.web.chat_page import ChatPage
from adapters.web.ingress import Ingress
from adapters.web.metrics import Metrics
from adapters.web.security import Security
from adapters.web.server import EventsFirst, monitoring_routes, page_routes, web_server
from bot.alone import alone
from bot.archiving import Archiving
from bot.chores import Chore, Chores
from bot.compliance import standing
from bot.covering import Covering
from bot.delivery import Delivery
from bot.figures import Figures
from bot.group_commit import GroupCommit
from bot.handlers import Handlers
from bot.loops import go_on
from bot.open_fields import open_fields
from bot.ports import Ledger, WallClockPort
from bot.registrar import Registrar
from bot.reporting import reporting
from bot.sealing import Sealing
from bot.sending import Sender
from bot.shared_ports import Shared, Topic
from bot.watch import Watch
from config.settings import Settings
from escalation.book import Book
from rules.instants import DAY, HOUR, MINUTE, SECOND

Role = Literal["run", "web", "worker", "command"]
"""Everything in one process; events in, page and API; looks and deliveries; one command, after which others deliver."""
LONGEST_STOP_SECONDS = 8.0

log = structlog.get_logger()


@dataclass
class App:
    """The parts of one process."""

    settings: Settings
    ledger: Ledger
    shared: Shared
    clock: WallClockPort
    figures: Figures
    watch: Watch
    delivery: Delivery
    chores: Chores
    registrar: Registrar
    sealing: Sealing | None
    handlers: Handlers
    page: ChatPage
    server: uvicorn.Server

    async def run(self, listening: socket.socket, role: Role = "run") -> None:
        """Serve, and do what the role is for, until a signal ends it; then finish what is under way and stop."""
        watches = role != "web"
        if self.ledger.alone and watches:  # what an earlier process held when it died is free again
            await asyncio.to_thread(self.ledger.looks.release)
            await asyncio.to_thread(self.ledger.outbox.reopen)
        await asyncio.to_thread(self.registrar.publish)
        woken: dict[Topic, Callable[[], None]] = {
            "events": self.watch.nudge,
            "outbox": self.delivery.nudge,
            "chat": self.page.wake,
        }
        work = [
            go_on(partial(self.shared.bell.follow, woken)),
            go_on(partial(reporting, self.shared.board, self.figures, self.clock, role)),
        ]
        if watches:
            work += [self.watch.run(), self.delivery.run(), self.chores.run()]
        tasks = [asyncio.create_task(part) for part in work]
        loop = asyncio.get_running_loop()
        for ending in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(ending, self.stop)
        log.info("started", role=role, version=version("slakeeper"), ledger="file" if self.ledger.alone else "server")
        try:
            await self.server.serve(sockets=[listening])
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            self.shared.close()
            self.ledger.close()
        log.info("stopped", role=role)
        for error in ended:
            if isinstance(error, Exception):
                raise error

    def stop(self) -> None:
        """End: the server waits for its connections, and a page's stream never ends by itself.

        What is under way may wait for a database that does not answer: then it is cut off, and nothing is lost by that.
        """
        self.server.should_exit = True
        self.page.end()
        cut = threading.Timer(LONGEST_STOP_SECONDS, os._exit, [0])
        cut.daemon = True
        cut.start()


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
    shared: Shared | None = None,
    role: Role = "run",
) -> App:
    """Put the bot together; stand-ins may be given for clock, ledger, senders and what is shared. Raises LedgerError,
    RedisUrlError, SenderSettingsError.
    """
    clock = clock or WallClock()
    ledger = ledger or open_ledger(settings.database_url, open_fields(book))
    shared = shared or _shared(settings)
    bell = shared.bell
    by_platform: dict[str, Sender] = {sender.platform: sender for sender in senders}
    by_platform.setdefault("local", ledger.chat)
    for sender in build_senders(settings):
        by_platform.setdefault(sender.platform, sender)
    figures = Metrics(lambda: (ledger.reader.health(clock.now()), standing(ledger.reader, book, clock.now())), clock.now)
    platforms = list(by_platform) if role != "command" else _delivered_to(ledger) or list(by_platform)
    registrar = Registrar(ledger, book, clock, platforms)

    def came_in() -> None:
        watch.nudge()
        bell.ring("events")

    def written() -> None:
        delivery.nudge()
        bell.ring("outbox")

    def said() -> None:
        page.wake()
        bell.ring("chat")

    watch = Watch(ledger, book, clock, platforms, registrar, figures, written)
    delivery = Delivery(ledger, book, clock, by_platform, registrar, watch, shared.limits, figures, said)
    sealing = build_sealing(settings, ledger, clock)
    archiving = build_archiving(settings, ledger, clock)
    chores = Chores(
        clock,
        figures,
        [
            Chore("roll-ups", SECOND, lambda _: folded(ledger)),
            Chore("coverage", HOUR, Covering(ledger, book, clock, platforms).turn),
            *([Chore("seal", MINUTE, sealing.turn)] if sealing else []),
            *([Chore("archive", DAY, archiving.turn)] if archiving else []),
        ],
    )
    handlers = Handlers(ledger, book, clock, watch, registrar, shared, sealing=sealing)
    security = Security(settings.host, settings.sla_webhook_secret, settings.sla_api_token)
    page = ChatPage(ledger, book, clock, handlers, security)
    ingress = Ingress(GroupCommit(ledger.intake, clock, figures).append, batch_of, clock, security, figures, came_in)
    monitoring = monitoring_routes(ledger, figures, security)
    api = Api(ledger, clock, book.promises.calendars)
    served = web_server([*monitoring, *page_routes(ingress, page, api, security)] if role != "worker" else monitoring)
    web = EventsFirst(ingress, served) if role != "worker" else served
    return App(
        settings,
        ledger,
        shared,
        clock,
        figures,
        watch,
        delivery,
        chores,
        registrar,
        sealing,
        handlers,
        page,
        _Server(_serving(web)),
    )


def folded(ledger: Ledger) -> None:
    """Add up what looks have noted for the roll-ups. Whoever comes second finds nothing left to do."""
    while ledger.rollups.fold():
        pass


def _delivered_to(ledger: Ledger) -> list[str]:
    """The platforms that the processes at work send to, whatever is set where a command is typed. A terminal is shown only what
    its own process does.
    """
    return [name for name in ledger.outbox.served() if name != "terminal"]


def _shared(settings: Settings) -> Shared:
    if settings.redis_url is None:
        return alone()
    return open_redis(settings.redis_url.get_secret_value(), database_name(settings.database_url), alone())


def _serving(web: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        web, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=5, server_header=False
    )


def build_senders(settings: Settings) -> Iterator[Sender]:
    """What is set up to send with, beside the local chat. Raises SenderSettingsError."""
    if settings.smtp_url is not None:
        yield EmailSender(settings.smtp_url.get_secret_value(), settings.smtp_from or "")
    if settings.helpdesk_url is not None:
        yield HelpdeskSender(settings.helpdesk_url, settings.helpdesk_secret)


def build_sealing(settings: Settings, ledger: Ledger, clock: WallClockPort) -> Sealing | None:
    """What seals the ledger; None where there is no key to seal it with."""
    keys = settings.seal_keys()
    if not keys:
        return None
    file = JsonSealFile(settings.seal_file) if settings.seal_file else None
    platform, _, channel = (settings.seal_channel or "").partition(":")
    place = (platform, channel) if channel else None
    return Sealing(ledger, clock, keys, file, place)


def build_archiving(settings: Settings, ledger: Ledger, clock: WallClockPort) -> Archiving | None:
    """What archives the ledger; None where there is no folder to archive it to."""
    folder = settings.archive_folder
    return None if folder is None else Archiving(ledger, clock, folder, settings.sla_retention_months)


def terminal_sender() -> Sender:
    """Messages as lines on standard output."""
    return TerminalSender(Console(highlight=False))

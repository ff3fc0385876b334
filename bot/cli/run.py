"""`sla run`, `sla demo`, `sla migrate`: the bot itself.

Decided here: how the process begins and ends, and what it prints. Not decided here: what the bot is made of (`bot.app`).
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from adapters.wall_clock import FastClock
from bot.cli.demo import DEMO, play, start_of_day
from bot.cli.options import ConfigOption, load_book, rarely_search_for_garbage, read_settings, settings_error, take_turns_often

if TYPE_CHECKING:
    from bot.app import App, Role
    from bot.ports import Ledger
    from config.settings import Settings

# The web server, the database and the logs are imported where the bot starts: the other commands start sooner without them.

DEMO_SPEED = 60.0
_NOT_IN_DEMO = ("redis_url", "seal_key", "seal_file", "archive_folder", "smtp_url", "helpdesk_url")
"""Settings by which a demonstration would reach what is real: other processes, the file of seals, mail, the helpdesk."""


def run(config: ConfigOption = None) -> None:
    """Run the bot: events in at POST /events, the local chat page at /, until Ctrl-C.

    Settings come from the environment: DATABASE_URL, HOST, PORT, SLA_WEBHOOK_SECRET, SLA_API_TOKEN, LOG_LEVEL.
    """
    _work("run", config)


def web(config: ConfigOption = None) -> None:
    """One of several processes on PostgreSQL: events in at POST /events, the local chat page, the API. `sla worker` does the
    rest.
    """
    _work("web", config)


def worker(config: ConfigOption = None) -> None:
    """One of several processes on PostgreSQL: looks at tickets and delivers messages. It has /metrics and /readyz at its
    PORT.
    """
    _work("worker", config)


def _work(role: Role, config: Path | None) -> None:
    """Be a process of a role until a signal ends it."""
    from adapters.ledger.holding import hold
    from bot.app import build_app, terminal_sender

    settings = read_settings()
    book = load_book(config, warn=True)
    held = hold(settings.database_url)
    prepare(settings)
    log_as(settings.log_level)
    senders = [terminal_sender()] if role == "run" and held is not None else []  # of several processes none says all
    app = build_app(settings, book, senders=senders, role=role)
    refuse_rewriting(app)
    listening = _listen(settings, any_port=role == "worker" and "port" not in settings.model_fields_set)
    _say_where(listening, settings, role)
    if role != "web" and app.sealing is not None and (trouble := app.sealing.trouble()) is not None:
        typer.echo(f"The ledger cannot be sealed: {trouble}.", err=True)
    rarely_search_for_garbage()
    take_turns_often()
    try:
        _serve(app, listening, role)
    finally:
        if held is not None:
            held.close()


def demo(
    speed: Annotated[float, typer.Option(min=1, max=3600, help="How many times faster than real time.")] = DEMO_SPEED,
) -> None:
    """Play a support desk's day at high speed, on a ledger that is thrown away at the end.

    Open the printed address in a browser. Ctrl-C ends it.
    """
    from bot.app import build_app, terminal_sender

    with tempfile.TemporaryDirectory(prefix="slakeeper-demo-") as folder:
        own = {"database_url": f"sqlite:///{folder}/demo.db", "host": "127.0.0.1", **dict.fromkeys(_NOT_IN_DEMO)}
        settings = read_settings().model_copy(update=own)
        book = load_book(DEMO)
        prepare(settings)
        listening = _listen(settings, any_port=True)
        clock = FastClock(start_of_day(), speed)
        app = build_app(settings, book, clock=clock, senders=[terminal_sender()])
        console = Console(highlight=False)
        console.print(f"\n[bold]A support desk's day[/], {speed:g} times as fast: a minute passes every {60 / speed:.2g} s.")
        console.print(f"Open [bold underline]{_address(listening)}[/] in your browser. Ctrl-C ends it.\n", soft_wrap=True)
        _serve(app, listening, "run", demo=True)
        console.print("\nThe demonstration has ended; nothing is kept.")


def opened(in_the_open: Collection[str] = ()) -> Ledger:
    """The ledger that the environment names, in this version."""
    from adapters.ledger.store import open_ledger

    settings = read_settings()
    prepare(settings)
    return open_ledger(settings.database_url, in_the_open)


def migrate() -> None:
    """Bring the ledger's database to this version."""
    from adapters.ledger.engine import without_password
    from adapters.ledger.migrating import migrate as migrate_ledger

    settings = read_settings()
    log_as(settings.log_level)
    before, after = migrate_ledger(settings.database_url)
    what = "is up to date" if before == after else "is new" if before is None else f"was brought from step {before} to {after}"
    typer.echo(f"The ledger at {without_password(settings.database_url)} {what}.")


def log_as(level: str) -> None:
    """What goes on, as JSON lines on standard error."""
    import structlog

    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
    )


def log_quietly(settings: Settings) -> None:
    """For commands that answer: what goes wrong, and what else LOG_LEVEL asks for, in the same form as the bot's."""
    log_as("warning" if settings.log_level == "info" else settings.log_level)


def prepare(settings: Settings) -> None:
    """A ledger of this version: a file is brought to it, a server is brought to it by `sla migrate` alone. Logs quietly."""
    from adapters.ledger.database import Database
    from adapters.ledger.engine import connect, file_of
    from adapters.ledger.migrating import check_version
    from adapters.ledger.migrating import migrate as migrate_ledger

    log_quietly(settings)
    engine = connect(settings.database_url)
    if file_of(engine) is None:
        check_version(Database(engine))
        engine.dispose()
    else:
        migrate_ledger(settings.database_url)


def refuse_rewriting(app: App) -> None:
    """End where the configuration writes otherwise what was published."""
    from bot.publication import PublishedError

    try:
        app.registrar.check()
    except PublishedError as error:
        raise settings_error(str(error)) from None


def _serve(app: App, listening: socket.socket, role: Role, *, demo: bool = False) -> None:
    async def serve() -> None:
        playing = asyncio.create_task(play(app.ledger.intake, app.clock, app.watch.nudge)) if demo else None
        try:
            await app.run(listening, role)
        finally:
            if playing is not None:
                playing.cancel()

    try:
        import uvloop

        uvloop.run(serve())
    except KeyboardInterrupt:
        pass
    finally:
        listening.close()


def _listen(settings: Settings, *, any_port: bool = False) -> socket.socket:
    """A socket at the settings' address; for the demonstration another port, where theirs is taken."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        if not any_port:
            listening.close()
            what = "HOST" if isinstance(error, socket.gaierror) else "PORT"
            where, reason = f"{settings.host}:{settings.port}", error.strerror or error
            raise settings_error(f"{where} cannot be used: {reason}. Set {what} to another one.") from None
        listening.bind((settings.host, 0))
    listening.listen(1024)
    return listening


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - all addresses: this machine's own is one of them
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _say_where(listening: socket.socket, settings: Settings, role: Role) -> None:
    from adapters.web.security import LOOPBACK

    if role == "worker":
        typer.echo(f"Slakeeper's worker is running. Its figures: {_address(listening)}metrics")
        return
    typer.echo(f"Slakeeper is running. The local chat page: {_address(listening)}  Events: {_address(listening)}events")
    if role == "web" and settings.database_url.startswith("sqlite"):
        typer.echo("sla web only takes events in, and a file is for one process: sla run looks at tickets too.", err=True)
    alone = settings.host in LOOPBACK
    if settings.sla_webhook_secret is None:
        where = "taken unsigned, from this machine only" if alone else "refused"
        typer.echo(f"SLA_WEBHOOK_SECRET is not set: events are {where}.", err=True)
    if settings.sla_api_token is None and not alone:
        typer.echo(f"SLA_API_TOKEN is not set and HOST is {settings.host}: the page and the API are closed to all.", err=True)

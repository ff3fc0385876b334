"""`sla ledger`: seals of the ledger, and whether it is what was written.

Decided here: how findings are told, and that a ledger is verified as it stands, without being written to. Not decided here:
what a seal is, and what is wrong with a ledger (`adapters/ledger`).
"""

from __future__ import annotations

import os
import socket
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.wall_clock import WallClock
from bot.cli.archive import archive, archive_at, entries_in_words, tell_archived
from bot.cli.erase import erase
from bot.cli.export import export
from bot.cli.findings import Findings
from bot.cli.listing import Listing
from bot.cli.options import read_settings, reason_of, settings_error, usage_error
from bot.cli.progress import stages
from bot.cli.rebuild import rebuild
from bot.cli.seals import KeptSeals, instant_in_words
from bot.messages import counted
from rules.instants import text

if TYPE_CHECKING:
    from adapters.ledger.database import Database
    from config.settings import Settings

# The database is imported where it is asked: the other commands start sooner without it.

MOST_SHOWN = 50
_PATIENCE_SECONDS = 10.0
_NO_KEY = "SEAL_KEY is not set: set it to the key of the seals, a long random text that is not kept beside the database"

app = typer.Typer(
    help="The ledger itself: seal it, verify it, rebuild its tables, export it, archive it, erase a person's data.",
    no_args_is_help=True,
)
app.command()(rebuild)
app.command()(export)
app.command()(archive)
app.command()(erase)


@app.command()
def verify(
    seals: Annotated[Path | None, typer.Option(help="The file of seals; otherwise SEAL_FILE.")] = None,
    within: Annotated[Path | None, typer.Option("--archive", metavar="FOLDER", help="Read what is archived there too.")] = None,
) -> None:
    """Find any entry that was altered, taken out, put in or cut off, up to the last seal, and say where.

    What is archived is no gap; which files hold it is said. With --archive they are verified too, as if nothing were archived.

    Exit codes: 0 nothing is wrong, 1 something is, or a setting is wrong, 2 the call is wrong.
    """
    from adapters.ledger.archive_files import ArchiveError
    from adapters.ledger.findings import Finding
    from adapters.ledger.verification import verify as verified

    settings = read_settings()
    keys = settings.seal_keys()
    kept, folder = KeptSeals(seals, settings), archive_at(within)
    findings = Findings(MOST_SHOWN)
    with stages() as progress:
        begin = partial(progress.begin, "Verifying")
        try:
            done = verified(read_only(settings), kept.seals, keys, findings.tell, begin, progress.advance, folder)
        except OSError as error:
            where = f" {error.filename}" if error.filename else ""
            raise usage_error(f"the archive cannot be read:{where} {reason_of(error)}") from None
        except ArchiveError as error:
            raise usage_error(f"the archive cannot be read: {error}") from None
    if (wrong := kept.finding(done.last_seal)) is not None:
        findings.tell(Finding(wrong, file=str(kept.path)))
    findings.end()
    tell_archived(done, Listing(MOST_SHOWN))
    if not keys and done.seals:
        typer.echo("SEAL_KEY is not set: who made the seals could not be checked.", err=True)
    seen = f"{entries_in_words(done.entries)}, {counted(done.chains, 'chain')}, {counted(done.seals, 'seal')}"
    until = "never sealed" if done.sealed_at is None else f"sealed up to {instant_in_words(done.sealed_at)}"
    said = f"{counted(findings.count, 'finding')} in" if findings.count else "Nothing is wrong:"
    typer.echo(f"{said} {seen}; {until}.")
    kept.tell(done.last_seal)
    if findings.count:
        raise typer.Exit(1)


@app.command()
def seal(
    new_key: Annotated[bool, typer.Option("--new-key", help="The last key is lost: begin another by a seal over all.")] = False,
) -> None:
    """Seal the ledger now. The bot does so each day by itself where SEAL_KEY is set.

    To change SEAL_KEY, name the one before in SEAL_KEYS_BEFORE: its seals are verified as ever.
    """
    from adapters.ledger.store import open_ledger
    from bot.app import build_sealing
    from bot.cli.run import prepare

    settings = read_settings()
    prepare(settings)
    sealing = build_sealing(settings, open_ledger(settings.database_url), WallClock())
    if sealing is None:
        raise settings_error(_NO_KEY)
    holder, end = f"{socket.gethostname()}/{os.getpid()}", time.monotonic() + _PATIENCE_SECONDS
    try:
        while (made := sealing.turn(holder, asked=True, new_key=new_key)) is None:
            if time.monotonic() > end:
                raise settings_error("another process is sealing the ledger: try again in a minute")
            time.sleep(0.2)
    except OSError as error:
        raise settings_error(
            f"SEAL_FILE {settings.seal_file} cannot be written, so nothing is sealed: {reason_of(error)}"
        ) from None
    typer.echo(f"Seal {made.number} at {text(made.at)}: mac {made.mac}")


def read_only(settings: Settings) -> Database:
    """The ledger's database as it stands, or the end where it is not of this version. Logs quietly."""
    from adapters.ledger.database import Database
    from adapters.ledger.engine import connect, file_of
    from adapters.ledger.migrating import check_version
    from bot.cli.run import log_quietly
    from bot.ports import LedgerError

    log_quietly(settings)
    database = Database(connect(settings.database_url))
    if (file := file_of(database.engine)) is not None and not file.exists():
        raise LedgerError(f"there is no ledger at {file}: set DATABASE_URL")
    check_version(database)
    return database

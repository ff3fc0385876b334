"""`sla ledger archive`: moving to the archive what was kept long enough.

Decided here: how it is told. Not decided here: what is moved, and when it may be (`bot/archiving.py`).
"""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.wall_clock import WallClock
from bot.cli.options import read_settings, reason_of, settings_error, usage_error
from bot.cli.progress import stages
from bot.messages import counted

if TYPE_CHECKING:
    from adapters.ledger.archive_files import ArchiveFolder
    from adapters.ledger.archived import Archived
    from adapters.ledger.verification import Verified
    from bot.cli.listing import Listing


def archive(
    to: Annotated[Path | None, typer.Option(metavar="FOLDER", help="Where to; otherwise ARCHIVE_FOLDER.")] = None,
) -> None:
    """Move the entries of tickets that have ended, and rested for SLA_RETENTION_MONTHS (13), to Parquet files, with the seals.

    Figures stay; what is personal in these tickets is not kept. On PostgreSQL, DATABASE_URL is that of the role
    slakeeper_archiver (docs/postgres-roles.sql).
    """
    from adapters.ledger.archive_files import ArchiveError
    from adapters.ledger.store import open_ledger
    from bot.app import build_archiving
    from bot.cli.run import prepare

    settings = read_settings()
    folder = to or settings.archive_folder
    if folder is None:
        raise settings_error("ARCHIVE_FOLDER is not set: set it, or name a folder with --to")
    _check(folder)
    prepare(settings)
    settings = settings.model_copy(update={"archive_folder": folder})
    archiving = build_archiving(settings, open_ledger(settings.database_url), WallClock())
    assert archiving is not None
    try:
        with stages() as progress:
            progress.begin("Archiving", None)
            moved = archiving.turn(f"{socket.gethostname()}/{os.getpid()}", progress.advance)
    except OSError as error:
        raise settings_error(f"{folder} cannot be written, so nothing more is archived: {reason_of(error)}") from None
    except ArchiveError as error:
        raise settings_error(str(error)) from None
    if moved is None:
        raise settings_error("another process is archiving the ledger: try again in some minutes")
    if not moved.tickets:
        typer.echo(f"Nothing has rested for {counted(settings.sla_retention_months, 'month')}.")
        return
    files = f"{counted(len(moved.files), 'file')} in {folder}"
    typer.echo(f"Archived: {entries_in_words(moved.entries)} of {counted(moved.tickets, 'ticket')}, to {files}.")


def _check(folder: Path) -> None:
    """Tell at once of a folder that can be none, not only when there is something to archive."""
    if folder.exists() and not folder.is_dir():
        raise settings_error(f"{folder} is no folder, so nothing is archived: name another one")
    if not folder.absolute().parent.is_dir():
        raise settings_error(f"there is no folder {folder.absolute().parent} to make {folder.name} in, so nothing is archived")


def entries_in_words(number: int) -> str:
    """So many entries."""
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def archive_at(folder: Path | None) -> ArchiveFolder | None:
    """The archive to be read, where one is named."""
    from adapters.ledger.archive_files import ArchiveFolder

    if folder is not None and not folder.is_dir():
        raise usage_error(f"there is no archive at {folder}")
    return None if folder is None else ArchiveFolder(folder)


def tell_archived(done: Verified, files: Listing) -> None:
    """Which gaps are no gaps: where the archive was not read, which file holds what; where it was, what nobody names."""
    if done.unread:
        typer.echo(f"Archived and not read: {entries_in_words(done.unread)}. --archive FOLDER reads them too:")
        for file in done.archived:
            files.tell(_file(file))
    for name in done.strays:
        typer.echo(f"{name}: no entry names it, as after a crash; what it holds is not archived.", err=True)


def _file(file: Archived) -> str:
    from rules.instants import DAY, text

    if not file.spans:
        return f"  {file.file}: nothing"
    first, last = (text(day * DAY)[:10] for day in (file.spans[0].day, file.spans[-1].day))
    return f"  {file.file}: {entries_in_words(file.entries)} from {first} to {last}, in {counted(len(file.spans), 'span')}"

"""A whole verification of a ledger: its chains, its seals, and what stands outside of both.

Decided here: that all of it is read as of one instant, so that the bot may go on writing; that archived entries count where
their files are given, and that a file which no entry names counts for nothing. Not decided here: what is wrong
(`verifying`, `seal_checks`).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from adapters.ledger.archive_files import ArchiveFolder
from adapters.ledger.archive_reading import with_archived
from adapters.ledger.archived import Archived, archived
from adapters.ledger.chained import chain_ends, chained_entries, erased_entries, outside_of_chains
from adapters.ledger.database import Database
from adapters.ledger.findings import Finding
from adapters.ledger.schema import entries
from adapters.ledger.seal_checks import check_seals
from adapters.ledger.seals import all_seals
from adapters.ledger.verifying import Counted, Row, check_chains
from bot.records import Seal


@dataclass(frozen=True)
class Verified:
    """What was gone through; `sealed_at` is None where there is no seal that counts; `last_seal` is the number of the ledger's
    last one, whatever it is worth. `unread` entries are in `archived` files
    that were not read; `strays` are files of the archive that no entry names.
    """

    entries: int
    chains: int
    seals: int
    last_seal: int
    sealed_at: int | None
    unread: int
    archived: Sequence[Archived]
    strays: Sequence[str]


def verify(
    database: Database,
    kept: Sequence[Seal],
    keys: Sequence[bytes],
    found: Callable[[Finding], None],
    begin: Callable[[int], None],
    advance: Callable[[int], None],
    folder: ArchiveFolder | None = None,
) -> Verified:
    """Go through a ledger, and through its archive where that is given; `kept` are the seals of the file; without
    `keys` their macs are believed. Each finding is told at once, and how far it has come. Raises OSError, ArchiveError.
    """
    with database.snapshot() as connection:
        seals = all_seals(connection)
        beside = folder.seals() if folder is not None else []
        sealed = check_seals(seals, [*kept, *beside], keys)
        counted, files = Counted(), archived(connection)
        there = connection.execute(select(func.count()).select_from(entries)).scalar() or 0
        begin(there + (sum(file.entries for file in files) if folder is not None else 0))
        for finding in sealed.findings:
            found(finding)
        rows = _told(with_archived(chained_entries(connection), files, folder, found), advance)
        for finding in check_chains(rows, sealed, chain_ends(connection), erased_entries(connection), counted):
            found(finding)
        for finding in outside_of_chains(connection):
            found(finding)
    strays = sorted(folder.names() - {file.file for file in files}) if folder is not None else []
    last = max((seal.number for seal in seals), default=0)
    return Verified(counted.entries, counted.chains, len(seals), last, sealed.at, counted.unread, files, strays)


def _told(rows: Iterable[Row], advance: Callable[[int], None]) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        if number % 1_000 == 0:
            advance(1_000)
        yield row

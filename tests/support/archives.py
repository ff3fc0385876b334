"""Ledgers of which a part is archived."""

from pathlib import Path

from adapters.ledger.archive_files import ArchiveFolder
from adapters.ledger.database import Database
from adapters.ledger.findings import Finding
from adapters.ledger.verification import Verified, verify
from tests.support.audits import KEYS, seal
from tests.support.desk import Desk
from tests.support.ended import LATER, archived, ended
from tests.support.ledgers import Opened


def with_archive(db: Opened, folder: Path) -> tuple[Verified, list[Finding]]:
    """What a verification finds that reads the archive too."""
    found: list[Finding] = []
    database = Database(db.engine)
    return verify(database, [], KEYS, found.append, lambda total: None, lambda more: None, ArchiveFolder(folder)), found


def kept(db: Opened, ticket: str) -> int:
    (count,) = db.rows("select count(*) from entries where ticket = :ticket", ticket=ticket)[0]
    return int(count)


def rested(here: Desk, db: Opened, folder: Path) -> None:
    """Two tickets are archived, and one goes on."""
    ended(here, "T-1", "T-2", still_open="T-3")
    seal(db, here.clock.now())
    here.go(LATER)
    assert archived(here, folder).tickets == 2

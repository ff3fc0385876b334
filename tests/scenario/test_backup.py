"""Backups as the README says, made while the bot works: what is restored is whole, and goes on."""

import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.seal_file import JsonSealFile
from adapters.ledger.verification import verify
from bot.app import build_app
from bot.records import Seal
from bot.sealing import Sealing
from config.settings import Settings
from rules.instants import parse
from tests.support.audits import KEYS
from tests.support.desk import NINE, Desk, HandClock, answered, book_of, desk, opened
from tests.support.postgres import Postgres

Restoring = Callable[[], str]
"""Restores a backup, and gives the URL of the ledger then."""
Backup = tuple[str, Callable[[], Restoring]]
"""A ledger's URL, and what backs it up."""


@pytest.fixture(params=["sqlite", "postgresql"])
def backup(request: pytest.FixtureRequest, tmp_path: Path) -> Backup:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db", lambda: _file_backed_up(tmp_path)
    server: Postgres = request.getfixturevalue("postgres")
    url = server.database(request.getfixturevalue("empty_database"))
    return url, lambda: _server_backed_up(server, url, tmp_path)


def _file_backed_up(folder: Path) -> Restoring:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute(f"VACUUM INTO '{folder}/backup.db'")
    return lambda: _file_restored(folder)


def _file_restored(folder: Path) -> str:
    """In the place of a file whose process has died: its log is still there."""
    place = folder / "restored"
    place.mkdir()
    for left in ("ledger.db", "ledger.db-wal", "ledger.db-shm"):
        shutil.copy(folder / left, place / left)
    for log in ("ledger.db-wal", "ledger.db-shm"):
        (place / log).unlink()
    shutil.copy(folder / "backup.db", place / "ledger.db")
    return f"sqlite:///{place}/ledger.db"


def _server_backed_up(server: Postgres, url: str, folder: Path) -> Restoring:
    dump = str(folder / "backup.dump")
    server.client("pg_dump", "--format", "custom", "--file", dump, url.rpartition("/")[2])
    return lambda: _server_restored(server, dump)


def _server_restored(server: Postgres, dump: str) -> str:
    restored = server.database()
    server.client("pg_restore", "--no-owner", "--dbname", restored.rpartition("/")[2], dump)
    return restored


def on(url: str, folder: Path, clock: HandClock) -> Desk:
    """A desk on a ledger that is there already."""
    book = book_of(folder)
    return Desk(build_app(Settings(database_url=url), book, clock=clock), clock, book, url)


def found(url: str, keys: Sequence[bytes] = (), kept: Sequence[Seal] = ()) -> list[str]:
    """What a verification finds."""
    findings: list[str] = []
    engine = connect(url)
    verify(Database(engine), kept, keys, lambda finding: findings.append(str(finding)), lambda _: None, lambda _: None)
    engine.dispose()
    return findings


def sealed(here: Desk, file: JsonSealFile) -> None:
    """Sealed, also in a file."""
    assert Sealing(here.app.ledger, here.clock, KEYS, file, None).turn("a test", asked=True) is not None


def test_what_is_restored_is_whole_and_goes_on(backup: Backup, tmp_path: Path) -> None:
    url, backed_up = backup
    clock = HandClock(NINE)
    desk(tmp_path).app.ledger.close()  # an empty ledger in the folder, for SQLite
    here = on(url, tmp_path, clock)
    here.take(opened(NINE), opened(NINE, "T-2"))
    here.go("2026-01-05T09:08:30Z")
    restored = backed_up()
    late = answered("2026-01-05T09:09:00Z", id_="late")
    before = here.app.ledger.looks.histories(["T-1", "T-2"]), here.chat()
    clock.move("2026-01-05T09:09:00Z")
    here.take(opened(NINE, id_="again", source_="other"), late)
    copy = on(restored(), tmp_path, HandClock(parse("2026-01-05T09:08:30Z")))
    assert (copy.app.ledger.looks.histories(["T-1", "T-2"]), copy.chat()) == before
    assert found(copy.url) == []
    copy.clock.move("2026-01-05T09:09:00Z")
    copy.take(opened(NINE, id_="again", source_="other"), late)  # the helpdesk sends again what came after the backup
    for one in (here, copy):
        one.go("2026-01-05T11:30:00Z")
    assert copy.log("support") == here.log("support")
    assert [c.public() for c in copy.app.ledger.reader.clocks(clock.now())] == [
        c.public() for c in here.app.ledger.reader.clocks(clock.now())
    ]
    assert found(copy.url) == []
    here.app.ledger.close()
    copy.app.ledger.close()


def test_what_was_sealed_after_a_backup_is_missed_and_a_new_file_of_seals_begins(backup: Backup, tmp_path: Path) -> None:
    url, backed_up = backup
    desk(tmp_path).app.ledger.close()
    here, first, second = on(url, tmp_path, HandClock(NINE)), *(JsonSealFile(tmp_path / name) for name in ("first", "second"))
    here.take(opened(NINE))
    sealed(here, first)
    restored = backed_up()
    here.take(opened(NINE, "T-2"))
    sealed(here, first)
    copy = on(restored(), tmp_path, HandClock("2026-01-05T09:30:00Z"))
    assert any("stands in the file and not in the ledger" in said for said in found(copy.url, KEYS, first.read()))
    copy.settle()
    copy.take(opened(NINE, "T-3"))
    sealed(copy, second)
    assert found(copy.url, KEYS, second.read()) == []
    here.app.ledger.close()
    copy.app.ledger.close()

"""Backups as the README says, made while the bot works: what is restored is whole, and goes on."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.verification import verify
from bot.app import build_app
from config.settings import Settings
from tests.support.desk import NINE, Desk, HandClock, answered, book_of, desk, opened
from tests.support.postgres import Postgres

Backup = tuple[str, Callable[[], str]]
"""A ledger's URL, and what backs it up and restores it to another place, whose URL it gives."""


@pytest.fixture(params=["sqlite", "postgresql"])
def backup(request: pytest.FixtureRequest, tmp_path: Path) -> Backup:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/ledger.db", lambda: _file_restored(tmp_path)
    server: Postgres = request.getfixturevalue("postgres")
    url = server.database(request.getfixturevalue("empty_database"))
    return url, lambda: _server_restored(server, url, tmp_path)


def _file_restored(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "ledger.db")) as connection:
        connection.execute(f"VACUUM INTO '{folder}/backup.db'")
    return f"sqlite:///{folder}/backup.db"


def _server_restored(server: Postgres, url: str, folder: Path) -> str:
    dump, restored = str(folder / "backup.dump"), server.database()
    server.client("pg_dump", "--format", "custom", "--file", dump, url.rpartition("/")[2])
    server.client("pg_restore", "--no-owner", "--dbname", restored.rpartition("/")[2], dump)
    return restored


def on(url: str, folder: Path, clock: HandClock) -> Desk:
    """A desk on a ledger that is there already."""
    book = book_of(folder)
    return Desk(build_app(Settings(database_url=url), book, clock=clock), clock, book, url)


def test_what_is_restored_is_whole_and_goes_on(backup: Backup, tmp_path: Path) -> None:
    url, restored = backup
    clock = HandClock(NINE)
    desk(tmp_path).app.ledger.close()  # an empty ledger in the folder, for SQLite
    here = on(url, tmp_path, clock)
    here.take(opened(NINE), opened(NINE, "T-2"))
    here.go("2026-01-05T09:08:30Z")
    copy = on(restored(), tmp_path, HandClock(clock.now()))
    assert copy.app.ledger.looks.histories(["T-1", "T-2"]) == here.app.ledger.looks.histories(["T-1", "T-2"])
    assert copy.chat() == here.chat()
    findings: list[object] = []
    engine = connect(copy.url)
    verify(Database(engine), [], None, findings.append, lambda _: None, lambda _: None)
    engine.dispose()
    assert findings == []
    late = answered("2026-01-05T09:09:00Z", id_="late")
    for one in (here, copy):
        one.clock.move("2026-01-05T09:09:00Z")
        one.take(opened(NINE, id_="again", source_="other"), late)
        one.go("2026-01-05T11:30:00Z")
    assert copy.log("support") == here.log("support")
    assert [c.public() for c in copy.app.ledger.reader.clocks(clock.now())] == [
        c.public() for c in here.app.ledger.reader.clocks(clock.now())
    ]
    here.app.ledger.close()
    copy.app.ledger.close()

"""The roles of docs/postgres-roles.sql: the bot does all its work with them, and cannot change an entry."""

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.erasing import erase, tickets_of
from adapters.ledger.migrating import check_version, migrate
from adapters.ledger.store import ledger_on
from bot.app import build_app
from bot.archiving import Archiving
from bot.ports import LedgerUnavailableError
from bot.records import Refused
from config.settings import Settings
from tests.support.audits import seal, verified
from tests.support.desk import NINE, ROOT, Desk, HandClock, answered, book_of, opened, wire
from tests.support.ended import LATER, ended
from tests.support.ledgers import Opened
from tests.support.postgres import Postgres

Roled = Callable[[str], Opened]


@pytest.fixture
def as_role(postgres: Postgres, empty_database: str) -> Iterator[Roled]:
    """The same ledger as each of the roles has it."""
    owner = postgres.database(empty_database)
    for _ in range(2):  # it may be run again
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute((ROOT / "docs" / "postgres-roles.sql").read_bytes())
    engines = []

    def opened_as(role: str) -> Opened:
        login = f"{role}_login"
        with psycopg.connect(owner, autocommit=True) as connection:
            if not connection.execute("select 1 from pg_roles where rolname = %s", [login]).fetchone():
                connection.execute(f"CREATE ROLE {login} LOGIN IN ROLE {role}".encode())
        url = owner.replace("postgres@", f"{login}@")
        engines.append(connect(url))
        return Opened(ledger_on(engines[-1]), engines[-1], url)

    yield opened_as
    for engine in engines:
        engine.dispose()


def refused(db: Opened, sql: str) -> bool:
    try:
        with db.engine.begin() as connection:
            connection.execute(text(sql))
    except ProgrammingError as error:
        return isinstance(error.orig, psycopg.errors.InsufficientPrivilege)
    return False


def played(db: Opened, folder: Path) -> Desk:
    """A day of the whole bot: events, pages, exceptions, messages, quarantine, sweeps, leases."""
    book, clock = book_of(folder), HandClock()
    app = build_app(Settings(database_url=db.url), book, clock=clock)
    here = Desk(app, clock, book, db.url)
    app.registrar.publish()
    here.take(opened(NINE), opened(NINE, "T-2"), {"specversion": "1.0"})
    here.go("2026-01-05T09:30:00Z")
    here.say("ack T-1", "ben")
    here.say(
        "exceptions request waiver for customer=acme from 2026-01-05T09:00 until 2026-01-05T11:00 because they asked late",
        "ben",
    )
    here.say("exceptions approve X-1", "cleo")
    here.take(answered("2026-01-05T09:02:00Z"), wire("ticket.updated", "2026-01-05T09:30:00Z", "T-2", status="solved"))
    here.go("2026-01-05T14:00:00Z")
    app.ledger.looks.release()
    app.ledger.outbox.reopen()
    app.ledger.looks.postpone("T-1", 1, clock.now(), "it failed")
    (kept,) = app.ledger.quarantine.kept()
    app.ledger.quarantine.replayed(kept.id, clock.now())
    return here


def test_the_whole_bot_works_with_the_role_it_is_given(as_role: Roled, tmp_path: Path) -> None:
    db = as_role("slakeeper_app")
    migrate(db.url)  # as `sla run` does at its beginning: there is nothing to do
    check_version(Database(db.engine))
    here = played(db, tmp_path)
    health = here.app.ledger.reader.health(here.clock.now())
    assert (health.quarantined, health.dead_letters, health.outbox_waiting, len(health.failing)) == (0, 0, 0, 1)
    assert here.chat("support")
    seal(db, here.clock.now(), tmp_path / "seals.jsonl")
    assert verified(db)[1] == []
    here.app.ledger.close()


@pytest.mark.parametrize("role", ["slakeeper_app", "slakeeper_eraser", "slakeeper_archiver"])
def test_no_role_changes_what_was_written(as_role: Roled, tmp_path: Path, role: str) -> None:
    db = as_role(role)
    db.ledger.intake.append([], [], 0)
    for sql in (
        "UPDATE entries SET at = at",
        "UPDATE personal SET body = body",
        "UPDATE seals SET at = at",
        "DELETE FROM seals",
        "TRUNCATE entries CASCADE",
        "UPDATE quarantine SET raw = raw",
        "ALTER TABLE entries ADD COLUMN x int",
        "SET session_replication_role = replica",
    ):
        assert refused(db, sql), sql


def test_only_who_erases_or_archives_may_remove(as_role: Roled) -> None:
    removes = {role: as_role(role) for role in ("slakeeper_app", "slakeeper_eraser", "slakeeper_archiver")}
    assert [refused(db, "DELETE FROM personal") for db in removes.values()] == [True, False, False]
    assert [refused(db, "DELETE FROM entries") for db in removes.values()] == [True, True, False]
    assert [refused(db, "DELETE FROM quarantine") for db in removes.values()] == [True, False, True]
    assert [refused(db, "UPDATE chat_log SET text = text") for db in removes.values()] == [True, False, False]
    assert [refused(db, "UPDATE chat_log SET at = at") for db in removes.values()] == [True, True, True]


def test_a_person_is_erased_and_tickets_are_archived_under_the_roles_for_it(as_role: Roled, tmp_path: Path) -> None:
    db, eraser, archiver = (as_role(role) for role in ("slakeeper_app", "slakeeper_eraser", "slakeeper_archiver"))
    book, clock = book_of(tmp_path), HandClock()
    here = Desk(build_app(Settings(database_url=db.url), book, clock=clock), clock, book, db.url)
    ended(here, "T-1", "T-2")
    here.app.ledger.intake.append([], [Refused("no", '"u-7"')], clock.now())
    why = ("dana", "asked to be forgotten", clock.now())
    for refusing in (db, archiver):
        with pytest.raises(LedgerUnavailableError, match=r"may not do this: .*postgres-roles\.sql"):
            erase(Database(refusing.engine), ["T-1"], [1], *why)
    erase(Database(eraser.engine), tickets_of(Database(eraser.engine), "u-7"), [1], *why)
    here.settle()
    here.go(LATER)
    for refusing in (db, eraser):
        with pytest.raises(LedgerUnavailableError, match=r"may not do this: .*postgres-roles\.sql"):
            Archiving(refusing.ledger, clock, tmp_path / "refused", 13).turn("a test")
    moved = Archiving(archiver.ledger, clock, tmp_path / "archive", 13).turn("a test")
    assert moved is not None
    assert moved.tickets == 2
    assert verified(db)[1] == []
    here.app.ledger.close()

"""The ledger's database: migrations and schema agree, and what cannot be used is said in a sentence."""

import fcntl
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Select, inspect, text

from adapters.ledger import intake, looks
from adapters.ledger.database import Database
from adapters.ledger.engine import connect, without_password
from adapters.ledger.holding import hold, unattended
from adapters.ledger.migrating import check_version, migrate
from adapters.ledger.schema import metadata
from adapters.ledger.store import open_ledger
from bot.ports import LedgerError
from tests.support.desk import NINE, Desk, answered, opened
from tests.support.ledgers import Opened, undo_escalation
from tests.support.postgres import free_port


def test_migrations_lead_to_the_schema(db: Opened) -> None:
    with db.engine.connect() as connection:
        # The index of words is each database's own, and no table or index that SQLAlchemy knows.
        opts = {"compare_type": True, "include_name": lambda name, *_: not str(name).startswith("knowledge_words")}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, metadata) == []


def test_migrating_again_changes_nothing(db: Opened) -> None:
    before = db.rows("select name, sql from sqlite_master order by name") if "sqlite" in db.url else []
    migrate(db.url)
    migrate(db.url)
    assert before == (db.rows("select name, sql from sqlite_master order by name") if "sqlite" in db.url else [])


def test_a_ledger_of_a_newer_version_is_refused_with_what_to_do(db: Opened) -> None:
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("update alembic_version set version_num = '9999'"))
    with pytest.raises(LedgerError, match="newer version of Slakeeper: install that one"):
        migrate(db.url)


def test_a_ledger_that_says_it_is_at_several_steps_is_refused(db: Opened) -> None:
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("insert into alembic_version values ('0008')"))
    for refused in (lambda: migrate(db.url), lambda: check_version(Database(db.engine))):
        with pytest.raises(LedgerError, match="at several steps at once: restore a backup"):
            refused()


def test_a_migration_that_is_cut_off_is_finished_by_the_next_one(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        if "sqlite" in db.url:
            connection.execute(text("drop table knowledge_words"))
        for table in reversed(metadata.sorted_tables):
            connection.execute(
                text(f"drop table {table.name} cascade" if "postgresql" in db.url else f"drop table {table.name}")
            )
        if "sqlite" in db.url:
            for (view,) in connection.execute(text("select name from sqlite_master where type = 'view'")).all():
                connection.execute(text(f"drop view {view}"))
        connection.execute(text("drop table alembic_version"))

    def cut_off(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("adapters.ledger.migrations.versions.v0007_histories.op.drop_index", cut_off)
    with pytest.raises(KeyboardInterrupt):
        migrate(db.url)
    assert bool(inspect(db.engine).get_table_names()) == ("postgresql" in db.url), "a file is migrated all at once"
    with pytest.raises(LedgerError, match="run sla migrate first"):
        check_version(Database(db.engine))
    monkeypatch.undo()
    migrate(db.url)
    check_version(Database(db.engine))
    test_migrations_lead_to_the_schema(db)


def test_others_write_while_an_index_is_built(db: Opened) -> None:
    if "sqlite" in db.url:
        pytest.skip("a file is for one process")
    writing = text(
        "insert into entries (kind, ticket, key, is_event, at, recorded_at, body) values ('x', :t, :t, false, 1, 1, '')"
    )
    with db.engine.begin() as connection:
        connection.execute(text("drop index ix_entries_ticket_seq"))
        connection.execute(text("create index ix_entries_ticket on entries (ticket)"))
        undo_escalation(connection)
        connection.execute(text("update alembic_version set version_num = '0006'"))
    with ThreadPoolExecutor() as pool:
        with db.engine.begin() as slow:
            slow.execute(writing, {"t": "slow"})
            migrating = pool.submit(migrate, db.url)
            while not db.rows(
                "select 1 from pg_stat_activity where query like 'CREATE INDEX CONC%' and datname = current_database()"
            ):
                time.sleep(0.01)
            with db.engine.begin() as quick:
                quick.execute(text("set local lock_timeout = '1s'"))
                quick.execute(writing, {"t": "quick"})
            assert not migrating.done()
        migrating.result()
    test_migrations_lead_to_the_schema(db)
    assert db.rows("select count(*) from entries where hash is null") == [(0,)]


def test_several_machines_may_migrate_at_once(db: Opened) -> None:
    if "sqlite" in db.url:
        pytest.skip("a file is for one process")
    with db.engine.begin() as connection:
        connection.execute(text("drop schema public cascade"))
        connection.execute(text("create schema public"))
    with ThreadPoolExecutor() as pool:
        list(pool.map(migrate, [db.url] * 3))
    test_migrations_lead_to_the_schema(db)


def test_a_table_that_is_held_is_told(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    if "sqlite" in db.url:
        pytest.skip("a file is for one process")
    monkeypatch.setattr("adapters.ledger.migrating._PATIENCE_SECONDS", 0.05)
    with db.engine.begin() as connection:
        connection.execute(text("alter table quarantine drop column replayed_at"))
        connection.execute(text("update alembic_version set version_num = '0003'"))
    with db.engine.begin() as export:
        export.execute(text("select * from quarantine")).all()
        with pytest.raises(LedgerError, match="such as an export or a backup, holds a table: run sla migrate again"):
            migrate(db.url)


def test_a_process_goes_on_while_a_later_version_adds_to_the_database(here: Desk, db: Opened) -> None:
    here.take(opened(NINE))
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        for table in metadata.tables:
            connection.execute(text(f"alter table {table} add column later text"))
        connection.execute(text("create table later (id integer primary key)"))
        connection.execute(text("update alembic_version set version_num = '9999'"))
    here.take(opened(NINE, "T-2"), answered("2026-01-05T09:30:00Z"))
    here.go("2026-01-05T13:00:00Z")
    assert db.rows("select count(distinct ticket) from clocks")[0][0] == 2
    assert "overdue" in here.say("status").cards[0].lines[0]
    assert db.rows("select count(*) from outbox where state <> 'sent'")[0][0] == 0
    with pytest.raises(LedgerError, match="newer version of Slakeeper: install that one"):
        check_version(Database(db.engine))


def test_nul_in_any_field_or_question_disturbs_neither_database(here: Desk, db: Opened) -> None:
    odd = dict.fromkeys(("title", "customer", "region", "service", "group", "requester", "assignee", "url"), "a\x00b")
    here.take(opened(NINE, **odd, tier="gold", tags=["x\0"], parcel={"k\0": ["v\0"]}), answered(NINE, text="\0", public=False))
    here.go("2026-01-05T13:00:00Z")
    assert here.app.ledger.reader.health(here.clock.now()).failing == []
    assert db.rows("select count(*) from outbox where state <> 'sent'")[0][0] == 0
    assert next(message.card.title for message in here.chat() if message.kind == "card").endswith("a?b")
    for line in ("ticket a\0b", "why a\0b", "ack a\0b", "status for a\0b", "report for a\0b", "exceptions approve a\0b"):
        assert here.say(line).cards
    assert here.app.handlers.click("acknowledge", "P\0", here.book.people["ana"]).refused


@pytest.mark.parametrize("asked", [intake._KNOWN, intake._ARCHIVED, looks._VERSIONS, looks._HISTORIES])
def test_many_keys_are_found_by_an_index(db: Opened, asked: Select[Any]) -> None:
    if "sqlite" not in db.url:
        pytest.skip("PostgreSQL reads an empty table from end to end")
    with db.engine.connect() as connection:
        plan = connection.exec_driver_sql(f"explain query plan {asked.compile(connection)}", ('["x"]',)).all()
    assert [row.detail for row in plan if row.detail.startswith("SCAN") and "json_each" not in row.detail] == []


def test_sqlite_keeps_what_it_has_acknowledged(db: Opened) -> None:
    if "sqlite" not in db.url:
        pytest.skip("only SQLite is told how to write")
    assert db.rows("pragma journal_mode")[0][0] == "wal"
    assert db.rows("pragma synchronous")[0][0] == 2
    assert db.rows("pragma foreign_keys")[0][0] == 1


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match=f"no folder {tmp_path}/nowhere"):
        migrate(f"sqlite:///{tmp_path}/nowhere/ledger.db")


@pytest.mark.parametrize(
    ("url", "said"), [("nonsense", "no database URL"), ("mysql://x/y", "'mysql'"), ("", "no database URL")]
)
def test_a_url_that_leads_nowhere_is_told(url: str, said: str) -> None:
    with pytest.raises(LedgerError, match=said):
        connect(url)


def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_bytes(b"this is no database" * 100)
    with pytest.raises(LedgerError, match="the file is no ledger: set DATABASE_URL to another one"):
        migrate(f"sqlite:///{tmp_path}/ledger.db")


def test_a_folder_in_place_of_the_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    with pytest.raises(LedgerError, match="cannot be opened"):
        migrate(f"sqlite:///{tmp_path}/ledger.db")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(LedgerError, match="cannot be opened"):
            migrate(f"sqlite:///{tmp_path}/ledger.db")
    finally:
        tmp_path.chmod(0o700)


def test_passwords_in_a_url_are_not_repeated() -> None:
    for url in ("mysql://bot:hunter2@db/slakeeper", "postgresql://bot:hunter2@db", "postgresql://bot:hunter2@[db"):
        with pytest.raises(LedgerError) as raised:
            connect(url)
        assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["postgresql://bot:hunter2@db/slakeeper", "postgresql://db/slakeeper?user=bot&password=hunter2"]
)
def test_a_url_is_shown_without_its_password(url: str) -> None:
    assert "hunter2" not in without_password(url)
    assert "slakeeper" in without_password(url)


def test_who_asks_whether_a_file_is_held_keeps_nobody_from_holding_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/ledger.db"
    (tmp_path / "ledger.db.lock").touch()
    with ThreadPoolExecutor() as pool, (tmp_path / "ledger.db.lock").open() as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        holding = pool.submit(hold, url)
        time.sleep(0.05)
        fcntl.flock(asking, fcntl.LOCK_UN)
        held = holding.result()
        assert held is not None
        assert not unattended(url)
        held.close()
    assert unattended(url)


def test_a_server_that_does_not_answer_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.ledger.database.PATIENCE_SECONDS", 0.05)
    with pytest.raises(LedgerError, match="the database does not answer: connection failed") as raised:
        migrate(f"postgresql://bot:hunter2@127.0.0.1:{free_port()}/slakeeper")
    assert "hunter2" not in str(raised.value)


def test_a_ledger_is_opened_as_it_stands(url: str) -> None:
    ledger = open_ledger(url)
    assert ledger.reader.health(0).tickets == 0
    ledger.close()

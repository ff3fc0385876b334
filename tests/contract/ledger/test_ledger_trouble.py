"""Trouble with the database: what passes is tried again and doubles nothing, what does not is told, and nothing is acknowledged
that is not stored.
"""

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.exc import IntegrityError, OperationalError

from adapters.ledger.database import MOST_CONFLICTS, Database
from adapters.ledger.engine import connect
from adapters.ledger.store import ledger_on
from bot.ports import LedgerBusyError, LedgerUnavailableError
from rules.instants import parse
from rules.ticket import TicketEvent
from tests.support.desk import NINE, Desk, desk, opened
from tests.support.ledgers import Opened

NOW = parse("2026-01-05T09:00:00Z")


def ticket_event(id: str = "1") -> TicketEvent:
    return TicketEvent("T-1", "ticket.opened", NOW, {"title": "Cannot pay"}, id, "desk")


def on_postgres(db: Opened) -> None:
    if "postgresql" not in db.url:
        pytest.skip("a file has no connections to lose")


def test_a_connection_that_is_lost_within_a_transaction_is_made_again(db: Opened) -> None:
    on_postgres(db)
    lost = []

    def work(connection: Connection) -> str:
        if not lost:
            lost.append(True)
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return str(connection.execute(text("SELECT 'done'")).scalar())

    assert Database(db.engine).write(work) == "done"


def lose_one_answer(db: Opened, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """The next commit happens, and nobody hears of it."""
    commit, lost = db.engine.dialect.do_commit, []

    def unheard(connection: Any) -> None:
        commit(connection)
        if not lost:
            lost.append(True)
            connection.dbapi_connection.close()
            raise db.engine.dialect.loaded_dbapi.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(db.engine.dialect, "do_commit", unheard)
    return lost


def test_a_commit_whose_answer_is_lost_stores_nothing_twice(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    on_postgres(db)
    lost = lose_one_answer(db, monkeypatch)
    db.ledger.intake.append([ticket_event()], [], NOW)
    assert lost
    assert len(db.ledger.looks.histories(["T-1"])[0].events) == 1
    assert db.rows("select count(*), max(number) from entries") == [(1, 1)]


def test_who_acts_while_an_answer_is_lost_is_told_that_it_was_done(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    on_postgres(db)
    db.ledger.intake.append([ticket_event()], [], NOW)
    lost = lose_one_answer(db, monkeypatch)
    act = TicketEvent("T-1", "page.escalated", NOW, {"by": "ben"}, "press-1", "slakeeper")
    assert db.ledger.intake.act(act, lambda: NOW)
    assert lost
    assert not db.ledger.intake.act(act, lambda: NOW), "the press is delivered once more"
    assert [event.id for event in db.ledger.looks.histories(["T-1"])[0].events][1:] == ["press-1"]


def held(db: Opened, ticket: str) -> Any:
    """A connection that has its hand on a ticket's row."""
    connection = db.engine.connect()
    connection.execute(text("select * from tickets where id = :id for update"), {"id": ticket}).all()
    return connection


def test_what_a_halted_process_holds_is_freed_for_the_others(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    on_postgres(db)
    assert db.rows("show idle_in_transaction_session_timeout") == [("20s",)]
    db.ledger.intake.append([ticket_event()], [], NOW)
    monkeypatch.setattr("adapters.ledger.engine._WAITING", ("idle_in_transaction_session_timeout = '300ms'",))
    halted = connect(db.url)
    connection = halted.connect()
    connection.execute(text("select * from tickets for update")).all()
    assert db.ledger.intake.append([ticket_event("2")], [], NOW) == [True]
    connection.invalidate()
    halted.dispose()


def test_a_row_that_stays_held_is_told_and_the_rest_goes_on(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    on_postgres(db)
    monkeypatch.setattr("adapters.ledger.engine._WAITING", ("lock_timeout = '200ms'",))
    engine = connect(db.url)
    ledger = ledger_on(engine)
    ledger.intake.append([ticket_event()], [], NOW)
    connection = held(db, "T-1")
    with pytest.raises(LedgerBusyError, match="another process holds what this needs for too long: try again"):
        ledger.intake.append([ticket_event("2")], [], NOW)
    assert ledger.intake.append([replace(ticket_event("3"), ticket="T-2")], [], NOW) == [True]
    assert list(ledger.looks.claim(NOW, 10)) == ["T-2"]
    connection.close()
    engine.dispose()


def test_what_conflicts_again_and_again_is_raised_in_the_end(db: Opened) -> None:
    tries = []

    def work(connection: Connection) -> None:
        tries.append(True)
        connection.execute(text("INSERT INTO leases (name, holder, until, fence) VALUES ('a', 'b', 1, 1)"))
        connection.execute(text("INSERT INTO leases (name, holder, until, fence) VALUES ('a', 'b', 1, 1)"))

    with pytest.raises(IntegrityError):
        Database(db.engine).write(work)
    assert len(tries) == MOST_CONFLICTS + 1


def test_an_error_of_the_work_itself_is_not_tried_again(db: Opened) -> None:
    tries = []

    def work(connection: Connection) -> None:
        tries.append(True)
        connection.execute(text("SELECT nonsense FROM"))

    with pytest.raises(Exception, match=r"syntax|incomplete"):
        Database(db.engine).write(work)
    assert len(tries) == 1


def test_errors_do_not_show_what_was_written(db: Opened) -> None:
    with pytest.raises(Exception, match="nonsense") as raised:
        Database(db.engine).write(lambda c: c.execute(text("SELECT nonsense(:secret)"), {"secret": "hunter2"}))
    assert "hunter2" not in str(raised.value)


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    return desk(tmp_path)


def hampered(here: Desk, pragma: str) -> None:
    """Every connection from now on is held back by SQLite itself."""
    engine = here.app.ledger.intake._database.engine  # type: ignore[attr-defined]
    engine.dispose()
    event.listen(engine, "connect", lambda connection, _: connection.execute(pragma).close())


@pytest.mark.parametrize(
    ("pragma", "said"),
    [
        ("PRAGMA max_page_count = 1", "the disk is full: make room"),
        ("PRAGMA query_only = 1", "may not be written: give this user"),
    ],
)
def test_a_disk_that_takes_nothing_acknowledges_nothing(here: Desk, pragma: str, said: str) -> None:
    here.take(opened(NINE, "T-1"))
    hampered(here, pragma)
    answer = here.client().post("/events", [opened(NINE, f"T-{n}", title="x" * 1_000) for n in range(2, 400)])
    assert answer.status_code == 503
    assert said in answer.json()["error"]
    assert here.app.figures.doing()["errors"] == 1
    assert here.app.ledger.reader.health(NOW).tickets == 1


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("53100", "the database's disk is full: make room"),
        ("53200", "run out of memory or connections"),
        ("58030", "the database's disk answers with errors"),
        ("57014", "has cancelled a statement"),
        ("42501", r"may not do this: .*postgres-roles\.sql"),
    ],
)
def test_what_is_wrong_with_a_server_is_no_fault_of_a_ticket(db: Opened, state: str, said: str) -> None:
    on_postgres(db)
    failing = text(f"DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END $$")
    with pytest.raises(LedgerUnavailableError, match=said):
        Database(db.engine).write(lambda connection: connection.execute(failing))


def test_a_connection_that_the_server_has_ended_for_idling_is_made_again(db: Opened) -> None:
    on_postgres(db)
    with db.engine.connect() as connection:
        connection.execute(text("SET idle_session_timeout = 50"))
        connection.commit()
    time.sleep(0.3)
    assert db.ledger.reader.health(NOW).tickets == 0


def test_a_file_that_was_locked_by_somebody_else_is_told(db: Opened) -> None:
    from adapters.ledger.database import _told

    class BusyError(Exception):
        sqlite_errorname = "SQLITE_BUSY"

    told = _told(OperationalError("BEGIN IMMEDIATE", None, BusyError("database is locked")))
    assert isinstance(told, LedgerUnavailableError)
    assert "locked the ledger's file" in str(told)

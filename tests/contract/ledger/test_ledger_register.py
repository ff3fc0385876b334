"""The register and its sweeps in the ledger: a decision and what it touches are one transaction, carried on after a crash."""

import asyncio
import contextlib
import json
from pathlib import Path

import pytest

from adapters.ledger.store import ledger_on
from escalation.book import Book
from rules.instants import HOUR, parse, text
from rules.ticket import TicketEvent
from tests.contract.ledger.test_ledger_looks import look_at, opened
from tests.support.desk import book_of
from tests.support.ledgers import Opened

NOW = parse("2026-01-05T09:00:00Z")


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return book_of(tmp_path)


def requested(id: str = "X-1") -> TicketEvent:
    data = {"kind": "waiver", "scope": {"customer": "acme"}, "reason": "they asked late", "by": "ben"}
    data |= {"from": text(NOW), "until": text(NOW + HOUR)}
    return TicketEvent(id, "exception.requested", NOW, data, id, "slakeeper/exceptions", recorded=NOW)


def attention(db: Opened) -> dict[str, int | None]:
    return {row.id: row.attention_at for row in db.rows("select id, attention_at from tickets")}


def test_an_event_is_stored_once_and_read_as_it_was(db: Opened) -> None:
    assert db.ledger.register.append(requested(), NOW, sweep=False)
    assert not db.ledger.register.append(requested(), NOW, sweep=True)
    (found,) = db.ledger.register.events()
    assert (found.ticket, found.type, found.time, dict(found.data)) == ("X-1", "exception.requested", NOW, requested().data)
    assert db.ledger.sweeps.under_way() == []


def test_the_revision_grows_with_each_event_and_with_nothing_else(db: Opened) -> None:
    before = db.ledger.register.revision()
    db.ledger.intake.append([opened()], [], NOW)
    assert db.ledger.register.revision() == before
    db.ledger.register.append(requested(), NOW, sweep=False)
    assert db.ledger.register.revision() > before


def test_an_exception_is_no_ticket_even_of_the_same_name(db: Opened) -> None:
    db.ledger.intake.append([opened("X-1")], [], NOW)
    db.ledger.register.append(requested(), NOW, sweep=False)
    (history,) = db.ledger.looks.histories(["X-1"])
    assert [event.type for event in history.events] == ["ticket.opened"]
    assert db.ledger.reader.like("X", 10) == ["X-1"]


def test_the_reason_stands_apart_from_the_entry(db: Opened) -> None:
    db.ledger.register.append(requested(), NOW, sweep=False)
    (row,) = db.rows("select body from entries")
    assert "they asked late" not in row.body
    assert json.loads(row.body)["personal"]


def test_a_sweep_touches_open_tickets_first_then_those_that_ended_since(db: Opened, book: Book) -> None:
    solved = {"T-2": NOW + 2 * HOUR, "T-3": NOW - HOUR}
    for id in ("T-1", "T-2", "T-3"):
        start = NOW - 2 * HOUR
        events = [opened(id, start)]
        if id in solved:
            events.append(TicketEvent(id, "ticket.updated", solved[id], {"status": "solved"}, f"s-{id}", "desk"))
            events.append(TicketEvent(id, "ticket.deleted", solved[id], {}, f"d-{id}", "desk"))
        db.ledger.intake.append(events, [], start)
        assert look_at(db, book, NOW + 3 * HOUR, id)
    later = NOW + 4 * HOUR
    db.ledger.register.append(requested(), later, sweep=True, since=NOW)
    (sweep,) = db.ledger.sweeps.under_way()
    assert sweep.cause == "exception.requested X-1"
    assert db.ledger.sweeps.step(later) == 1
    assert attention(db)["T-1"] == later
    assert attention(db)["T-2"] != later
    assert db.ledger.sweeps.step(later) == 1
    assert (attention(db)["T-2"], attention(db)["T-3"]) == (later, None)
    assert db.ledger.sweeps.step(later) == 0
    assert db.ledger.sweeps.under_way() == []


def test_a_look_under_way_does_not_overlook_a_sweep(db: Opened, book: Book) -> None:
    from tests.contract.ledger.test_ledger_looks import looked

    db.ledger.intake.append([opened()], [], NOW)
    (history,) = db.ledger.looks.histories(["T-1"])
    db.ledger.register.append(requested(), NOW, sweep=True, since=NOW)
    assert db.ledger.sweeps.step(NOW) == 1
    assert db.ledger.looks.write([looked(history, book, NOW)]) == [False]


def test_a_sweep_goes_on_where_it_was(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.ledger.sweeps.AT_A_TIME", 2)
    db.ledger.intake.append([opened(f"T-{n}") for n in range(5)], [], NOW)
    db.ledger.register.append(requested(), NOW, sweep=True)
    assert db.ledger.sweeps.step(NOW + 1) == 2
    again = ledger_on(db.engine).sweeps  # another process
    assert [again.step(NOW + 1) for _ in range(3)] == [2, 1, 0]
    assert set(attention(db).values()) == {NOW + 1}


def test_a_process_with_an_earlier_configuration_stops_judging(
    db: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.app import build_app
    from config.settings import Settings
    from tests.support.desk import DESK, HandClock

    first, second = (tmp_path / name for name in ("first", "second"))
    terms = "kind: sla, from: 2026-01-01, when: {tier: silver}, calendar: always, targets: {resolution: {default: 9h}}"
    more = f"  silver: {{{terms}}}\n"
    apps = []
    for folder, config in ((first, DESK), (second, DESK.replace("agreements:\n", f"agreements:\n{more}", 1))):
        folder.mkdir()
        apps.append(build_app(Settings(database_url=db.url), book_of(folder, config), clock=HandClock(NOW)))
    old, new = apps
    old.registrar.publish()
    db.ledger.intake.append([opened()], [], NOW)
    new.registrar.publish()
    assert old.watch.batch() == 0
    assert "looks at nothing: restart it" in old.figures.troubles()[0]
    turns: list[None] = []
    monkeypatch.setattr(old.watch, "batch", lambda: turns.append(None))
    with contextlib.suppress(TimeoutError):
        asyncio.run(asyncio.wait_for(old.watch.run(), 0.3))
    assert len(turns) <= 2, "it waits, although a ticket is due"
    answer = old.handlers.answer("status", None)
    assert "older configuration than the one that was published last: restart it" in answer.cards[0].title
    while new.watch.batch():
        pass
    assert db.ledger.reader.ticket("T-1") is not None
    assert not new.handlers.answer("status", None).refused
    for app in apps:
        app.ledger.close()

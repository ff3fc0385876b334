"""Rebuilding: what the tables say is what the entries say, and what does not is found and mended."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters.helpdesk.cloudevents import ticket_event
from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from bot.app import build_app
from bot.cli.progress import Stages
from bot.cli.rebuild import Rebuilt
from config.settings import Settings
from rules.instants import HOUR, MINUTE
from tests.scenario.test_random_days import Day
from tests.support.audits import tamper
from tests.support.desk import DESK, NINE, Desk, HandClock, answered, book_of, opened, wire
from tests.support.ledgers import Opened

COUNTING = (
    DESK
    + """\
rules:
  breach: {when: {crossing: 100%}, do: [{tell: team}, {page: ladder}]}
  repeated: {when: {event: clock.overdue, customer_breaches_24h: {">=": 2}}, do: [{page: leadership}]}
"""
)


@pytest.fixture
def here(url: str, tmp_path: Path) -> Iterator[Desk]:
    yield from desk_at(url, tmp_path, DESK)


@pytest.fixture
def counting(url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose rules count breaches over tickets."""
    yield from desk_at(url, tmp_path, COUNTING)


def desk_at(url: str, folder: Path, config: str) -> Iterator[Desk]:
    book, clock = book_of(folder, config), HandClock()
    app = build_app(Settings(database_url=url), book, clock=clock)
    yield Desk(app, clock, book, url)
    app.ledger.close()


def rebuilt(here: Desk, *, write: bool = False) -> tuple[list[str], Rebuilt]:
    """What differs."""
    engine = connect(here.url)
    told: list[str] = []
    try:
        run = Rebuilt(Database(engine), here.book, here.clock.now(), write=write)
        run.differences.tell = lambda line: told.append(str(line))  # type: ignore[method-assign]
        run.run(Stages(None))
    finally:
        engine.dispose()
    return told, run


def change(here: Desk, sql: str, **values: Any) -> None:
    engine = connect(here.url)
    try:
        tamper(Opened(here.app.ledger, engine, here.url), sql, **values)
    finally:
        engine.dispose()


def played(here: Desk) -> None:
    here.take(opened(NINE), opened(NINE, "T-2", tier="gold", customer="globex", priority="high"))
    here.go("2026-01-05T09:30:00Z")
    here.take(answered("2026-01-05T09:25:00Z"))
    here.go("2026-01-05T12:00:00Z")


def test_nothing_differs_in_a_ledger_that_nobody_touched(here: Desk) -> None:
    assert rebuilt(here)[0] == []
    played(here)
    told, run = rebuilt(here)
    assert told == []
    assert (run.tickets, run.rows["clocks"], run.rows["pages"] > 0, run.changing) == (2, 5, True, 0)


def test_what_waits_for_a_look_is_no_difference(here: Desk) -> None:
    here.app.ledger.intake.append([], [], here.clock.now())
    played(here)
    here.client().post("/events", [wire("ticket.updated", "2026-01-05T12:00:00Z", status="solved"), opened(NINE, "T-3")])
    assert rebuilt(here)[0] == []
    here.clock.move("2026-01-05T20:00:00Z")  # the bot is away, and calls are due
    assert rebuilt(here)[0] == []


TAMPERED = (
    (
        "update clocks set verdict = 'met' where {first}",
        "clocks T-1/gold/first_response/1: verdict is 'met', computed 'missed'",
    ),
    ("update clocks set due_at = due_at + 60000 where {second}", "clocks T-2/gold/resolution/1: due_at is "),
    ("delete from clocks where {second}", "clocks T-2/gold/resolution/1: the row is missing"),
    ("update clocks set agreement = 'other' where {second}", "clocks T-2/other/resolution/1: no entry says so"),
    ("update pages set acknowledged_by = 'ana' where ticket = 'T-1'", "acknowledged_by is 'ana', computed None"),
    ("delete from pages where ticket = 'T-1'", "the row is missing"),
    ("update pages set page = 'P-9' where ticket = 'T-2'", "pages P-9: no entry says so"),
    ("update tickets set facts = '{{}}' where id = 'T-1'", "tickets T-1: facts is '{}', computed "),
    ("update tickets set attention_at = NULL where id = 'T-1'", "tickets T-1: attention_at is None, computed "),
    ("update chains set number = number + 1", "chains 20458/0: end is "),
    ("delete from chains", "chains 20458/0: the row is missing"),
    ("delete from tickets where id = 'T-1'", "tickets T-1: the row is missing"),
    ("update tickets set id = 'T-9' where id = 'T-1'", "tickets T-9: no entry says so"),
)
FIRST, SECOND = "ticket = 'T-1' and metric = 'first_response'", "ticket = 'T-2' and metric = 'resolution'"


@pytest.mark.parametrize(("sql", "said"), TAMPERED)
def test_a_difference_is_told_and_mended(here: Desk, sql: str, said: str) -> None:
    played(here)
    change(here, sql.format(first=FIRST, second=SECOND))
    told, _ = rebuilt(here)
    assert any(said in line for line in told), told
    assert rebuilt(here, write=True)[0] == told
    here.settle()
    assert rebuilt(here)[0] == []
    assert not here.app.ledger.reader.health(here.clock.now()).failing


def test_counters_over_other_tickets_come_to_the_same(counting: Desk) -> None:
    here = counting
    for n in range(4):  # all of them go overdue at the same instants, whichever is looked at first
        here.take(opened(NINE, f"T-{n}"))
    here.go("2026-01-05T09:05:00Z")
    here.take(opened("2026-01-05T09:05:00Z", "T-9"))
    here.go("2026-01-05T13:00:00Z")
    told, run = rebuilt(here)
    assert told == []
    assert run.rows["pages"] > 4, "some of them called leadership"


def test_exceptions_and_late_events_come_to_the_same(here: Desk) -> None:
    here.take(opened(NINE), opened(NINE, "T-2"))
    here.go("2026-01-05T09:30:00Z")
    asked = "exceptions request waiver for customer=acme from 2026-01-05T09:00 until 2026-01-05T11:00 because they asked late"
    here.say(asked, "ben")
    here.say("exceptions approve X-1", "cleo")
    here.go("2026-01-05T10:00:00Z")
    here.take(answered("2026-01-05T09:02:00Z"))
    here.go("2026-01-05T10:30:00Z")
    here.say("exceptions revoke X-1", "cleo")
    here.take(wire("ticket.updated", "2026-01-05T10:10:00Z", "T-2", status="solved"))
    here.go("2026-01-05T13:00:00Z")
    (exception,) = here.app.registrar.register.exceptions.values()
    assert exception.state == "revoked"
    assert rebuilt(here)[0] == []


@pytest.mark.parametrize("seed", range(12))
def test_nothing_differs_after_a_random_day(here: Desk, seed: int) -> None:
    day = Day(here, random.Random(seed))  # noqa: S311
    for known_at, event in day.events():
        there = day.go(known_at)
        here.app.ledger.intake.append([ticket_event(event)], [], known_at)
        assert rebuilt(here)[0] == []
        if there:
            here.settle()
            if (pages := here.app.ledger.reader.pages()) and day.dice.random() < 0.3:
                here.say(f"/sla ack {pages[0].page}", "ben")
        assert rebuilt(here)[0] == []
    day.go(max(here.clock.now(), day.back) + 5 * HOUR + MINUTE)
    assert rebuilt(here)[0] == []

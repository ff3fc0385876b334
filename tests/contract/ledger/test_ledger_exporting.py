"""Export: entries as they are, and events that a simulation comes to the same clocks with."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from adapters.helpdesk.cloudevents import wire_form
from adapters.ledger.chain import link, root
from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.exporting import exported_entries, exported_events
from adapters.ledger.parquet import write_parquet
from bot.app import build_app
from config.settings import Settings
from rules.instants import DAY, HOUR, parse, text
from tests.support.audits import NOW, fill
from tests.support.desk import NINE, Desk, HandClock, answered, book_of, opened, wire
from tests.support.ledgers import Opened
from tests.support.simulation import simulated


def exported(db: Opened, span: tuple[int, int] | None = None, *, with_personal: bool = False) -> list[dict[str, Any]]:
    return list(exported_entries(Database(db.engine), span, with_personal=with_personal, begin=lambda total: None))


def test_entries_come_as_they_are_so_that_their_hashes_can_be_computed_anew(db: Opened) -> None:
    fill(db, 4)
    before = root(NOW // DAY, 0)
    for number, entry in enumerate(exported(db, with_personal=True), 1):
        before = link(before, entry)
        assert (entry["number"], entry["hash"]) == (number, before.hex())
        assert (entry["recorded_at"], entry["recorded_at_text"]) == (NOW, text(NOW))
        salted = bytes.fromhex(entry["salt"]) + entry["personal"].encode()
        assert json.loads(entry["body"])["personal"] == hashlib.sha256(salted).hexdigest()


def test_personal_fields_come_only_where_they_are_asked_for(db: Opened) -> None:
    fill(db, 1)
    assert "Cannot pay" not in json.dumps(exported(db))
    assert "Cannot pay" in json.dumps(exported(db, with_personal=True))


def test_a_period_holds_what_was_recorded_from_its_start_up_to_its_end(db: Opened) -> None:
    for n in range(3):
        fill(db, 1, NOW + n * HOUR, first=n)
    assert [entry["ticket"] for entry in exported(db, (NOW, NOW + 2 * HOUR))] == ["T-0", "T-1"]
    assert [entry["ticket"] for entry in exported(db)] == ["T-0", "T-1", "T-2"]


def test_a_parquet_file_has_typed_columns(db: Opened, tmp_path: Path) -> None:
    fill(db, 3)
    for with_personal in (False, True):
        rows = exported(db, with_personal=with_personal)
        write_parquet(tmp_path / "x.parquet", rows, with_personal=with_personal)
        table = pq.read_table(tmp_path / "x.parquet")
        assert table.to_pylist() == rows
        types = {field.name: str(field.type) for field in table.schema}
        assert (types["seq"], types["at"], types["is_event"], types["body"]) == ("int64", "int64", "bool", "string")


@pytest.fixture
def here(url: str, tmp_path: Path) -> Iterator[Desk]:
    book, clock = book_of(tmp_path), HandClock()
    app = build_app(Settings(database_url=url), book, clock=clock)
    yield Desk(app, clock, book, url)
    app.ledger.close()


def test_a_simulation_of_the_exported_events_comes_to_the_clocks_of_the_ledger(here: Desk) -> None:
    here.app.registrar.publish()
    until = "2026-01-05T15:00:00Z"
    here.take(opened(NINE), opened(NINE, "T-2", customer="globex", tier="gold", priority="high"), opened(NINE, "T-3"))
    here.go("2026-01-05T09:12:00Z")
    here.say("ack T-1", "ben")
    asked = "exceptions request suspension for ticket=T-3 from 2026-01-05T09:00 until 2026-01-05T12:00 because of a power cut"
    here.say(asked, "ben")
    here.say("exceptions approve X-1", "cleo")
    here.go("2026-01-05T10:00:00Z")
    here.take(answered("2026-01-05T09:05:00Z"), wire("ticket.updated", "2026-01-05T10:00:00Z", "T-2", status="pending"))
    here.clock.move("2026-01-05T12:30:00Z")  # the bot was away
    here.settle()
    here.go(until)

    engine = connect(here.url)
    events = [wire_form(event) for event in exported_events(Database(engine), None, lambda total: None)]
    engine.dispose()
    assert {event["type"] for event in events} >= {"page.acknowledged", "page.delayed", "exception.approved", "ticket.opened"}
    assert "configuration.published" not in {event["type"] for event in events}

    for ticket in ("T-1", "T-2", "T-3"):
        here.app.watch.look_now(ticket)
    live = [row for id in ("T-1", "T-2", "T-3") for row in here.app.ledger.reader.ticket(id).clocks]  # type: ignore[union-attr]
    replayed = simulated(book_of_another(here), events, until)
    assert replayed.refused == []
    name = ("ticket", "agreement", "metric", "cycle")
    found = {tuple(clock[part] for part in name): clock for clock in replayed.clocks}
    assert len(found) == len(live) > 5
    for row in live:
        clock = found[row.ticket, row.agreement, row.metric, row.cycle]
        assert (clock["verdict"], clock["elapsed_ms"], clock["state"]) == (row.verdict, row.elapsed_ms, row.state)
        assert (clock["due_at"] and parse(clock["due_at"])) == row.due_at


def book_of_another(here: Desk) -> Any:
    """The same configuration without the register that the bot has hung into its own."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as folder:
        return book_of(Path(folder))

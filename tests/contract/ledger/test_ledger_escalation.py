"""Acts that come too late, pages that outlive a restart, and a ledger from before escalation."""

from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.ledger.migrating import migrate
from bot.app import build_app
from bot.ports import StaleError
from config.settings import Settings
from rules.instants import parse
from rules.ticket import TicketEvent
from tests.support.desk import DESK, NINE, Desk, book_of, opened
from tests.support.ledgers import Opened, undo_escalation

NOW = parse(NINE)


def act(id: str, at: int = NOW) -> TicketEvent:
    return TicketEvent("T-1", "page.acknowledged", at, {"by": "ana"}, id, "slakeeper", recorded=at)


def test_an_act_on_a_ticket_that_has_changed_since_stores_nothing(db: Opened) -> None:
    ledger = db.ledger
    ledger.intake.append([TicketEvent("T-1", "ticket.opened", NOW, {}, "1", "desk")], [], NOW)
    seen = ledger.looks.histories(["T-1"])[0].seen
    assert ledger.intake.act(act("a"), lambda: NOW, seen)
    with pytest.raises(StaleError):
        ledger.intake.act(act("b"), lambda: NOW, seen)
    assert [event.id for event in ledger.looks.histories(["T-1"])[0].events] == ["1", "a"]
    assert not ledger.intake.act(act("a"), lambda: NOW, seen + 1), "it is known already"


def test_an_act_is_dated_when_it_is_stored(db: Opened) -> None:
    db.ledger.intake.append([TicketEvent("T-1", "ticket.opened", NOW, {}, "1", "desk")], [], NOW)
    db.ledger.intake.act(act("a", NOW - 5_000), lambda: NOW + 7)
    (_, stored) = db.ledger.looks.histories(["T-1"])[0].events
    assert stored.time == NOW + 7


def test_a_page_goes_by_the_ladder_that_was_published_when_it_opened_also_after_a_restart(here: Desk, tmp_path: Path) -> None:
    here.app.registrar.publish()
    here.take(opened(NINE))
    here.go("2026-01-05T09:10:00Z")
    folder = tmp_path / "later"
    folder.mkdir()
    book = book_of(folder, DESK.replace("{page: {lead_of: team}, wait: 10m}", "{page: {person: cleo}, wait: 10m}"))
    later = Desk(build_app(Settings(database_url=here.url), book, clock=here.clock), here.clock, book, here.url)
    with closing(later.app.ledger):
        later.app.registrar.publish()
        later.go("2026-01-05T09:12:00Z")
        later.take(opened("2026-01-05T09:12:00Z", "T-2"))
        later.go("2026-01-05T09:20:00Z")
        assert [page.to for page in later.app.ledger.reader.pages() if page.ticket == "T-1"] == [("ben",)]
        later.go("2026-01-05T09:30:00Z")
        assert [page.to for page in later.app.ledger.reader.pages() if page.ticket == "T-2"] == [("cleo",)]


def test_a_ledger_from_before_keeps_its_pages_and_cards_and_knows_its_breaches(here: Desk) -> None:
    here.take(opened(NINE))
    here.go("2026-01-05T09:12:00Z")
    before = here.app.ledger.reader.pages()
    engine = here.app.ledger.reader._database.engine  # type: ignore[attr-defined]
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        undo_escalation(connection)
        connection.execute(text("update alembic_version set version_num = '0009'"))
    migrate(here.url)
    here.settle()
    assert here.app.ledger.reader.pages() == before
    assert [review.review for review in here.app.ledger.reader.reviews(unfinished=True, limit=10)] == ["R-T-1-1"]
    here.go("2026-01-05T09:16:00Z")
    assert len(here.chat("support")) == 1, "the card that stands there is edited"
    assert any("Ben Osei is paged (step 2)" in line for line in here.log("support"))

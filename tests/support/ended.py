"""Desks at which tickets have ended long ago, as erasing and archiving meet them."""

from collections.abc import Iterator
from pathlib import Path

from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from bot.app import build_app
from bot.archiving import Archiving
from bot.cli.progress import Stages
from bot.cli.rebuild import Rebuilt
from bot.records import Moved
from config.settings import Settings
from tests.support.desk import DESK, NINE, Desk, HandClock, answered, book_of, opened, wire
from tests.support.ledgers import Opened

ANNA = {"id": "u-7", "name": "Anna Maria Petersen", "email": "Anna.Petersen@acme.example"}
OTTO = {"id": "u-8", "name": "Otto", "email": "otto@acme.example"}
LATER = "2027-03-01T09:00:00Z"
"""More than 13 months after the tickets have ended."""


def desk_at(url: str, folder: Path, config: str = DESK) -> Iterator[Desk]:
    """A desk on a ledger that is there."""
    book, clock = book_of(folder, config), HandClock()
    app = build_app(Settings(database_url=url), book, clock=clock)
    yield Desk(app, clock, book, url)
    app.ledger.close()


def ended(here: Desk, *tickets: str, still_open: str | None = None) -> None:
    """Anna's tickets, which go overdue, are answered and solved, and one of Otto's that stays open."""
    here.app.registrar.publish()
    here.take(*(opened(NINE, ticket, requester=ANNA, title=f"Petersen cannot pay {ticket}") for ticket in tickets))
    if still_open:
        here.take(opened(NINE, still_open, requester=OTTO, title="Otto waits"))
    here.go("2026-01-05T12:00:00Z")
    for ticket in tickets:
        here.take(answered("2026-01-05T12:00:00Z", ticket, text="Dear Ms Petersen"))
        here.take(wire("ticket.updated", "2026-01-05T12:00:00Z", ticket, status="solved"))
    here.go("2026-01-05T13:00:00Z")


def archived(here: Desk, folder: Path, months: int = 13) -> Moved:
    """What is archived at the desk's present instant."""
    moved = Archiving(here.app.ledger, here.clock, folder, months).turn("a test")
    assert moved is not None
    return moved


def figures(db: Opened) -> list[object]:
    """Clocks and pages, of which all figures are made; as of which look a clock is known is left out."""
    clocks = db.rows("select * from clocks order by ticket, agreement, metric, cycle")
    pages = db.rows("select * from pages order by page")
    return [{name: value for name, value in row._mapping.items() if name != "as_of"} for row in (*clocks, *pages)]


def differences(here: Desk) -> list[str]:
    """What `sla ledger rebuild` finds."""
    engine = connect(here.url)
    told: list[str] = []
    try:
        run = Rebuilt(Database(engine), here.book, here.clock.now(), write=False)
        run.differences.tell = lambda line: told.append(str(line))  # type: ignore[method-assign]
        run.run(Stages(None))
    finally:
        engine.dispose()
    return told

"""`sla ledger rebuild`: every table computed anew from the entries.

Decided here: how many tickets are held at once, how differences are told, and that tickets which change meanwhile are read
again. Not decided here: what is computed (`bot/rebuilding.py`), and how it is compared (`adapters/ledger/rebuilding.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.wall_clock import WallClock
from bot.cli.listing import Listing
from bot.cli.options import ConfigOption, load_book, read_settings, settings_error
from bot.cli.progress import Stages, stages
from bot.messages import counted

if TYPE_CHECKING:
    from adapters.ledger.database import Database
    from adapters.ledger.rebuilding import Difference, SqlTables, Standing
    from bot.ports import Ledger
    from bot.rebuilding import Rebuilding
    from bot.records import History, Written
    from escalation.book import Book

MOST_SHOWN = 20
_AT_ONCE = 500
_TRIES = 3


def rebuild(
    config: ConfigOption = None,
    write: Annotated[bool, typer.Option("--write", help="Mend what differs.")] = False,
) -> None:
    """Compute tickets, clocks, pages, the ends of chains and the roll-ups from the entries, and show that nothing differs.

    Exit codes: 0 nothing differs, or it is mended now; 1 something differs.
    """
    from bot.cli.ledger import read_only

    book = load_book(config)
    database = read_only(read_settings())
    with stages() as progress:
        rebuilt = Rebuilt(database, book, WallClock().now(), write=write)
        rebuilt.run(progress)
    if rebuilt.changing:
        typer.echo(
            f"{counted(rebuilt.changing, 'ticket')} changed again and again meanwhile and could not be compared.", err=True
        )
    rows = (counted(number, table.removesuffix("s")) for table, number in rebuilt.rows.items())
    seen = ", ".join([counted(rebuilt.tickets, "ticket"), *rows])
    if not rebuilt.differences.count:
        typer.echo(f"Nothing differs: {seen}.")
        return
    typer.echo(f"{counted(rebuilt.differences.count, 'difference')} in {seen}{'; all are mended' if write else ''}.")
    if not write:
        raise typer.Exit(1)


class Rebuilt:
    """Goes through all tickets, a few hundred at a time, and counts."""

    def __init__(self, database: Database, book: Book, now: int, *, write: bool) -> None:
        from adapters.ledger.rebuilding import SqlTables
        from adapters.ledger.store import ledger_on

        self._database, self._now, self._write = database, now, write
        self.differences = Listing(MOST_SHOWN)
        self._ledger: Ledger = ledger_on(database.engine)
        self._tables: SqlTables = SqlTables(database)
        self._rebuilding = _rebuilding(self._ledger, book)
        self.tickets = self.changing = 0
        self.rows = Counter[str]()

    def run(self, progress: Stages) -> None:
        """Compare, and mend where that is asked for."""
        from adapters.ledger.chain_heads import chain_differences, mend_chains
        from adapters.ledger.rollup_checks import check_rollups
        from adapters.ledger.rollups import rebuild_rollups

        progress.begin("Rebuilding", self._ledger.reader.health(self._now).tickets)
        after = ""
        while ids := self._tables.known(after, _AT_ONCE):
            after = ids[-1]
            self._batch(ids)
            progress.advance(len(ids))
        ends = chain_differences(self._database)
        self._note(ends)
        if ends and self._write:
            mend_chains(self._database)
        with self._database.snapshot() as connection:
            counts = check_rollups(connection)
        self._note(counts)
        if counts and self._write:
            self._database.write(rebuild_rollups)

    def _batch(self, ids: list[str]) -> None:
        mended: list[Written] = []
        lost: list[str] = []
        unknown: list[str] = []
        for standing, history in self._read(ids):
            self.tickets += 1
            self.rows.update({table: len(rows) for table, rows in standing.rows.items()})
            differences, written = self._compared(standing, history)
            self._note(differences)
            if not history.events and not history.recorded:
                unknown.append(standing.ticket)
            elif standing.row is None or (written is None and differences):
                lost.append(standing.ticket)
            elif differences and written is not None:
                mended.append(written)
        if self._write:
            self._tables.mend(mended, lost, unknown, self._now)

    def _read(self, ids: list[str]) -> Iterator[tuple[Standing, History]]:
        """Tickets with their histories, both as of the same state; those that changed in between are read again."""
        for _ in range(_TRIES):
            histories = {history.ticket: history for history in self._ledger.looks.histories(ids)}
            again = []
            for standing in self._tables.standing(ids):
                history = histories[standing.ticket]
                if standing.row is not None and standing.row["seen"] != history.seen:
                    again.append(standing.ticket)
                else:
                    yield standing, history
            if not again:
                return
            ids = again
        self.changing += len(ids)

    def _compared(self, standing: Standing, history: History) -> tuple[list[Difference], Written | None]:
        """How a ticket differs, and what was computed of it."""
        from adapters.ledger.rebuilding import Difference

        known = bool(history.events or history.recorded)
        if known != (standing.row is not None):
            row = standing.row
            differences = [Difference("tickets", standing.ticket, None, row, None if row else history.seen)]
            return [*differences, *standing.differences(None, self._now)], None
        looked_at = None if standing.row is None else standing.row["looked_at"]
        if looked_at is None:
            return list(standing.differences(None, self._now)), None
        first: tuple[list[Difference], Written | None] | None = None
        for written in self._rebuilding.as_looked_at(history, looked_at):
            found = list(standing.differences(written, self._now))
            if not found:
                return [], written
            first = first or (found, written)
        return first or (list(standing.differences(None, self._now)), None)

    def _note(self, differences: Sequence[Difference | str]) -> None:
        for difference in differences:
            self.differences.tell(difference)


def _rebuilding(ledger: Ledger, book: Book) -> Rebuilding:
    """What looks at tickets, under the configuration that the ledger was kept with."""
    from bot.publication import PublishedError
    from bot.rebuilding import Rebuilding
    from bot.registrar import Registrar

    registrar = Registrar(ledger, book, WallClock(), ())
    registrar.refresh()
    try:
        registrar.check()
    except PublishedError as error:
        raise settings_error(str(error)) from None
    if registrar.unpublished():
        raise settings_error(
            "the configuration promises something else than the one that sla run began with: name that one with --config"
        )
    return Rebuilding(ledger.looks, book, registrar.republished_at)

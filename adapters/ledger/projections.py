"""What is computed from entries and kept to be asked: clocks and pages.

Decided here: that only rows which have changed are written; that a clock is grouped by what its ticket was when it was
judged, not by what became of it later; that what rows count for is noted with them. Not decided here: how clocks stand, what
they count for (`counting`).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Table, delete, select, tuple_

from adapters.ledger.counting import Changes, Row
from adapters.ledger.engine import replacing
from adapters.ledger.entries import storable
from adapters.ledger.rollups import note_changes
from adapters.ledger.schema import clocks, pages
from bot.records import Written
from escalation.look import Look
from rules.attainment import judged_at
from rules.clock_row import ClockRow
from rules.moments import facts_at

GROUPING = ("customer", "tier", "region", "service", "priority")


def write_clocks(connection: Connection, looks: Sequence[Written]) -> None:
    """The clocks of some tickets as looks have found them."""
    tickets = [written.look.ticket for written in looks]
    rows = [clock_row(row, written.look, written.teams.get(row.agreement)) for written in looks for row in written.look.clocks]
    changes = Changes()
    for before, after in _replace(connection, clocks, tickets, rows):
        changes.move(before, after)
    note_changes(connection, changes)


def write_pages(connection: Connection, looks: Sequence[Written]) -> None:
    """The pages of some tickets as looks have found them."""
    tickets = [written.look.ticket for written in looks]
    found = [page for written in looks for page in written.look.pages]
    _replace(
        connection,
        pages,
        tickets,
        [asdict(page) | {"to": json.dumps(page.to), "reasons": json.dumps(page.reasons)} for page in found],
    )


def clock_row(row: ClockRow, look: Look, team: str | None) -> dict[str, Any]:
    """A clock as the table has it."""
    judged = judged_at(row)
    facts = look.facts if judged is None else facts_at(look.moments, judged)
    about = {name: _word(facts.get(name)) for name in GROUPING}
    return {**row._asdict(), **about, "suspended": json.dumps(row.suspended), "judged_at": judged, "team": team}


def _replace(
    connection: Connection, table: Table, tickets: Sequence[str], rows: Sequence[Row]
) -> list[tuple[Row | None, Row | None]]:
    """Have some tickets' rows of a table be these; what has changed, as it was and as it is."""
    keys = list(table.primary_key)
    stored = connection.execute(select(table).where(table.c.ticket.in_(tickets))).mappings()
    before = {tuple(row[key.name] for key in keys): dict(row) for row in stored}
    after = {tuple(row[key.name] for key in keys): row for row in rows}
    gone = [key for key in before if key not in after]
    changed = [key for key, row in after.items() if before.get(key) != row]
    if gone:
        connection.execute(delete(table).where(tuple_(*keys).in_(gone)))
    if changed:
        connection.execute(replacing(connection, table), [after[key] for key in changed])
    return [*((before[key], None) for key in gone), *((before.get(key), after[key]) for key in changed)]


def _word(value: object) -> str | None:
    return None if value is None else storable(str(value)[:500])

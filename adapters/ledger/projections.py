"""What is computed from entries and kept to be asked: clocks and pages.

Decided here: that only rows which have changed are written; that a clock is grouped by what its ticket was when it was
judged, not by what became of it later; that what rows count for is noted with them. Not decided here: how clocks stand, what
they count for (`counting`).
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Select, Table, delete, select, tuple_

from adapters.ledger.among import among
from adapters.ledger.bulk import fetch_all, replace_all
from adapters.ledger.counting import COUNTED, Changes, Row
from adapters.ledger.entries import storable
from adapters.ledger.rollups import note_changes
from adapters.ledger.schema import clocks, pages
from bot.records import Written
from escalation.page import PageRow
from rules.attainment import judged_at
from rules.moments import facts_at

GROUPING = ("customer", "tier", "region", "service", "priority")

Pair = tuple[tuple[Any, ...] | None, tuple[Any, ...] | None]
_PAGE_FIELDS = tuple(field.name for field in fields(PageRow))


def write_clocks(connection: Connection, looks: Sequence[Written]) -> None:
    """The clocks of some tickets as looks have found them."""
    rows = [row for look in looks for row in clock_rows(look)]
    _noted(connection, _replace(connection, clocks, [written.look.ticket for written in looks], rows))


def remove_clocks(connection: Connection, tickets: Sequence[str]) -> None:
    """Have some tickets have no clocks."""
    _noted(connection, _replace(connection, clocks, tickets, []))


def _noted(connection: Connection, pairs: Sequence[Pair]) -> None:
    """Note for the roll-ups what has changed about clocks."""
    changes = Changes()
    columns = _columns(clocks)
    counted = itemgetter(*(columns.index(name) for name in COUNTED))
    for before, after in pairs:
        was, now = (None if row is None else counted(row) for row in (before, after))
        if was != now:  # most clocks only went on
            changes.move(*(row and dict(zip(COUNTED, row, strict=True)) for row in (was, now)))
    note_changes(connection, changes)


def write_pages(connection: Connection, looks: Sequence[Written]) -> None:
    """The pages of some tickets as looks have found them."""
    rows = [page_row(page) for written in looks for page in written.look.pages]
    _replace(connection, pages, [written.look.ticket for written in looks], rows)


def clock_rows(written: Written) -> Iterator[Row]:
    """The clocks of a look as the table has them."""
    look = written.look
    present = _about(look.facts)
    for row in look.clocks:
        judged = judged_at(row)
        about = present if judged is None else _about(facts_at(look.moments, judged))
        suspended = json.dumps(row.suspended) if row.suspended else "[]"
        team = written.teams.get(row.agreement)
        yield {**row._asdict(), **about, "suspended": suspended, "judged_at": judged, "team": team}


def page_row(page: PageRow) -> dict[str, Any]:
    """A page as the table has it."""
    row = {field: getattr(page, field) for field in _PAGE_FIELDS}
    return {**row, "to": json.dumps(page.to), "reasons": json.dumps(page.reasons)}


def _replace(connection: Connection, table: Table, tickets: Sequence[str], rows: Sequence[Row]) -> list[Pair]:
    """Have some tickets' rows of a table be these; what has changed, as it was and as it is, in the order of the columns."""
    columns = _columns(table)
    key = itemgetter(*(columns.index(column.name) for column in table.primary_key))
    before = {key(row): row for row in fetch_all(connection, _of_tickets(table), ids=tickets)}
    values_of = itemgetter(*columns)
    given = [(row, values_of(row)) for row in rows]
    after = {key(values) for _, values in given}
    gone = [found for found in before if found not in after]
    if gone:
        keys = [found if isinstance(found, tuple) else (found,) for found in gone]
        connection.execute(delete(table).where(tuple_(*table.primary_key).in_(keys)))
    changed = [(row, values) for row, values in given if before.get(key(values)) != values]
    replace_all(connection, table, [row for row, _ in changed])
    return [*((before[found], None) for found in gone), *((before.get(key(values)), values) for _, values in changed)]


@cache
def _of_tickets(table: Table) -> Select[Any]:
    return select(table).where(among(table.c.ticket, "ids"))


@cache
def _columns(table: Table) -> tuple[str, ...]:
    """The names of a table's columns; SQLAlchemy's own texts are slow to write as JSON."""
    return tuple(str(column.name) for column in table.c)


def _about(facts: Mapping[str, object]) -> dict[str, str | None]:
    """What a clock is grouped by."""
    return {name: None if (value := facts.get(name)) is None else storable(str(value)[:500]) for name in GROUPING}

"""What is computed from entries and kept to be asked: clocks and pages.

Decided here: that only rows which have changed are written; that a clock is grouped by what its ticket was when it was
judged, not by what became of it later. Not decided here: how clocks stand.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Table, delete, select, tuple_

from adapters.ledger.bulk import fetch_all, replace_all
from adapters.ledger.entries import storable
from adapters.ledger.schema import clocks, pages
from bot.records import Written
from escalation.page import PageRow
from rules.attainment import judged_at
from rules.moments import facts_at

GROUPING = ("customer", "tier", "region", "service", "priority")

_PAGE_FIELDS = tuple(field.name for field in fields(PageRow))

Row = Mapping[str, Any]


def write_clocks(connection: Connection, looks: Sequence[Written]) -> None:
    """The clocks of some tickets as looks have found them."""
    _replace(
        connection, clocks, [written.look.ticket for written in looks], [row for look in looks for row in clock_rows(look)]
    )


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


def _replace(connection: Connection, table: Table, tickets: Sequence[str], rows: Sequence[Row]) -> None:
    """Have some tickets' rows of a table be these."""
    keys = [column.name for column in table.primary_key]
    own = itemgetter(*keys) if len(keys) > 1 else lambda row: (row[keys[0]],)
    columns = tuple(rows[0]) if rows else tuple(keys)
    wanted = select(*(table.c[name] for name in columns)).where(table.c.ticket.in_(tickets))
    position = (
        itemgetter(*(columns.index(key) for key in keys)) if len(keys) > 1 else lambda row: (row[columns.index(keys[0])],)
    )
    before = {position(row): row for row in fetch_all(connection, wanted)}
    after = {own(row): row for row in rows}
    gone = [key for key in before if key not in after]
    if gone:
        connection.execute(delete(table).where(tuple_(*table.primary_key).in_(gone)))
    replace_all(connection, table, [row for key, row in after.items() if before.get(key) != tuple(row.values())])


def _about(facts: Mapping[str, object]) -> dict[str, str | None]:
    """What a clock is grouped by."""
    return {name: None if (value := facts.get(name)) is None else storable(str(value)[:500]) for name in GROUPING}

"""What is computed from entries and kept to be asked: clocks, pages and reviews.

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
from adapters.ledger.bulk import Values, fetch_all, replace_all
from adapters.ledger.counting import COUNTED, Changes
from adapters.ledger.entries import canonical, storable
from adapters.ledger.rollups import note_changes
from adapters.ledger.schema import clocks, pages, reviews
from bot.records import Written
from escalation.page import PageRow
from escalation.reviews import ReviewRow
from rules.attainment import judged_at
from rules.clock_row import ClockRow
from rules.moments import facts_at

GROUPING = ("customer", "tier", "region", "service", "priority")
CLOCK_COLUMNS = (*ClockRow._fields, *GROUPING, "judged_at", "team")
PAGE_COLUMNS = tuple(field.name for field in fields(PageRow))
PAGE_LISTS = ("to", "reasons", "next_to")
REVIEW_COLUMNS = (*(field.name for field in fields(ReviewRow)), "unfinished")
REVIEW_LISTS = ("breaches", "actions")
_SUSPENDED = ClockRow._fields.index("suspended")
_counted = itemgetter(*(CLOCK_COLUMNS.index(name) for name in COUNTED))

Pair = tuple[Values | None, Values | None]


def write_clocks(connection: Connection, looks: Sequence[Written]) -> None:
    """The clocks of some tickets as looks have found them."""
    rows = [row for look in looks for row in clock_rows(look)]
    _noted(connection, _replace(connection, clocks, CLOCK_COLUMNS, [written.look.ticket for written in looks], rows))


def remove_clocks(connection: Connection, tickets: Sequence[str]) -> None:
    """Have some tickets have no clocks."""
    _noted(connection, _replace(connection, clocks, CLOCK_COLUMNS, tickets, []))


def _noted(connection: Connection, pairs: Sequence[Pair]) -> None:
    """Note for the roll-ups what has changed about clocks."""
    changes = Changes()
    for before, after in pairs:
        was, now = (None if row is None else _counted(row) for row in (before, after))
        if was != now:  # most clocks only went on
            changes.move(*(row and dict(zip(COUNTED, row, strict=True)) for row in (was, now)))
    note_changes(connection, changes)


def write_pages(connection: Connection, looks: Sequence[Written]) -> None:
    """The pages of some tickets as looks have found them."""
    rows = [row for written in looks for row in page_rows(written)]
    _replace(connection, pages, PAGE_COLUMNS, [written.look.ticket for written in looks], rows)


def write_reviews(connection: Connection, looks: Sequence[Written]) -> None:
    """The reviews of some tickets as looks have found them."""
    rows = [row for written in looks for row in review_rows(written)]
    _replace(connection, reviews, REVIEW_COLUMNS, [written.look.ticket for written in looks], rows)


def clock_rows(written: Written) -> Iterator[Values]:
    """The clocks of a look as the table has them, in the order of CLOCK_COLUMNS."""
    look = written.look
    present = _about(look.facts)
    for row in look.clocks:
        judged = judged_at(row)
        about = present if judged is None else _about(facts_at(look.moments, judged))
        suspended = json.dumps(row.suspended) if row.suspended else "[]"
        team = written.teams.get(row.agreement)
        yield (*row[:_SUSPENDED], suspended, *row[_SUSPENDED + 1 :], *about, judged, team)


def page_rows(written: Written) -> Iterator[Values]:
    """The pages of a look as the table has them, in the order of PAGE_COLUMNS."""
    for page in written.look.pages:
        yield _row(page, PAGE_COLUMNS, PAGE_LISTS)


def review_rows(written: Written) -> Iterator[Values]:
    """The reviews of a look as the table has them, in the order of REVIEW_COLUMNS."""
    for review in written.look.reviews:
        yield _row(review, REVIEW_COLUMNS, REVIEW_LISTS)


def _row(known: object, columns: Sequence[str], lists: Sequence[str]) -> Values:
    told = {name: canonical(getattr(known, name)) for name in lists}
    return tuple(told.get(name) or getattr(known, name) for name in columns)


def _replace(
    connection: Connection, table: Table, columns: tuple[str, ...], tickets: Sequence[str], rows: Sequence[Values]
) -> list[Pair]:
    """Have some tickets' rows of a table be these; what has changed, as it was and as it is."""
    key = itemgetter(*(columns.index(column.name) for column in table.primary_key))
    before = {key(row): row for row in fetch_all(connection, _of_tickets(table, columns), ids=tickets)}
    after = {key(row): row for row in rows}
    gone = [found for found in before if found not in after]
    if gone:
        keys = [found if isinstance(found, tuple) else (found,) for found in gone]
        connection.execute(delete(table).where(tuple_(*table.primary_key).in_(keys)))
    changed = [(before.get(found), row) for found, row in after.items() if before.get(found) != row]
    replace_all(connection, table, columns, [row for _, row in changed])
    return [*((before[found], None) for found in gone), *changed]


@cache
def _of_tickets(table: Table, columns: tuple[str, ...]) -> Select[Any]:
    return select(*(table.c[name] for name in columns)).where(among(table.c.ticket, "ids"))


def _about(facts: Mapping[str, object]) -> list[str | None]:
    """What a clock is grouped by."""
    return [None if (value := facts.get(name)) is None else storable(str(value)[:500]) for name in GROUPING]

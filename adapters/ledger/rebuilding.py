"""The tables beside the entries: how they stand, how they differ from what was computed anew, and mending them.

Decided here: that every column is compared which entries determine; that a ticket which waits for a look may be told to be
looked at earlier than was computed; that a ticket is mended under its lock, and only as it was read. Not decided here: what is
computed (`bot/rebuilding.py`).
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Any

from sqlalchemy import Column, Connection, Select, Table, delete, exists, select, update

from adapters.ledger.database import Database
from adapters.ledger.entries import canonical
from adapters.ledger.intake import attend
from adapters.ledger.projections import (
    CLOCK_COLUMNS,
    PAGE_COLUMNS,
    REVIEW_COLUMNS,
    clock_rows,
    page_rows,
    remove_clocks,
    review_rows,
    write_clocks,
    write_pages,
    write_reviews,
)
from adapters.ledger.schema import clocks, entries, pages, reviews, tickets
from bot.records import Written

Row = Mapping[str, Any]
_COMPUTED = (
    (clocks, CLOCK_COLUMNS, clock_rows),
    (pages, PAGE_COLUMNS, page_rows),
    (reviews, REVIEW_COLUMNS, review_rows),
)
_NAMED_IN = (entries.c.ticket, tickets.c.id, *(table.c.ticket for table, *_ in _COMPUTED))


@dataclass(frozen=True)
class Difference:
    """A value that is stored and not what was computed; without a column, a row that one of the two has not."""

    table: str
    row: str
    column: str | None
    stored: Any
    computed: Any

    def __str__(self) -> str:
        if self.column is None:
            return f"{self.table} {self.row}: " + ("the row is missing" if self.stored is None else "no entry says so")
        return f"{self.table} {self.row}: {self.column} is {self.stored!r}, computed {self.computed!r}"


@dataclass
class Standing:
    """A ticket as the tables have it, with its rows by table; no `row` where they do not know it."""

    ticket: str
    row: Row | None = None
    rows: Mapping[str, list[Row]] = field(default_factory=lambda: {table.name: [] for table, *_ in _COMPUTED})

    def differences(self, written: Written | None, now: int) -> Iterator[Difference]:
        """How it differs from what was computed; None: it was never looked at, or no entry knows it."""
        if self.row is not None and written is not None:
            look, row = written.look, self.row
            computed = {"facts": canonical(dict(look.facts))}
            if not self._waits(now):
                computed["attention_at"] = look.attention_at  # type: ignore[assignment]
            yield from _columns("tickets", self.ticket, row, computed)
        for table, columns, rows in _COMPUTED:
            found = () if written is None else rows(written)
            yield from _rows(table, self.rows[table.name], [dict(zip(columns, row, strict=True)) for row in found])

    def _waits(self, now: int) -> bool:
        """Whether it is to be looked at anyway: something has come, or its last look has failed."""
        row = self.row or {}
        return bool(row["failures"]) or (row["attention_at"] is not None and row["attention_at"] <= now)


class SqlTables:
    """Reads and mends what is computed from entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def known(self, after: str, limit: int) -> list[str]:
        """Ids of tickets that any table names, in order, from after an id on, but for those whose entries are archived."""

        def work(connection: Connection) -> list[str]:
            named = (
                connection.execute(_not_archived(c).where(c > after).distinct().order_by(c).limit(limit)).scalars().all()
                for c in _NAMED_IN
            )
            return [id for id, _ in islice(groupby(heapq.merge(*named)), limit)]

        return self._database.read(work)

    def standing(self, ids: Sequence[str]) -> list[Standing]:
        """How some tickets stand, as of one instant."""
        found = {id: Standing(id) for id in ids}
        with self._database.snapshot() as connection:
            for row in connection.execute(select(tickets).where(tickets.c.id.in_(ids))).mappings():
                found[row["id"]].row = dict(row)
            for table, *_ in _COMPUTED:
                for row in connection.execute(select(table).where(table.c.ticket.in_(ids))).mappings():
                    found[row["ticket"]].rows[table.name].append(dict(row))
        return list(found.values())

    def mend(self, looks: Sequence[Written], lost: Sequence[str], unknown: Sequence[str], now: int) -> None:
        """Write what was computed of some tickets, where they are still as they were read; `lost` ones are looked at by the
        bot, and `unknown` ones, which no entry names, are taken out.
        """

        def work(connection: Connection) -> None:
            ids = sorted(written.look.ticket for written in looks)
            wanted = select(tickets).where(tickets.c.id.in_(ids)).order_by(tickets.c.id).with_for_update()
            rows = {row.id: row for row in connection.execute(wanted)}
            same = [w for w in looks if (row := rows.get(w.look.ticket)) and (row.seen, row.looked_at) == (w.seen, w.now)]
            write_clocks(connection, same)
            write_pages(connection, same)
            write_reviews(connection, same)
            for written in same:
                id, before = written.look.ticket, rows[written.look.ticket].attention_at
                due = before if before is not None and before <= now else written.look.attention_at
                values = {"facts": canonical(dict(written.look.facts)), "attention_at": due}
                connection.execute(update(tickets).where(tickets.c.id == id).values(values))
            remove_clocks(connection, [*lost, *unknown])
            for table in (pages, reviews):
                connection.execute(delete(table).where(table.c.ticket.in_([*lost, *unknown])))
            connection.execute(delete(tickets).where(tickets.c.id.in_(unknown)))
            if lost:
                attend(connection, set(lost), now)

        self._database.write(work)


def _not_archived(column: Column[str]) -> Select[Any]:
    own = tickets.alias()
    return select(column).where(~exists().where(own.c.id == column, own.c.archived_at.is_not(None)))


def _rows(table: Table, before: Sequence[Row], after: Sequence[Row]) -> Iterator[Difference]:
    """How a ticket's rows in a table differ."""
    keys = [column.name for column in table.primary_key]
    stored = {tuple(row[key] for key in keys): row for row in before}
    computed = {tuple(row[key] for key in keys): row for row in after}
    for key in sorted(stored.keys() | computed.keys()):
        name = "/".join(map(str, key))
        if key not in stored or key not in computed:
            yield Difference(table.name, name, None, stored.get(key), computed.get(key))
        else:
            yield from _columns(table.name, name, stored[key], computed[key])


def _columns(table: str, name: str, stored: Row, computed: Row) -> Iterator[Difference]:
    for column, value in computed.items():
        if stored[column] != value:
            yield Difference(table, name, column, stored[column], value)

"""Queries on the ledger's tables.

Decided here: how they are asked. Not decided here: what the answers mean to people.
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select, text

from adapters.ledger.bulk import in_parts
from adapters.ledger.database import Database
from adapters.ledger.engine import file_of
from adapters.ledger.open_tickets import open_tickets
from adapters.ledger.outbox import WAITING
from adapters.ledger.projections import PAGE_LISTS
from adapters.ledger.schema import FAILING, UNFINISHED, clocks, entries, pages, quarantine, reviews, seals, tickets
from adapters.ledger.schema_said import outbox
from adapters.ledger.soonest import latest_breached, soonest_due
from adapters.ledger.tallies import last_judged, tally
from bot.records import Health, Tally, TicketView
from escalation.page import PageRow
from escalation.reviews import Item, ReviewRow
from rules.clock_row import VERDICTS, ClockRow
from rules.instants import SECOND
from rules.promised import METRIC

_LAST_CHARACTER = "\U0010ffff"
_LATE = 20 * SECOND
_LIKE = 500
"""So many of the latest clocks tell how long the next ones run."""


class SqlReader:
    """Reads how things stand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ticket(self, ticket: str) -> TicketView | None:
        """A ticket as it was looked at last."""
        return self.tickets([ticket]).get(ticket)

    def tickets(self, ids: Sequence[str]) -> dict[str, TicketView]:
        """Some tickets, those that are known, in their order, as they were looked at last."""
        order = (clocks.c.started_at, clocks.c.agreement, clocks.c.original_due_at, clocks.c.metric, clocks.c.cycle)
        standing = select(tickets.c.id, tickets.c.facts, tickets.c.looked_at, tickets.c.attention_at)

        def some(connection: Connection, ids: Sequence[str]) -> dict[str, TicketView]:
            running: dict[str, list[ClockRow]] = {id: [] for id in ids}
            called: dict[str, list[PageRow]] = {id: [] for id in ids}
            reviewed: dict[str, list[ReviewRow]] = {id: [] for id in ids}
            known = {row.id: row for row in connection.execute(standing.where(tickets.c.id.in_(ids)))}
            for row in connection.execute(select(clocks).where(clocks.c.ticket.in_(ids)).order_by(*order)):
                running[row.ticket].append(_clock(row))
            for row in connection.execute(select(pages).where(pages.c.ticket.in_(ids)).order_by(pages.c.opened_at)):
                called[row.ticket].append(_page(row))
            for row in connection.execute(select(reviews).where(reviews.c.ticket.in_(ids)).order_by(reviews.c.opened_at)):
                reviewed[row.ticket].append(_review(row))
            return {
                id: TicketView(
                    id, json.loads(own.facts), running[id], called[id], reviewed[id], own.looked_at, own.attention_at
                )
                for id in ids
                if (own := known.get(id)) is not None
            }

        def work(connection: Connection) -> dict[str, TicketView]:
            return {id: view for part in in_parts(ids) for id, view in some(connection, part).items()}

        return self._database.read(work) if ids else {}

    def clocks(self, now: int, *, verdicts: Sequence[str] = VERDICTS, limit: int = 100) -> list[ClockRow]:
        """Clocks with a verdict that holds now, soonest due first; paused ones last."""
        rows = self._database.read(lambda connection: soonest_due(connection, now, verdicts, limit))
        return [_clock(row) for row in rows]

    def breached(self, now: int, since: int, limit: int) -> list[ClockRow]:
        """Clocks that went overdue by now, at or after an instant, latest first."""
        rows = self._database.read(lambda connection: latest_breached(connection, now, since, limit))
        return [_clock(row) for row in rows]

    def pages(self, *, open_only: bool = True, limit: int = 100) -> list[PageRow]:
        """Pages, latest first."""
        wanted = select(pages).order_by(pages.c.opened_at.desc(), pages.c.page).limit(limit)
        if open_only:
            wanted = wanted.where(pages.c.state != "closed")
        return [_page(row) for row in self._all(wanted)]

    def page(self, page: str) -> PageRow | None:
        """One page."""
        found = self._all(select(pages).where(pages.c.page == page))
        return _page(found[0]) if found else None

    def reviews(self, *, unfinished: bool, limit: int) -> list[ReviewRow]:
        """Reviews, latest first; of those in which something is still to be done, the oldest first."""
        wanted = select(reviews).order_by(reviews.c.opened_at.desc(), reviews.c.review)
        if unfinished:
            wanted = select(reviews).where(text(UNFINISHED)).order_by(reviews.c.opened_at, reviews.c.review)
        return [_review(row) for row in self._all(wanted.limit(limit))]

    def review(self, review: str) -> ReviewRow | None:
        """One review."""
        found = self._all(select(reviews).where(reviews.c.review == review))
        return _review(found[0]) if found else None

    def causes(self, since: int) -> dict[str, int]:
        """What breaches since an instant were put down to, and how often, most often first."""
        often = func.count().label("often")
        named = select(reviews.c.cause, often).where(reviews.c.opened_at >= since, reviews.c.cause.is_not(None))
        found = self._all(named.group_by(reviews.c.cause).order_by(often.desc(), reviews.c.cause))
        return {row.cause: row.often for row in found}

    def tally(
        self, now: int, filters: Mapping[str, str], *, within: tuple[int, int] | None = None, by: Sequence[str] = ()
    ) -> list[Tally]:
        """Clocks by agreement, metric, some fields and the verdict that holds now: of what agreements promise, not of what was
        promised in a message.
        """
        found = self._database.read(lambda connection: tally(connection, now, filters, within, by), one_state=True)
        return [each for each in found if each.metric != METRIC]

    def last_judged(self, filters: Mapping[str, str]) -> int | None:
        """When such a clock was judged, or ended, last."""
        return self._database.read(lambda connection: last_judged(connection, filters), one_state=True)

    def remaining(self, agreement: str, metric: str, priority: object, elapsed: int) -> tuple[int, int]:
        """How long like clocks still ran, in wall time, after so many milliseconds: the median of the latest, and how many."""
        like = (clocks.c.agreement == agreement) & (clocks.c.metric == metric) & clocks.c.judged_at.is_not(None)
        if isinstance(priority, str):
            like &= clocks.c.priority == priority
        longer = clocks.c.state.in_(("met", "missed")) & (clocks.c.wall_elapsed_ms > elapsed)
        latest = select(clocks.c.wall_elapsed_ms).where(like, longer).order_by(clocks.c.judged_at.desc()).limit(_LIKE)
        found = [row.wall_elapsed_ms - elapsed for row in self._all(latest)]
        return (int(median(found)) if found else 0), len(found)

    def open_tickets(self, after: str, limit: int) -> list[str]:
        """Ids of tickets with a running clock, or with none at all, in order, from after an id on."""
        wanted = open_tickets().where(tickets.c.id > after).order_by(tickets.c.id).limit(limit)
        return [row.id for row in self._all(wanted)]

    def known(self, after: str, limit: int) -> list[str]:
        """Ids of all tickets, in order, from after an id on."""
        return [
            row.id for row in self._all(select(tickets.c.id).where(tickets.c.id > after).order_by(tickets.c.id).limit(limit))
        ]

    def like(self, prefix: str, limit: int) -> list[str]:
        """Ids of tickets that begin with a text, as it is written, in capitals or in small letters."""
        id, written = tickets.c.id, {prefix, prefix.upper(), prefix.lower()}
        begin = or_(*((id >= own) & (id <= f"{own}{_LAST_CHARACTER}") for own in written))
        return [row.id for row in self._all(select(tickets.c.id).where(begin).order_by(tickets.c.id).limit(limit))]

    def health(self, now: int) -> Health:
        """How the bot itself is doing."""
        waiting = outbox.c.state.in_(WAITING)
        late = tickets.c.attention_at < now - _LATE
        failing = self._all(select(tickets.c.id, tickets.c.error).where(text(FAILING)).limit(20))
        file = file_of(self._database.engine)
        return Health(
            tickets=self._number(select(func.count()).select_from(tickets)),
            overdue_looks=self._number(select(func.count()).select_from(tickets).where(late)),
            failing=[(row.id, row.error or "") for row in failing],
            outbox_waiting=self._number(select(func.count()).select_from(outbox).where(waiting)),
            oldest_waiting=self._number(select(func.min(outbox.c.created_at)).where(waiting)),
            dead_letters=self._number(select(func.count()).select_from(outbox).where(outbox.c.state == "failed")),
            quarantined=self._number(select(func.count()).where(quarantine.c.replayed_at.is_(None))),
            sealed_at=self._number(select(func.max(seals.c.at))),
            began_at=self._number(select(entries.c.recorded_at).order_by(entries.c.seq).limit(1)),
            newest_at=self._number(select(entries.c.recorded_at).order_by(entries.c.seq.desc()).limit(1)),
            room=shutil.disk_usage(file.absolute().parent).free if file else None,
        )

    def _all(self, wanted: Select[Any]) -> Sequence[Any]:
        return self._database.read(lambda connection: connection.execute(wanted).all())

    def _number(self, wanted: Select[Any]) -> Any:
        return self._database.read(lambda connection: connection.execute(wanted).scalar())


def _clock(row: Row[Any]) -> ClockRow:
    values = {name: getattr(row, name) for name in ClockRow._fields}
    suspended = tuple((start, end) for start, end in json.loads(row.suspended))
    return ClockRow(**values | {"suspended": suspended})


def _page(row: Row[Any]) -> PageRow:
    values = dict(row._mapping)
    return PageRow(**values | {name: tuple(json.loads(values[name])) for name in PAGE_LISTS})


def _review(row: Row[Any]) -> ReviewRow:
    values = dict(row._mapping)
    del values["unfinished"]
    actions = tuple(Item(*item) for item in json.loads(row.actions))
    return ReviewRow(**values | {"breaches": tuple(json.loads(row.breaches)), "actions": actions})

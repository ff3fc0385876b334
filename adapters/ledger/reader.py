"""Queries on the ledger's tables.

Decided here: how they are asked. Not decided here: what the answers mean to people.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, literal, or_, select

from adapters.ledger.database import Database
from adapters.ledger.open_tickets import open_tickets
from adapters.ledger.schema import clocks, outbox, pages, quarantine, tickets
from bot.records import Health, Tally, TicketView
from escalation.page import PageRow
from rules.clock_row import ClockRow
from rules.instants import MINUTE

_GROUPS = ("customer", "tier", "region", "service", "priority", "team", "agreement", "metric")


class SqlReader:
    """Reads how things stand."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ticket(self, ticket: str) -> TicketView | None:
        """A ticket as it was looked at last."""

        def work(connection: Connection) -> TicketView | None:
            found = connection.execute(select(tickets.c.facts, tickets.c.looked_at).where(tickets.c.id == ticket)).first()
            if found is None:
                return None
            order = (clocks.c.started_at, clocks.c.agreement, clocks.c.original_due_at, clocks.c.metric, clocks.c.cycle)
            own = select(clocks).where(clocks.c.ticket == ticket).order_by(*order)
            rows = [_clock(row) for row in connection.execute(own)]
            called = connection.execute(select(pages).where(pages.c.ticket == ticket).order_by(pages.c.opened_at))
            return TicketView(ticket, json.loads(found.facts), rows, [_page(row) for row in called], found.looked_at)

        return self._database.read(work)

    def clocks(
        self, now: int, *, verdicts: Sequence[str] = (), limit: int = 100, filters: Mapping[str, str] | None = None
    ) -> list[ClockRow]:
        """Clocks with a verdict that holds now, soonest due first; paused ones last."""
        wanted = _filtered(select(clocks), filters or {})
        if verdicts:
            # The index finds those that were looked at with such a verdict, and those that can have come to it since.
            wanted = wanted.where(
                clocks.c.verdict.in_({*verdicts, "on track", "at risk", "excused"}), _verdict(now).in_(verdicts)
            )
        ordered = wanted.order_by(clocks.c.due_at.is_(None), clocks.c.due_at, clocks.c.ticket).limit(limit)
        return [_clock(row) for row in self._all(ordered)]

    def breached(self, now: int, since: int, limit: int) -> list[ClockRow]:
        """Clocks that went overdue by now, at or after an instant, latest first."""
        at = case((_overdue_since(now), clocks.c.due_at), else_=clocks.c.breached_at)
        wanted = select(clocks).where(or_(clocks.c.breached_at >= since, _overdue_since(now) & (at >= since)))
        wanted = wanted.order_by(at.desc()).limit(limit)
        return [_clock(row) for row in self._all(wanted)]

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

    def tally(
        self, now: int, filters: Mapping[str, str], *, within: tuple[int, int] | None = None, by: str | None = None
    ) -> list[Tally]:
        """Clocks by agreement, metric and the verdict that holds now."""
        own = (clocks.c.agreement, clocks.c.kind, clocks.c.metric, clocks.c[by] if by else literal(None).label("no_group"))
        verdict = _verdict(now).label("verdict")
        wanted = _filtered(select(*own, verdict, func.count()), filters).group_by(*own[: 4 if by else 3], verdict)
        if within is not None:
            wanted = wanted.where(_judged_within(now, *within))
        found: dict[tuple[str, str, str, str | None], dict[str, int]] = defaultdict(dict)
        for agreement, kind, metric, group, state, number in self._all(wanted):
            found[agreement, kind, metric, group][state] = number
        ordered = sorted(found.items(), key=lambda item: tuple(part or "" for part in item[0]))
        return [Tally(*key, verdicts) for key, verdicts in ordered]

    def last_judged(self, filters: Mapping[str, str]) -> int | None:
        """When such a clock was judged, or ended, last."""
        last: int | None = self._number(_filtered(select(func.max(clocks.c.judged_at)), filters))
        return last

    def open_tickets(self, after: str, limit: int) -> list[str]:
        """Ids of tickets with a running clock, or with none at all, in order, from after an id on."""
        wanted = open_tickets().where(tickets.c.id > after).order_by(tickets.c.id).limit(limit)
        return [row.id for row in self._all(wanted)]

    def like(self, prefix: str, limit: int) -> list[str]:
        """Ids of tickets that begin with a text, any case."""
        wanted = (
            select(tickets.c.id).where(tickets.c.id.istartswith(prefix, autoescape=True)).order_by(tickets.c.id).limit(limit)
        )
        return [row.id for row in self._all(wanted)]

    def health(self, now: int) -> Health:
        """How the bot itself is doing."""
        waiting = outbox.c.state.in_(("pending", "sending"))
        late = tickets.c.attention_at < now - MINUTE
        failing = self._all(select(tickets.c.id, tickets.c.error).where(tickets.c.failures > 0).limit(20))
        return Health(
            tickets=self._number(select(func.count()).select_from(tickets)),
            overdue_looks=self._number(select(func.count()).select_from(tickets).where(late)),
            failing=[(row.id, row.error or "") for row in failing],
            outbox_waiting=self._number(select(func.count()).select_from(outbox).where(waiting)),
            oldest_waiting=self._number(select(func.min(outbox.c.created_at)).where(waiting)),
            dead_letters=self._number(select(func.count()).select_from(outbox).where(outbox.c.state == "failed")),
            quarantined=self._number(select(func.count()).where(quarantine.c.replayed_at.is_(None))),
        )

    def _all(self, wanted: Select[Any]) -> Sequence[Any]:
        return self._database.read(lambda connection: connection.execute(wanted).all())

    def _number(self, wanted: Select[Any]) -> Any:
        return self._database.read(lambda connection: connection.execute(wanted).scalar())


def _overdue_since(now: int) -> ColumnElement[bool]:
    """Clocks whose due instant has passed since their ticket was looked at: `ClockRow.at` in SQL."""
    unbroken = clocks.c.breached_at.is_(None) | (clocks.c.breached_at < clocks.c.due_at)  # else it is excused
    return (clocks.c.state == "running") & unbroken & (clocks.c.due_at <= now)


def _verdict(now: int) -> ColumnElement[str]:
    """The verdict that holds now; the one stored is that of the last look."""
    risky = (clocks.c.state == "running") & (clocks.c.verdict == "on track") & (clocks.c.next_at <= now)
    return case((_overdue_since(now), "overdue"), (risky, "at risk"), else_=clocks.c.verdict)


def _judged_within(now: int, start: int, end: int) -> ColumnElement[bool]:
    """Clocks that were judged or ended in a span; where the span holds the present, those that run within their time too."""
    judged = (clocks.c.judged_at >= start) & (clocks.c.judged_at < end) & ~_overdue_since(now)
    open_ = clocks.c.verdict.in_(("on track", "at risk", "excused"))  # found by its index; these may be overdue by now
    late = open_ & _overdue_since(now) & (clocks.c.due_at >= start) & (clocks.c.due_at < end)
    runs = open_ & clocks.c.judged_at.is_(None) & ~_overdue_since(now)
    return or_(judged, late, runs) if start <= now < end else or_(judged, late)


def _filtered(wanted: Select[Any], filters: Mapping[str, str]) -> Select[Any]:
    for name, value in filters.items():
        if name in _GROUPS:
            wanted = wanted.where(clocks.c[name] == value)
    return wanted


def _clock(row: Row[Any]) -> ClockRow:
    values = {name: getattr(row, name) for name in ClockRow._fields}
    suspended = tuple((start, end) for start, end in json.loads(row.suspended))
    return ClockRow(**values | {"suspended": suspended})


def _page(row: Row[Any]) -> PageRow:
    values = dict(row._mapping)
    return PageRow(**values | {"to": tuple(json.loads(values["to"])), "reasons": tuple(json.loads(values["reasons"]))})

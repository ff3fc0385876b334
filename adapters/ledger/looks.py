"""Looks: claiming tickets, reading their history, writing what was found.

Decided here: that a look is written in one transaction, and only where no event has come since it was read. Not decided
here: what is found.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update

from adapters.ledger.engine import insert_new, writing
from adapters.ledger.entries import canonical, decision_entry, decision_of, event_of
from adapters.ledger.intake import insert_event
from adapters.ledger.outbox import outbox_row
from adapters.ledger.schema import clocks, entries, outbox, pages, personal, tickets
from bot.records import History, Written
from escalation.look import Look
from rules.attainment import judged_at
from rules.clock_row import BROKEN, ClockRow
from rules.decisions import Decision
from rules.instants import MINUTE
from rules.moments import facts_at
from rules.ticket import TicketEvent

_GROUPING = ("customer", "tier", "region", "service", "priority")


class SqlLooks:
    """What the watch reads and writes."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def claim(self, now: int, limit: int) -> list[str]:
        """Tickets that need a look, in the order of their ids; taken for a minute, so that a crash gives them back."""
        due = (tickets.c.attention_at <= now) & (tickets.c.claimed_until <= now)
        with writing(self._engine) as connection:
            wanted = select(tickets.c.id).where(due).order_by(tickets.c.attention_at).limit(limit)
            ids = sorted(connection.execute(wanted).scalars())
            if ids:
                connection.execute(update(tickets).where(tickets.c.id.in_(ids)).values(claimed_until=now + MINUTE))
        return ids

    def next_attention(self, now: int) -> int | None:
        """The earliest instant at which a ticket needs a look that nobody has taken."""
        free = tickets.c.attention_at.is_not(None) & (tickets.c.claimed_until <= now)
        wanted = select(tickets.c.attention_at).where(free).order_by(tickets.c.attention_at).limit(1)
        with self._engine.connect() as connection:
            return connection.execute(wanted).scalar()

    def release(self) -> None:
        """After a crash of the only process: nobody holds a ticket."""
        with writing(self._engine) as connection:
            connection.execute(update(tickets).where(tickets.c.claimed_until > 0).values(claimed_until=0))

    def histories(self, ids: Sequence[str]) -> list[History]:
        """All entries of some tickets, in the order of their arrival."""
        hidden = personal.c.body.label("hidden")
        columns = (entries.c.seq, entries.c.ticket, entries.c.is_event, entries.c.recorded_at, entries.c.body, hidden)
        joined = entries.outerjoin(personal, personal.c.entry == entries.c.seq)
        wanted = select(*columns).select_from(joined).where(entries.c.ticket.in_(ids)).order_by(entries.c.seq)
        events: dict[str, list[TicketEvent]] = {id: [] for id in ids}
        recorded: dict[str, list[Decision]] = {id: [] for id in ids}
        recorded_at: dict[str, list[int]] = {id: [] for id in ids}
        with self._engine.connect() as connection:
            counts = connection.execute(select(tickets.c.id, tickets.c.seen).where(tickets.c.id.in_(ids)))
            seen = {row.id: row.seen for row in counts}
            for row in connection.execute(wanted):
                if row.is_event:
                    events[row.ticket].append(event_of(row.seq, row.body, row.hidden))
                else:
                    recorded[row.ticket].append(decision_of(row.body))
                    recorded_at[row.ticket].append(row.recorded_at)
        return [History(id, seen.get(id, 0), events[id], recorded[id], recorded_at[id]) for id in ids]

    def breaches(self, customers: Sequence[str], but: str, since: int) -> Mapping[str, Sequence[int]]:
        """By customer, the instants at which its SLAs went overdue in other tickets."""
        stands = clocks.c.verdict.in_(BROKEN)  # what is excused does not count
        wanted = clocks.c.customer.in_(customers) & (clocks.c.breached_at >= since) & stands
        found = select(clocks.c.customer, clocks.c.breached_at).where(wanted, clocks.c.kind == "sla", clocks.c.ticket != but)
        breaches: dict[str, list[int]] = defaultdict(list)
        with self._engine.connect() as connection:
            for customer, at in connection.execute(found.order_by(clocks.c.breached_at)):
                breaches[customer].append(at)
        return breaches

    def write(self, looks: Sequence[Written]) -> list[bool]:
        """Write looks in one transaction; one whose ticket has had an event since is left out, and its answer is False."""
        with writing(self._engine) as connection:
            return [self._write(connection, written) for written in looks]

    def _write(self, connection: Connection, written: Written) -> bool:
        look = written.look
        own = tickets.c.id == look.ticket
        if connection.execute(select(tickets.c.seen).where(own)).scalar() != written.seen:
            connection.execute(update(tickets).where(own).values(claimed_until=0))
            return False
        if written.event is not None:
            insert_event(connection, written.event, written.now)
        insert_new(connection, entries, [decision_entry(decision, written.now) for decision in written.new])
        self._write_clocks(connection, written)
        self._write_pages(connection, written)
        insert_new(connection, outbox, [outbox_row(row, written.now) for row in written.outbox])
        standing = {"attention_at": look.attention_at, "looked_at": written.now, "facts": canonical(dict(look.facts))}
        seen = written.seen + (written.event is not None)
        connection.execute(update(tickets).where(own).values(seen=seen, claimed_until=0, failures=0, error=None, **standing))
        return True

    def postpone(self, ticket: str, now: int, error: str) -> None:
        """A look has failed: again after a minute, doubling to an hour."""
        with writing(self._engine) as connection:
            failures = connection.execute(select(tickets.c.failures).where(tickets.c.id == ticket)).scalar() or 0
            again = now + min(MINUTE << failures, 60 * MINUTE)
            values: dict[str, Any] = {"attention_at": again, "claimed_until": 0, "failures": failures + 1, "error": error[:500]}
            connection.execute(update(tickets).where(tickets.c.id == ticket).values(values))

    @staticmethod
    def _write_clocks(connection: Connection, written: Written) -> None:
        look = written.look
        connection.execute(delete(clocks).where(clocks.c.ticket == look.ticket))
        rows = [_clock_row(row, look, written.teams.get(row.agreement)) for row in look.clocks]
        if rows:
            connection.execute(insert(clocks), rows)

    @staticmethod
    def _write_pages(connection: Connection, written: Written) -> None:
        connection.execute(delete(pages).where(pages.c.ticket == written.look.ticket))
        rows = [asdict(page) | {"to": json.dumps(page.to), "reasons": json.dumps(page.reasons)} for page in written.look.pages]
        if rows:
            connection.execute(insert(pages), rows)


def _clock_row(row: ClockRow, look: Look, team: str | None) -> dict[str, Any]:
    """A clock as the table has it; it is grouped by what the ticket was when it was judged, not by what became of it later."""
    judged = judged_at(row)
    facts = look.facts if judged is None else facts_at(look.moments, judged)
    about = {name: _text(facts.get(name)) for name in _GROUPING}
    return {**row._asdict(), **about, "suspended": json.dumps(row.suspended), "judged_at": judged, "team": team}


def _text(value: object) -> str | None:
    return None if value is None else str(value)[:500]

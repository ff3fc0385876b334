"""Looks: claiming tickets, reading their history, writing what was found.

Decided here: that looks are written together in one transaction, each only where its ticket's history and record are what was
read; that a claim is short, so that what a dead worker held is looked at soon. Not decided here: what is found.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, case, or_, select, update

from adapters.ledger import chain
from adapters.ledger.among import among
from adapters.ledger.bulk import fetch_all, upsert_all
from adapters.ledger.database import Database
from adapters.ledger.entries import canonical, decision_entry, decision_of, event_entry, event_of, storable
from adapters.ledger.intake import insert_personal
from adapters.ledger.knowledge import keep_cases
from adapters.ledger.outbox import outbox_row
from adapters.ledger.projections import write_clocks, write_pages, write_reviews
from adapters.ledger.schema import clocks, entries, personal, tickets
from adapters.ledger.schema_said import outbox
from bot.records import History, Written
from rules.clock_row import BROKEN
from rules.decisions import Decision
from rules.instants import MINUTE, SECOND
from rules.ticket import TicketEvent

CLAIMED = 10 * SECOND
"""A batch takes a fraction of it. Where one takes longer, its tickets are looked at twice and written once."""


_VERSIONS = select(tickets.c.id, tickets.c.seen).where(among(tickets.c.id, "ids"), tickets.c.archived_at.is_(None))
_LOCKED = _VERSIONS.order_by(tickets.c.id).with_for_update()
_HISTORIES = (
    select(entries.c.seq, entries.c.ticket, entries.c.is_event, entries.c.recorded_at, entries.c.body, personal.c.body)
    .select_from(entries.outerjoin(personal, personal.c.entry == entries.c.seq))
    .where(among(entries.c.ticket, "ids"))
    .order_by(entries.c.ticket, entries.c.seq)  # as the index has them
)


class SqlLooks:
    """What the watch reads and writes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, now: int, limit: int) -> Mapping[str, int]:
        """Tickets that need a look, in the order of their ids, taken for some seconds, so that a crash gives them back."""
        wanted = select(tickets.c.id).where(tickets.c.attention_at <= now, _free(now)).order_by(tickets.c.attention_at)
        due = wanted.limit(limit).with_for_update(skip_locked=True).cte("due")
        taken = update(tickets).where(tickets.c.id.in_(select(due.c.id))).values(claimed_until=now + CLAIMED)
        found = taken.returning(tickets.c.id, tickets.c.attention_at)
        return dict(sorted(self._database.write(lambda connection: connection.execute(found).all())))

    def next_attention(self, now: int) -> int | None:
        """The earliest instant at which a ticket needs a look that nobody has taken."""
        wanted = select(tickets.c.attention_at).where(tickets.c.attention_at.is_not(None), _free(now))
        first = wanted.order_by(tickets.c.attention_at).limit(1)
        return self._database.read(lambda connection: connection.execute(first).scalar())

    def release(self) -> None:
        """After a crash of the only process: nobody holds a ticket."""
        free = update(tickets).where(tickets.c.claimed_until > 0).values(claimed_until=0)
        self._database.write(lambda connection: connection.execute(free))

    def histories(self, ids: Sequence[str]) -> list[History]:
        """All entries of some tickets, in the order of their arrival."""

        def work(connection: Connection) -> list[History]:
            # `seen` first: what is written between the two questions is found, and `seen` tells.
            seen: dict[str, int] = dict(fetch_all(connection, _VERSIONS, ids=ids))
            events: dict[str, list[TicketEvent]] = {id: [] for id in ids}
            recorded: dict[str, list[Decision]] = {id: [] for id in ids}
            recorded_at: dict[str, list[int]] = {id: [] for id in ids}
            for seq, ticket, is_event, at, body, beside in fetch_all(connection, _HISTORIES, ids=ids):
                if is_event:
                    events[ticket].append(event_of(seq, body, beside))
                else:
                    recorded[ticket].append(decision_of(body))
                    recorded_at[ticket].append(at)
            return [History(id, seen.get(id, 0), events[id], recorded[id], recorded_at[id]) for id in ids]

        return self._database.read(work)

    def breaches(self, customers: Sequence[str], but: str, since: int) -> Mapping[str, Sequence[int]]:
        """By customer, the instants at which its SLAs went overdue in other tickets."""
        stands = clocks.c.verdict.in_(BROKEN)  # what is excused does not count
        wanted = clocks.c.customer.in_(customers) & (clocks.c.breached_at >= since) & stands
        found = select(clocks.c.customer, clocks.c.breached_at).where(wanted, clocks.c.kind == "sla", clocks.c.ticket != but)
        breaches: dict[str, list[int]] = defaultdict(list)
        ordered = found.order_by(clocks.c.breached_at)
        for customer, at in self._database.read(lambda connection: connection.execute(ordered).all()):
            breaches[customer].append(at)
        return breaches

    def write(self, looks: Sequence[Written]) -> list[bool]:
        """Write looks in one transaction; one whose ticket has changed since it was read is left out, and its answer is
        False.
        """
        ordered = sorted(looks, key=lambda written: written.look.ticket)
        ids = [written.look.ticket for written in ordered]

        def work(connection: Connection) -> list[bool]:
            seen: dict[str, int] = dict(fetch_all(connection, _LOCKED, ids=ids))
            current = [written for written in ordered if seen.get(written.look.ticket) == written.seen]
            stale = [written.look.ticket for written in ordered if seen.get(written.look.ticket) != written.seen]
            if stale:
                connection.execute(update(tickets).where(tickets.c.id.in_(stale)).values(claimed_until=0))
            if current:
                _write(connection, current)
            return [seen.get(written.look.ticket) == written.seen for written in looks]

        return self._database.write(work) if looks else []

    def postpone(self, ticket: str, seen: int, now: int, error: str) -> None:
        """A look at what was `seen` has failed: again after a minute, doubling to an hour; where something has come since, at
        once.
        """

        def work(connection: Connection) -> None:
            failures = connection.execute(select(tickets.c.failures).where(tickets.c.id == ticket)).scalar() or 0
            again = now + min(MINUTE << min(failures, 6), 60 * MINUTE)
            due = case((tickets.c.seen == seen, again), else_=tickets.c.attention_at)
            failed: dict[str, Any] = {"failures": failures + 1, "error": storable(error[:500])}
            connection.execute(
                update(tickets).where(tickets.c.id == ticket).values({"attention_at": due, "claimed_until": 0, **failed})
            )

        self._database.write(work)


def _free(now: int) -> Any:
    """Not taken; a claim far ahead was made before the clock was set back. Machines' clocks may differ by some seconds."""
    return or_(tickets.c.claimed_until <= now, tickets.c.claimed_until > now + MINUTE)


_LOOKED = "ON CONFLICT (id) DO UPDATE SET " + ", ".join(
    f"{name} = excluded.{name}" for name in ("seen", "attention_at", "claimed_until", "looked_at", "failures", "error", "facts")
)


def _write(connection: Connection, looks: Sequence[Written]) -> None:
    """Write what some looks have found. Their tickets' rows are locked, so nothing else is written to these meanwhile."""
    now = max(written.now for written in looks)
    found = [entry for written in looks for entry in _entries(written)]
    arrivals = chain.append(connection, [row for row, _ in found], now)
    insert_personal(connection, arrivals, [hidden for _, hidden in found])
    write_clocks(connection, looks)
    write_pages(connection, looks)
    write_reviews(connection, looks)
    keep_cases(connection, [written.case for written in looks if written.case is not None])
    said = [outbox_row(row, written.now) for written in looks for row in written.outbox]
    upsert_all(connection, outbox, said, "ON CONFLICT DO NOTHING")
    upsert_all(connection, tickets, [_standing(written) for written in looks], _LOOKED)


def _entries(written: Written) -> list[tuple[dict[str, Any], dict[str, Any] | None]]:
    own = [event_entry(written.event, written.now)] if written.event is not None else []
    return [*own, *((decision_entry(decision, written.now), None) for decision in written.new)]


def _standing(written: Written) -> dict[str, Any]:
    """How the ticket's row stands after a look. What the record has got more makes any other look under way look again."""
    look = written.look
    grown = bool(written.new) or written.event is not None
    free = {"claimed_until": 0, "failures": 0, "error": None}
    standing = {"attention_at": look.attention_at, "looked_at": written.now, "facts": canonical(dict(look.facts))}
    return {"id": look.ticket, "seen": written.seen + grown, **free, **standing}

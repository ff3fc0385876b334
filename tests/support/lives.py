"""Lives of clocks: random ones, and what a look at any instant finds of them."""

import random
from collections.abc import Sequence
from typing import Any

from adapters.ledger.database import Database
from adapters.ledger.projections import write_clocks
from bot.records import Written
from escalation.look import Look
from rules.clock_row import ClockRow
from rules.instants import DAY, HOUR, MINUTE, parse
from rules.moments import Moment
from rules.ticket import TicketEvent
from tests.support.ledgers import Opened

START = parse("2026-03-27T20:00:00Z")  # Europe's summer time begins two days later
LINES = (("gold", "sla", "first_response"), ("gold", "sla", "resolution"), ("hand-over", "ola", "resolution"))


class Clocks:
    """Clocks of some tickets with random lives; each look says how they stand at its instant."""

    def __init__(self, dice: random.Random, tickets: int) -> None:
        self.dice = dice
        self.lives = {f"T-{n}": [self._life(f"T-{n}", line) for line in dice.sample(LINES, 2)] for n in range(tickets)}
        self.facts: dict[str, dict[str, Any]] = {}

    def look(self, ticket: str, now: int) -> Written:
        """A look at a ticket. Now and then it has become another, or something about its past was learnt late."""
        dice = self.dice
        if ticket not in self.facts or dice.random() < 0.1:
            self.facts[ticket] = {
                "customer": dice.choice(["acme", "globex", "initech"]),
                "tier": dice.choice(["gold", "tin", None]),
                "region": dice.choice(["emea", "apac", ""]),
                "priority": dice.choice(["urgent", "low"]),
            }
        lives = self.lives[ticket]
        if dice.random() < 0.15:
            place = dice.randrange(len(lives))
            lives[place] = self._life(ticket, dice.choice(LINES) if dice.random() < 0.2 else _line(lives[place]), place)
        own = {(life.agreement, life.metric, life.cycle): life for life in lives}
        rows = [_as_of(life, now) for life in own.values() if life.started_at <= now]
        return written(ticket, rows, self.facts[ticket], now)

    def _life(self, ticket: str, line: tuple[str, str, str], cycle: int = 1) -> ClockRow:
        """A whole life of a clock, from its start to its end."""
        dice, (agreement, kind, metric) = self.dice, line
        started = START + dice.randrange(3 * DAY)
        due = started + dice.choice([10 * MINUTE, 2 * HOUR, 20 * HOUR, 4 * DAY])
        stopped = started + dice.choice([0, 5 * MINUTE, due - started, 3 * HOUR, 30 * HOUR, 9 * DAY])
        verdict = dice.choice(["cancelled", "met"]) if stopped <= due else dice.choice(["missed", "missed", "excused"])
        state = "missed" if verdict in ("missed", "excused") else verdict
        row = (ticket, agreement, "1", kind, metric, cycle, state, verdict, 1, 1, 1, 0, started, due, stopped)
        risky = started + (due - started) * 4 // 5
        return ClockRow(
            *row,  # type: ignore[arg-type]
            breached_at=due if state == "missed" else None,
            original_due_at=due,
            next_at=None,
            calendar="always",
            as_of=0,
            risky_at=risky if risky < stopped else None,
        )


def written(ticket: str, rows: list[ClockRow], facts: dict[str, Any], now: int) -> Written:
    """A look that has found these clocks."""
    always = Moment(TicketEvent(ticket, "ticket.opened", 0, {}, "e", "desk"), facts)
    return Written(Look(ticket, rows, [], [], [], None, facts, [always], []), 0, [], [], {"gold": "support"}, now)


def _line(row: ClockRow) -> tuple[str, str, str]:
    return row.agreement, row.kind, row.metric


def _as_of(life: ClockRow, now: int) -> ClockRow:
    """What a look at an instant finds of a life."""
    assert life.stopped_at is not None
    assert life.due_at is not None
    if life.stopped_at <= now:
        return life._replace(as_of=now)
    risky = life.started_at + (life.due_at - life.started_at) * 4 // 5
    row = life._replace(state="running", stopped_at=None, breached_at=None, as_of=now, risky_at=None, verdict="on track")
    if now < risky:
        return row._replace(next_at=risky)
    row = row._replace(risky_at=risky, verdict="at risk", next_at=life.due_at)
    if now < life.due_at:
        return row
    return row._replace(
        verdict="excused" if life.verdict == "excused" else "overdue",
        breached_at=life.due_at,
        next_at=life.due_at + DAY if now < life.due_at + DAY else None,
    )


def write(db: Opened, looks: Sequence[Written]) -> None:
    Database(db.engine).write(lambda connection: write_clocks(connection, looks))

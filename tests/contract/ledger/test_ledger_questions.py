"""What people ask of clocks and tickets: the right ones come first, and finding them does not mean reading all."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from rules.clock_row import VERDICTS
from rules.instants import DAY, HOUR, MINUTE
from tests.support.counted import every_clock, now_stands
from tests.support.ledgers import Opened
from tests.support.lives import START, Clocks, write

_WHOLE = re.compile(r"(SCAN|Seq Scan on) (tickets|clocks)(?! USING INDEX ix_tickets_failing)")
RUNNING = ("overdue", "at risk", "on track")


@pytest.mark.parametrize("seed", range(6))
def test_the_first_ones_are_those_that_sorting_every_clock_puts_first(db: Opened, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    tickets = Clocks(dice, 60)
    now = START
    for _ in range(6):
        now += dice.choice([MINUTE, HOUR, 5 * HOUR, 20 * HOUR])
        write(db, [tickets.look(ticket, now) for ticket in dice.sample(sorted(tickets.lives), dice.randint(5, 60))])
        asked = now + dice.choice([0, MINUTE, 9 * HOUR])
        rows = every_clock(db.engine)
        for row in rows[::7]:
            if row["state"] == "running":
                _pause(db, row)
        rows = every_clock(db.engine)
        for verdicts in (VERDICTS, RUNNING, ("overdue",), ("at risk",), ("met", "missed")):
            wanted = [row for row in rows if now_stands(row, asked)[0] in verdicts]
            wanted.sort(key=lambda row: (row["due_at"] is None, row["due_at"] or 0, row["ticket"]))
            for limit in (1, 7, 500):
                found = db.ledger.reader.clocks(asked, verdicts=verdicts, limit=limit)
                assert [(c.due_at, c.ticket) for c in found] == [(row["due_at"], row["ticket"]) for row in wanted[:limit]]
        for since in (asked - HOUR, asked - DAY, START):
            instants = sorted((at for row in rows if (at := _breached(row, asked)) is not None and at >= since), reverse=True)
            for limit in (3, 500):
                found = db.ledger.reader.breached(asked, since, limit)
                assert [c.due_at if c.breached_at is None else c.breached_at for c in found] == instants[:limit]


def test_no_question_goes_through_all_there_is(db: Opened) -> None:
    tickets = Clocks(random.Random(1), 3_000)  # noqa: S311
    write(db, [tickets.look(ticket, START + DAY) for ticket in sorted(tickets.lives)])
    known = "insert into tickets (id, claimed_until, seen, failures, facts) select distinct ticket, 0, 1, 0, '{}' from clocks"
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text(known))
        connection.execute(text("analyze"))
    reader, now = db.ledger.reader, START + DAY + MINUTE
    with _asked(db) as statements:
        reader.clocks(now, verdicts=RUNNING, limit=20)
        reader.clocks(now, verdicts=("overdue",), limit=20)
        reader.breached(now, now - DAY, 20)
        reader.like("T-1", 25)
        reader.ticket("T-17")
        reader.health(now)
    assert statements
    assert [told for told in statements if _WHOLE.search(told[1]) and "WHERE" in told[0]] == []


def _pause(db: Opened, row: Any) -> None:
    """Have a clock be paused: it is not due."""
    key = {name: row[name] for name in ("ticket", "agreement", "metric", "cycle")}
    where = " and ".join(f"{name} = :{name}" for name in key)
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text(f"update clocks set state = 'paused', due_at = null, next_at = null where {where}"), key)


@contextmanager
def _asked(db: Opened) -> Iterator[list[tuple[str, str]]]:
    """Each statement asked meanwhile, with how the database goes about it."""
    found: list[tuple[str, Any]] = []
    told: list[tuple[str, str]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        found.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    yield told
    event.remove(db.engine, "before_cursor_execute", note)
    explain = "explain query plan" if "sqlite" in db.url else "explain"
    with db.engine.connect() as connection:
        for statement, parameters in found:
            plan = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
            told.append((statement, "\n".join(str(row[-1]) for row in plan)))


def _breached(row: Any, now: int) -> int | None:
    """When a clock was breached, as it stands now."""
    verdict, judged = now_stands(row, now)
    broken = row["breached_at"] is not None or verdict == "overdue"
    return judged if broken else None

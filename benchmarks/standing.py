"""How fast a ledger with a million clocks says how we stand, while looks are written to it; and what its roll-ups cost a look.

Making the ledgers takes minutes, so `make benchledger` runs this and `make bench` does not.
"""

import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine, text

from adapters.ledger.counting import Changes
from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.migrating import migrate
from adapters.ledger.rollups import rebuild_rollups
from adapters.ledger.store import ledger_on
from benchmarks.report import line
from benchmarks.tickets import desk, ten_events
from bot.cli.options import rarely_search_for_garbage, take_turns_often
from bot.compliance import report, status
from bot.ports import Ledger
from bot.records import Written
from escalation.book import Book
from escalation.facts import NO_FACTS
from escalation.look import look
from escalation.reconcile import reconcile
from rules.instants import DAY, HOUR, MINUTE, parse
from rules.ticket import TicketEvent
from tests.support.postgres import Postgres

CLOCKS = 1_000_000
DAYS = 200
NOW = parse("2026-10-24T15:00:00Z")
ASKED = 400
BATCH = 200
BATCHES = 30

_STARTED = f"{NOW} - {DAYS * DAY} * ({CLOCKS} - n) / {CLOCKS}"
_FILL = f"""
INSERT INTO clocks (ticket, agreement, metric, cycle, version, kind, state, verdict, target_ms, elapsed_ms, wall_elapsed_ms,
  paused_ms, started_at, due_at, stopped_at, original_due_at, breached_at, next_at, calendar, as_of, judged_at, risky_at,
  customer, tier, region, service, priority, team)
WITH RECURSIVE numbers(n) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT n + 1 FROM numbers WHERE n < {CLOCKS}),
  lives AS (SELECT n, {_STARTED} AS started, {_STARTED} + {HOUR} + (n * 7919) % {3 * HOUR} AS ends, n % 40 AS lot FROM numbers),
  ends AS (SELECT *, CASE WHEN ends > {NOW} THEN 'on track' WHEN lot = 0 THEN 'missed' WHEN n % 401 = 0 THEN 'overdue'
    WHEN lot = 1 THEN 'cancelled' ELSE 'met' END AS verdict, started + {2 * HOUR} AS due FROM lives)
SELECT 'B-' || n, CASE n % 3 WHEN 0 THEN 'care' WHEN 1 THEN 'gold' ELSE 'hand-over' END,
  CASE n % 2 WHEN 0 THEN 'resolution' ELSE 'first_response' END, 1, '1', CASE n % 3 WHEN 2 THEN 'ola' ELSE 'sla' END,
  CASE WHEN verdict IN ('on track', 'overdue') THEN 'running' ELSE verdict END, verdict, {4 * HOUR}, {HOUR}, {HOUR}, 0, started,
  CASE verdict WHEN 'on track' THEN {NOW + HOUR} + n % {DAY} ELSE due END,
  CASE WHEN verdict IN ('on track', 'overdue') THEN NULL ELSE ends END, due,
  CASE WHEN verdict IN ('missed', 'overdue') THEN due END,
  CASE verdict WHEN 'on track' THEN {NOW + HOUR} + n % {DAY} END, 'always', {NOW},
  CASE WHEN verdict = 'on track' THEN NULL WHEN verdict IN ('missed', 'overdue') THEN due ELSE ends END, NULL,
  'c-' || (n * 31) % 5000, CASE n / 6 % 3 WHEN 0 THEN 'gold' WHEN 1 THEN 'silver' ELSE 'tin' END, 'r-' || (n / 18 % 6),
  's-' || (n / 108 % 20), CASE n % 5 WHEN 0 THEN 'urgent' ELSE 'low' END, 't-' || (n % 3)
FROM ends
"""


def results() -> Iterator[dict[str, Any]]:
    """For each database: milliseconds for `/sla status`, seconds for a month's report, percent that a look is slower."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _on("sqlite", f"sqlite:///{folder}/ledger.db")
    postgres = Postgres(durable=True).start()
    try:
        yield from _on("postgresql", postgres.database())
    finally:
        postgres.remove()


def _on(name: str, url: str) -> Iterator[dict[str, Any]]:
    migrate(url)
    engine = connect(url)
    ledger, book = ledger_on(engine), desk()
    yield _cost(name, ledger, book)
    seconds = _filled(engine)
    yield line(f"rollups_rebuilt_{name}", seconds, "s", _bare(engine)[0], 120.0, at_most=True)
    for words in (["2026-09", "by", "tier", "and", "region"], ["2026-09", "by", "customer"]):
        took = _timed(lambda: report(ledger.reader, book, words, NOW), 5)  # noqa: B023 - it is asked within the loop
        yield line(f"report_{'_'.join(words[1:])}_{name}", median(took), "s", _bare(engine)[0], 1.0, at_most=True)
    rarely_search_for_garbage()  # as `sla run` does
    take_turns_often()
    with _written(ledger, book) as batches:
        asked = _timed(lambda: status(ledger.reader, book, None, NOW), ASKED)
    half, most = median(asked), sorted(asked)[int(0.99 * ASKED)]
    bare, bare_most = _bare(engine)
    yield line(f"status_p50_{name}", 1000 * half, "ms", 1000 * bare, 20.0, at_most=True)
    yield line(f"status_p99_{name}", 1000 * most, "ms", 1000 * bare_most, 50.0, at_most=True) | {"looks": BATCH * len(batches)}
    engine.dispose()


def _filled(engine: Engine) -> float:
    """A million clocks; the seconds that their roll-ups took."""
    database = Database(engine)
    database.write(lambda connection: connection.execute(text(_FILL)))
    began = time.perf_counter()
    database.write(rebuild_rollups)
    took = time.perf_counter() - began
    if engine.dialect.name == "postgresql":  # as the server does by itself after a while
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return took


@contextmanager
def _written(ledger: Ledger, book: Book) -> Iterator[list[int]]:
    """Meanwhile a thread takes in events, looks at them and folds."""
    done = threading.Event()
    batches: list[int] = []

    def work() -> None:
        while not done.is_set():
            written = _looked(ledger, book, f"W{len(batches)}")
            ledger.looks.write(written)
            ledger.rollups.fold()
            batches.append(len(written))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield batches
    finally:
        done.set()
        thread.join()


def _looked(ledger: Ledger, book: Book, prefix: str) -> list[Written]:
    """Looks at new tickets, at the end of their day."""
    tickets = {f"{prefix}-{n}": ten_events(n) for n in range(BATCH)}
    events = [
        TicketEvent(ticket, event.type, event.time, event.data, f"{ticket}-{event.id}", event.source)
        for ticket, own in tickets.items()
        for event in own
    ]
    until = max(event.time for event in events) + MINUTE
    ledger.intake.append(events, [], until)
    found = []
    for history in ledger.looks.histories(list(tickets)):
        seen = look(history.ticket, history.events, book, NO_FACTS, until)
        new = reconcile(history.recorded, seen.decisions, history.events)
        found.append(Written(seen, history.seen, new, [], {"gold": "support"}, until))
    return found


def _cost(name: str, ledger: Ledger, book: Book) -> dict[str, Any]:
    """By how many percent looks take longer to write because of the roll-ups, a batch with them and one without in turn."""
    took: dict[bool, list[float]] = {True: [], False: []}
    for number in range(2 * BATCHES):
        counted = number % 2 == 0
        written = _looked(ledger, book, f"C{number}")
        move = Changes.move if counted else _nothing
        with patch.object(Changes, "move", move):
            began = time.perf_counter()
            ledger.looks.write(written)
            took[counted].append(time.perf_counter() - began)
    with_them, without = median(took[True]), median(took[False])
    slower = 100 * (with_them / without - 1)
    more = {"looks_per_second": round(BATCH / with_them), "without": round(BATCH / without)}
    return line(f"look_written_slower_{name}", slower, "%", 100.0, 10.0, at_most=True) | more


def _nothing(*_: object) -> None:
    """Counts nothing."""


def _bare(engine: Engine) -> tuple[float, float]:
    """The reference: one row by its key; the middle and the slowest of a hundred."""
    wanted = text("SELECT verdict FROM clocks WHERE ticket = 'B-77777'")
    took = _timed(lambda: Database(engine).read(lambda connection: connection.execute(wanted).all()), ASKED)
    return median(took), sorted(took)[int(0.99 * ASKED)]


def _timed(work: Callable[[], object], times: int) -> list[float]:
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found

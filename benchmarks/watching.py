"""How many looks a second workers take with all writing: claim, read, look, write, on both databases.

Tickets live through their day together: at each instant at which something happens to them, or is about to, all are looked
at. The reference is a bare executemany of the rows that the looks have written, in transactions of as many tickets as the
watch takes.
"""

import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import MetaData, Table, bindparam, insert, select, update

from adapters.ledger.engine import connect
from adapters.ledger.migrating import migrate
from adapters.ledger.store import open_ledger
from benchmarks.report import line
from benchmarks.tickets import desk, ten_events
from bot.app import build_app
from bot.cli.options import rarely_search_for_garbage
from bot.watch import BATCH
from config.settings import Settings
from rules.instants import HOUR
from tests.support.desk import HandClock
from tests.support.postgres import Postgres

TICKETS = 1_000
OVER = ten_events(0)[-1].time + HOUR


def results() -> Iterator[dict[str, Any]]:
    """Looks a second of one worker, then of two and of four on PostgreSQL, and how many looks were made in vain there."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _alone(f"sqlite:///{folder}/bench.db", "sqlite")
    server = Postgres(durable=True).start()
    try:
        one = yield from _alone(server.database(), "postgresql")
        for workers, floor in ((2, 1.5), (4, 1.0)):
            rate, vain = Day(server.database(), workers).lived()
            yield line(f"watch_{workers}_workers_postgresql", rate, "looks/s", one, floor, by_ratio=True)
            yield line(f"watch_{workers}_workers_in_vain", vain, "of looks", 1.0, 0.01, at_most=True)
    finally:
        server.remove()


def _alone(url: str, name: str) -> Iterator[dict[str, Any]]:
    day = Day(url, 1)
    rate, _ = day.lived()
    bare = day.looks / written_bare(url, day.looks)
    yield line(f"watch_{name}", rate, "looks/s", bare, 2_000)
    yield line(f"watch_{name}_to_bare", rate, "looks/s", bare, 0.3, by_ratio=True)
    return rate


class Day:
    """A day of a thousand tickets a worker; `looks` is how many looks it took."""

    def __init__(self, url: str, workers: int) -> None:
        self._url, self._workers, self.looks = url, workers, 0
        context = multiprocessing.get_context("fork")
        self._now, self._count, self._lost = context.Value("q", 0), context.Value("q", 0), context.Value("q", 0)
        self._turn = context.Barrier(workers + 1)
        self._context = context

    def lived(self) -> tuple[float, float]:
        """Looks a second, and the share of looks that came to nothing because somebody else was first."""
        migrate(self._url)
        processes = [self._context.Process(target=self._work) for _ in range(self._workers)]
        for process in processes:
            process.start()
        ledger = open_ledger(self._url)
        events = {event.time: event for event in ten_events(0)}
        seconds, now = 0.0, min(events)
        while now < OVER:
            self._happen(ledger, events.get(now), now)
            self._now.value = now
            self._turn.wait()
            began = time.perf_counter()
            self._turn.wait()
            seconds += time.perf_counter() - began
            due = ledger.looks.next_attention(now)
            now = min(at for at in (*(at for at in events if at > now), due, OVER) if at is not None)
        self._now.value = -1
        self._turn.wait()
        for process in processes:
            process.join()
        ledger.close()
        self.looks = self._count.value
        return (self.looks - self._lost.value) / seconds, self._lost.value / self.looks

    def _happen(self, ledger: Any, event: Any, now: int) -> None:
        ids = [f"T-{number}" for number in range(TICKETS * self._workers)] if event else []
        for start in range(0, len(ids), 500):
            own = [replace(event, ticket=id, id=f"{id}-{event.id}") for id in ids[start : start + 500]]
            ledger.intake.append(own, [], now)

    def _work(self) -> None:
        clock = HandClock(0)
        app = build_app(Settings(database_url=self._url), desk(), clock=clock)
        rarely_search_for_garbage()  # as `sla worker` does
        write = app.ledger.looks.write

        def counted(looks: Any) -> list[bool]:
            answers = write(looks)
            with self._count.get_lock():
                self._count.value += len(answers)
                self._lost.value += answers.count(False)
            return answers

        app.ledger.looks.write = counted  # type: ignore[method-assign]
        while True:
            self._turn.wait()
            if self._now.value < 0:
                break
            clock.move(self._now.value)
            while app.watch.batch():
                pass
            self._turn.wait()
        app.ledger.close()


def written_bare(url: str, looks: int) -> float:
    """Seconds for as many rows as the looks have written: decisions, messages, and every time a ticket with its clocks."""
    engine, tables = connect(url), MetaData()
    tables.reflect(engine, only=("entries", "outbox", "clocks", "tickets"))
    copies = MetaData()
    bare = {name: table.to_metadata(copies, name=f"bare_{name}") for name, table in tables.tables.items()}
    for table in bare.values():
        table.indexes.clear()
        table.primary_key.name = None
    copies.create_all(engine)
    entries = tables.tables["entries"]
    with engine.connect() as connection:
        decisions = _rows(connection, select(entries).where(~entries.c.is_event))
        messages = _rows(connection, select(tables.tables["outbox"]))
        clocks = _rows(connection, select(tables.tables["clocks"]))
        tickets = _rows(connection, select(tables.tables["tickets"]))
    batches = looks // BATCH
    began = time.perf_counter()
    for batch in range(batches):
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            for name, found in (("entries", decisions), ("outbox", messages)):
                _written(connection, bare[name], found[batch::batches], again=False)
            for name, found in (("clocks", clocks), ("tickets", tickets)):
                _written(connection, bare[name], found[: BATCH * len(found) // TICKETS], again=batch > 0)
    seconds = time.perf_counter() - began
    engine.dispose()
    return seconds


def _rows(connection: Any, wanted: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in connection.execute(wanted).mappings()]


def _written(connection: Any, table: Table, rows: list[dict[str, Any]], *, again: bool) -> None:
    if not again:
        connection.execute(insert(table), rows)
        return
    keys = list(table.primary_key)
    statement = update(table)
    for key in keys:
        statement = statement.where(key == bindparam(f"own_{key.name}"))
    connection.execute(statement, [row | {f"own_{key.name}": row[key.name] for key in keys} for row in rows])

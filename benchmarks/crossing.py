"""How late crossings are in the outbox with a million open clocks, 500 of them due a second; and what a process takes
meanwhile.

The tickets are written straight into the tables, each with its first event and the instant at which its clock crosses 80 %;
the process is a real one. The reference is a bare question for the next attention over the same table.
"""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import text

from adapters.ledger.bulk import upsert_all
from adapters.ledger.engine import connect
from adapters.ledger.entries import event_entry
from adapters.ledger.intake import insert_entries
from adapters.ledger.migrating import migrate
from adapters.ledger.schema import tickets
from adapters.ledger.store import ledger_on
from benchmarks.report import line
from rules.instants import MINUTE, SECOND
from rules.ticket import TicketEvent
from tests.support.postgres import Postgres

OPEN = 1_000_000
A_SECOND = 500
SECONDS = 20
AHEAD = 6
"""Seconds from the last row to the first crossing, in which the process starts."""
LIMIT = 60 * MINUTE
CONFIG = """
people: {ana: {name: Ana Costa, email: ana@desk.example, roles: [agent]}}
teams: {support: {channels: {local: support}}}
calendars: {always: {hours: 24x7}}
agreements:
  gold: {kind: sla, from: 2026-01-01, calendar: always, targets: {resolution: {default: 60m}}, team: support}
rules: {warn: {when: {crossing: 80%}, do: [{tell: team}]}}
"""


def results() -> Iterator[dict[str, Any]]:
    """Seconds from a crossing to its row in the outbox (p99), memory in MB, and seconds until the process answers."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _measured(f"sqlite:///{folder}/bench.db", "sqlite", ["run"], Path(folder))
        server = Postgres(durable=True).start()
        try:
            yield from _measured(server.database(), "postgresql", ["worker"], Path(folder))
        finally:
            server.remove()


def _measured(url: str, name: str, words: list[str], folder: Path) -> Iterator[dict[str, Any]]:
    (folder / "desk.sla.yaml").write_text(CONFIG)
    migrate(url)
    engine = connect(url)
    first = _filled(engine)
    began = time.perf_counter()
    with engine.connect() as connection:
        connection.execute(text("SELECT min(attention_at) FROM tickets")).scalar()
    bare = time.perf_counter() - began
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", *words, "--config", str(folder / "desk.sla.yaml")],
        env=os.environ | {"DATABASE_URL": url, "PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    try:
        assert process.stdout
        next(row for row in process.stdout if re.search(r"http://", row))
        started = time.perf_counter() - began
        time.sleep(max(0.0, first / SECOND - time.time()) + SECONDS + 2)
        memory = int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process.pid}/status").read_text())[1]) / 1024  # type: ignore[index]
    finally:
        process.terminate()
        process.wait()
    late = sorted(_lateness(engine))
    engine.dispose()
    yield line(f"crossing_p99_{name}", late[int(0.99 * len(late))], "s", bare, 1.0, at_most=True)
    yield line(f"crossing_median_{name}", statistics.median(late), "s", bare, 1.0, at_most=True)
    yield line(f"crossings_said_{name}", len(late), "messages", A_SECOND * SECONDS, 1.0, by_ratio=True)
    yield line(f"worker_memory_{name}", memory, "MB", bare, 300, at_most=True)
    yield line(f"worker_start_{name}", started, "s", bare, 5, at_most=True)


def _filled(engine: Any) -> int:
    """A million open tickets; when the first of those crosses that do so first."""
    opened = TicketEvent("", "ticket.opened", 0, {"status": "new", "priority": "high"}, "", "bench")
    first = time.time_ns() // 1_000_000 + OPEN // 8 + AHEAD * SECOND
    for start in range(0, OPEN, 5_000):
        with engine.connect().execution_options(writes=True) as connection, connection.begin():
            rows, found = [], []
            for number in range(start, start + 5_000):
                due = first + (OPEN - 1 - number) * SECOND // A_SECOND
                at, id = due - LIMIT * 8 // 10, f"T-{number}"
                event = replace(opened, ticket=id, id=id, time=at, recorded=at)
                found.append(event_entry(event, at))
                rows.append({"id": id, "seen": 1, "attention_at": due, "claimed_until": 0, "failures": 0, "facts": "{}"})
            insert_entries(connection, found, first)
            upsert_all(connection, tickets, rows, "ON CONFLICT DO NOTHING")
    return first


def _lateness(engine: Any) -> list[float]:
    ledger = ledger_on(engine)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT ticket, created_at FROM outbox WHERE platform = 'local'")).all()
    found = []
    for start in range(0, len(rows), 500):
        part = {row.ticket: row.created_at for row in rows[start : start + 500]}
        for history in ledger.looks.histories(list(part)):
            crossed = next(decision.at for decision in history.recorded if decision.kind == "clock.crossed")
            found.append((part[history.ticket] - crossed) / SECOND)
    return found

"""How fast `sla simulate` is on a real log and on very many tickets, and whether its memory stays flat while decisions grow.

`BENCH_TICKETS=1000000 make bench` for the million that was asked for, within four minutes on two cores; without it a tenth of
them, in a tenth of the time.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import line
from benchmarks.tickets import OPENED_AT
from rules.instants import MINUTE, text

ROOT = Path(__file__).parent.parent
LOG = ROOT.parent / "shared" / "samples" / "servicenow_incidents_sample20.csv.xz"
SLA = [sys.executable, "-m", "bot"]

TICKETS = int(os.environ.get("BENCH_TICKETS", "100000"))
SECONDS_FOR_A_MILLION = 240

LIVES: tuple[tuple[str, int, dict[str, Any]], ...] = (
    ("ticket.opened", 0, {"group": "support", "status": "new", "opened_by": "customer", "tags": ["billing"]}),
    ("ticket.updated", 61, {"assignee": "ana", "status": "open"}),
    ("ticket.replied", 127, {"author": "agent", "public": True, "text": "We are looking into it and will come back to you."}),
    ("ticket.updated", 173, {"status": "pending"}),
    ("ticket.replied", 397, {"author": "customer", "public": True, "text": "The number is 4711.", "status": "open"}),
    ("ticket.updated", 659, {"status": "solved"}),
)
"""The six events of each ticket: the type, about how many minutes after it was opened, the data."""

OPEN_FOR_EVER = """
calendars: {always: {hours: 24x7}}
agreements:
  daily:
    kind: sla
    from: 2000-01-01
    calendar: always
    targets: {resolution: {default: 1h}}
    after_breach: [daily]
"""


def results() -> Iterator[dict[str, Any]]:
    """Tickets a second on the ServiceNow log; peak memory at ten times the decisions."""
    with tempfile.TemporaryDirectory() as folder:
        if LOG.exists():
            yield _tickets_a_second(Path(folder))
        else:
            print(f"skipped: {LOG} is not there", file=sys.stderr)
        yield _memory(Path(folder))
        yield _very_many(Path(folder))


def _tickets_a_second(folder: Path) -> dict[str, Any]:
    events, decisions, clocks = folder / "events.jsonl", folder / "decisions.jsonl", folder / "clocks.jsonl"
    mapping = ROOT / "config" / "mappings" / "servicenow.yaml"
    with events.open("wb") as out:
        subprocess.run([*SLA, "import", "--mapping", mapping, LOG], stdout=out, check=True, cwd=ROOT)
    config = ROOT / "config" / "examples" / "incidents.sla.yaml"
    call = [*SLA, "simulate", "--config", config, "--decisions", decisions, "--clocks", clocks, "--events"]
    empty = folder / "empty.jsonl"
    empty.touch()
    began = _timed([*call, empty])
    seconds = min(_timed([*call, events]) for _ in range(3)) - began
    tickets = len({json.loads(row)["subject"] for row in events.open()})
    return line("simulate_servicenow", tickets / seconds, "tickets/s", tickets / _json_seconds(events, decisions), 2_000)


def _json_seconds(events: Path, decisions: Path) -> float:
    """The reference: reading the same events and writing the same decisions with the standard library's JSON."""
    rows = [json.loads(row) for row in decisions.open()]
    began = time.perf_counter()
    for row in events.open():
        json.loads(row)
    for row in rows:
        json.dumps(row)
    return time.perf_counter() - began


def _memory(folder: Path) -> dict[str, Any]:
    config, events = folder / "daily.sla.yaml", folder / "open.jsonl"
    config.write_text(OPEN_FOR_EVER)
    with events.open("w") as out:
        for n in range(300):
            event = {"specversion": "1.0", "id": f"e{n}", "source": "bench", "type": "ticket.opened", "subject": f"T-{n}"}
            out.write(json.dumps({**event, "time": "2020-01-01T00:00:00Z"}) + "\n")
    peaks = [_peak(config, events, until) for until in ("2021-01-01T00:00:00Z", "2030-01-01T00:00:00Z")]
    return line("simulate_memory_at_ten_times_the_decisions", peaks[1], "MiB", peaks[0], 1.25, at_most=True, by_ratio=True)


def write_lives(path: Path, tickets: int) -> None:
    """Six events for each of so many tickets, in half a year; those of one ticket lie as far apart as they can."""
    with path.open("w") as out:
        for number, (type_, minutes, data) in enumerate(LIVES):
            for n in range(tickets):
                at = OPENED_AT + n * 7_919 % 260_000 * MINUTE + minutes * (n % 13) // 6 * MINUTE
                wire = {"specversion": "1.0", "id": f"evt-{n}-{number}", "source": "bench", "type": type_, "subject": f"T-{n}"}
                out.write(json.dumps({**wire, "time": text(at), "data": data | (_subject(n) if number == 0 else {})}) + "\n")


def _subject(n: int) -> dict[str, Any]:
    """What a ticket is about: some of them under no agreement."""
    return {
        "title": f"Cannot pay invoice {n}",
        "priority": ("urgent", "high", "normal", "low")[n % 4],
        "customer": f"customer {n % 5_003}",
        "tier": ("gold", "silver", "bronze")[n % 3],
        "region": ("emea", "apac", "amer", "test")[n % 7 % 4],
        "service": ("payments", "login", "search")[n % 11 % 3],
    }


def _very_many(folder: Path) -> dict[str, Any]:
    events = folder / "lives.jsonl"
    write_lives(events, TICKETS)
    began = time.perf_counter()
    with events.open() as rows:
        for row in rows:
            json.loads(row)
    reference = time.perf_counter() - began
    outputs = ["--decisions", folder / "d.jsonl", "--clocks", folder / "c.jsonl"]
    seconds = _timed([*SLA, "simulate", "--config", ROOT / "config" / "example", "--events", events, *outputs])
    floor = SECONDS_FOR_A_MILLION * TICKETS / 1_000_000
    return line(f"simulate_{TICKETS}_tickets_of_six_events", seconds, "s", reference, floor, at_most=True)


def _peak(config: Path, events: Path, until: str) -> float:
    """The peak memory of one run, in MiB."""
    script = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    call = [*SLA, "simulate", "--config", config, "--events", events, "--until", until, "--decisions", "/dev/null"]
    run = subprocess.run([sys.executable, "-c", script, *map(str, call)], capture_output=True, text=True, check=True, cwd=ROOT)
    return float(run.stdout)


def _timed(call: list[Any]) -> float:
    began = time.perf_counter()
    subprocess.run(call, check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began

"""How soon a worker looks at an event that another process has taken in, with Redis and without.

Told are the share of looks within a span, by the worker's own `/metrics`; what nobody has to wait for is asked once a second.
"""

import random
import re
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from benchmarks.report import line
from tests.support.desk import DESK, opened
from tests.support.postgres import Postgres
from tests.support.process import Process, sla
from tests.support.valkey import Valkey

EVENTS = 60
_BUCKET = re.compile(r'slakeeper_look_lag_seconds_bucket\{cause="event",le="([^"]+)"\} ([0-9.]+)')


def results() -> Iterator[dict[str, Any]]:
    """Within which lag 95 of a hundred looks were: with Redis, against the same without it."""
    dice = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "desk.sla.yaml").write_text(DESK)
        server, valkey = Postgres().start(), Valkey(folder).start()
        try:
            alone = _lag(server.database(), folder, {}, dice)
            woken = _lag(server.database(), folder, {"REDIS_URL": valkey.url}, dice)
        finally:
            valkey.kill()
            server.remove()
    yield line("event_to_look_p95_without_redis", alone, "s", 1.0, 2.5, at_most=True)
    yield line("event_to_look_p95_with_redis", woken, "s", alone, 0.1, at_most=True)


def _lag(url: str, folder: Path, shared: dict[str, str], dice: random.Random) -> float:
    """Seconds, rounded up to the next bucket of the histogram."""
    sla("migrate", DATABASE_URL=url)
    config = str(folder / "desk.sla.yaml")
    settings = {"DATABASE_URL": url, **shared}
    web, worker = (Process((role, "--config", config), folder / f"{role}{len(shared)}", settings) for role in ("web", "worker"))
    try:
        for process in (web, worker):
            process.start().ready()
        for number in range(EVENTS):
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            httpx.post(f"{web.url}/events", json=opened(now, f"T-{number}", id_=f"e{number}")).raise_for_status()
            time.sleep(dice.uniform(0.02, 0.4))
        time.sleep(2)
        buckets = [(float(le), float(n)) for le, n in _BUCKET.findall(httpx.get(f"{worker.url}/metrics").text)]
        return next(le for le, n in buckets if n >= 0.95 * EVENTS)
    finally:
        for process in (web, worker):
            process.kill()

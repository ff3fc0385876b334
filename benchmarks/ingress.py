"""How many events a second one web process takes in and has committed; database and load generator on the same machine.

The reference is a bare Starlette application under uvicorn that checks each request's signature and answers, without reading
or storing anything, under the same load in the same run. All requests are signed, as they are wherever helpdesks send them.
"""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvloop

from adapters.signing import signature
from benchmarks.report import line
from rules.instants import text
from tests.support.postgres import Postgres

ROOT = Path(__file__).parent.parent
CONNECTIONS = 200
SECONDS = 6.0
SECRET = "benchmark"
BARE = f"""
import hashlib, hmac, socket, uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route
async def post(request):
    signed = request.headers["x-slakeeper-timestamp"].encode() + b"." + await request.body()
    expected = "v1=" + hmac.new({SECRET.encode()!r}, signed, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(expected, request.headers["x-slakeeper-signature"])
    return JSONResponse(dict(accepted=1, duplicates=0, quarantined=[]), status_code=202)
listening = socket.socket()
listening.bind(("127.0.0.1", 0))
listening.listen(1024)
print("http://127.0.0.1:%d/" % listening.getsockname()[1], flush=True)
app = Starlette(routes=[Route("/events", post, methods=["POST"])])
uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", loop="uvloop")).run([listening])
"""


def results() -> Iterator[dict[str, Any]]:
    """Events a second: one in a request, and a hundred, on both databases."""
    with served([sys.executable, "-c", BARE], {}) as port:
        bare = rate(port, 1)
    with tempfile.TemporaryDirectory() as folder:
        yield from _measured(f"sqlite:///{folder}/bench.db", "sqlite", bare, 5_000)
    server = Postgres(durable=True).start()
    try:
        yield from _measured(server.database(), "postgresql", bare, 3_000)
    finally:
        server.remove()


def _measured(url: str, name: str, bare: float, floor: float) -> Iterator[dict[str, Any]]:
    settings = {"DATABASE_URL": url, "SLA_CONFIG": str(ROOT / "config" / "example"), "SLA_WEBHOOK_SECRET": SECRET}
    sla = [sys.executable, "-m", "bot"]
    subprocess.run([*sla, "migrate"], env=os.environ | settings, cwd=ROOT, check=True, capture_output=True)
    with served([*sla, "web"], settings) as port:
        single = rate(port, 1)
        yield line(f"ingress_single_{name}", single, "events/s", bare, floor)
        yield line(f"ingress_single_{name}_to_bare", single, "events/s", bare, 0.4, by_ratio=True)
        yield line(f"ingress_hundreds_{name}", rate(port, 100), "events/s", bare, 15_000)


@contextmanager
def served(call: list[str], settings: dict[str, str]) -> Iterator[int]:
    """The port of a server that runs meanwhile."""
    environment = os.environ | {"PORT": "0"} | settings
    process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, cwd=ROOT)
    try:
        assert process.stdout
        yield int(next(found[1] for row in process.stdout if (found := re.search(r"http://127\.0\.0\.1:(\d+)/", row))))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate()


def rate(port: int, together: int) -> float:
    """Events a second that were answered with 202, sent by a process of its own, `together` in a request."""
    load = [sys.executable, "-m", "benchmarks.ingress", str(port), str(together)]
    return float(subprocess.run(load, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


async def _sent(port: int, together: int) -> float:
    began = time.perf_counter()
    counts = await asyncio.gather(*(_client(port, number, together, began + SECONDS) for number in range(CONNECTIONS)))
    return sum(counts) / (time.perf_counter() - began)


async def _client(port: int, client: int, together: int, until: float) -> int:
    """One connection, kept alive: a request after the answer to the one before."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    run = f"{os.getpid()}-{client}-{together}"
    answered = number = 0
    while time.perf_counter() < until:
        body = b"[" + b",".join(_event(run, number + n) for n in range(together)) + b"]"
        number += together
        writer.write(_head(body) + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", answer)[1])  # type: ignore[index]
        await reader.readexactly(length)
        assert answer.startswith(b"HTTP/1.1 202"), answer
        answered += together
    writer.close()
    return answered


def _head(body: bytes) -> bytes:
    stamp = str(int(time.time()))
    lines = (
        "POST /events HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-Slakeeper-Timestamp: {stamp}",
        f"X-Slakeeper-Signature: {signature(SECRET, stamp, body)}",
    )
    return "\r\n".join((*lines, "", "")).encode()


_NOW = text(time.time_ns() // 1_000_000)
_TAIL = json.dumps(
    {
        "specversion": "1.0",
        "source": "bench",
        "type": "ticket.opened",
        "time": _NOW,
        "data": {"title": "Cannot pay", "priority": "urgent", "customer": "acme", "tier": "gold", "status": "new"},
    }
)[1:].encode()


def _event(run: str, number: int) -> bytes:
    return b'{"id":"%b-%d","subject":"T-%b-%d",' % (run.encode(), number, run.encode(), number // 5) + _TAIL


if __name__ == "__main__":  # the load generator
    print(uvloop.run(_sent(int(sys.argv[1]), int(sys.argv[2]))))

"""How long the bot takes to answer, and a newcomer waits for the first warning of the demonstration."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

from benchmarks.report import line

ROOT = Path(__file__).parent.parent
SLA = [sys.executable, "-m", "bot"]
LIBRARIES = "import alembic, holidays, pydantic, ruamel.yaml, rich, sqlalchemy, starlette, typer, uvicorn"


def results() -> Iterator[dict[str, Any]]:
    """Seconds until `sla run` answers, and until `sla demo` shows its first warning."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", LIBRARIES], check=True)
    imports = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        run = [*SLA, "run", "--config", str(ROOT / "config" / "example")]
        seconds = _until(run, {"DATABASE_URL": f"sqlite:///{folder}/bench.db"}, _answers)
        yield line("run_until_ready", seconds, "s", imports, 2.0, at_most=True)
    yield line("demo_until_first_warning", _until([*SLA, "demo"], {}, _warned), "s", imports, 60.0, at_most=True)


def _until(call: list[str], settings: dict[str, str], done: Any) -> float:
    began = time.perf_counter()
    environment = os.environ | {"PORT": "0"} | settings
    process = subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment, cwd=ROOT)
    try:
        assert process.stdout
        address = next(found[0] for row in process.stdout if (found := re.search(r"http://127\.0\.0\.1:\d+/", row)))
        while not done(address):
            time.sleep(0.02)
        return time.perf_counter() - began
    finally:
        process.terminate()
        process.communicate()


def _answers(address: str) -> bool:
    try:
        with urlopen(address + "readyz", timeout=1) as answer:
            return bool(json.load(answer)["ready"])
    except (URLError, ConnectionError):
        return False


def _warned(address: str) -> bool:
    try:
        with urlopen(address + "api/messages?channel=support", timeout=1) as answer:
            return bool(json.load(answer)["messages"])
    except (URLError, ConnectionError):
        return False

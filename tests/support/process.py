"""The `sla` command as a process of its own: run to its end, or started, asked, interrupted, killed."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.desk import ROOT

SLA = (sys.executable, "-m", "bot")
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")
_ADDRESS = re.compile(r"http://[^\s/]+:\d+/")


def environment(**settings: str) -> dict[str, str]:
    """An environment with nothing in it but what a process needs, and settings."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | {"COLUMNS": "120"} | settings


def sla(*words: str | Path, stdin: str | bytes = "", timeout: float = 60, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `sla …` to its end. Output that is no UTF-8, or a traceback, fails the test."""
    given = stdin.encode() if isinstance(stdin, str) else stdin
    done = subprocess.run(
        [*SLA, *map(str, words)],
        cwd=ROOT,
        env=environment(**settings),
        input=given,
        capture_output=True,
        timeout=timeout,
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in out + err, err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


@dataclass
class Process:
    """A process that stays: `sla run` or `sla demo`. Its output goes to files in `folder`."""

    words: tuple[str, ...]
    folder: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    running: "subprocess.Popen[bytes] | None" = None
    url: str = ""
    starts: int = 0

    def start(self) -> "Process":
        """Start it, without waiting."""
        self.starts += 1
        self.url = ""
        self.folder.mkdir(exist_ok=True)
        with self._file("out").open("wb") as out, self._file("err").open("wb") as err:
            self.running = subprocess.Popen(
                [*SLA, *self.words],
                cwd=ROOT,
                env=environment(PORT="0", PYTHONUNBUFFERED="1") | dict(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        return self

    def ready(self, timeout: float = 30) -> "Process":
        """Wait until it answers."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            assert self.running is not None
            assert self.running.poll() is None, self.output()
            found = _ADDRESS.search(self.output())
            if found:
                self.url = found[0].rstrip("/")
                try:
                    if httpx.get(f"{self.url}/readyz", timeout=2).status_code == 200:
                        return self
                except httpx.HTTPError:
                    pass
            time.sleep(0.02)
        raise AssertionError(f"not ready within {timeout} s: {self.output()}")

    def kill(self) -> None:
        """End it as a power cut would."""
        if self.running is not None:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait()
            self.running = None

    def interrupt(self, sign: signal.Signals = signal.SIGINT, timeout: float = 10) -> int:
        """Press Ctrl-C; the exit code. It must end soon."""
        assert self.running is not None
        self.running.send_signal(sign)
        try:
            code = self.running.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"still there {timeout} s after {sign.name}: {self.output()}") from None
        self.running = None
        return code

    def output(self) -> str:
        """What it has said since it was started last."""
        return "\n".join(self._file(name).read_text(errors="replace") for name in ("out", "err"))

    def _file(self, name: str) -> Path:
        return self.folder / f"{self.starts}.{name}"


def rows(text: str) -> list[dict[str, Any]]:
    """The objects of JSON lines."""
    return [json.loads(line) for line in text.splitlines()]

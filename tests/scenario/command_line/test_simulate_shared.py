"""`sla simulate` with several processes: the same output, and a clean end whatever ends it."""

import gzip
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rules.instants import parse
from tests.support.desk import NINE, ROOT, answered, lines, opened
from tests.support.process import environment, sla

TWO = "import bot.simulation.simulate as s; s.cores = lambda: {}; s.BLOCK = {}; import bot.cli.lines as l; l.BLOCK = s.BLOCK; "
MAIN = "from bot.__main__ import main; main()"


def started(cores: int, block: int, *words: str | Path, stdin: int = subprocess.DEVNULL) -> "subprocess.Popen[bytes]":
    """`sla simulate` as on a machine of so many cores, with blocks of so many bytes."""
    call = [sys.executable, "-c", TWO.format(cores, block) + MAIN, "simulate", *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(call, cwd=ROOT, env=environment(), stdin=stdin, stdout=pipe, stderr=pipe, start_new_session=True)


def finished(process: "subprocess.Popen[bytes]") -> tuple[int, str, str]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out.decode(), err.decode()


@pytest.fixture
def week(tmp_path: Path) -> Path:
    """Three hundred tickets, half of them answered, with lines that are refused among them."""
    events = []
    for n in range(300):
        start = parse(NINE) + n * 60_000
        events.append(opened(start, f"T-{n}", id_=f"o{n}"))
        if n % 2:
            events.append(answered(start + 60_000, f"T-{n}", id_=f"a{n}"))
    path = tmp_path / "week.jsonl"
    path.write_text(lines(events) + "{broken\n" * 80)
    return path


@pytest.mark.parametrize("block", [1_000, 30_000])
def test_the_output_is_the_same_with_one_process_and_with_several(config: Path, week: Path, tmp_path: Path, block: int) -> None:
    (tmp_path / "week.jsonl.gz").write_bytes(gzip.compress(week.read_bytes()))
    alone = sla("simulate", "--config", config, "--events", week, "--decisions", "-")
    assert alone.stdout
    shared = finished(started(2, block, "--config", config, "--events", week, "--decisions", "-"))
    assert shared == (0, alone.stdout, alone.stderr)
    packed = finished(started(2, block, "--config", config, "--events", f"{week}.gz", "--decisions", "-"))
    assert packed[:2] == (0, alone.stdout)
    with week.open("rb") as file:
        from_input = finished(started(2, block, "--config", config, "--events", "-", "--decisions", "-", stdin=file.fileno()))
    assert from_input[:2] == (0, alone.stdout)


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


def busy(config: Path, tmp_path: Path) -> tuple["subprocess.Popen[bytes]", list[int]]:
    """A simulation that waits for more lines, and its processes."""
    process = started(2, 1_000, "--config", config, "--events", "-", "--decisions", tmp_path / "d", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.write(lines(opened(NINE, f"T-{n}") for n in range(50)).encode())
    process.stdin.flush()
    end = time.monotonic() + 20
    while len(workers := children(process.pid)) < 2:
        assert time.monotonic() < end, "no processes were started"
        time.sleep(0.02)
    return process, workers


def gone(pid: int) -> bool:
    """Whether a process has ended within some seconds; nobody need have asked for its exit code yet."""
    for _ in range(200):
        stat = Path(f"/proc/{pid}/stat")
        try:
            if stat.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux for the processes")


def test_ctrl_c_ends_it_with_a_word_and_leaves_no_process(config: Path, tmp_path: Path) -> None:
    process, workers = busy(config, tmp_path)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all of them
    code, _, said = finished(process)
    assert (code, said.count("\n")) == (130, 1)
    assert "interrupted" in said
    assert all(map(gone, workers))


def test_the_death_of_a_process_is_told_and_ends_the_others(config: Path, tmp_path: Path) -> None:
    process, workers = busy(config, tmp_path)
    os.kill(workers[0], signal.SIGKILL)
    assert process.stdin is not None
    code, _, said = finished(process)
    assert code == 3
    assert "one of 2 processes was ended by SIGKILL" in said
    assert "Traceback" not in said
    assert all(map(gone, workers))


def test_processes_do_not_outlive_the_one_that_started_them(config: Path, tmp_path: Path) -> None:
    process, workers = busy(config, tmp_path)
    process.kill()
    process.communicate(timeout=10)
    assert all(map(gone, workers))

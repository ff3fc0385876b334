"""`sla simulate`: what goes in, what comes out, and how it is refused."""

import gzip
import lzma
from pathlib import Path

import pytest

from tests.support.process import rows, sla


def test_simulate_sums_up_for_a_person(config: Path, log: Path) -> None:
    done = sla("simulate", "--config", config, "--events", log)
    assert (done.returncode, done.stderr) == (0, "")
    assert "1 ticket, 3 events" in done.stdout
    assert "first response" in done.stdout


def test_simulate_writes_decisions_in_the_order_of_time(config: Path, log: Path) -> None:
    done = sla("simulate", "--config", config, "--events", log, "--decisions", "-")
    found = rows(done.stdout)
    assert [row["at"] for row in found] == sorted(row["at"] for row in found)
    common = ["at", "kind", "ticket", "agreement", "version", "metric", "cycle", "reason"]
    assert all(list(row)[:8] == common for row in found)
    (overdue,) = [row for row in found if row["kind"] == "clock.overdue"]
    assert (overdue["at"], overdue["metric"]) == ("2026-01-05T09:10:00.000Z", "first_response")
    crossed = [row for row in found if row["kind"] == "clock.crossed"]
    assert {(row["threshold"], row["due_at"]) for row in crossed} == {
        (threshold, "2026-01-05T09:10:00.000Z") for threshold in ("80%", "90%", "100%")
    }
    pages = [row for row in found if row["kind"].startswith("page.")]
    assert pages[0]["to"] == ["ana"]
    assert {"page", "ladder", "step", "to"} <= set(pages[0])


def test_simulate_writes_clocks(config: Path, log: Path, tmp_path: Path) -> None:
    done = sla("simulate", "--config", config, "--events", log, "--clocks", tmp_path / "clocks.jsonl")
    assert (done.returncode, done.stdout) == (0, "")
    clocks = {row["metric"]: row for row in rows((tmp_path / "clocks.jsonl").read_text())}
    assert clocks["first_response"] == {
        "ticket": "T-1",
        "agreement": "gold",
        "version": "1",
        "metric": "first_response",
        "cycle": 1,
        "state": "missed",
        "verdict": "missed",
        "target_ms": 600_000,
        "elapsed_ms": 1_200_000,
        "wall_elapsed_ms": 1_200_000,
        "paused_ms": 0,
        "started_at": "2026-01-05T09:00:00.000Z",
        "due_at": "2026-01-05T09:10:00.000Z",
        "stopped_at": "2026-01-05T09:20:00.000Z",
        "breached_at": "2026-01-05T09:10:00.000Z",
    }
    assert clocks["resolution"]["state"] == "met"


def test_simulate_reads_standard_input_gz_and_xz_alike(config: Path, log: Path, tmp_path: Path) -> None:
    text = log.read_bytes()
    (tmp_path / "day.jsonl.gz").write_bytes(gzip.compress(text))
    (tmp_path / "day.jsonl.xz").write_bytes(lzma.compress(text))
    plain = sla("simulate", "--config", config, "--events", log, "--decisions", "-").stdout
    for name in ("day.jsonl.gz", "day.jsonl.xz"):
        assert sla("simulate", "--config", config, "--events", tmp_path / name, "--decisions", "-").stdout == plain
    assert sla("simulate", "--config", config, "--events", "-", "--decisions", "-", stdin=text).stdout == plain
    assert plain


@pytest.mark.parametrize("name", ["day.jsonl.gz", "day.jsonl.xz", "gone.jsonl", "."])
def test_a_file_that_cannot_be_read_is_wrong_usage(config: Path, tmp_path: Path, name: str) -> None:
    if name.endswith(("gz", "xz")):
        (tmp_path / name).write_bytes(b"neither")
    done = sla("simulate", "--config", config, "--events", tmp_path / name)
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


def test_a_packed_file_that_ends_too_early_is_wrong_usage(config: Path, log: Path, tmp_path: Path) -> None:
    (tmp_path / "day.jsonl.gz").write_bytes(gzip.compress(log.read_bytes() * 50)[:-20])
    assert sla("simulate", "--config", config, "--events", tmp_path / "day.jsonl.gz").returncode == 2


def test_lines_that_are_refused_are_listed_and_counted_and_the_rest_goes_on(config: Path, log: Path) -> None:
    first, *others = log.read_text().splitlines(keepends=True)
    text = first + "\n{broken\n" + '{"id": "x"}\n' + "\xff\n" + "".join(others) + '"\\ud800"\n'
    done = sla("simulate", "--config", config, "--events", "-", "--clocks", "-", stdin=text.encode("latin-1"))
    assert done.returncode == 0
    assert {row["state"] for row in rows(done.stdout)} == {"missed", "met"}
    refused = [line for line in done.stderr.splitlines() if ": refused: " in line]
    assert [line.split(":")[1] for line in refused] == ["3", "4", "5", "8"]
    assert "4 of 7 lines were refused." in done.stderr


def test_hundreds_of_refused_lines_are_not_all_listed(config: Path, log: Path) -> None:
    done = sla("simulate", "--config", config, "--events", "-", stdin="{\n" * 300 + log.read_text())
    assert len(done.stderr.splitlines()) < 60
    assert "300 of 303 lines were refused." in done.stderr


def test_until_is_inclusive(config: Path, log: Path) -> None:
    def overdue(until: str) -> int:
        done = sla("simulate", "--config", config, "--events", log, "--until", until, "--decisions", "-")
        return sum(row["kind"] == "clock.overdue" for row in rows(done.stdout))

    assert overdue("2026-01-05T09:09:59.999Z") == 0
    assert overdue("2026-01-05T09:10:00Z") == 1


@pytest.mark.parametrize("until", ["tomorrow", "2026-01-05", "2026-01-05T09:00:00", ""])
def test_an_until_that_is_no_instant_is_wrong_usage(config: Path, log: Path, until: str) -> None:
    done = sla("simulate", "--config", config, "--events", log, "--until", until)
    assert done.returncode == 2
    assert "--until" in done.stderr


def test_output_that_cannot_be_written_is_wrong_usage(config: Path, log: Path, tmp_path: Path) -> None:
    assert sla("simulate", "--config", config, "--events", log, "--clocks", tmp_path / "no" / "x").returncode == 2


def test_a_configuration_without_agreements_simulates_nothing(tmp_path: Path, log: Path) -> None:
    (tmp_path / "c.yaml").write_text("calendars: {always: {hours: 24x7}}\n")
    done = sla("simulate", "--config", tmp_path / "c.yaml", "--events", log)
    assert done.returncode == 0
    assert "No agreement applied" in done.stdout


def test_a_byte_order_mark_refuses_no_event_and_a_file_without_any_event_is_no_success(config: Path, log: Path) -> None:
    log.write_bytes(b"\xef\xbb\xbf" + log.read_bytes())
    done = sla("simulate", "--config", config, "--events", log)
    assert (done.returncode, done.stderr) == (0, "")
    log.write_text("no event\n")
    assert sla("simulate", "--config", config, "--events", log).returncode == 2

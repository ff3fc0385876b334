"""`sla ledger` and `sla quarantine`: what an auditor and an operator type, and what they are told."""

import gzip
import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.desk import DESK, NINE, ROOT, Desk, answered, desk, opened
from tests.support.process import SLA, environment, rows, sla

KEY = "a long random text"


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """A desk at which something has happened."""
    found = desk(tmp_path)
    found.app.registrar.publish()
    found.take(opened(NINE), opened(NINE, "T-2"))
    found.go("2026-01-05T09:30:00Z")
    found.take(answered("2026-01-05T09:25:00Z"))
    found.go("2026-01-05T10:00:00Z")
    return found


def change(here: Desk, sql: str) -> None:
    with closing(sqlite3.connect(here.url.removeprefix("sqlite:///"))) as file, file:
        file.execute(sql)


def test_a_sealed_ledger_is_verified_and_an_altered_entry_is_named(here: Desk, tmp_path: Path) -> None:
    settings = {
        "DATABASE_URL": here.url,
        "SEAL_KEY": KEY,
        "SEAL_FILE": f"{tmp_path}/seals.jsonl",
        "SEAL_CHANNEL": "local:audit",
    }
    made = sla("ledger", "seal", **settings)
    assert made.returncode == 0, made.stderr
    assert made.stdout.startswith("Seal 1 at ")
    clean = sla("ledger", "verify", **settings)
    assert (clean.returncode, clean.stderr) == (0, "")
    assert clean.stdout.startswith("Nothing is wrong: ")
    assert ", 1 chain, 1 seal; sealed up to " in clean.stdout

    change(here, "update entries set body = replace(body, 'urgent', 'low') where kind = 'ticket.opened' and ticket = 'T-2'")
    found = sla("ledger", "verify", "--seals", tmp_path / "seals.jsonl", DATABASE_URL=here.url, SEAL_KEY=KEY)
    assert found.returncode == 1
    assert "2026-01-05, shard 0, entry 3, arrival 3, ticket.opened of T-2: altered" in found.stdout
    assert "1 finding in " in found.stdout
    without = sla("ledger", "verify", DATABASE_URL=here.url)
    assert without.returncode == 1
    assert "SEAL_KEY is not set: who made the seals could not be checked." in without.stderr

    here.clock.move("2190-01-01T00:00:00Z")  # the command sealed by this machine's clock
    here.deliver()
    assert here.chat("audit")[0].card.title == "Seal 1 of the ledger"


def test_what_is_missing_for_a_seal_or_a_verification_is_said(here: Desk, tmp_path: Path) -> None:
    for words, settings, code, said in (
        (["seal"], {}, 1, "SEAL_KEY is not set"),
        (["seal"], {"SEAL_KEY": KEY, "SEAL_FILE": f"{tmp_path}/no/x"}, 1, "cannot be written, so nothing is sealed"),
        (["seal"], {"SEAL_KEY": " "}, 1, "SEAL_KEY: it is blank: write a long random text"),
        (["seal"], {"SEAL_KEY": KEY, "SEAL_CHANNEL": "audit"}, 1, "SEAL_CHANNEL: write platform:channel"),
        (["seal"], {"SEAL_KEY": KEY, "SEAL_CHANNEL": "slack:audit"}, 1, "no seal can be said on 'slack': write local:CHANNEL"),
        (["verify", "--seals", "nowhere"], {}, 2, "there is no file of seals at nowhere"),
        (["verify"], {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}, 1, "there is no ledger at"),
    ):
        done = sla("ledger", *words, **({"DATABASE_URL": here.url} | settings))  # type: ignore[arg-type]
        assert (done.returncode, said in done.stderr) == (code, True), (words, done.stdout, done.stderr)


def test_a_key_that_has_spaces_in_it_can_be_changed_like_any_other(here: Desk) -> None:
    assert sla("ledger", "seal", DATABASE_URL=here.url, SEAL_KEY=KEY).returncode == 0
    new = {"DATABASE_URL": here.url, "SEAL_KEY": "another", "SEAL_KEYS_BEFORE": KEY}
    assert sla("ledger", "seal", **new).returncode == 0
    assert sla("ledger", "verify", **new).returncode == 0


def test_migrating_says_which_ledger_it_was_and_what_became_of_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/new.db"
    assert sla("migrate", DATABASE_URL=url).stdout == f"The ledger at {url} is new.\n"
    assert sla("migrate", DATABASE_URL=url).stdout == f"The ledger at {url} is up to date.\n"


def test_a_rebuild_shows_what_differs_and_mends_it(here: Desk, config: Path) -> None:
    def rebuild(*words: str) -> tuple[int, str]:
        done = sla("ledger", "rebuild", *words, "--config", config, DATABASE_URL=here.url)
        assert done.stderr == ""
        return done.returncode, done.stdout

    assert rebuild() == (0, "Nothing differs: 2 tickets, 5 clocks, 2 pages, 2 reviews.\n")
    change(here, "update clocks set elapsed_ms = 7 where ticket = 'T-1' and metric = 'resolution'")
    code, said = rebuild()
    assert code == 1
    assert "clocks T-1/gold/resolution/1: elapsed_ms is 7, computed " in said
    assert "1 difference in 2 tickets, 5 clocks, 2 pages, 2 reviews.\n" in said
    assert rebuild("--write")[1].endswith("1 difference in 2 tickets, 5 clocks, 2 pages, 2 reviews; all are mended.\n")
    assert rebuild()[0] == 0


def test_a_rebuild_counts_the_roll_ups_anew(here: Desk, config: Path) -> None:
    here.app.chores.step()
    change(here, "update rollups set n = n + 1")
    done = sla("ledger", "rebuild", "--config", config, DATABASE_URL=here.url)
    assert done.returncode == 1
    assert "rollups" in done.stdout
    assert sla("ledger", "rebuild", "--write", "--config", config, DATABASE_URL=here.url).returncode == 0
    assert sla("ledger", "rebuild", "--config", config, DATABASE_URL=here.url).returncode == 0


def test_a_rebuild_under_another_configuration_is_refused(here: Desk, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(DESK.replace("every: 4h", "every: 2h"))
    done = sla("ledger", "rebuild", "--config", other, DATABASE_URL=here.url)
    assert done.returncode == 1
    assert done.stderr.startswith("sla: ")


def test_entries_are_exported_as_lines_and_as_parquet(here: Desk, tmp_path: Path) -> None:
    def export(*words: str | Path) -> str:
        done = sla("ledger", "export", *words, DATABASE_URL=here.url)
        assert (done.returncode, done.stderr) == (0, ""), words
        return done.stdout

    everything = rows(export())
    assert {"ticket.opened", "clock.started"} <= {entry["kind"] for entry in everything}
    assert "Cannot pay" not in json.dumps(everything)
    assert rows(export("2026-01")) == rows(export("2026-01-04..2026-01-05")) == everything
    assert export("2026-02") == ""
    export("--to", tmp_path / "x.jsonl.gz")
    assert rows(gzip.decompress((tmp_path / "x.jsonl.gz").read_bytes()).decode()) == everything
    export("--to", tmp_path / "x.parquet", "--personal")
    found = pq.read_table(tmp_path / "x.parquet").to_pylist()
    assert [entry["hash"] for entry in found] == [entry["hash"] for entry in everything]
    assert "Cannot pay" in json.dumps(found)
    for words, said in (
        (["nonsense"], "'nonsense' is no period"),
        (["2026-02..2026-01"], "ends before it begins"),
        (["2026-01-05.."], "'2026-01-05..' has one end only: write both, as in 2026-10-01..2026-10-15"),
        (["..2026-01"], "'..2026-01' has one end only"),
        (["2026-02-30"], "'2026-02-30' is no period"),
        (["--to", "/nowhere/x.parquet"], "--to /nowhere/x.parquet cannot be written: No such file or directory\n"),
        (["--to", "x.csv"], "ends in .jsonl, .jsonl.gz or .parquet"),
        (["--events", "--to", "x.parquet"], "--events are JSON lines"),
        (["--to", "/nowhere/x.jsonl"], "cannot be written: No such file or directory"),
    ):
        done = sla("ledger", "export", *words, DATABASE_URL=here.url)
        assert (done.returncode, said in done.stderr) == (2, True), (words, done.stderr)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk here that is always full")
@pytest.mark.parametrize("words", ["verify", "export", "export --events"])
def test_an_output_that_is_full_is_told_in_a_sentence(here: Desk, words: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*SLA, "ledger", *words.split()],
            cwd=ROOT,
            env=environment(DATABASE_URL=here.url),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    said = b"sla: what this writes to has no room left, so not all could be written: make room\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_exported_events_can_be_simulated(here: Desk, config: Path) -> None:
    events = sla("ledger", "export", "--events", DATABASE_URL=here.url).stdout
    assert {event["type"] for event in rows(events)} == {"ticket.opened", "ticket.replied", "clock.promised"}
    done = sla("simulate", "--events", "-", "--config", config, "--clocks", "-", stdin=events)
    assert (done.returncode, done.stderr, len(rows(done.stdout))) == (0, "", 5)


def test_what_was_refused_is_listed_and_replayed_when_it_is_understood(here: Desk, tmp_path: Path) -> None:
    def quarantine(*words: str) -> tuple[int, str, str]:
        done = sla("quarantine", *words, DATABASE_URL=here.url)
        return done.returncode, done.stdout, done.stderr

    assert quarantine() == (0, "Nothing is in quarantine.\n", "")
    ahead = opened("2026-01-05T10:10:00Z", "T-3")  # ahead of the desk's clock then, and not any more
    here.take(ahead, {"specversion": "1.0", "id": "[red]x[/]"})
    code, listed, _ = quarantine()
    assert code == 0
    assert "is more than five minutes ahead" in listed
    assert "[red]x[/]" in listed, "texts are no markup"

    assert quarantine("replay", "7")[::2] == (2, "sla: not in quarantine, or replayed already: 7. sla quarantine lists it\n")
    assert quarantine("replay", "1") == (0, "1 event replayed, 0 still in quarantine.\n", "")
    code, said, why = quarantine("replay")
    assert (code, said) == (1, "0 events replayed, 1 still in quarantine.\n")
    assert why.startswith("2: still not understood: source is missing")
    assert "T-3" in [row["ticket"] for row in rows(sla("ledger", "export", DATABASE_URL=here.url).stdout)]
    here.clock.move("2026-01-05T10:10:00Z")
    assert here.take(ahead)["duplicates"] == 1

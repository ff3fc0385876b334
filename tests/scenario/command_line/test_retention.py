"""`sla ledger erase` and `sla ledger archive`: what an operator types, and what is told."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.desk import NINE, Desk, desk, opened
from tests.support.ended import LATER, archived, ended
from tests.support.process import sla

ERASE = ("ledger", "erase")
SOON = {"SLA_RETENTION_MONTHS": "1", "SLA_RETENTION_BELOW_13_MONTHS": "a-years-figures-cannot-be-computed-anew"}
"""The tickets have ended in January 2026; by this machine's clock that may be less than 13 months ago."""
WHY = ("--as", "dana", "--because", "asked to be forgotten")


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    found = desk(tmp_path)
    ended(found, "T-1", "T-2", still_open="T-3")
    return found


def asked(here: Desk, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(here.url.removeprefix("sqlite:///"))) as file:
        return file.execute(sql).fetchall()


def test_a_person_is_erased_after_it_is_shown_how_much_that_is(here: Desk, config: Path) -> None:
    def erase(*words: str, stdin: str = "") -> tuple[int, str, str]:
        done = sla(*ERASE, *words, *WHY, stdin=stdin, DATABASE_URL=here.url)
        return done.returncode, done.stdout, done.stderr

    code, said, _ = erase("anna.petersen@acme.example", stdin="n\n")
    assert code == 1
    assert said.startswith(
        "To be erased: the personal fields of 4 entries in 2 tickets, what was said of them in the local chat, "
    )
    assert "Erase it? [y/N]" in said
    assert asked(here, "select count(*) from personal where body like '%Petersen%'") == [(4,)]

    code, said, errors = erase("u-7", stdin="y\n")
    assert (code, errors) == (0, "")
    assert said.endswith("Erased. An entry says so. What was sent elsewhere, and backups, are not in the ledger's reach.\n")
    assert not any(b"Petersen" in file.read_bytes() for file in Path(here.url.removeprefix("sqlite:///")).parent.glob("*.db*"))
    assert erase("u-7") == (0, "No ticket was asked for by this person.\n", "")
    assert sla("ledger", "verify", DATABASE_URL=here.url).returncode == 0
    assert sla("ledger", "rebuild", "--config", config, DATABASE_URL=here.url).stdout.startswith("Nothing differs: 3 tickets, ")

    assert erase("--ticket", "T-3", "--yes")[0] == 0
    assert asked(here, "select count(*) from personal p join entries e on e.seq = p.entry where e.ticket != ''") == [(0,)]
    assert erase("--ticket", "T-9", "--yes") == (0, "Nothing is known of this ticket.\n", "")


def test_a_wrong_call_is_refused_before_anything_is_touched(here: Desk, tmp_path: Path) -> None:
    for words, settings, code, said in (
        ([*ERASE, *WHY], {}, 2, "name a person by id or e-mail, or a ticket with --ticket"),
        ([*ERASE, "u-7", "--ticket", "T-1", *WHY], {}, 2, "name a person by id or e-mail, or a ticket with --ticket"),
        ([*ERASE, "u-7", "--as", "dana"], {}, 2, "--because"),
        ([*ERASE, "u-7", "--as", " ", "--because", "x"], {}, 2, "say who erases it"),
        ([*ERASE, "u-7", "--as", "dana", "--because", "U-7 asked"], {}, 2, "--because stays in the ledger for ever"),
        ([*ERASE, "u-7", *WHY], {"DATABASE_URL": f"sqlite:///{tmp_path}/other.db"}, 1, "there is no ledger at"),
        (["ledger", "archive"], {}, 1, "ARCHIVE_FOLDER is not set: set it, or name a folder with --to"),
        (["ledger", "archive", "--to", "/proc/x"], SOON, 1, "/proc/x cannot be written, so nothing more is archived: "),
        (
            ["ledger", "archive", "--to", "/nowhere/deep"],
            {},
            1,
            "there is no folder /nowhere to make deep in, so nothing is archived",
        ),
        (["ledger", "archive", "--to", "README.md"], {}, 1, "README.md is no folder, so nothing is archived: name another one"),
        (["ledger", "verify", "--archive", "nowhere"], {}, 2, "there is no archive at nowhere"),
        (["ledger", "archive"], {"SLA_RETENTION_MONTHS": "12"}, 1, "SLA_RETENTION_MONTHS: entries are kept at least 13 months"),
    ):
        done = sla(*words, **({"DATABASE_URL": here.url} | settings))
        assert (done.returncode, said in done.stderr) == (code, True), (words, done.stdout, done.stderr)
    assert asked(here, "select count(*) from personal where body like '%Petersen%'") == [(4,)]


def test_what_has_rested_is_archived_and_verified_there(here: Desk, config: Path, tmp_path: Path) -> None:
    folder = tmp_path / "archive"
    settings = {"DATABASE_URL": here.url, "SEAL_KEY": "a long random text", "ARCHIVE_FOLDER": str(folder)}
    assert sla("ledger", "seal", **settings).returncode == 0
    longer = sla("ledger", "archive", SLA_RETENTION_MONTHS="1200", **settings)
    assert (longer.returncode, longer.stdout) == (0, "Nothing has rested for 1,200 months.\n")
    (there,) = asked(here, "select count(*) from entries where ticket in ('T-1', 'T-2')")[0]
    done = sla("ledger", "archive", **settings, **SOON)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"Archived: {there} entries of 2 tickets, to 1 file in {folder}.\n"
    assert sorted(path.name for path in folder.iterdir()) == ["ledger-2026-01.0001.parquet", "seals.jsonl"]

    without = sla("ledger", "verify", **settings)
    assert (without.returncode, without.stderr) == (0, "")
    assert without.stdout.startswith(
        f"Archived and not read: {there} entries. --archive FOLDER reads them too:\n"
        f"  ledger-2026-01.0001.parquet: {there} entries from 2026-01-05 to 2026-01-05, in "
    )
    together = sla("ledger", "verify", "--archive", folder, **settings)
    assert (together.returncode, together.stdout.startswith("Nothing is wrong: ")) == (0, True)
    assert sla("ledger", "rebuild", "--config", config, **settings).stdout.startswith("Nothing differs: 1 ticket, ")

    (folder / "ledger-2026-02.0001.parquet").write_bytes(b"")
    (folder / "ledger-2026-01.0001.parquet").unlink()
    broken = sla("ledger", "verify", "--archive", folder, **settings)
    assert broken.returncode == 1
    assert "ledger-2026-01.0001.parquet: missing from the archive; it holds " in broken.stdout
    (folder / "seals.jsonl").unlink()
    (folder / "seals.jsonl").mkdir()
    unread = sla("ledger", "verify", "--archive", folder, **settings)
    assert unread.stderr == f"sla: the archive cannot be read: {folder}/seals.jsonl Is a directory\n"
    assert broken.stderr == "ledger-2026-02.0001.parquet: no entry names it, as after a crash; what it holds is not archived.\n"


def test_what_came_for_an_archived_ticket_is_still_not_understood_when_replayed(here: Desk, tmp_path: Path) -> None:
    here.go(LATER)
    archived(here, tmp_path / "archive")
    here.take(opened(NINE, "T-1"))
    done = sla("quarantine", "replay", DATABASE_URL=here.url)
    assert (done.returncode, done.stdout) == (1, "0 events replayed, 1 still in quarantine.\n")
    assert "its ticket is archived" in done.stderr
    assert sla("quarantine", DATABASE_URL=here.url).stdout.count("its ticket is archived") == 1

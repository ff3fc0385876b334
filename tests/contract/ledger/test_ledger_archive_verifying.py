"""Verification of what is archived: with the files and without them, whatever was done to either."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.support.archives import rested, with_archive
from tests.support.audits import seal, tamper, verified
from tests.support.desk import Desk
from tests.support.ended import LATER, archived, ended
from tests.support.ledgers import Opened


def test_the_database_alone_is_verified_over_what_is_archived(here: Desk, db: Opened, folder: Path) -> None:
    rested(here, db, folder)
    done, found = verified(db)
    assert found == []
    assert (done.unread, [file.file for file in done.archived]) == (done.archived[0].entries, ["ledger-2026-01.0001.parquet"])
    seal(db, here.clock.now())
    assert verified(db)[1] == []


def test_database_and_archive_are_verified_together(here: Desk, db: Opened, folder: Path) -> None:
    ended(here, "T-1", "T-2", still_open="T-3")
    seal(db, here.clock.now())
    before = verified(db)[0].entries
    here.clock.move(LATER)
    archived(here, folder)
    done, found = with_archive(db, folder)
    assert found == []
    assert (done.entries, done.unread, done.strays) == (before + 1, 0, [])


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("update entries set body = replace(body, 'urgent', 'low') where kind = 'ticket.opened' and ticket = 'T-3'", "altered"),
        ("delete from entries where ticket = 'T-3' and kind = 'clock.started'", "missing"),
        ("delete from entries where kind = 'ledger.archived'", "missing"),
        ("update entries set body = replace(body, '\"spans\"', '\"x\"') where kind = 'ledger.archived'", "altered"),
    ],
)
def test_tampering_beside_the_archive_is_found_with_it_and_without(
    here: Desk, db: Opened, folder: Path, sql: str, said: str
) -> None:
    rested(here, db, folder)
    seal(db, here.clock.now())
    tamper(db, "delete from personal where entry in (select seq from entries where ticket = 'T-3')")
    tamper(db, sql)
    for found in (verified(db)[1], with_archive(db, folder)[1]):
        assert any(finding.what.startswith(said) for finding in found), found


def test_a_missing_or_altered_file_is_found_where_the_archive_is_read(here: Desk, db: Opened, folder: Path) -> None:
    rested(here, db, folder)
    (path,) = folder.glob("*.parquet")
    content = path.read_bytes()
    path.write_bytes(content[:99] + bytes([content[99] ^ 1]) + content[100:])
    (finding,) = with_archive(db, folder)[1]
    assert str(finding).startswith(f"{path.name}: altered: it is not the file that was written; it holds ")
    path.unlink()
    (finding,) = with_archive(db, folder)[1]
    assert str(finding).startswith(f"{path.name}: missing from the archive; it holds ")


def test_what_is_put_back_beside_the_archive_is_found(here: Desk, db: Opened, folder: Path) -> None:
    rested(here, db, folder)
    row = pq.read_table(folder / "ledger-2026-01.0001.parquet").to_pylist()[1]
    names = ("seq", "kind", "ticket", "key", "is_event", "at", "recorded_at", "body", "day", "shard", "number")
    values = {name: row[name] for name in names} | {"hash": bytes.fromhex(row["hash"])}
    tamper(db, f"insert into entries ({', '.join(values)}) values ({', '.join(f':{name}' for name in values)})", **values)
    for found in (verified(db)[1], with_archive(db, folder)[1]):
        assert [finding.what for finding in found] == ["put in: its place in the chain is taken, or is none"]

"""Archiving: entries leave the database for files, and are verified there as if they had stayed."""

import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from adapters.ledger.archive_files import ArchiveError, ArchiveFolder
from adapters.ledger.leases import LeaseLostError
from bot.app import build_app
from bot.records import Refused
from config.settings import Settings
from tests.support.archives import kept, rested, with_archive
from tests.support.audits import seal, tamper, verified
from tests.support.desk import NINE, Desk, answered, opened, wire
from tests.support.ended import LATER, archived, differences, ended, figures
from tests.support.ledgers import Opened


def test_where_there_is_a_folder_a_process_archives_by_itself(here: Desk, folder: Path) -> None:
    ended(here, "T-1", "T-2", still_open="T-3")
    app = build_app(Settings(database_url=here.url, archive_folder=folder), here.book, clock=here.clock)
    app.chores.step()
    assert not folder.exists()
    here.go(LATER)
    app.chores.step()
    app.ledger.close()
    assert sum(len(list(ArchiveFolder(folder).entries(name))) for name in ArchiveFolder(folder).names()) > 10
    assert archived(here, folder).tickets == 0, "all that may go is gone"


def test_what_has_ended_goes_and_what_has_not_stays(here: Desk, db: Opened, folder: Path) -> None:
    ended(here, "T-1", "T-2", still_open="T-3")
    before = {ticket: kept(db, ticket) for ticket in ("T-1", "T-2", "T-3")}
    assert archived(here, folder).tickets == 0, "it has only just ended"
    here.go("2026-02-04T00:00:00Z")
    assert archived(here, folder).tickets == 0, "not for 13 months"
    past = figures(db)
    here.go(LATER)
    moved = archived(here, folder)
    assert (moved.tickets, moved.entries, moved.files) == (2, before["T-1"] + before["T-2"], ("ledger-2026-01.0001.parquet",))
    assert [kept(db, ticket) for ticket in ("T-1", "T-2")] == [0, 0]
    assert kept(db, "T-3") >= before["T-3"]
    assert db.rows("select 1 from entries where kind = 'configuration.published'"), "the register stays"
    assert [row for row in figures(db) if row["ticket"] != "T-3"] == [row for row in past if row["ticket"] != "T-3"]
    assert archived(here, folder).tickets == 0


def test_nothing_goes_that_waits_for_something(here: Desk, db: Opened, folder: Path) -> None:
    ended(here, "T-1", "T-2", "T-4", "T-5")
    here.clock.move(LATER)
    here.app.ledger.intake.append([], [], here.clock.now())
    tamper(db, "update tickets set attention_at = 1 where id = 'T-1'")
    tamper(db, "update pages set state = 'exhausted' where ticket = 'T-2'")
    tamper(db, "update outbox set state = 'pending' where ticket = 'T-4'")
    assert archived(here, folder).tickets == 1
    assert kept(db, "T-5") == 0
    assert all(kept(db, ticket) for ticket in ("T-1", "T-2", "T-4"))


def test_files_hold_every_column_and_the_seals_stand_beside_them(here: Desk, db: Opened, folder: Path) -> None:
    ended(here, "T-1")
    sealed = seal(db, here.clock.now())
    columns = "seq, kind, ticket, key, is_event, at, recorded_at, body, day, shard, number, hash"
    before = [row._mapping for row in db.rows(f"select {columns} from entries where ticket = 'T-1' order by number")]
    here.go(LATER)
    (name,) = archived(here, folder).files
    rows = pq.read_table(folder / name).to_pylist()
    told = [{**row, "is_event": bool(row["is_event"]), "hash": row["hash"].hex()} for row in before]
    assert [{column: row[column] for column in told[0]} for row in rows] == told
    assert ArchiveFolder(folder).seals() == [sealed]


class PowerCut(BaseException):
    """The machine dies."""


def test_a_crash_after_the_file_is_written_loses_and_doubles_nothing(
    here: Desk, db: Opened, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(here, "T-1", "T-2")
    seal(db, here.clock.now())
    before = verified(db)[0].entries
    here.clock.move(LATER)

    def dies(*_: Any) -> None:
        raise PowerCut

    with monkeypatch.context() as patched:
        patched.setattr("adapters.ledger.archiving._take_out", dies)
        with pytest.raises(PowerCut):
            archived(here, folder)
    assert [path.name for path in folder.glob("*.parquet")] == ["ledger-2026-01.0001.parquet"]
    done, found = with_archive(db, folder)
    assert (found, done.entries, done.strays) == ([], before, ["ledger-2026-01.0001.parquet"])
    assert verified(db)[1] == []
    assert archived(here, folder).files == ("ledger-2026-01.0002.parquet",)
    done, found = with_archive(db, folder)
    assert (found, done.entries, done.strays) == ([], before + 1, ["ledger-2026-01.0001.parquet"])


def test_a_crash_while_the_file_is_written_leaves_nothing_in_its_place(
    here: Desk, db: Opened, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended(here, "T-1")
    here.clock.move(LATER)
    with monkeypatch.context() as patched:
        patched.setattr("adapters.ledger.archive_files._same", lambda *_: False)
        with pytest.raises(ArchiveError, match="does not hold what was written"):
            archived(here, folder)
    assert kept(db, "T-1")
    assert not list(folder.glob("*.parquet"))
    assert archived(here, folder).files == ("ledger-2026-01.0001.parquet",)
    assert with_archive(db, folder)[1] == []


def test_who_has_lost_the_lease_moves_nothing(here: Desk, db: Opened, folder: Path) -> None:
    ended(here, "T-1")
    here.clock.move(LATER)
    fence = here.app.ledger.leases.take("archive", "one", here.clock.now(), 1)
    assert fence is not None
    with pytest.raises(LeaseLostError):
        here.app.ledger.archive.move(folder, here.clock.now(), here.clock.now(), fence + 1)
    assert not folder.exists()
    assert kept(db, "T-1")


def test_further_entries_of_a_month_get_a_file_of_their_own(here: Desk, db: Opened, folder: Path) -> None:
    ended(here, "T-1")
    here.go("2026-01-20T09:00:00Z")
    here.take(opened("2026-01-20T09:00:00Z", "T-2"), answered("2026-01-20T09:00:00Z", "T-2"))
    here.go("2026-02-02T09:00:00Z")
    here.take(wire("ticket.updated", "2026-02-02T09:00:00Z", "T-2", status="solved"))
    here.go("2027-02-10T09:00:00Z")
    assert archived(here, folder).files == ("ledger-2026-01.0001.parquet",)
    first = (folder / "ledger-2026-01.0001.parquet").read_bytes()
    here.go("2027-03-05T09:00:00Z")
    later = archived(here, folder).files
    assert later[0] == "ledger-2026-01.0002.parquet"
    assert later[-1] == "ledger-2026-02.0001.parquet"
    assert (folder / "ledger-2026-01.0001.parquet").read_bytes() == first
    assert with_archive(db, folder)[1] == verified(db)[1] == []


def test_what_comes_for_an_archived_ticket_goes_to_quarantine_also_when_it_is_known(
    here: Desk, db: Opened, folder: Path
) -> None:
    known = opened(NINE, "T-9", id_="known")
    here.take(known)
    ended(here, "T-1")
    here.take(wire("ticket.updated", here.clock.now(), "T-9", status="solved"))
    here.go("2026-01-06T09:00:00Z")
    rested_at = figures(db)
    here.go(LATER)
    assert archived(here, folder).tickets == 2
    reason = "its ticket is archived: the history is in the archive's files, and nothing can be added to it"
    fresh = opened(LATER, "T-7")
    answer = here.take({"specversion": "1.0"}, fresh, known, answered(LATER, "T-1", text="hello again"), fresh)
    assert (answer["accepted"], answer["duplicates"]) == (1, 1)
    assert [(item["index"], item["reason"] == reason) for item in answer["quarantined"]] == [(0, False), (2, True), (3, True)]
    assert here.take(known)["quarantined"] == [{"index": 0, "reason": reason}]
    held = here.app.ledger.quarantine.kept()
    assert [item.reason for item in held].count(reason) == 2, "once each"
    assert json.loads(held[-1].raw)["data"] | {"text": "hello again"} == json.loads(held[-1].raw)["data"]
    assert kept(db, "T-1") == kept(db, "T-9") == 0
    assert [row for row in figures(db) if row["ticket"] in ("T-1", "T-9")] == rested_at


def test_a_click_and_a_question_about_an_archived_ticket_are_answered(here: Desk, db: Opened, folder: Path) -> None:
    rested(here, db, folder)
    before = figures(db)
    assert here.say("escalate T-1", "ben").refused
    assert "The history of T-1 is in the archive's files." in here.say("why T-1").cards[0].title
    assert here.say("ticket T-1").cards[0].title == "T-1"
    assert figures(db) == before
    assert kept(db, "T-1") == 0


def test_no_sweep_looks_at_an_archived_ticket(here: Desk, db: Opened, folder: Path) -> None:
    ended(here, "T-1")
    here.take(opened("2026-01-05T13:00:00Z", "T-8", tier="none", customer="nobody"))  # nothing is promised for it
    here.go(LATER)
    assert archived(here, folder).tickets == 2
    before = figures(db)
    asked = "exceptions request waiver for customer=acme from 2026-01-05T09:00 until 2026-01-05T11:00 because they asked late"
    here.say(asked, "ben")
    assert not here.say("exceptions approve X-1", "cleo").refused
    here.go("2027-03-02T09:00:00Z")
    assert figures(db) == before
    assert differences(here) == []
    assert here.app.ledger.reader.open_tickets("", 10) == []


def test_a_rebuild_leaves_archived_tickets_and_their_chains_alone(here: Desk, db: Opened, folder: Path) -> None:
    rested(here, db, folder)
    assert differences(here) == []


def test_nothing_personal_stays_of_an_archived_ticket(here: Desk, db: Opened, folder: Path) -> None:
    rested(here, db, folder)
    (path,) = folder.glob("*.parquet")
    text = str(pq.read_table(path).to_pylist())
    for table in ("entries", "personal", "tickets", "outbox", "chat", "chat_log"):
        text += str([*map(tuple, db.rows(f"select * from {table}"))])
    assert "Petersen" not in text
    assert "Otto waits" in text
    assert json.loads(db.rows("select body from entries where kind = 'ledger.archived'")[0][0])["personal_fields"] == "erased"


@pytest.mark.parametrize("seed", range(4))
def test_chains_of_which_any_part_is_archived_are_whole(
    here: Desk, db: Opened, folder: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    dice = random.Random(seed)  # noqa: S311
    monkeypatch.setattr("adapters.ledger.archiving.MOST_ENTRIES", dice.choice([1, 10, 40]))
    tickets = [f"T-{n}" for n in range(12)]
    here.take(*(opened(NINE, ticket) for ticket in tickets))
    for hour in range(10, 16):
        at = f"2026-01-05T{hour}:00:00Z"
        here.go(at)
        chosen = dice.sample(tickets, 2)
        here.take(*(answered(at, ticket) for ticket in chosen))
        here.take(*(wire("ticket.updated", at, ticket, status="solved") for ticket in chosen))
        if dice.random() < 0.4:
            seal(db, here.clock.now())
    here.go("2026-01-06T09:00:00Z")
    before = seal(db, here.clock.now()) and verified(db)[0].entries
    here.go(LATER)
    grown = verified(db)[0].entries
    moved = archived(here, folder)
    assert 0 < moved.tickets < 12
    done, found = with_archive(db, folder)
    assert found == verified(db)[1] == []
    assert done.entries == grown + len(moved.files) > before
    assert differences(here) == []
    seal(db, here.clock.now())
    assert with_archive(db, folder)[1] == verified(db)[1] == []


def test_two_machines_with_folders_of_their_own_give_no_name_twice(here: Desk, db: Opened, folder: Path) -> None:
    ended(here, "T-1", "T-2")
    here.go(LATER)
    archived(here, folder)
    here.take(opened(LATER, "T-3"), wire("ticket.updated", LATER, "T-3", status="solved"))
    here.go("2028-06-01T09:00:00Z")
    archived(here, folder.with_name("other"))
    ended_then = ArchiveFolder(folder).names() | ArchiveFolder(folder.with_name("other")).names()
    named = [json.loads(row.body)["file"] for row in db.rows("select body from entries where kind = 'ledger.archived'")]
    assert sorted(named) == sorted(set(named)) == sorted(ended_then)


def test_an_event_that_is_stored_while_its_ticket_is_archived_is_in_one_place(here: Desk, db: Opened, folder: Path) -> None:
    ended(here, "T-1")
    here.clock.move(LATER)
    event = here.app.ledger.looks.histories(["T-1"])[0].events[-1]
    assert here.app.ledger.intake.append([replace(event, id="new")], [], here.clock.now()) == [True]
    assert archived(here, folder).tickets == 0, "it is to be looked at"
    here.settle()
    here.clock.move("2028-05-01T09:00:00Z")
    assert archived(here, folder).tickets == 1
    (stored,) = here.app.ledger.intake.append([replace(event, id="newer")], [], here.clock.now())
    assert isinstance(stored, Refused)

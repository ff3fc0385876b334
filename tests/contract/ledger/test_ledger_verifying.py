"""Verification: whatever was altered, taken out, put in or cut off up to the last seal is found, and at its place."""

from typing import Any

import pytest
from sqlalchemy import select

from adapters.ledger.schema import chains
from rules.instants import DAY, HOUR
from tests.support.audits import NOW, fill, recount, seal, tamper, verified
from tests.support.ledgers import Opened

TODAY = NOW // DAY


def told(db: Opened, **more: Any) -> list[str]:
    return [str(finding) for finding in verified(db, **more)[1]]


def test_a_ledger_that_nobody_touched_is_clean(db: Opened) -> None:
    assert told(db) == []
    fill(db, 5)
    assert told(db) == []
    sealed = seal(db)
    fill(db, 3, NOW + DAY, first=5)
    done, findings = verified(db)
    assert (findings, done.entries, done.chains, done.seals, done.sealed_at) == ([], 8, 2, 1, sealed.at)


def test_an_altered_entry_is_named_with_all_that_finds_it(db: Opened) -> None:
    fill(db, 5)
    seal(db)
    tamper(db, "update entries set body = replace(body, 'high', 'low') where number = 3")
    (row,) = db.rows("select seq from entries where number = 3")
    (said,) = told(db)
    assert said == (
        f"2026-01-05, shard 0, entry 3, arrival {row.seq}, ticket.opened of T-2: "
        "altered: it, or its hash, is not what was written after the entry before it"
    )


def test_a_missing_entry_and_a_cut_off_tail_are_named(db: Opened) -> None:
    fill(db, 6)
    seal(db)
    tamper(db, "delete from personal where entry in (select seq from entries where number in (2, 3, 6))")
    tamper(db, "delete from entries where number in (2, 3, 6)")
    assert told(db) == [
        "2026-01-05, shard 0, entries 2 to 3: missing",
        "2026-01-05, shard 0, entry 6: missing: cut off after seal 1",
        "2026-01-05, shard 0, entries 1 to 5: no seal vouches for what is left of it",
    ]


def test_a_tail_that_was_cut_off_and_mended_is_found_by_the_seal(db: Opened) -> None:
    fill(db, 6)
    seal(db)
    tamper(db, "delete from entries where number > 4")
    tamper(db, "delete from personal where entry not in (select seq from entries)")
    recount(db)
    assert told(db) == [
        "2026-01-05, shard 0, entries 5 to 6: missing: cut off after seal 1",
        "2026-01-05, shard 0, entries 1 to 4: no seal vouches for what is left of it",
    ]


def test_a_chain_written_anew_is_found_between_the_seals_where_it_differs(db: Opened) -> None:
    fill(db, 3)
    seal(db)
    fill(db, 3, first=3)
    seal(db, NOW + 1)
    tamper(db, "update entries set at = at + 1 where number = 5")
    recount(db)
    (finding,) = verified(db)[1]
    assert (finding.day, finding.number, finding.last, finding.seal) == (TODAY, 4, 6, 2)


def test_a_whole_day_that_is_gone_is_named(db: Opened) -> None:
    fill(db, 3)
    fill(db, 2, NOW + DAY, first=3)
    seal(db, NOW + DAY)
    for table in ("personal", "entries", "chains"):
        where = "entry in (select seq from entries where day = :day)" if table == "personal" else "day = :day"
        tamper(db, f"delete from {table} where {where}", day=TODAY)
    assert told(db) == ["2026-01-05, shard 0, entries 1 to 3: missing: the whole chain is gone"]


def test_an_entry_in_no_chain_and_personal_fields_of_no_entry_are_found(db: Opened) -> None:
    fill(db, 2)
    columns = "kind, ticket, is_event, at, recorded_at, body"
    tamper(db, f"insert into entries (key, {columns}) select 'k', {columns} from entries where number = 1")
    tamper(db, "insert into personal (entry, salt, body) select 999, salt, body from personal where entry = 1")
    found = told(db)
    assert len(found) == 2
    assert "ticket.opened of T-0: put in: it stands in no chain" in found[0]
    assert found[1] == "arrival 999: missing: only its personal fields are there"


def test_entries_put_into_a_day_that_was_over_are_found_however_well_they_are_linked(
    db: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(db, 2)
    seal(db, NOW + DAY)
    with monkeypatch.context() as patched:
        patched.setattr("adapters.ledger.chain._FREE", select(chains).where(chains.c.day == TODAY))
        fill(db, 1, NOW, first=7)
    assert told(db) == ["2026-01-05, shard 0, entry 3: put in after seal 1, by which that day was over"]
    seal(db, NOW + DAY + HOUR)
    assert told(db) == ["2026-01-05, shard 0, entry 3: put in after seal 1, by which that day was over"]


def test_a_clock_that_was_ahead_for_a_while_is_no_finding(db: Opened) -> None:
    fill(db, 2)
    seal(db, NOW + 2 * DAY)
    fill(db, 1, NOW, first=2)
    fill(db, 1, NOW + 3 * DAY, first=3)
    fill(db, 1, NOW + DAY, first=4)
    seal(db, NOW + 4 * DAY)
    assert told(db) == []
    assert [row.day - TODAY for row in db.rows("select day from entries order by seq")] == [0, 0, 2, 3, 3]


def test_what_was_on_its_way_at_midnight_is_no_finding(db: Opened) -> None:
    fill(db, 2)
    seal(db, (TODAY + 1) * DAY + 1)
    fill(db, 1, (TODAY + 1) * DAY - 1, first=2)
    assert told(db) == []


def test_erased_personal_fields_are_missed_only_where_no_entry_names_them(db: Opened) -> None:
    from adapters.ledger import chain
    from adapters.ledger.database import Database
    from adapters.ledger.entries import canonical

    fill(db, 2)
    tamper(db, "delete from personal")
    assert [said.partition(": ")[2] for said in told(db)] == [
        "its personal fields are gone, and no entry says that they were erased"
    ] * 2
    body = canonical({"entries": [row.seq for row in db.rows("select seq from entries")]})
    erased = {"kind": "ledger.erased", "ticket": "", "key": "x", "is_event": False, "at": NOW, "recorded_at": NOW, "body": body}
    Database(db.engine).write(lambda connection: chain.append(connection, [erased], NOW))
    assert told(db) == []


def test_without_the_key_chains_are_checked_all_the_same(db: Opened) -> None:
    fill(db, 3)
    seal(db)
    tamper(db, "update seals set mac = 'x'")
    assert told(db, keys=()) == []
    assert len(told(db)) == 1
    tamper(db, "update entries set ticket = 'T-9' where number = 2")
    assert len(told(db, keys=())) == 1


# Whatever is done to a ledger

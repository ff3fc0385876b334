"""Verification: whatever was altered, taken out, put in or cut off up to the last seal is found, and at its place."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from adapters.ledger.chain import link, root
from adapters.ledger.engine import connect
from adapters.ledger.findings import Finding
from adapters.ledger.schema import chains
from adapters.ledger.seal_file import JsonSealFile
from adapters.ledger.store import ledger_on
from rules.instants import DAY, HOUR
from tests.support.audits import NOW, fill, seal, tamper, verified
from tests.support.desk import empty_ledger
from tests.support.ledgers import Opened

TODAY = NOW // DAY


def told(db: Opened, **more: Any) -> list[str]:
    return [str(finding) for finding in verified(db, **more)[1]]


def recount(db: Opened, mend_chains: bool = True) -> None:
    """Compute all hashes anew, as somebody would who knows how they are made."""
    rows = [dict(row._mapping) for row in db.rows("select * from entries where number is not null order by day, shard, number")]
    ends: dict[tuple[int, int], tuple[int, bytes]] = {}
    for row in rows:
        chain = row["day"], row["shard"]
        number, before = ends.get(chain, (0, root(*chain)))
        ends[chain] = number + 1, link(before, row)
        values = {"hash": ends[chain][1], "n": number + 1, "seq": row["seq"]}
        tamper(db, "update entries set hash = :hash, number = :n where seq = :seq", **values)
    if mend_chains:
        for (day, shard), (number, hash) in ends.items():
            values = {"hash": hash, "n": number, "day": day, "shard": shard}
            tamper(db, "update chains set number = :n, hash = :hash where day = :day and shard = :shard", **values)


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
    assert told(db, key=None) == []
    assert len(told(db)) == 1
    tamper(db, "update entries set ticket = 'T-9' where number = 2")
    assert len(told(db, key=None)) == 1


# Whatever is done to a ledger

Tampering = Callable[[Opened, random.Random, Any], Callable[[Finding], bool]]


def near(row: Any) -> Callable[[Finding], bool]:
    """At the entry, or a span that holds it; what follows it may be the first that shows it."""

    def fits(finding: Finding) -> bool:
        if (finding.day, finding.shard) != (row.day, row.shard) or finding.number is None:
            return finding.seq == row.seq
        return finding.number <= row.number <= (finding.last or finding.number)

    return fits


def alter(db: Opened, dice: random.Random, row: Any) -> Callable[[Finding], bool]:
    texts = ("kind", "ticket", "key", "body")
    column = dice.choice((*texts, "at", "recorded_at", "is_event", "hash", "seq"))
    new: Any = f"{getattr(row, column)} " if column in texts else None
    if new is None:
        new = {"is_event": not row.is_event, "hash": bytes(32)}.get(column, row.seq + 5_000 if column == "seq" else row.at + 7)
    tamper(db, f"update entries set {column} = :new where seq = :seq", new=new, seq=row.seq)
    return near(row)


def move(db: Opened, dice: random.Random, row: Any) -> Callable[[Finding], bool]:
    column = dice.choice(("day", "shard", "number"))
    tamper(db, f"update entries set {column} = {column} + 50 where seq = :seq", seq=row.seq)
    return near(row)


def unlink(db: Opened, dice: random.Random, row: Any) -> Callable[[Finding], bool]:
    tamper(db, f"update entries set {dice.choice(('day', 'hash', 'number'))} = NULL where seq = :seq", seq=row.seq)
    return near(row)


def remove(db: Opened, dice: random.Random, row: Any) -> Callable[[Finding], bool]:
    tamper(db, "delete from personal where entry = :seq", seq=row.seq)
    tamper(db, "delete from entries where seq = :seq", seq=row.seq)
    if dice.random() < 0.5:
        recount(db)
        return lambda finding: finding.day == row.day
    return near(row)


def forge(db: Opened, dice: random.Random, row: Any) -> Callable[[Finding], bool]:
    """Alter an entry and compute all hashes anew: only the seals know."""
    tamper(db, "update entries set at = at + 1 where seq = :seq", seq=row.seq)
    recount(db)
    return near(row)


def swap(db: Opened, dice: random.Random, row: Any) -> Callable[[Finding], bool]:
    other = dice.choice([found for found in db.rows("select * from entries") if found.seq != row.seq])
    tamper(db, "update entries set body = :body where seq = :seq", body=other.body + " ", seq=row.seq)
    tamper(db, "update entries set body = :body where seq = :seq", body=row.body, seq=other.seq)
    return near(row)


def cut(db: Opened, dice: random.Random, row: Any) -> Callable[[Finding], bool]:
    gone = "day = :day and shard = :shard and number >= :number"
    place = {"day": row.day, "shard": row.shard, "number": row.number}
    tamper(db, f"delete from personal where entry in (select seq from entries where {gone})", **place)
    tamper(db, f"delete from entries where {gone}", **place)
    recount(db)
    return near(row)


def personal(db: Opened, dice: random.Random, row: Any) -> Callable[[Finding], bool]:
    change = dice.choice(("update personal set body = '{}'", "delete from personal", "update personal set salt = :salt"))
    tamper(db, f"{change} where entry = :seq", seq=row.seq, **({"salt": b"x"} if ":salt" in change else {}))
    return near(row)


def lose_seal(db: Opened, dice: random.Random, row: Any) -> Callable[[Finding], bool]:
    number = dice.choice(db.rows("select number from seals")).number
    tamper(
        db,
        "delete from seals where number >= :number" if dice.random() < 0.5 else "delete from seals where number = :number",
        number=number,
    )
    return lambda finding: finding.seal == number


def alter_seal(db: Opened, dice: random.Random, row: Any) -> Callable[[Finding], bool]:
    number = dice.choice(db.rows("select number from seals")).number
    change = dice.choice(("mac = 'x'", "body = replace(body, 'heads', 'hands')", "at = at + 1"))
    tamper(db, f"update seals set {change} where number = :number", number=number)
    return lambda finding: finding.seal == number


TAMPERINGS: list[Tampering] = [alter, alter, alter, move, unlink, remove, forge, swap, cut, personal, lose_seal, alter_seal]


def shaken(db: Opened, dice: random.Random, file: Path) -> tuple[Any, int]:
    """A small ledger over some days, sealed up to its end; one of its entries."""
    first, at = 0, NOW
    for _ in range(dice.randint(1, 4)):
        count = dice.randint(1, 6)
        fill(db, count, at, first)
        first, at = first + count, at + dice.choice([0, HOUR, DAY, 3 * DAY])
        if dice.random() < 0.5:
            seal(db, at, file)
    fill(db, 2, at, first)
    seal(db, at, file)
    return dice.choice(db.rows("select * from entries")), at


def judge(db: Opened, seed: int, tampering: Tampering, file: Path) -> None:
    dice = random.Random(seed)  # noqa: S311
    row, at = shaken(db, dice, file)
    kept = JsonSealFile(file).read()
    assert verified(db, kept)[1] == []
    right = tampering(db, dice, row)
    if dice.random() < 0.3:
        fill(db, 2, at + HOUR, 100)  # the bot writes on, knowing nothing
    findings = verified(db, kept)[1]
    assert any(right(finding) for finding in findings), [str(finding) for finding in findings]


@pytest.mark.parametrize("tampering", list(dict.fromkeys(TAMPERINGS)), ids=lambda tampering: tampering.__name__)
def test_every_kind_of_tampering_is_found_at_its_place(db: Opened, tmp_path: Path, tampering: Tampering) -> None:
    judge(db, 1, tampering, tmp_path / "seals.jsonl")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32), tampering=st.sampled_from(TAMPERINGS))
def test_random_tampering_with_a_random_ledger_is_found_at_its_place(
    tmp_path_factory: pytest.TempPathFactory, seed: int, tampering: Tampering
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    (folder / "ledger.db").write_bytes(empty_ledger())
    url = f"sqlite:///{folder}/ledger.db"
    engine = connect(url)
    try:
        judge(Opened(ledger_on(engine), engine, url), seed, tampering, folder / "seals.jsonl")
    finally:
        engine.dispose()

"""Verification under any tampering: each kind of it, with any ledger, is found at its place."""

import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.ledger.engine import connect
from adapters.ledger.findings import Finding
from adapters.ledger.seal_file import JsonSealFile
from adapters.ledger.store import ledger_on
from rules.instants import DAY, HOUR
from tests.support.audits import NOW, fill, recount, seal, tamper, verified
from tests.support.desk import empty_ledger
from tests.support.ledgers import Opened

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

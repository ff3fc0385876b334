"""Seals: one chain of them whatever dies or comes second, kept outside the database first."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.ledger.leases import LeaseLostError
from adapters.ledger.seal_file import JsonSealFile
from adapters.ledger.seals import heads_of, mac_of
from bot.ports import SEALING, LedgerError
from rules.instants import DAY, HOUR, MINUTE
from tests.support.audits import KEY, NOW, fill, seal, sealing, tamper, verified
from tests.support.ledgers import Opened


def seals(db: Opened) -> list[str]:
    return [row.mac for row in db.rows("select mac from seals order by number")]


def test_a_seal_names_the_heads_that_have_grown_and_the_seal_before_it(db: Opened) -> None:
    fill(db, 3)
    first = seal(db)
    assert [(day, shard, number) for day, shard, number, _ in heads_of(first)] == [(NOW // DAY, 0, 3)]
    assert json.loads(first.body)["before"] is None
    second = seal(db, NOW + HOUR)
    assert (second.number, heads_of(second), json.loads(second.body)["before"]) == (2, [], first.mac)
    fill(db, 2, NOW + DAY, first=3)
    third = seal(db, NOW + DAY)
    assert [(day, number) for day, _, number, _ in heads_of(third)] == [(NOW // DAY + 1, 2)]
    assert third.mac == mac_of(KEY, third.body)


def test_each_day_is_sealed_once_by_itself(db: Opened) -> None:
    assert sealing(db).due(NOW)
    assert sealing(db).turn("a") is not None
    assert not sealing(db).due(NOW + HOUR)
    assert not sealing(db).due(NOW - DAY), "another machine's clock is a day ahead"
    assert sealing(db).due(NOW - 3 * DAY), "the clock was set back"
    assert sealing(db, NOW + HOUR).turn("b") is None
    assert sealing(db, NOW + DAY).turn("b") is not None
    assert len(seals(db)) == 2


def test_who_comes_second_seals_nothing_and_who_comes_late_is_refused(db: Opened) -> None:
    fence = db.ledger.leases.take(SEALING, "a", NOW, MINUTE)
    assert sealing(db).turn("b", asked=True) is None
    db.ledger.leases.take(SEALING, "b", NOW + MINUTE, MINUTE)
    assert fence is not None
    with pytest.raises(LeaseLostError):
        sealing(db).seal(fence)
    assert seals(db) == []


def test_nothing_is_sealed_under_another_key_unless_it_is_meant(db: Opened) -> None:
    fill(db, 1)
    seal(db)
    other = sealing(db, NOW + DAY, key=b"another key")
    with pytest.raises(LedgerError, match="seal 1 is not under this SEAL_KEY, or was altered, so nothing is sealed"):
        other.turn("a")
    assert len(seals(db)) == 1
    assert other.turn("a", asked=True, new_key=True) is not None
    assert other.turn("a", asked=True) is not None, "from now on it is the key"
    assert [finding.seal for finding in verified(db)[1]] == [2, 3], "each key verifies its own"
    assert {finding.seal for finding in verified(db, key=b"another key")[1]} == {1}


def test_a_seal_is_in_the_file_before_it_is_in_the_ledger(db: Opened, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    made = [seal(db, NOW + n, file) for n in range(3)]
    assert JsonSealFile(file).read() == made
    with pytest.raises(OSError):
        seal(db, NOW + 3, tmp_path / "nowhere" / "seals.jsonl")
    assert len(seals(db)) == 3
    assert sealing(db, NOW + 3).turn("b", asked=True) is not None, "the lease was given back"


def test_a_seal_that_only_the_file_has_is_put_back_by_the_next_one(db: Opened, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    fill(db, 4)
    made = [seal(db, NOW, file), seal(db, NOW + 1, file)]
    tamper(db, "delete from seals where number = 2")
    (finding,) = verified(db, JsonSealFile(file).read())[1]
    assert (finding.seal, "stands in the file and not in the ledger" in finding.what) == (2, True)
    third = seal(db, NOW + 2, file)
    assert seals(db) == [*(seal.mac for seal in made), third.mac]
    assert verified(db, JsonSealFile(file).read())[1] == []


def test_what_the_file_has_without_the_key_is_not_put_into_the_ledger(db: Opened, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    first = seal(db, NOW, file)
    body = first.body.replace('"number":1', '"number":2').replace('"before":null', f'"before":"{first.mac}"')
    JsonSealFile(file).append([first._replace(number=2, body=body, mac=mac_of(b"another key", body))])
    seal(db, NOW + 1, file)
    assert [f.seal for f in verified(db)[1]] == []
    assert {f.seal for f in verified(db, JsonSealFile(file).read())[1]} == {2}


def test_a_machine_whose_file_is_behind_writes_what_another_one_sealed(db: Opened, tmp_path: Path) -> None:
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    seal(db, NOW, here)
    seal(db, NOW + 1, there)
    seal(db, NOW + 2, here)
    assert [kept.number for kept in JsonSealFile(here).read()] == [1, 2, 3]
    assert verified(db, JsonSealFile(there).read())[1] == []


def test_a_line_that_was_half_written_spoils_nothing(db: Opened, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    seal(db, NOW, file)
    with file.open("ab") as torn:
        torn.write(b'{"number": 2, "at": 17')
    seal(db, NOW + 1, file)
    assert [kept.number for kept in JsonSealFile(file).read()] == [1, 2]
    assert verified(db, JsonSealFile(file).read())[1] == []


ODD = (b"", b"[]", b"7", b'{"number": 1}', b"\xff\xfe", b"[" * 5_000)
ODD_FIELDS = (
    {"mac": "\u00e9"},
    {"mac": None},
    {"number": "2"},
    {"at": 1.5},
    {"body": "{}"},
    {"body": "7"},
    {"body": "\ud800"},
    {"more": 1},
)


def test_odd_lines_disturb_nothing(db: Opened, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    first = seal(db, file=file)
    body = json.dumps({"number": 2, "at": NOW, "heads": []})
    signed = {"number": 2, "at": NOW, "body": body, "mac": mac_of(KEY, body)}
    lines = [*ODD, *(json.dumps({**signed, **odd}).encode() for odd in ODD_FIELDS), json.dumps(signed).encode()]
    for line in lines:
        with file.open("ab") as odd:
            odd.write(line + b"\n")
        verified(db, JsonSealFile(file).read())
    second = seal(db, NOW + HOUR, file)
    assert (second.number, json.loads(second.body)["before"]) == (2, first.mac)
    assert JsonSealFile(file).read()[-1] == second


def test_a_seal_made_twice_because_a_machine_died_is_no_finding(db: Opened, tmp_path: Path) -> None:
    here, there = tmp_path / "here.jsonl", tmp_path / "there.jsonl"
    fill(db, 2)
    seal(db, NOW, here)
    seal(db, NOW + 1, here)
    tamper(db, "delete from seals where number = 2")  # as if the machine had died before the commit
    seal(db, NOW + 2, there)
    seal(db, NOW + 3, here)
    assert verified(db, JsonSealFile(here).read())[1] == []


def test_a_seal_is_said_in_its_channel_once(db: Opened) -> None:
    made = seal(db)
    (row,) = db.ledger.outbox.claim(NOW, 10)
    assert (row.platform, row.channel, row.body["title"]) == ("local", "audit", "Seal 1 of the ledger")
    assert row.body["lines"] == ["Sealed at 2026-01-05T09:00:00.000Z", f"mac {made.mac}"]
    assert replace(row, id=0).due_at == NOW


def test_a_tampered_seal_is_never_sealed_over_without_a_word(db: Opened) -> None:
    from bot.ports import LedgerError

    seal(db)
    tamper(db, "update seals set body = '{}'")
    with pytest.raises(LedgerError, match="seal 1 is not under this SEAL_KEY, or was altered"):
        seal(db, NOW + 1)

"""Seals: one chain of them whatever dies or comes second, kept outside the database first."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from adapters.ledger.leases import LeaseLostError
from adapters.ledger.schema import chains
from adapters.ledger.seal_file import JsonSealFile
from adapters.ledger.seals import heads_of, mac_of
from bot.ports import SEALING, LedgerError
from bot.records import Seal
from rules.instants import DAY, HOUR, MINUTE
from tests.support.audits import KEY, NOW, fill, recount, seal, sealing, tamper, verified
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


NEW = b"another key"
BOTH = (NEW, KEY)


def test_a_key_is_changed_where_the_one_before_is_named(db: Opened) -> None:
    fill(db, 1)
    seal(db)
    fill(db, 2, NOW + DAY, first=1)
    second = seal(db, NOW + 2 * DAY, keys=BOTH)
    assert [day for day, *_ in heads_of(second)] == [NOW // DAY + 1], "what was sealed stays so"
    seal(db, NOW + 3 * DAY, keys=BOTH)
    assert verified(db, keys=BOTH)[1] == []
    assert [finding.seal for finding in verified(db)[1]] == [2, 3]


def test_who_has_only_the_key_before_writes_nothing_anew(db: Opened) -> None:
    fill(db, 1)
    first = seal(db)
    seal(db, NOW + DAY, keys=BOTH)
    body = first.body.replace(f'"at":{NOW}', f'"at":{NOW + 1}')
    tamper(db, "update seals set at = at + 1, body = :body, mac = :mac where number = 1", body=body, mac=mac_of(KEY, body))
    (found,) = verified(db, keys=BOTH)[1]
    assert (found.seal, found.what) == (2, "it does not follow from the seal before it: one of the two was altered")


def test_nothing_is_sealed_after_a_seal_under_an_unknown_key(db: Opened, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    fill(db, 1)
    seal(db, NOW, file)
    refused = "seal 1 was altered, or its key is named neither by SEAL_KEY nor by SEAL_KEYS_BEFORE, so nothing is sealed"
    for _ in range(2):
        with pytest.raises(LedgerError, match=refused):
            sealing(db, NOW + DAY, file, [NEW]).turn("a")
        tamper(db, "delete from seals")  # as in a backup from before the first seal: the file still knows
    assert len(JsonSealFile(file).read()) == 1


def test_a_lost_key_is_left_behind_by_a_seal_over_all_that_there_is(db: Opened) -> None:
    fill(db, 2)
    seal(db, NOW + 2 * DAY)
    fill(db, 1, NOW + 2 * DAY, first=2)
    for n in range(3, 6):
        assert sealing(db, NOW + n * DAY, keys=[NEW]).turn("a", asked=True, new_key=True) is not None
    whole, *others = (heads_of(Seal(*row)) for row in db.rows("select * from seals where number > 1 order by number"))
    assert [day - NOW // DAY for day, *_ in whole] == [0, 2]
    assert others == [[], []], "it begins once"
    assert verified(db, keys=BOTH)[1] == verified(db, keys=())[1] == []
    assert [finding.seal for finding in verified(db, keys=[NEW])[1]] == [1]
    tamper(db, "update entries set at = at + 1 where number = 1 and day = :day", day=NOW // DAY)
    recount(db)
    assert {finding.seal for finding in verified(db, keys=[NEW])[1]} == {1, 2}


def test_what_is_put_in_after_a_seal_over_all_is_found(db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(db, 2)
    seal(db, NOW + 2 * DAY)
    sealing(db, NOW + 3 * DAY, keys=[NEW]).turn("a", asked=True, new_key=True)
    with monkeypatch.context() as patched:
        patched.setattr("adapters.ledger.chain._FREE", select(chains).where(chains.c.day == NOW // DAY))
        fill(db, 1, NOW, first=2)
    seal(db, NOW + 4 * DAY, keys=[NEW])
    (found,) = verified(db, keys=BOTH)[1]
    assert (found.what, found.number, found.last) == ("put in after seal 2, by which that day was over", 3, 3)


def test_a_new_key_that_only_the_file_knows_goes_on(db: Opened, tmp_path: Path) -> None:
    file = tmp_path / "seals.jsonl"
    fill(db, 1)
    seal(db, NOW, file)
    seal(db, NOW + 1, file, keys=BOTH)
    tamper(db, "delete from seals where number = 2")  # as if the machine had died before the commit
    assert seal(db, NOW + 2, file, keys=BOTH).number == 3
    assert verified(db, JsonSealFile(file).read(), BOTH)[1] == []


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
    seal(db)
    tamper(db, "update seals set body = '{}'")
    with pytest.raises(LedgerError, match="seal 1 was altered, or its key is named neither"):
        seal(db, NOW + 1)

"""Erasing a person's data: it is gone, and the figures, the chain and the register are as they were."""

import json
from pathlib import Path

import pytest

from adapters.ledger.database import Database
from adapters.ledger.erasing import erase, known_ticket, leave_no_bytes, personal_entries, refused_of, tickets_of
from bot.records import Refused
from tests.support.audits import seal, verified
from tests.support.desk import DESK, NINE, Desk, opened
from tests.support.ended import ANNA, OTTO, desk_at, differences, ended, figures
from tests.support.ledgers import Opened

NAMES = ("Petersen", "u-7", "petersen@")


def forgotten(here: Desk, db: Opened, person: str = "u-7") -> list[str]:
    database = Database(db.engine)
    ids = tickets_of(database, person)
    erase(database, ids, refused_of(database, person), "dana", "asked to be forgotten", here.clock.now())
    return ids


def everything(db: Opened) -> str:
    """All that stands in any table."""
    tables = ("entries", "personal", "tickets", "clocks", "pages", "outbox", "chat", "chat_log", "quarantine", "sweeps")
    return "\n".join(str([*map(tuple, db.rows(f"select * from {table}"))]) for table in tables)


def test_nothing_of_the_person_is_left_and_others_stay(here: Desk, db: Opened) -> None:
    ended(here, "T-1", "T-2", still_open="T-3")
    assert all(name in everything(db) for name in NAMES[:2])
    assert forgotten(here, db) == ["T-1", "T-2"]
    assert not any(name in everything(db) for name in NAMES)
    assert "Otto waits" in everything(db)
    here.settle()
    assert not any(name in everything(db) for name in NAMES)
    assert personal_entries(Database(db.engine), ["T-1", "T-2"]) == 0


def test_figures_verification_and_rebuild_come_to_the_same(here: Desk, db: Opened) -> None:
    ended(here, "T-1", "T-2", still_open="T-3")
    seal(db, here.clock.now())
    before, recorded = figures(db), here.recorded("T-1")
    forgotten(here, db)
    assert figures(db) == before
    assert verified(db)[1] == []
    assert differences(here) == []
    here.settle()
    here.go("2026-01-05T14:00:00Z")
    assert [row for row in figures(db) if "T-3" not in str(row)] == [row for row in before if "T-3" not in str(row)]
    assert here.recorded("T-1") == recorded
    assert differences(here) == []
    seal(db, here.clock.now())
    assert verified(db)[1] == []


def test_an_entry_says_what_was_erased_by_whom_and_why_and_never_whose(here: Desk, db: Opened) -> None:
    ended(here, "T-1")
    hidden = [
        row[0] for row in db.rows("select entry from personal p join entries e on e.seq = p.entry where e.ticket = 'T-1'")
    ]
    revision, events = here.app.ledger.register.revision(), here.app.ledger.register.events()
    forgotten(here, db)
    ((ticket, is_event, body),) = db.rows("select ticket, is_event, body from entries where kind = 'ledger.erased'")
    assert (ticket, bool(is_event)) == ("", False)
    said = json.loads(body)
    assert said == {"by": "dana", "entries": sorted(hidden), "quarantined": 0, "reason": "asked to be forgotten"}
    assert (here.app.ledger.register.revision(), here.app.ledger.register.events()) == (revision, events)
    here.app.registrar.refresh()


def test_what_is_erased_without_an_entry_that_says_so_is_found(here: Desk, db: Opened) -> None:
    ended(here, "T-1")
    with db.engine.begin() as connection:
        connection.exec_driver_sql("delete from personal where entry in (select seq from entries where ticket = 'T-1')")
    assert "its personal fields are gone, and no entry says that they were erased" in {found.what for found in verified(db)[1]}


def test_erasing_again_finds_nothing_and_notes_nothing(here: Desk, db: Opened) -> None:
    ended(here, "T-1")
    ids = forgotten(here, db)
    assert forgotten(here, db) == []
    erase(Database(db.engine), ids, [], "dana", "again", here.clock.now())
    assert len(db.rows("select 1 from entries where kind = 'ledger.erased'")) == 1


@pytest.mark.parametrize(
    ("person", "found"),
    [
        ("u-7", ["T-1", "T-2"]),
        ("U-7", []),
        ("u-", []),
        ("anna.petersen@ACME.example", ["T-1", "T-2"]),
        ("petersen@acme.example", []),
        ("17", ["T-4"]),
        ("eva@x.example", ["T-5"]),
        ("None", []),
        ("%", []),
    ],
)
def test_a_person_is_found_by_id_or_e_mail_in_any_event(here: Desk, db: Opened, person: str, found: list[str]) -> None:
    here.take(opened(NINE, "T-1", requester=ANNA), opened(NINE, "T-2", requester=ANNA), opened(NINE, "T-3"))
    here.take(opened(NINE, "T-2", requester=OTTO))  # handed on: the first requester's words are still there
    here.take(opened(NINE, "T-4", requester={"id": 17}), opened(NINE, "T-5", requester="Eva@x.example"))
    assert tickets_of(Database(db.engine), person) == found


def test_a_ticket_may_be_named_instead_of_a_person(db: Opened, here: Desk) -> None:
    ended(here, "T-1")
    database = Database(db.engine)
    assert known_ticket(database, "T-1") == ["T-1"]
    assert known_ticket(database, "T-9") == []


def test_cards_stay_without_their_title_and_letters_without_their_words(here: Desk, db: Opened) -> None:
    ended(here, "T-1")
    before = here.chat()
    assert {message.kind for message in before} == {"card", "letter"}
    forgotten(here, db)
    after = here.app.ledger.chat.messages(None, max(message.rev for message in before), 100)
    assert {message.id for message in after} == {message.id for message in before}, "pages hear of all of it"
    for message in after:
        assert message.card.title == ("T-1" if message.kind == "card" else "erased")
        assert {entry.text for entry in message.log} <= {"erased", ""}
    assert here.say("ticket T-1").cards[0].title == "T-1"


def test_what_was_refused_and_names_the_person_goes_and_what_does_not_stays(here: Desk, db: Opened) -> None:
    raws = (
        '{"x": "u-7"}',
        "not JSON: ANNA.petersen@acme.example;",
        '{"text": "u-77 and u-7b"}',
        '{"to": "xanna.petersen@acme.example"}',
    )
    here.app.ledger.intake.append([], [Refused("no", raw) for raw in raws], here.clock.now())
    database = Database(db.engine)
    by_id, by_mail = refused_of(database, "u-7"), refused_of(database, "anna.petersen@acme.example")
    assert (by_id, by_mail) == ([1], [2])
    erase(database, [], [*by_id, *by_mail], "dana", "asked", here.clock.now())
    assert [kept.raw for kept in here.app.ledger.quarantine.kept()] == list(raws[2:])
    assert json.loads(db.rows("select body from entries where kind = 'ledger.erased'")[0][0])["quarantined"] == 2
    assert verified(db)[1] == []


def test_very_many_entries_are_named_in_several(here: Desk, db: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.ledger.erasing._MOST_NAMED", 2)
    here.take(*(opened(NINE, f"T-{n}", requester=ANNA) for n in range(5)))
    forgotten(here, db)
    bodies = [json.loads(row[0])["entries"] for row in db.rows("select body from entries where kind = 'ledger.erased'")]
    assert sorted(map(len, bodies)) == [1, 2, 2]
    assert verified(db)[1] == []


def test_the_bytes_of_a_file_are_gone(here: Desk, db: Opened) -> None:
    if "sqlite" not in db.url:
        pytest.skip("a server cleans up by itself")
    ended(here, "T-1", "T-2", still_open="T-3")
    path = Path(here.url.removeprefix("sqlite:///"))

    def held() -> bytes:
        return b"".join(file.read_bytes() for file in path.parent.glob("ledger.db*"))

    assert b"Petersen" in held()
    forgotten(here, db)
    assert leave_no_bytes(Database(db.engine))
    assert not any(name.encode() in held() for name in NAMES)
    assert b"Otto waits" in held()


def test_a_field_that_conditions_ask_for_is_kept_in_the_open_and_goes_on_deciding(url: str, tmp_path: Path, db: Opened) -> None:
    for here in desk_at(url, tmp_path, DESK.replace("when: {tier: gold}", "when: {tier: gold, contract: premium}")):
        here.take(opened(NINE, "T-1", contract="premium", shoe_size=38, requester=ANNA))
        assert (
            json.loads(db.rows("select body from entries where kind = 'ticket.opened'")[0][0])["data"]["contract"] == "premium"
        )
        before = figures(db)
        assert before
        forgotten(here, db)
        here.settle()
        assert figures(db) == before
        assert "shoe_size" not in everything(db)

"""Events into the ledger: each once, in canonical bytes, what is personal beside it, and nothing lost that is refused."""

import hashlib
import json
import threading

import pytest

from adapters.ledger.entries import PUBLIC
from bot.records import Refused
from rules.instants import parse
from rules.ticket import TicketEvent
from tests.support.ledgers import Opened

NOW = parse("2026-01-05T09:00:00Z")


def event(id: str = "e-1", ticket: str = "T-1", source: str = "desk", at: int = NOW, **data: object) -> TicketEvent:
    return TicketEvent(ticket, "ticket.updated", at, data, id, source)


def test_an_event_is_kept_as_it_came(db: Opened) -> None:
    came = TicketEvent(
        "T-1",
        "ticket.opened",
        NOW,
        {"title": "Ärger 🙂", "priority": "urgent", "n": 3, "deep": {"a": [1, None]}},
        "e",
        "s",
        "7",
    )
    assert db.ledger.intake.append([came], [], NOW + 5) == [True]
    (history,) = db.ledger.looks.histories(["T-1"])
    (kept,) = history.events
    assert (kept.ticket, kept.type, kept.time, dict(kept.data)) == ("T-1", "ticket.opened", NOW, dict(came.data))
    assert (kept.id, kept.source, kept.sequence) == ("e", "s", "7")
    assert kept.recorded == NOW + 5


def test_a_known_event_is_not_taken_again(db: Opened) -> None:
    assert db.ledger.intake.append([event()], [], NOW) == [True]
    assert db.ledger.intake.append([event()], [], NOW + 1) == [False]
    assert len(db.ledger.looks.histories(["T-1"])[0].events) == 1


def test_an_event_twice_in_one_request_is_taken_once(db: Opened) -> None:
    assert db.ledger.intake.append([event("a"), event("b"), event("a")], [], NOW) == [True, True, False]


def test_source_and_id_together_make_an_event_unique(db: Opened) -> None:
    events = [event("1", source="a"), event("1", source="b"), event("2", source="a"), event("b1", source="")]
    assert db.ledger.intake.append(events, [], NOW) == [True] * 4


def test_of_two_events_with_one_id_the_first_stays(db: Opened) -> None:
    db.ledger.intake.append([event(priority="high")], [], NOW)
    db.ledger.intake.append([event(priority="low", ticket="T-2")], [], NOW)
    assert db.ledger.looks.histories(["T-1"])[0].events[0].data == {"priority": "high"}
    assert db.ledger.looks.histories(["T-2"])[0].events == []


def test_events_arrive_in_the_order_in_which_they_were_handed_in(db: Opened) -> None:
    db.ledger.intake.append([event("late", at=NOW + 9), event("early", at=NOW)], [], NOW)
    db.ledger.intake.append([event("last")], [], NOW)
    events = db.ledger.looks.histories(["T-1"])[0].events
    assert [kept.id for kept in events] == ["late", "early", "last"]
    assert [kept.arrival for kept in events] == sorted({kept.arrival for kept in events})


def test_many_events_of_many_tickets_are_taken_at_once(db: Opened) -> None:
    events = [event(f"e-{n}", f"T-{n % 700}") for n in range(2_100)]
    assert all(db.ledger.intake.append(events, [], NOW))
    assert not any(db.ledger.intake.append(events, [], NOW))
    assert len(db.ledger.looks.claim(NOW, 5_000)) == 700


def test_what_is_refused_is_kept_with_its_reason(db: Opened) -> None:
    db.ledger.intake.append([event()], [Refused("time: no instant", '{"id": "x"}')], NOW)
    assert [tuple(row) for row in db.rows("select received_at, reason, raw from quarantine")] == [
        (NOW, "time: no instant", '{"id": "x"}')
    ]
    assert db.ledger.reader.health(NOW).quarantined == 1


def test_what_is_refused_is_kept_even_where_nothing_else_came(db: Opened) -> None:
    assert db.ledger.intake.append([], [Refused("a", "b"), Refused("a", "b")], NOW) == []
    assert db.ledger.reader.health(NOW).quarantined == 2


def test_an_event_gets_its_ticket_attention_now(db: Opened) -> None:
    assert db.ledger.looks.next_attention(NOW) is None
    db.ledger.intake.append([event(at=NOW - 5)], [], NOW)
    assert db.ledger.looks.next_attention(NOW) == NOW


def test_an_act_happens_when_it_is_written_and_makes_a_look_under_way_look_again(db: Opened) -> None:
    db.ledger.intake.append([event("opened")], [], NOW)
    before = db.ledger.looks.histories(["T-1"])[0]
    db.ledger.intake.act(event("click", at=NOW - 5), lambda: NOW + 7)
    after = db.ledger.looks.histories(["T-1"])[0]
    click = after.events[-1]
    assert (click.id, click.time, click.known_at) == ("click", NOW + 7, NOW + 7)
    assert after.seen == before.seen + 1
    assert db.ledger.looks.next_attention(NOW + 7) == NOW + 7


@pytest.mark.parametrize("ticket", ["T-1", "'; drop table entries; --", "a/b?c#d", "Ж-1 🙂", "x" * 200, "%_"])
def test_a_ticket_may_have_any_name(db: Opened, ticket: str) -> None:
    db.ledger.intake.append([event(ticket=ticket)], [], NOW)
    assert list(db.ledger.looks.claim(NOW, 10)) == [ticket]
    assert db.ledger.looks.histories([ticket])[0].events[0].ticket == ticket
    assert db.ledger.reader.like(ticket[:3], 5) == [ticket]


def test_a_percent_sign_is_no_wildcard(db: Opened) -> None:
    db.ledger.intake.append([event("1", "T-1"), event("2", "%1")], [], NOW)
    assert db.ledger.reader.like("%", 5) == ["%1"]
    assert db.ledger.reader.like("t", 5) == ["T-1"]


# What is personal


def test_personal_fields_stand_only_beside_the_entry(db: Opened) -> None:
    hidden = {
        "title": "Anna Berg cannot pay",
        "text": "my card 4111",
        "requester": {"email": "anna@x.example"},
        "colour": "red",
    }
    db.ledger.intake.append([event(**hidden, priority="urgent", customer="acme")], [], NOW)
    (body,) = [row.body for row in db.rows("select body from entries")]
    for word in ("Anna", "4111", "anna@x", "red", "colour", "title", "requester"):
        assert word not in body
    assert json.loads(body)["data"] == {"priority": "urgent", "customer": "acme"}
    assert dict(db.ledger.looks.histories(["T-1"])[0].events[0].data) == {**hidden, "priority": "urgent", "customer": "acme"}


def test_the_salted_hash_in_the_entry_fits_what_stands_beside_it(db: Opened) -> None:
    db.ledger.intake.append([event(title="Cannot pay", custom={"b": 1, "a": "ü"})], [], NOW)
    row = db.rows("select e.body as body, p.salt as salt, p.body as hidden from entries e join personal p on p.entry = e.seq")[
        0
    ]
    assert json.loads(row.body)["personal"] == hashlib.sha256(bytes(row.salt) + row.hidden.encode()).hexdigest()
    assert row.hidden == json.dumps(json.loads(row.hidden), sort_keys=True, separators=(",", ":"))
    assert len(bytes(row.salt)) >= 16


def test_the_same_words_twice_have_different_hashes(db: Opened) -> None:
    db.ledger.intake.append([event("1", title="same"), event("2", title="same")], [], NOW)
    assert len({json.loads(row.body)["personal"] for row in db.rows("select body from entries")}) == 2


def test_an_event_without_anything_personal_has_nothing_beside_it(db: Opened) -> None:
    db.ledger.intake.append([event(status="open")], [], NOW)
    assert db.rows("select * from personal") == []
    assert "personal" not in json.loads(db.rows("select body from entries")[0].body)


@pytest.mark.parametrize("name", ["title", "text", "requester", "phone", "custom_17"])
def test_title_text_requester_and_unknown_fields_are_personal(name: str) -> None:
    assert name not in PUBLIC


def test_personal_fields_can_be_erased_and_the_rest_still_be_read(db: Opened) -> None:
    from sqlalchemy import text

    db.ledger.intake.append([event(title="Anna", priority="urgent")], [], NOW)
    with db.engine.connect().execution_options(writes=True) as connection, connection.begin():
        connection.execute(text("delete from personal"))
    assert dict(db.ledger.looks.histories(["T-1"])[0].events[0].data) == {"priority": "urgent"}


# Canonical bytes


def test_an_entry_is_canonical_json_whatever_the_order_of_its_fields(db: Opened) -> None:
    db.ledger.intake.append([event("1", tier="gold", customer="Ö", tags=["b", "a"])], [], NOW)
    (body,) = [row.body for row in db.rows("select body from entries")]
    assert body == json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    assert body.isascii()


def test_events_that_come_at_the_same_time_from_two_threads_are_each_kept_once(db: Opened) -> None:
    answers: list[bool] = []

    def send() -> None:
        for n in range(40):
            answers.extend(db.ledger.intake.append([event(f"e-{n}", f"T-{n % 3}")], [], NOW))

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(answers) == 40
    assert sum(len(h.events) for h in db.ledger.looks.histories(["T-0", "T-1", "T-2"])) == 40

"""The register of exceptions as people use it: asking, deciding, what it does to tickets, and who hears of it."""

from pathlib import Path

import pytest

from adapters.helpdesk.cloudevents import wire_form
from rules.instants import parse
from tests.support.desk import NINE, Desk, answered, desk, opened, words
from tests.support.simulation import simulated

ASK = "exceptions request suspension for customer=acme from 2026-01-05T09:05 until 2026-01-05T09:35 because planned upgrade"


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """An urgent ticket: answer within ten minutes."""
    found = desk(tmp_path)
    found.take(opened(NINE))
    return found


def due(here: Desk) -> str:
    rows = here.client().get("/api/tickets/T-1").json()["clocks"]
    return str(next(row["due_at"] for row in rows if row["metric"] == "first_response"))


def verdict(here: Desk) -> str:
    rows = here.client().get("/api/tickets/T-1").json()["clocks"]
    return str(next(row["verdict"] for row in rows if row["metric"] == "first_response"))


def why(here: Desk) -> list[tuple[str, ...]]:
    return list(here.say("why T-1").cards[0].rows or ())


def test_an_exception_is_asked_for_and_approved_by_another_and_moves_the_due_instant(here: Desk) -> None:
    asked = here.say(ASK, "ben")
    assert (asked.refused, asked.private) == (False, False)
    assert words(asked).startswith("Ben Osei asks for X-1.")
    assert due(here) == "2026-01-05T09:10:00.000Z"
    approved = here.say("exceptions approve X-1 agreed with acme", "cleo")
    assert words(approved).startswith("X-1 is approved.")
    assert due(here) == "2026-01-05T09:40:00.000Z"
    assert "planned upgrade" in words(here.say("why T-1"))


def test_a_field_that_nobody_asks_about_is_pointed_out(here: Desk) -> None:
    asked = here.say(ASK.replace("customer=acme", "custmer=acme tier=gold"), "ben")
    assert "Note: tickets do not usually have a field 'custmer'. Did you mean customer?" in words(asked)
    assert "Note" not in words(
        here.say(ASK.replace("customer=acme", "ticket=T-1 tags=vip kind=sla tier=gold answered=true"), "ben")
    )


def test_who_asked_may_not_approve(tmp_path: Path) -> None:
    found = desk(tmp_path)
    found.say(ASK, "cleo")
    answer = found.say("exceptions approve X-1", "cleo")
    assert answer.refused
    assert "another person has to approve it" in words(answer)


@pytest.mark.parametrize(("step", "who"), [("approve", "ana"), ("refuse", "ben"), ("revoke", "ana")])
def test_only_an_approver_decides(here: Desk, step: str, who: str) -> None:
    here.say(ASK, "ben" if who != "ben" else "ana")
    answer = here.say(f"exceptions {step} X-1", who)
    assert answer.refused
    assert "approver, admin. Cleo Marsh has one." in words(answer)


def test_a_requester_may_withdraw(here: Desk) -> None:
    here.say(ASK, "ben")
    assert words(here.say("exceptions revoke X-1", "ben")).startswith("X-1 is revoked.")
    assert here.say("exceptions approve X-1", "cleo").refused


def test_a_second_decision_is_told_how_it_stands(here: Desk) -> None:
    here.say(ASK, "ben")
    here.say("exceptions approve X-1", "cleo")
    answer = here.say("exceptions refuse X-1", "cleo")
    assert (answer.refused, "X-1 is approved" in words(answer)) == (True, True)


def test_the_buttons_of_a_card_decide_too(here: Desk) -> None:
    here.say(ASK, "ben")
    (card,) = [message.card for message in here.chat("support") if message.ticket == "X-1"]
    assert [button.action for button in card.buttons] == ["approve", "refuse"]
    here.app.handlers.click("approve", "X-1", here.book.people["cleo"])
    here.settle()
    (card,) = [message.card for message in here.chat("support") if message.ticket == "X-1"]
    assert ("approved" in [field.value for field in card.fields], [b.action for b in card.buttons]) == (True, ["revoke"])


def test_the_team_hears_of_each_step_and_approvers_are_named(here: Desk) -> None:
    here.say(ASK, "ben")
    here.say("exceptions approve X-1 agreed", "cleo")
    (message,) = [message for message in here.chat("support") if message.ticket == "X-1"]
    assert [entry.text for entry in message.log] == ["Ben Osei asks for it: planned upgrade", "Approved by Cleo Marsh: agreed"]
    assert [tuple(entry.mentions) for entry in message.log] == [("cleo",), ("ben",)]


def test_an_approval_after_the_fact_excuses_the_breach_of_an_answered_ticket(here: Desk) -> None:
    here.go("2026-01-05T09:20:00Z")
    here.take(answered("2026-01-05T09:20:00Z"))
    assert verdict(here) == "missed"
    here.say(ASK, "ben")
    here.say("exceptions approve X-1", "cleo")
    assert verdict(here) == "excused"
    assert any("the breach is excused" in line for line in here.log("support"))


def test_a_suspension_that_takes_no_breach_away_is_told_all_the_same(here: Desk) -> None:
    here.go("2026-01-05T09:35:00Z")
    here.say("exceptions request suspension for customer=acme from 2026-01-05T09:02 until 2026-01-05T09:20 because x", "ben")
    here.say("exceptions approve X-1", "cleo")
    assert verdict(here) == "overdue"
    (told,) = [reason for _, what, reason in why(here) if what == "first response recounted"]
    assert told.startswith(
        "by this count due Mon 5 Jan 09:28: first response: 17m of 10m used, not 35m, the breach stands: suspension X-1"
    )


def test_a_breach_that_a_waiver_covers_beforehand_is_told_as_excused_and_needs_nobody(here: Desk) -> None:
    here.say(ASK.replace("suspension", "waiver"), "ben")
    here.say("exceptions approve X-1", "cleo")
    here.go("2026-01-05T09:30:00Z")
    here.take(answered("2026-01-05T09:30:00Z"))
    about = [what for _, what, _ in why(here)]
    clock = [what for what in about if what.startswith("first response")]
    assert clock[-3:] == ["first response crossed 100%", "first response excused", "first response missed"]
    leadership = here.log("leadership")[0]
    assert "excused by waiver X-1" in leadership
    assert not any(what.startswith(("tagged: sla-breached", "customer written")) for what in about)


def test_a_page_is_over_when_the_breach_it_is_open_for_is_excused(here: Desk) -> None:
    here.go("2026-01-05T09:20:00Z")
    assert "Paged" in words(here.say("ticket T-1"))
    here.say(ASK.replace("suspension", "waiver"), "ben")
    here.say("exceptions approve X-1", "cleo")
    assert "Paged" not in words(here.say("ticket T-1"))
    assert here.say("ticket T-1").cards[0].due_label == "resolution due"


def test_an_approval_after_its_window_expires_with_it(here: Desk) -> None:
    here.go("2026-01-05T09:50:00Z")
    here.say(ASK, "ben")
    here.say("exceptions approve X-1", "cleo")
    (row,) = here.client().get("/api/exceptions").json()["exceptions"]
    assert [step["at"][11:16] for step in row["steps"]] == ["09:50", "09:50", "09:50"]
    assert "ended at 2026-01-05T09:35:00.000Z, and what it did stays" in words(here.say("exceptions revoke X-1", "cleo"))


def test_its_end_is_announced_also_where_the_bot_was_away_for_days(here: Desk) -> None:
    here.say(ASK, "ben")
    here.say("exceptions approve X-1", "cleo")
    here.clock.move(parse("2026-01-19T09:00:00Z"))
    here.settle()
    assert here.log("support", "X-1")[-1].startswith("Has ended: from 09:35")


def test_its_end_is_announced_ahead_and_when_it_comes(here: Desk) -> None:
    here.say(ASK, "ben")
    here.say("exceptions approve X-1", "cleo")
    here.go("2026-01-05T09:25:00Z")
    here.go("2026-01-05T09:36:00Z")
    log = here.log("support", "X-1")
    assert [line.partition(";")[0].partition(":")[0] for line in log[2:]] == ["Ends at 09", "Has ended"]
    assert "expired" in words(here.say("exceptions all"))
    assert words(here.say("exceptions")).startswith("No exception is active.")


def test_after_a_restart_the_register_is_the_same_and_nothing_is_announced_twice(here: Desk, tmp_path: Path) -> None:
    from bot.app import build_app

    here.say(ASK, "ben")
    here.say("exceptions approve X-1", "cleo")
    here.go("2026-01-05T09:25:00Z")
    said = here.log("support", "X-1")
    again = Desk(build_app(here.app.settings, here.book, clock=here.clock), here.clock, here.book, here.url)
    again.settle()
    assert again.log("support", "X-1") == said
    assert "X-1" in words(again.say("exceptions"))


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("exceptions request", "What is asked for? Write /sla exceptions request suspension"),
        ("exceptions request holiday for a=b from now until 2027-01-01T00:00 because x", "kind is 'holiday', expected one of"),
        ("exceptions request waiver for acme from now until 2027-01-01T00:00 because x", "'acme' is no field with a value"),
        ("exceptions request waiver for a=b from yesterday until now because x", "'yesterday' is no time"),
        ("exceptions request waiver for a=b from now until 2020-01-01T00:00 because x", "expected an instant after from"),
        ("exceptions request waiver for a=b from now until 2027-01-01T00:00", "does not say because"),
        ("exceptions request relief for a=b from now until 2027-01-01T00:00 because x", "factor is missing"),
        ("exceptions request relief for a=b from now until 2027-01-01T00:00 factor 1 because x", "expected a number above 1"),
        (
            "exceptions request waiver for a=b from now until 2027-01-01T00:00 category weather because x",
            "expected one of force majeure",
        ),
        ("exceptions approve X-9", "There is no exception 'X-9'"),
        ("exceptions aprove X-1", "Did you mean approve?"),
    ],
)
def test_what_cannot_be_asked_for_is_told(here: Desk, line: str, told: str) -> None:
    answer = here.say(line, "cleo")
    assert (answer.refused, told in words(answer)) == (True, True), words(answer)


def test_a_step_without_an_id_offers_those_that_may_be_meant(here: Desk) -> None:
    here.say(ASK, "ben")
    answer = here.say("exceptions approve", "cleo")
    assert [button.value for button in answer.cards[0].buttons] == ["X-1"]


def test_the_register_is_exported(here: Desk) -> None:
    here.say(ASK, "ben")
    here.say("exceptions approve X-1 agreed", "cleo")
    (row,) = here.client().get("/api/exceptions").json()["exceptions"]
    assert (row["id"], row["state"], row["scope"], row["requester"]) == ("X-1", "approved", "customer is acme", "ben")
    assert [(step["state"], step["by"], step["comment"]) for step in row["steps"]] == [
        ("requested", "ben", ""),
        ("approved", "cleo", "agreed"),
    ]
    assert here.client().get("/api/exceptions?state=refused").json()["exceptions"] == []
    assert here.client().get("/api/exceptions?state=lost").status_code == 400


def test_one_exception_is_shown_with_its_life(here: Desk) -> None:
    here.say(ASK, "ben")
    here.say("exceptions approve X-1 agreed", "cleo")
    shown = here.say("exceptions x-1")
    assert "Mon 5 Jan 2026 09:00: approved by Cleo Marsh: agreed" in words(shown)
    assert here.say("exceptions X-9").refused


def test_a_simulation_of_the_same_acts_comes_to_the_same(here: Desk) -> None:
    acts = [opened(NINE), opened("2026-01-05T09:03:00Z", "T-2", priority="low")]
    here.take(acts[1] | {"time": NINE})
    here.go("2026-01-05T09:20:00Z")
    reply = answered("2026-01-05T09:20:00Z")
    here.take(reply)
    here.say(ASK, "ben")
    here.go("2026-01-05T09:21:00Z")
    here.say("exceptions approve X-1", "cleo")
    here.go("2026-01-05T11:00:00Z")
    histories = here.app.ledger.looks.histories(["T-1", "T-2"])
    file = [
        wire_form(event)
        for event in [*(e for history in histories for e in history.events), *here.app.ledger.register.events()]
        if event.type.startswith(("ticket.", "exception.", "clock."))
    ]
    found = simulated(here.book, file, "2026-01-05T11:00:00Z")
    live = [row for ticket in ("T-1", "T-2") for row in here.client().get(f"/api/tickets/{ticket}").json()["clocks"]]
    assert sorted(found.clocks, key=str) == sorted(live, key=str)
    decided = [d for ticket in ("T-1", "T-2") for d in here.recorded(ticket)]
    assert sorted(map(str, found.decisions)) == sorted(map(str, decided))


@pytest.mark.parametrize(
    ("scope", "read"),
    [
        ("customer=acme", "customer is acme"),
        ('customer="Acme Corp"', "customer is Acme Corp"),
        ("seats=5", "seats is 5 or 5"),
        ("service=payments,login vip=true", "service is payments or login and vip is true or true"),
        ("tags=big", "tags has big"),
    ],
)
def test_a_scope_is_written_as_fields_with_values(here: Desk, scope: str, read: str) -> None:
    here.say(f"exceptions request waiver for {scope} from now until 2027-01-01T00:00 because it's agreed", "ben")
    (row,) = here.client().get("/api/exceptions").json()["exceptions"]
    assert (row["scope"], row["reason"]) == (read, "it's agreed")


def test_a_quotation_mark_that_stands_alone_is_told(here: Desk) -> None:
    line = 'exceptions request waiver for customer="Acme from now until 2027-01-01T00:00 because x'
    assert "A quotation mark stands alone." in words(here.say(line, "ben"))


def test_a_ticket_that_comes_late_brings_no_letter_about_what_was_excused_before(tmp_path: Path) -> None:
    found = desk(tmp_path, now="2026-01-05T12:00:00Z")
    found.say(ASK.replace("suspension", "waiver").replace("09:35", "12:30"), "ben")
    found.say("exceptions approve X-1", "cleo")
    found.go("2026-01-05T12:01:00Z")
    found.take(opened(NINE))
    assert {row["verdict"] for row in found.client().get("/api/tickets/T-1").json()["clocks"]} == {"excused"}
    assert {message.channel for message in found.chat()} == {"support", "leadership"}

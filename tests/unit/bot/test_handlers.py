"""What commands and clicks answer: who may do what, pick-lists, and why something is as it is."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import build_app
from bot.commands import VERBS
from bot.ports import SEALING
from bot.records import Written
from bot.shared_ports import ProcessState
from config.settings import Settings
from rules.instants import DAY, HOUR, SECOND, parse
from rules.ticket import TicketEvent
from tests.support.desk import NINE, Desk, answered, desk, opened, wire, words


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """Two tickets: T-1 is being paged for, T-2 is quiet."""
    found = desk(tmp_path)
    found.take(opened(NINE), opened(NINE, "T-2", priority="low", title="A question"))
    found.go("2026-01-05T09:12:00Z")
    return found


def page_of(here: Desk) -> str:
    return here.app.ledger.reader.pages()[0].page


# Roles


@pytest.mark.parametrize("line", ["ack", "ack T-1", "escalate T-1"])
def test_a_stranger_may_not_act_and_hears_who_may(here: Desk, line: str) -> None:
    answer = here.say(line, None)
    assert (answer.refused, answer.private) == (True, True)
    assert "agent, lead, escalation_manager, leadership" in words(answer)
    assert "Ana Costa, Ben Osei, Cleo Marsh, Dana Reyes have one." in words(answer)
    assert here.app.ledger.reader.pages()[0].acknowledged_by is None


def test_where_nobody_has_the_role_it_is_said(tmp_path: Path) -> None:
    bare = desk(tmp_path, "calendars: {always: {hours: 24x7}}\n")
    assert "Nobody has one yet." in words(bare.say("ack P-1", None))


@pytest.mark.parametrize("verb", [name for name, verb in VERBS.items() if not verb.roles])
def test_anybody_may_ask(here: Desk, verb: str) -> None:
    answer = here.say(f"/sla {verb}", None)
    assert (answer.refused, answer.private) == (False, True)
    assert answer.cards


# Taking a page


def test_a_page_is_taken_by_its_id_and_the_channel_sees_it(here: Desk) -> None:
    answer = here.say(f"ack {page_of(here)}")
    assert (answer.refused, answer.private) == (False, False)
    assert words(answer).startswith(f"Ana Costa has {page_of(here)} for 30m")
    assert "Ana Costa has it for 30m" in here.log("support")[-1]


def test_a_page_is_taken_by_its_ticket(here: Desk) -> None:
    assert not here.say("ack T-1", "ben").refused
    assert here.app.ledger.reader.pages()[0].acknowledged_by == "ben"


def test_the_only_open_page_is_meant_where_none_is_named(here: Desk) -> None:
    assert "for 1h" in words(here.say("ack for 1h"))


def test_of_several_open_pages_one_is_picked(here: Desk) -> None:
    here.take(opened("2026-01-05T09:00:00Z", "T-3"))
    answer = here.say("ack")
    assert words(answer).startswith("Which page?")
    assert {button.action for button in answer.cards[0].buttons} == {"acknowledge"}
    assert len(answer.cards[0].buttons) == 2


def test_with_no_page_open_there_is_nothing_to_take(here: Desk) -> None:
    here.take(answered("2026-01-05T09:12:00Z"))
    assert "No page is open" in words(here.say("ack"))


@pytest.mark.parametrize(
    ("what", "said"), [("P-404", "no page and no ticket 'P-404'"), ("T-2", "Nobody is being paged for T-2")]
)
def test_a_page_that_is_not_there_cannot_be_taken(here: Desk, what: str, said: str) -> None:
    answer = here.say(f"ack {what}")
    assert answer.refused
    assert said in words(answer)


def test_a_page_that_somebody_has_is_not_taken_away_but_handed_over(here: Desk) -> None:
    here.say("ack T-1", "ana")
    here.clock.move("2026-01-05T09:13:00Z")
    answer = here.say("ack T-1", "ben")
    assert (answer.refused, words(answer)) == (
        True,
        f"Ana Costa has {page_of(here)}. To have it instead, write /sla handover {page_of(here)} @ben",
    )
    assert not here.say(f"handover {page_of(here)} @ben", "ben").refused
    assert not here.say("ack T-1", "ben").refused
    assert here.app.ledger.reader.pages()[0].acknowledged_by == "ben"


def test_who_has_a_page_already_hears_so_and_may_prolong_it(here: Desk) -> None:
    here.say("ack T-1")
    assert "You have" in words(here.say("ack T-1"))
    here.clock.move("2026-01-05T09:13:00Z")
    answer = here.say("ack T-1 for 2h")
    assert not answer.refused
    assert "for 2h" in words(answer)


def test_a_closed_page_is_explained(here: Desk) -> None:
    page = page_of(here)
    here.take(answered("2026-01-05T09:12:00Z"))
    answer = here.say(f"ack {page}")
    assert answer.refused
    assert "is closed" in words(answer)
    assert "Nothing has changed" in words(answer)


def test_a_click_does_what_the_command_does(here: Desk) -> None:
    answer = here.app.handlers.click("acknowledge", page_of(here), here.book.people["ana"])
    assert words(answer).startswith("Ana Costa has")
    assert "Why" in words(here.app.handlers.click("why", "T-1", None)) or here.app.handlers.click("why", "T-1", None).cards


def test_a_button_that_is_none_is_refused(here: Desk) -> None:
    assert here.app.handlers.click("status", "T-1", here.book.people["ana"]).refused


# Escalating


def test_escalating_calls_the_next_person(here: Desk) -> None:
    answer = here.say("escalate T-1 now")
    assert "Ana Costa escalated T-1: Ben Osei is paged (step 2)." in words(answer)
    assert not answer.private


def test_escalating_a_ticket_without_running_clocks_is_refused(here: Desk) -> None:
    here.take(wire("ticket.updated", "2026-01-05T09:12:00Z", "T-2", status="solved"))
    here.go("2026-01-05T09:13:00Z")
    answer = here.say("escalate T-2")
    assert answer.refused
    assert "Nobody could be called for T-2" in words(answer)


def test_escalating_without_a_ticket_gives_a_choice(here: Desk) -> None:
    answer = here.say("escalate")
    assert [button.label for button in answer.cards[0].buttons] == ["Escalate T-1", "Escalate T-2"]


# Asking


def test_a_missing_ticket_gives_a_choice_of_those_due_next(here: Desk) -> None:
    answer = here.say("why")
    assert words(answer).startswith("Which ticket?")
    assert [button.value for button in answer.cards[0].buttons] == ["T-1", "T-2"]


@pytest.mark.parametrize("line", ["ticket T-404", "why T-404", "escalate T-404"])
def test_a_ticket_that_is_not_there_is_told_with_those_like_it(here: Desk, line: str) -> None:
    answer = here.say(line)
    assert answer.refused
    assert "There is no ticket 'T-404'. There are T-1, T-2" in words(answer)


def test_why_tells_every_event_and_what_it_did(here: Desk) -> None:
    here.say("ack T-1")
    text = words(here.say("why T-1"))
    for part in ("Mon 5 Jan 09:00", "ticket.opened", "first response started", "crossed 80%", "paged: Ana Costa", "gold 1"):
        assert part in text
    rows = here.say("why T-1").cards[0].rows or ()
    assert len(rows) > 8
    assert any("page.acknowledged" in row[1] for row in rows)


def test_why_tells_why_no_agreement_applies(here: Desk) -> None:
    here.take(opened(NINE, "T-5", customer="nobody", tier="bronze"))
    text = words(here.say("why T-5"))
    assert "No agreement applies" in text
    assert "tier" in text


def test_a_ticket_is_shown_with_its_clocks(here: Desk) -> None:
    text = words(here.say("ticket T-1"))
    for part in ("T-1 · Cannot pay", "Customer: acme", "first response", "overdue", "resolution", "Paged: Ana Costa (step 1)"):
        assert part in text


def test_the_status_counts_met_of_those_that_are_decided(here: Desk) -> None:
    here.take(answered("2026-01-05T09:12:00Z", "T-2"))
    answer = here.say("status")
    assert "1 overdue, 0 at risk" in words(answer)
    row = next(row for row in answer.cards[1].rows or () if row[1] == "first response")
    assert row[2:5] == ("50.0 % of 2", "1", "1")
    assert answer.cards[0].verdict == "overdue"


@pytest.mark.parametrize(
    ("whom", "known"), [("acme", True), ("gold", True), ("tier gold", True), ("nobody", False), ("tier iron", False)]
)
def test_the_status_may_be_asked_for_a_part(here: Desk, whom: str, known: bool) -> None:
    text = words(here.say(f"status for {whom}"))
    assert ("How we stand" in text) == known


def test_before_anything_has_happened_every_question_has_an_answer(tmp_path: Path) -> None:
    bare = desk(tmp_path)
    for verb in VERBS:
        assert words(bare.say(verb, "ben"))
    for line in ("breaches today", "breaches week", "status for acme", "help ack"):
        assert words(bare.say(line, None))


def test_breaches_are_those_of_now_or_of_a_span(here: Desk) -> None:
    here.take(answered("2026-01-05T09:12:00Z"))
    assert "Nothing is overdue" in words(here.say("breaches"))
    assert "T-1" in words(here.say("breaches today"))
    here.go("2026-01-07T09:12:00Z")
    assert "T-1 | first response" not in words(here.say("breaches today"))
    assert "T-1 | first response" in words(here.say("breaches week"))


def test_who_is_on_call_is_told(here: Desk) -> None:
    assert "support | Ana Costa | Mon 12 Jan 09:00 (Europe/London) | Ben Osei" in words(here.say("oncall"))
    here.clock.move("2026-01-12T09:00:00Z")
    assert "support | Ben Osei" in words(here.say("oncall"))


def test_agreements_are_told_with_their_limits(here: Desk) -> None:
    text = words(here.say("agreements"))
    assert "gold 1" in text
    assert "first response | urgent | 10m (always)" in text


def test_health_says_that_all_is_well_or_what_is_not(here: Desk) -> None:
    assert "All is well." in words(here.say("health"))
    with_quarantine = here.client().post("/events", [{"id": "bad"}])
    assert with_quarantine.status_code == 202
    assert "Not understood and kept in quarantine: 1 event." in words(here.say("health"))


def test_health_tells_that_the_disk_is_almost_full(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    used = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: used._replace(free=5_000_000))
    told = words(here.say("health"))
    assert "Something needs you." in told
    assert "The disk of the ledger's file is almost full, 5 MB are left: make room." in told


def test_health_tells_of_a_look_that_is_late(here: Desk) -> None:
    assert here.client().post("/events", [opened(here.clock.now(), "T-7")]).status_code == 202
    here.clock.move(here.clock.now() + 21 * SECOND)
    assert "Late: 1 look." in words(here.say("health"))


def test_health_tells_what_keeps_a_process_from_its_work(here: Desk) -> None:
    old = "it has an older configuration"
    state = ProcessState("worker", "host-a", 11, "0.1.0", here.clock.now(), here.clock.now(), {}, (old,))
    here.app.shared.board.post(state)
    told = words(here.say("health"))
    assert "Something needs you." in told
    assert f"Worker on host-a (process 11): {old}." in told


def test_health_tells_how_long_ago_the_ledger_was_sealed(here: Desk) -> None:
    assert "sealed" not in words(here.say("health"))
    fence = here.app.ledger.leases.take(SEALING, "me", here.clock.now(), DAY)
    assert fence is not None
    here.app.ledger.seals.seal(here.clock.now(), [b"key"], fence, None, lambda _: ())
    assert "The ledger was sealed 0s ago." in words(here.say("health"))
    assert "All is well." in words(here.say("health"))
    here.clock.move(here.clock.now() + 26 * HOUR)
    assert "Something needs you." in words(here.say("health"))
    assert "The ledger was sealed 1d 2h ago." in words(here.say("health"))


def test_health_tells_that_a_key_is_set_and_nothing_is_sealed(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.take(opened(NINE))
    app = build_app(Settings(database_url=here.url, seal_key=SecretStr("key")), here.book, clock=here.clock)
    assert "The ledger was never sealed." in words(app.handlers.answer("health", None))
    assert "All is well." in words(app.handlers.answer("health", None)), "its day is not over"
    here.clock.move(here.clock.now() + 26 * HOUR)
    assert "Something needs you." in words(app.handlers.answer("health", None))
    app.ledger.close()


def test_health_tells_that_a_clock_was_set_back(here: Desk) -> None:
    here.clock.move(here.clock.now() - 2 * HOUR)
    told = words(here.say("health"))
    assert "Something needs you." in told
    assert "ahead of the clock here, so one of two clocks is wrong." in told


def test_help_for_one_command_says_who_may_use_it(here: Desk) -> None:
    assert "For agent, lead" in words(here.say("help ack"))
    assert "For everybody" in words(here.say("help status"))


def test_two_people_who_take_a_page_at_the_same_moment_both_get_an_answer(here: Desk) -> None:
    page = page_of(here)
    first = here.app.handlers.answer(f"ack {page}", here.book.people["ana"])
    second = here.app.handlers.answer(f"ack {page}", here.book.people["ben"])
    assert not first.refused
    holder = here.app.ledger.reader.pages()[0].acknowledged_by
    assert (holder == "ben") == (not second.refused)


# What is delivered twice


def test_a_page_is_taken_although_something_comes_in_meanwhile(here: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    looks, write = here.app.ledger.looks, here.app.ledger.looks.write
    coming = [TicketEvent("T-1", "ticket.updated", parse(NINE), {"title": "Still"}, f"late-{n}", "desk") for n in range(2)]

    def overtaken(found: Sequence[Written]) -> list[bool]:
        if coming:
            here.app.ledger.intake.append([coming.pop()], [], here.clock.now())
        return write(found)

    monkeypatch.setattr(looks, "write", overtaken)
    assert "Ana Costa has P-" in words(here.say("ack T-1"))


def test_a_press_that_is_delivered_twice_acts_once(here: Desk) -> None:
    page, ana = page_of(here), here.book.people["ana"]
    before = len(here.app.ledger.looks.histories(["T-1"])[0].events)
    here.app.handlers.click("escalate_now", "T-1", ana, "local/1")
    again = here.app.handlers.click("escalate_now", "T-1", ana, "local/1")
    assert (again.refused, words(again)) == (True, "T-1 was escalated by this press already.")
    here.app.handlers.click("acknowledge", page, ana, "local/2")
    here.app.handlers.click("acknowledge", page, ana, "local/2")
    assert len(here.app.ledger.looks.histories(["T-1"])[0].events) == before + 2
    here.app.handlers.click("escalate_now", "T-1", ana, "local/3")
    assert len(here.app.ledger.looks.histories(["T-1"])[0].events) == before + 3


def test_an_exception_is_asked_for_once_by_one_act(here: Desk) -> None:
    window = "from 2026-01-06T09:00 until 2026-01-06T17:00"
    line = f"exceptions request waiver for customer=acme {window} category maintenance because x"
    for _ in range(2):
        assert "X-1" in words(here.app.handlers.answer(line, here.book.people["ana"], "local/7"))
    assert "X-2" in words(here.app.handlers.answer(line, here.book.people["ana"], "local/8"))

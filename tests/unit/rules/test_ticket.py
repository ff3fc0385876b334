"""A ticket is folded from its events: their order, and the facts after each."""

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.ticket import Ticket, TicketEvent, in_order
from tests.support.core import answered, at, event, opened, updated, wrote

NOON = "2026-01-05T12:00:00Z"


def ids(events: list[TicketEvent]) -> list[str]:
    return [e.id for e in in_order(events)]


def after(*events: TicketEvent, customers: dict[str, dict[str, Any]] | None = None) -> dict[str, Any]:
    ticket = Ticket("T-1", customers or {})
    for happened in events:
        ticket.apply(happened)
    return ticket.facts


# Order


def test_events_are_ordered_by_time_whatever_order_they_arrived_in() -> None:
    late = event("2026-01-05T11:00:00Z", "b", id_="late", arrival_=9)
    early = event(NOON, "a", id_="early", arrival_=1)
    assert ids([early, late]) == ["late", "early"]


def test_at_one_instant_the_sequence_decides_where_both_have_one() -> None:
    second = event(NOON, "a", id_="second", sequence_="10", arrival_=1)
    first = event(NOON, "a", id_="first", sequence_="9", arrival_=2)
    assert ids([second, first]) == ["first", "second"]


def test_at_one_instant_without_sequences_the_arrival_decides() -> None:
    assert ids([event(NOON, "a", id_="y", arrival_=2), event(NOON, "a", id_="x", arrival_=1)]) == ["x", "y"]


def test_an_event_without_sequence_keeps_the_place_of_its_arrival() -> None:
    group = [
        event(NOON, "a", id_="two", sequence_="2", arrival_=1),
        event(NOON, "a", id_="none", arrival_=2),
        event(NOON, "a", id_="one", sequence_="1", arrival_=3),
    ]
    assert ids(group) == ["one", "none", "two"]


def test_sequences_that_are_no_numbers_are_compared_as_text() -> None:
    assert ids([event(NOON, "a", id_="b", sequence_="0b"), event(NOON, "a", id_="a", sequence_="0a")]) == ["a", "b"]


def test_an_event_that_arrives_twice_counts_once_as_it_first_arrived() -> None:
    first = event(NOON, "ticket.updated", id_="same", arrival_=1, priority="low")
    again = event("2026-01-05T13:00:00Z", "ticket.updated", id_="same", arrival_=2, priority="high")
    assert in_order([again, first]) == [first]


def test_the_same_id_from_another_source_is_another_event() -> None:
    assert len(in_order([event(NOON, "a", id_="1", source_="zendesk"), event(NOON, "a", id_="1", source_="phone")])) == 2


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from([None, "1", "2", "10", "x"])), max_size=8), st.randoms())
def test_the_order_does_not_depend_on_the_list(drawn: list[tuple[int, str | None]], dice: random.Random) -> None:
    base = at(NOON)
    events = [event(base + n, "a", id_=str(i), arrival_=i, sequence_=s) for i, (n, s) in enumerate(drawn)]
    shuffled = list(events)
    dice.shuffle(shuffled)
    assert in_order(shuffled + events[:2]) == in_order(events)


@pytest.mark.parametrize(
    ("recorded", "known"), [(None, NOON), ("2026-01-05T12:31:00Z", "2026-01-05T12:31:00Z"), ("2026-01-05T11:00:00Z", NOON)]
)
def test_an_event_is_known_when_it_was_recorded_but_not_before_it_happened(recorded: str | None, known: str) -> None:
    assert event(NOON, "a", recorded_=recorded).known_at == at(known)


# Facts


def test_a_ticket_opened_without_a_status_is_new() -> None:
    assert after(event(NOON, "ticket.opened"))["status"] == "new"


def test_unknown_fields_are_kept_and_the_ticket_keeps_its_name() -> None:
    facts = after(opened(NOON, colour="green", ticket="T-999"))
    assert facts["colour"] == "green"
    assert facts["ticket"] == "T-1"


def test_a_second_opening_counts_as_an_update() -> None:
    facts = after(opened(NOON), opened("2026-01-05T12:05:00Z", priority="low"))
    assert facts["event"] == "ticket.updated"
    assert facts["priority"] == "low"


@pytest.mark.parametrize(
    ("reply", "is_answer"),
    [
        ({"author": "agent", "public": True}, True),
        ({"author": "agent", "public": False}, False),
        ({"author": "agent"}, False),
        ({"author": "bot", "public": True}, False),
        ({"author": "customer", "public": True}, False),
        ({}, False),
    ],
)
def test_only_a_public_reply_by_a_person_of_ours_is_an_answer(reply: dict[str, Any], is_answer: bool) -> None:
    facts = after(opened(NOON), event("2026-01-05T12:05:00Z", "ticket.replied", **reply))
    assert facts["answer"] is is_answer
    assert facts["waiting"] is not is_answer


def test_the_answer_holds_at_its_event_alone() -> None:
    facts = after(opened(NOON), answered("2026-01-05T12:05:00Z"), updated("2026-01-05T12:06:00Z", priority="low"))
    assert (facts["answer"], facts["first_answer"], facts["author"], facts["answered"]) == (False, False, None, True)


def test_only_the_first_answer_is_the_first() -> None:
    assert after(opened(NOON), answered("2026-01-05T12:05:00Z"))["first_answer"]
    assert not after(opened(NOON), answered("2026-01-05T12:05:00Z"), answered("2026-01-05T12:06:00Z"))["first_answer"]


def test_a_customer_waits_from_the_first_unanswered_message_until_the_answer() -> None:
    history = [opened(NOON, opened_by="agent")]
    assert not after(*history).get("waiting")
    history.append(wrote("2026-01-05T12:05:00Z"))
    assert after(*history)["waiting"] is True
    history.append(answered("2026-01-05T12:06:00Z"))
    assert after(*history)["waiting"] is False


@pytest.mark.parametrize(
    ("before", "now", "reopened"),
    [("solved", "open", True), ("closed", "pending", True), ("solved", "closed", False), ("open", "pending", False)],
)
def test_a_ticket_is_reopened_when_it_leaves_solved_and_closed(before: str, now: str, reopened: bool) -> None:
    facts = after(opened(NOON), updated("2026-01-05T12:05:00Z", status=before), updated("2026-01-05T12:06:00Z", status=now))
    assert facts["reopened"] is reopened


def test_handing_over_and_assigning_are_seen_at_their_event_alone() -> None:
    history = [opened(NOON), updated("2026-01-05T12:05:00Z", group="second-line", assignee="ben")]
    assert (after(*history)["handed_over"], after(*history)["assigned"]) == (True, True)
    history.append(updated("2026-01-05T12:06:00Z", group="second-line", assignee="ben", priority="low"))
    assert (after(*history)["handed_over"], after(*history)["assigned"]) == (False, False)


@pytest.mark.parametrize("type_", ["ticket.deleted", "ticket.merged"])
def test_a_ticket_deleted_or_merged_is_gone_for_good(type_: str) -> None:
    assert after(opened(NOON), event("2026-01-05T12:05:00Z", type_), updated("2026-01-05T12:06:00Z"))["gone"] is True


def test_the_score_of_a_rating_can_be_asked_for_at_its_event() -> None:
    assert after(opened(NOON), event("2026-01-05T12:05:00Z", "ticket.rated", score=2))["score"] == 2


@pytest.mark.parametrize("name", ["answered", "waiting", "asked", "gone", "answer", "reopened"])
def test_a_field_of_the_helpdesk_does_not_overrule_what_happened(name: str) -> None:
    plain = after(opened(NOON), updated("2026-01-05T12:05:00Z"))
    odd = after(opened(NOON), updated("2026-01-05T12:05:00Z", **{name: not plain.get(name)}))
    assert odd.get(name) == plain.get(name)


# What is known of customers

KNOWN = {"acme": {"tier": "gold", "locale": "en"}, "globex": {"tier": "silver"}}


def test_what_is_known_of_a_customer_is_lent_to_its_tickets() -> None:
    assert after(event(NOON, "ticket.opened", customer="acme"), customers=KNOWN)["tier"] == "gold"


def test_a_tickets_own_field_wins_and_the_customers_comes_back_when_it_is_emptied() -> None:
    history = [event(NOON, "ticket.opened", customer="acme", tier="bronze")]
    assert after(*history, customers=KNOWN)["tier"] == "bronze"
    history.append(updated("2026-01-05T12:05:00Z", tier=None))
    assert after(*history, customers=KNOWN)["tier"] == "gold"


def test_a_ticket_that_goes_to_another_customer_leaves_what_was_lent() -> None:
    facts = after(event(NOON, "ticket.opened", customer="acme"), updated(NOON, customer="globex"), customers=KNOWN)
    assert facts["tier"] == "silver"
    assert "locale" not in facts


@pytest.mark.parametrize("customer", [None, 7, ["acme"], {"id": "acme"}, "initech"])
def test_an_unknown_customer_lends_nothing(customer: object) -> None:
    assert "tier" not in after(event(NOON, "ticket.opened", customer=customer), customers=KNOWN)


def test_a_helpdesks_own_status_is_known_as_what_it_is_mapped_to() -> None:
    ticket = Ticket("T-1", statuses={"With supplier": "on_hold"})
    ticket.apply(opened(NOON, status="With supplier"))
    assert (ticket.facts["status"], ticket.facts["helpdesk_status"]) == ("on_hold", "With supplier")
    ticket.apply(updated("2026-01-05T12:01:00Z", title="Still cannot pay"))
    assert (ticket.facts["status"], ticket.facts["helpdesk_status"]) == ("on_hold", "With supplier")
    ticket.apply(updated("2026-01-05T12:02:00Z", status="open"))
    assert (ticket.facts["status"], ticket.facts["helpdesk_status"]) == ("open", None)


def test_a_status_that_nobody_knows_is_work_in_progress() -> None:
    ticket = Ticket("T-1", statuses={"With supplier": "on_hold"})
    ticket.apply(opened(NOON, status="Being triaged"))
    assert ticket.facts["status"] == "Being triaged"

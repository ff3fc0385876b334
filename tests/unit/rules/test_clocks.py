"""A ticket's clocks from its history: each built-in promise as a support team would expect it."""

import pytest

from rules.agreement import Agreement
from rules.crossings import NEVER
from rules.instants import DAY, HOUR, MINUTE
from tests.support.core import (
    agreement,
    answered,
    at,
    clock,
    clocks,
    crossings,
    event,
    fold,
    gold,
    opened,
    said,
    targets,
    updated,
    wrote,
)


def day(time: str, number: int = 5) -> str:
    """An instant of January 2026; the fifth is a Monday."""
    return f"2026-01-{number:02}T{time}:00Z"


EVENING = day("23:00", 9)


def plain(**limits: str) -> Agreement:
    return agreement(targets=targets(**limits))


# First response


def test_a_gold_ticket_of_monday_afternoon_is_due_within_a_quarter_of_an_hour() -> None:
    row = clock(fold([opened(day("16:00"))], day("16:05")), "first_response")
    assert (row.started_at, row.due_at, row.state, row.verdict) == (at(day("16:00")), at(day("16:15")), "running", "on track")
    assert (row.agreement, row.version, row.target_ms, row.elapsed_ms) == ("gold", "2026-10", 15 * MINUTE, 5 * MINUTE)


def test_a_ticket_of_friday_evening_is_due_on_monday_morning() -> None:
    row = clock(fold([opened(day("17:00", 9))], day("18:00", 9)), "first_response")
    assert (row.due_at, row.elapsed_ms, row.wall_elapsed_ms) == (at(day("09:15", 12)), 0, HOUR)


def test_a_reply_at_the_due_instant_is_met() -> None:
    seen = fold([opened(day("16:00")), answered(day("16:15"))], EVENING)
    row = clock(seen, "first_response")
    assert (row.state, row.verdict, row.stopped_at, row.breached_at) == ("met", "met", at(day("16:15")), None)
    assert crossings(seen, "first_response") == [("80%", at(day("16:12"))), ("90%", at(day("16:13")) + 30_000)]


def test_a_reply_a_millisecond_late_is_missed_at_the_due_instant() -> None:
    seen = fold([opened(day("16:00")), answered("2026-01-05T16:15:00.001Z")], EVENING)
    row = clock(seen, "first_response")
    assert (row.state, row.breached_at) == ("missed", at(day("16:15")))
    assert crossings(seen, "first_response")[-1] == ("100%", at(day("16:15")))


@pytest.mark.parametrize(
    "reply", [{"author": "bot", "public": True}, {"author": "agent", "public": False}, {"author": "customer", "public": True}]
)
def test_bots_notes_and_customers_give_no_first_response(reply: dict[str, object]) -> None:
    seen = fold([opened(day("16:00")), event(day("16:05"), "ticket.replied", **reply)], day("16:10"))
    assert clock(seen, "first_response").state == "running"


def test_a_ticket_that_we_opened_starts_at_the_customers_first_message() -> None:
    history = [opened(day("10:00"), opened_by="agent")]
    assert clocks(fold(history, day("11:00")), "first_response") == []
    history.append(wrote(day("11:00")))
    assert clock(fold(history, day("11:05")), "first_response").due_at == at(day("11:15"))


def test_solved_without_a_reply_the_first_response_is_cancelled() -> None:
    row = clock(fold([opened(day("10:00")), updated(day("10:05"), status="solved")], EVENING), "first_response")
    assert (row.state, row.verdict) == ("cancelled", "cancelled")


def test_closing_a_ticket_hides_no_breach() -> None:
    row = clock(fold([opened(day("10:00")), updated(day("10:20"), status="closed")], EVENING), "first_response")
    assert (row.state, row.verdict, row.breached_at) == ("cancelled", "missed", at(day("10:15")))


# Next response


def test_the_next_response_counts_from_the_oldest_unanswered_message() -> None:
    history = [opened(day("10:00")), answered(day("10:05")), wrote(day("10:10")), wrote(day("10:30"))]
    row = clock(fold(history, day("10:35")), "next_response")
    assert (row.cycle, row.started_at, row.due_at) == (1, at(day("10:10")), at(day("10:40")))


def test_there_is_no_next_response_before_the_first_or_when_all_is_answered() -> None:
    history = [opened(day("10:00")), wrote(day("10:02"))]
    assert clocks(fold(history, day("10:03")), "next_response") == []
    history += [answered(day("10:05")), answered(day("10:06"))]
    assert clocks(fold(history, EVENING), "next_response") == []


def test_a_next_response_needs_no_promise_of_a_first() -> None:
    history = [opened(day("10:00")), answered(day("10:05")), wrote(day("10:10"))]
    seen = fold(history, day("10:35"), plain(next_response="30m"))
    assert clock(seen, "next_response").due_at == at(day("10:40"))


def test_solved_without_a_reply_the_next_response_is_cancelled_not_met() -> None:
    history = [opened(day("10:00")), answered(day("10:05")), wrote(day("10:10")), updated(day("10:20"), status="solved")]
    assert clock(fold(history, EVENING), "next_response").verdict == "cancelled"


def test_each_answered_message_is_a_cycle_of_its_own() -> None:
    history = [opened(day("10:00")), answered(day("10:05"))]
    history += [wrote(day("10:10")), answered(day("10:20")), wrote(day("11:00")), answered(day("11:31"))]
    assert [(row.cycle, row.verdict) for row in clocks(fold(history, EVENING), "next_response")] == [(1, "met"), (2, "missed")]


# Update


def test_the_customer_hears_from_us_at_least_every_hour() -> None:
    history = [opened(day("10:00")), answered(day("10:05")), answered(day("11:00"))]
    seen = clocks(fold(history, day("11:30")), "update")
    assert [(row.cycle, row.state, row.started_at, row.due_at) for row in seen] == [
        (1, "met", at(day("10:05")), at(day("11:05"))),
        (2, "running", at(day("11:00")), at(day("12:00"))),
    ]


def test_our_automatic_messages_do_not_restart_the_update() -> None:
    history = [opened(day("10:00")), answered(day("10:05")), event(day("10:30"), "ticket.replied", author="bot", public=True)]
    assert clock(fold(history, day("10:35")), "update").due_at == at(day("11:05"))


def test_the_update_rests_while_we_wait_for_the_customer_but_not_for_a_supplier() -> None:
    history = [opened(day("10:00")), answered(day("10:05")), updated(day("10:35"), status="pending")]
    assert clock(fold(history, day("11:30")), "update").state == "paused"
    history.append(updated(day("11:35"), status="on_hold"))
    row = clock(fold(history, day("11:40")), "update")
    assert (row.state, row.due_at, row.paused_ms) == ("running", at(day("12:05")), HOUR)


def test_no_update_is_due_on_a_solved_ticket() -> None:
    history = [opened(day("10:00")), answered(day("10:05")), updated(day("10:30"), status="solved")]
    seen = fold(history, EVENING)
    assert clock(seen, "update").state == "met"
    assert crossings(seen, "update") == []


def test_a_public_reply_that_reopens_the_ticket_is_followed_by_another_within_the_hour() -> None:
    history = [opened(day("10:00")), answered(day("10:05")), updated(day("10:30"), status="solved")]
    history.append(answered(day("11:00"), status="open"))
    row = clock(fold(history, day("11:10")), "update")
    assert (row.state, row.due_at) == ("running", at(day("12:00")))


# Assignment


def test_a_ticket_is_to_be_owned_within_half_an_hour_of_each_handing_over() -> None:
    history = [opened(day("10:00")), updated(day("10:20"), assignee="ana")]
    history += [updated(day("12:00"), group="second-line", assignee=None), updated(day("12:40"), assignee="ben")]
    seen = fold(history, EVENING, plain(assignment="30m"))
    assert [(row.verdict, row.due_at) for row in clocks(seen, "assignment")] == [
        ("met", at(day("10:30"))),
        ("missed", at(day("12:30"))),
    ]


def test_handed_on_before_anybody_took_it_the_next_group_gets_a_fresh_limit() -> None:
    history = [opened(day("10:00")), updated(day("10:20"), group="second-line")]
    seen = clocks(fold(history, day("10:25"), plain(assignment="30m")), "assignment")
    assert [(row.cycle, row.state, row.due_at) for row in seen] == [
        (1, "cancelled", at(day("10:30"))),
        (2, "running", at(day("10:50"))),
    ]


# Resolution


def test_the_resolution_rests_while_waiting_for_customer_or_supplier() -> None:
    history = [opened(day("10:00")), updated(day("11:00"), status="pending"), updated(day("12:00"), status="on_hold")]
    history += [updated(day("13:00"), status="open"), updated(day("15:00"), status="solved")]
    row = clock(fold(history, EVENING), "resolution")
    assert (row.verdict, row.elapsed_ms, row.paused_ms, row.due_at) == ("met", 3 * HOUR, 2 * HOUR, at(day("16:00")))


def test_solved_out_of_a_pause_keeps_the_pause() -> None:
    history = [opened(day("10:00")), updated(day("11:00"), status="pending"), updated(day("10:00", 9), status="solved")]
    row = clock(fold(history, EVENING), "resolution")
    assert (row.verdict, row.elapsed_ms, row.paused_ms) == ("met", HOUR, 3 * DAY + 23 * HOUR)


def test_opened_while_already_pending_the_resolution_is_paused_at_once() -> None:
    row = clock(fold([opened(day("10:00"), status="pending")], day("12:00")), "resolution")
    assert (row.state, row.elapsed_ms, row.paused_ms) == ("paused", 0, 2 * HOUR)


def test_the_two_total_views_differ_in_what_they_wait_for() -> None:
    history = [opened(day("10:00")), updated(day("11:00"), status="on_hold"), updated(day("13:00"), status="pending")]
    history.append(updated(day("14:00"), status="solved"))
    seen = fold(history, EVENING, plain(requester_wait="1d", agent_work="1d"))
    assert clock(seen, "requester_wait").elapsed_ms == 3 * HOUR
    assert clock(seen, "agent_work").elapsed_ms == HOUR


@pytest.mark.parametrize("gone", ["ticket.deleted", "ticket.merged"])
def test_a_ticket_that_is_gone_has_no_running_clock(gone: str) -> None:
    seen = fold([opened(day("10:00")), event(day("10:05"), gone), updated(day("10:06"), status="open")], EVENING)
    assert {row.state for row in seen.rows} == {"cancelled"}
    assert seen.next_at == NEVER


# Own metrics

METRICS = {
    "return_refunded": {
        "start": {"event": "order.return_received"},
        "pause": {"status": {"in": ["pending", "on_hold"]}},
        "stop": {"event": "order.return_refunded"},
        "cancel": {"event": "order.return_cancelled"},
    },
    "supplier": {"start": {"status": "on_hold"}, "stop": {"status": {"not": "on_hold"}}},
}


def test_an_own_metric_counts_between_its_events_outside_its_pauses() -> None:
    history = [opened(day("10:00")), event(day("11:00"), "order.return_received"), updated(day("12:00"), status="pending")]
    history += [updated(day("13:00"), status="open"), event(day("13:30"), "order.return_refunded")]
    seen = fold(history, EVENING, plain(return_refunded="2h"), metrics=METRICS)
    row = clock(seen, "return_refunded")
    assert (row.verdict, row.elapsed_ms, row.paused_ms) == ("met", 90 * MINUTE, HOUR)


def test_a_suppliers_contract_runs_while_the_ticket_is_on_hold_for_it() -> None:
    contract = agreement("mains", kind="uc", when={"supplier": "mains"}, targets=targets(supplier="4h"))
    history = [opened(day("10:00"), supplier="mains"), updated(day("11:00"), status="on_hold")]
    history += [updated(day("13:00"), status="open"), updated(day("14:00"), status="on_hold")]
    seen = fold(history, day("14:30"), contract, metrics=METRICS)
    assert [(row.state, row.elapsed_ms, row.due_at) for row in clocks(seen, "supplier")] == [
        ("met", 2 * HOUR, at(day("15:00"))),
        ("running", 30 * MINUTE, at(day("18:00"))),
    ]


# None, and reasons


def test_no_agreement_is_a_legal_outcome() -> None:
    seen = fold([opened(day("10:00"), tier="tin")], EVENING)
    assert (seen.rows, seen.decisions, seen.next_at) == ([], [], NEVER)


def test_an_event_of_the_future_waits_for_its_time() -> None:
    seen = fold([opened(day("10:00")), answered(day("10:10"))], day("10:05"))
    assert clock(seen, "first_response").state == "running"
    assert seen.next_at == at(day("10:10"))


def test_the_next_instant_is_the_first_at_which_something_changes() -> None:
    assert fold([opened(day("10:00"))], day("10:00")).next_at == at(day("10:12"))
    assert fold([opened(day("10:00"))], day("10:12")).next_at == at(day("10:13")) + 30_000


def test_every_decision_says_why_with_the_event_that_caused_it() -> None:
    history = [opened(day("10:00"), id_="evt-open"), answered(day("10:05"), id_="evt-answer")]
    history += [updated(day("10:10"), id_="evt-wait", status="pending"), updated(day("10:20"), id_="evt-on", status="open")]
    seen = fold(history, day("10:30"))
    assert all(decision.reason for decision in seen.decisions)
    [started] = said(seen, "clock.started", metric="resolution")
    assert "gold 2026-10 applies: tier is gold" in started.reason
    assert "ticket.opened evt-open" in started.reason
    [met] = said(seen, "clock.met", metric="first_response")
    assert "after 5m of 15m" in met.reason
    assert "a person replied publicly (ticket.replied evt-answer)" in met.reason
    [moved] = said(seen, "clock.moved", metric="resolution")
    assert "status is open (ticket.updated evt-on)" in moved.reason


def test_a_breach_is_dated_by_its_due_instant_however_late_we_look() -> None:
    assert clock(fold([opened(day("16:00"))], "2026-06-01T00:00:00Z"), "first_response").breached_at == at(day("16:15"))


def test_clocks_of_one_ticket_never_share_a_status() -> None:
    seen = fold([opened(day("10:00")), answered(day("11:00")), updated(day("12:00"), status="solved")], EVENING, gold())
    assert {row.metric: row.verdict for row in clocks(seen)} == {
        "first_response": "missed",
        "update": "met",
        "resolution": "met",
    }

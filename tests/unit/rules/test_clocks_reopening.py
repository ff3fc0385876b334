"""Reopened tickets: the next cycle, what it carries, and the time spent solved."""

import pytest

from rules.agreement import Agreement
from rules.instants import HOUR, MINUTE
from tests.support.core import (
    ALWAYS,
    agreement,
    answered,
    at,
    clock,
    clocks,
    crossings,
    event,
    fold,
    opened,
    said,
    targets,
    updated,
    wrote,
)


def day(time: str) -> str:
    return f"2026-01-05T{time}:00Z"


def resolution(on_reopen: str = "resume") -> Agreement:
    return agreement(targets=targets(resolution="4h"), on_reopen=on_reopen)


HISTORY = [
    opened(day("10:00")),
    updated(day("11:00"), status="pending"),
    updated(day("11:30"), status="open"),
    updated(day("12:00"), status="solved"),
    updated(day("15:00"), status="open"),
]


def test_a_reopened_resolution_goes_on_with_what_remained() -> None:
    first, second = clocks(fold(HISTORY, day("15:30"), resolution()), "resolution")
    assert (first.verdict, first.elapsed_ms, first.paused_ms) == ("met", 90 * MINUTE, 30 * MINUTE)
    assert (second.cycle, second.state, second.target_ms) == (2, "running", 4 * HOUR)
    assert (second.elapsed_ms, second.paused_ms, second.due_at) == (2 * HOUR, 30 * MINUTE, at(day("17:30")))


def test_a_reopened_resolution_with_restart_begins_at_zero() -> None:
    row = clock(fold(HISTORY, day("15:30"), resolution("restart")), "resolution")
    assert (row.cycle, row.elapsed_ms, row.paused_ms, row.due_at) == (2, 30 * MINUTE, 0, at(day("19:00")))


def test_the_time_spent_solved_counts_as_neither_elapsed_nor_paused() -> None:
    row = clock(fold(HISTORY, day("15:00"), resolution()), "resolution")
    assert (row.elapsed_ms + row.paused_ms, row.wall_elapsed_ms) == (2 * HOUR, 90 * MINUTE)


@pytest.mark.parametrize("done", ["solved", "closed"])
@pytest.mark.parametrize("again", ["new", "open", "pending", "on_hold"])
def test_reopening_works_from_and_to_every_status(done: str, again: str) -> None:
    history = [opened(day("10:00")), updated(day("11:00"), status=done), updated(day("13:00"), status=again)]
    row = clock(fold(history, day("14:00"), resolution()), "resolution")
    running = again in ("new", "open")
    assert (row.cycle, row.state, row.elapsed_ms) == (2, "running" if running else "paused", HOUR + (HOUR if running else 0))


def test_from_solved_to_closed_nothing_begins() -> None:
    history = [opened(day("10:00")), updated(day("11:00"), status="solved"), updated(day("12:00"), status="closed")]
    assert len(clocks(fold(history, day("20:00"), resolution()), "resolution")) == 1


def test_a_third_cycle_carries_both_before_it() -> None:
    history = [*HISTORY, updated(day("16:00"), status="solved"), updated(day("18:00"), status="open")]
    row = clock(fold(history, day("18:00"), resolution()), "resolution")
    assert (row.cycle, row.elapsed_ms, row.due_at) == (3, 150 * MINUTE, at(day("19:30")))


def test_reopened_after_a_breach_the_first_cycle_stays_missed_and_the_second_is_born_overdue() -> None:
    history = [opened(day("10:00")), updated(day("15:00"), status="solved"), updated(day("16:00"), status="open")]
    seen = fold(history, day("16:00"), resolution())
    first, second = clocks(seen, "resolution")
    assert (first.verdict, first.breached_at) == ("missed", at(day("14:00")))
    assert second.verdict == "overdue"
    assert all(d.born for d in said(seen, "clock.crossed") if d.cycle == 2)


def test_reopened_as_pending_with_nothing_left_it_cannot_be_met() -> None:
    history = [opened(day("10:00")), updated(day("15:00"), status="solved"), updated(day("16:00"), status="pending")]
    history.append(updated(day("17:00"), status="solved"))
    row = clock(fold(history, day("18:00"), resolution()), "resolution")
    assert row.elapsed_ms == 5 * HOUR
    assert row.verdict == "missed", "five hours were used of four"


def test_a_first_response_never_given_goes_on_with_what_remained() -> None:
    some = agreement(targets=targets(first_response="1h"))
    history = [opened(day("10:00")), updated(day("10:40"), status="solved"), updated(day("12:00"), status="open")]
    first, second = clocks(fold(history, day("12:05"), some), "first_response")
    assert first.verdict == "cancelled"
    assert (second.cycle, second.elapsed_ms, second.due_at) == (2, 45 * MINUTE, at(day("12:20")))


def test_an_answered_ticket_has_no_second_first_response() -> None:
    some = agreement(targets=targets(first_response="1h"))
    history = [opened(day("10:00")), answered(day("10:10")), updated(day("10:40"), status="solved")]
    history.append(wrote(day("12:00"), status="open"))
    assert len(clocks(fold(history, day("20:00"), some), "first_response")) == 1


def test_the_customer_who_reopens_waits_for_the_next_response_from_then() -> None:
    some = agreement(targets=targets(next_response="30m"))
    history = [opened(day("10:00")), answered(day("10:10")), updated(day("10:40"), status="solved")]
    history.append(wrote(day("12:00"), status="open"))
    row = clock(fold(history, day("12:05"), some), "next_response")
    assert (row.started_at, row.due_at) == (at(day("12:00")), at(day("12:30")))


def test_an_own_metric_begins_its_next_cycle_at_zero() -> None:
    shipping = {"start": {"event": "order.taken"}, "stop": {"event": "order.shipped"}}
    some = agreement(targets=targets(shipping="2h"))
    history = [event(day("10:00"), "order.taken"), event(day("11:00"), "order.shipped"), event(day("12:00"), "order.taken")]
    seen = fold(history, day("13:59"), some, metrics={"shipping": shipping})
    assert [(row.cycle, row.due_at) for row in clocks(seen, "shipping")] == [(1, at(day("12:00"))), (2, at(day("14:00")))]
    assert [name for name, _ in crossings(seen)] == ["80%", "90%"]


def test_what_came_before_a_restart_is_not_carried_into_the_next_cycle() -> None:
    limits = targets(ALWAYS, resolution={"urgent": "2h", "high": "4h"})
    some = agreement(targets=limits, on_change="restart", on_reopen="resume")
    history = [opened(day("10:00")), updated(day("10:30"), priority="high"), updated(day("11:00"), status="solved")]
    history.append(updated(day("12:00"), status="open"))
    row = clock(fold(history, day("12:10"), some), "resolution")
    assert (row.elapsed_ms, row.due_at) == (40 * MINUTE, at(day("15:30")))  # half an hour since the restart, ten minutes now


def test_a_message_to_a_solved_ticket_is_the_oldest_unanswered_one_when_it_is_reopened() -> None:
    some = agreement(targets=targets(ALWAYS, next_response="30m"))
    history = [opened(day("09:00")), answered(day("09:10")), updated(day("09:20"), status="solved")]
    history += [wrote(day("11:00")), updated(day("11:05"), status="open"), wrote(day("11:10"))]
    row = clock(fold(history, day("11:15"), some), "next_response")
    assert (row.started_at, row.due_at, row.elapsed_ms) == (at(day("11:00")), at(day("11:30")), 15 * MINUTE)


def test_a_message_that_was_solved_without_a_reply_is_not_waited_for_again() -> None:
    some = agreement(targets=targets(ALWAYS, next_response="30m"))
    history = [opened(day("09:00")), answered(day("09:10")), wrote(day("09:15")), updated(day("09:20"), status="solved")]
    history += [wrote(day("15:00")), updated(day("15:01"), status="open")]
    rows = [row for row in fold(history, day("15:02"), some).rows if row.metric == "next_response"]
    assert [(row.verdict, row.started_at) for row in rows] == [("cancelled", at(day("09:15"))), ("on track", at(day("15:00")))]

"""Histories that no helpdesk should tell, and each has one outcome (docs/semantics.md)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.facts import NO_FACTS
from escalation.look import look
from rules.clock_row import ClockRow
from rules.clocks import TicketClocks
from rules.instants import MINUTE
from rules.ticket import TicketEvent
from tests.support.conditions import values
from tests.support.core import TICKET, agreement, answered, at, book, event, fold, opened, see, targets, updated, wrote

PROMISES = agreement(targets=targets(first_response="1h", update="2h", assignment="1h", resolution="4h"))

BOOK = book(PROMISES)


def day(time: str) -> int:
    return at(f"2026-01-05 {time}")


def rows(*history: TicketEvent, until: str = "18:00") -> dict[str, ClockRow]:
    """By metric, the only clock of each."""
    found: TicketClocks = fold(history, day(until), PROMISES)
    assert len({row.metric for row in found.rows}) == len(found.rows)
    return {row.metric: row for row in found.rows}


def test_a_customers_message_before_the_opening_starts_the_first_response_and_nothing_else() -> None:
    found = rows(wrote(day("09:00")), opened(day("10:00")))
    assert {metric: row.started_at for metric, row in found.items()} == {
        "first_response": day("09:00"),
        "assignment": day("10:00"),
        "resolution": day("10:00"),
    }


def test_an_answer_before_the_opening_counts_as_the_answer() -> None:
    found = rows(answered(day("09:00")), opened(day("10:00")))
    assert "first_response" not in found
    assert found["update"].started_at == day("09:00")
    assert rows(wrote(day("09:00")), answered(day("09:10")), opened(day("10:00")))["first_response"].verdict == "met"


def test_a_ticket_that_was_never_opened_has_only_the_clocks_of_what_happened_to_it() -> None:
    assert set(rows(wrote(day("09:00")), updated(day("09:10"), priority="high"))) == {"first_response"}
    assert rows(updated(day("09:00"), status="open", tier="gold")) == {}


def test_a_second_opening_changes_fields_and_starts_nothing() -> None:
    found = rows(opened(day("10:00")), opened(day("10:30"), status="pending"))
    assert {row.started_at for row in found.values()} == {day("10:00")}
    assert found["resolution"].state == "paused"


@pytest.mark.parametrize("gone", ["ticket.deleted", "ticket.merged"])
def test_nothing_that_comes_after_a_ticket_is_deleted_or_merged_starts_or_changes_a_clock(gone: str) -> None:
    history = [opened(day("10:00")), event(day("10:10"), gone)]
    after = [
        wrote(day("10:30")),
        answered(day("10:40")),
        updated(day("11:00"), status="solved", group="second-line", priority="low"),
        updated(day("11:10"), status="open"),
        opened(day("12:00")),
        event(day("12:10"), gone),
    ]
    found = rows(*history, *after)
    assert {(row.state, row.stopped_at) for row in found.values()} == {("cancelled", day("10:10"))}
    assert found == rows(*history)


def test_a_status_that_was_never_seen_is_work_in_progress_and_ends_a_pause() -> None:
    history = [opened(day("10:00"), status="pending"), updated(day("11:00"), status="waiting for the moon")]
    assert rows(*history, until="10:30")["resolution"].state == "paused"
    found = rows(*history, until="11:30")["resolution"]
    assert (found.state, found.paused_ms) == ("running", day("11:00") - day("10:00"))


@pytest.mark.parametrize("text", ["0m", "0s", "0h0m", "0wd"])
def test_a_limit_of_zero_is_due_at_once_and_met_only_by_what_happens_at_that_instant(text: str) -> None:
    at_once = agreement(targets=targets(first_response=text))
    (broken,) = fold([opened(day("10:00"))], day("10:00"), at_once).rows
    assert (broken.due_at, broken.breached_at, broken.verdict) == (day("10:00"), day("10:00"), "overdue")
    (met,) = fold([opened(day("10:00")), answered(day("10:00"))], day("12:00"), at_once).rows
    assert (met.due_at, met.breached_at, met.verdict) == (day("10:00"), None, "met")
    (missed,) = fold([opened(day("10:00")), answered(day("10:00") + 1)], day("12:00"), at_once).rows
    assert missed.verdict == "missed"


FIELDS = ("priority", "status", "group", "assignee", "author", "public", "customer", "tier", "tags", "opened_by", "score")
TYPES = ("ticket.opened", "ticket.updated", "ticket.replied", "ticket.rated", "ticket.deleted", "order.shipped", "")
told = st.tuples(st.sampled_from(TYPES), st.integers(0, 9), st.dictionaries(st.sampled_from(FIELDS), values, max_size=6))


@settings(max_examples=100, deadline=None)
@given(st.lists(told, min_size=1, max_size=6))
def test_whatever_an_event_holds_the_ticket_can_be_looked_at(drawn: list[tuple[str, int, dict[str, Any]]]) -> None:
    history = [event(day("10:00") + minute * MINUTE, type_, **data) for type_, minute, data in drawn]
    seen = look(TICKET, history, BOOK, NO_FACTS, day("18:00"))
    assert see([*reversed(history)], day("18:00"), BOOK).clocks == seen.clocks

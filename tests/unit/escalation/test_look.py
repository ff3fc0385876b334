"""The look: the same history gives the same answer, live, late and replayed."""

import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.facts import NO_FACTS
from escalation.look import Look, look
from rules.instants import DAY, HOUR, MINUTE
from rules.ticket import TicketEvent
from tests.support.core import agreement, answered, at, book, event, gold, opened, see, targets, thresholds, updated
from tests.support.histories import random_history

START = at("2026-01-05T10:00:00Z")


def minutes(n: float) -> int:
    return START + int(n * MINUTE)


BOOK = book(
    gold(),
    agreement(
        "other",
        targets=targets(first_response={"urgent": "1h", "default": "2h"}, resolution={"urgent": "1h", "default": "3h"}),
        after_breach=thresholds("2h after", "daily"),
        on_change="restart",
    ),
)

CHANGES: list[tuple[str, dict[str, Any]]] = (
    [("ticket.updated", {"status": name}) for name in ("open", "pending", "solved")]
    + [("ticket.updated", {"priority": name}) for name in ("urgent", "high")]
    + [("ticket.updated", {"tier": name}) for name in ("gold", "silver")]
    + [("ticket.updated", {"assignee": name}) for name in ("ana", None)]
    + [("ticket.replied", {"author": name, "public": True}) for name in ("agent", "customer")]
    + [("page.acknowledged", {"by": "ben", "for": lasts}) for lasts in ("5m", None)]
    + [("page.escalated", {"by": "cleo"})]
)
GAPS = [0, MINUTE, 10 * MINUTE, 15 * MINUTE, 40 * MINUTE, 3 * HOUR, 20 * HOUR]


histories = st.integers(0, 2**32).map(lambda seed: random_history(seed, START, CHANGES, GAPS, 10))
instants = st.integers(0, 2**32).map(lambda seed: START + random.Random(seed).randint(0, 60 * HOUR))  # noqa: S311


def seen(history: list[TicketEvent], now: int) -> Look:
    return look("T-1", history, BOOK, NO_FACTS, now)


def all_of(found: Look) -> set[tuple[Any, ...]]:
    return {(d.key, d.at, d.due_at, d.reason, tuple(d.to or ())) for d in found.decisions}


@settings(max_examples=150, deadline=None)
@given(histories, instants, st.randoms())
def test_the_order_of_arrival_and_doubles_do_not_matter(history: list[TicketEvent], now: int, dice: random.Random) -> None:
    mixed = history + [replace(e, arrival=e.arrival + 1_000) for e in history[::2]]
    dice.shuffle(mixed)
    assert seen(mixed, now).decisions == seen(history, now).decisions
    assert seen(mixed, now).pages == seen(history, now).pages


@settings(max_examples=300, deadline=None)
@given(histories, instants, instants)
def test_a_replay_says_all_that_was_said_live(history: list[TicketEvent], first: int, second: int) -> None:
    early, late = sorted((first, second))
    live = all_of(seen([e for e in history if e.time <= early], early))
    assert live <= all_of(seen(history, late))


@settings(max_examples=300, deadline=None)
@given(histories, instants)
def test_every_decision_has_a_key_of_its_own(history: list[TicketEvent], now: int) -> None:
    keys = [d.key for d in seen(history, now).decisions]
    assert len(keys) == len(set(keys))


@settings(max_examples=200, deadline=None)
@given(histories, instants)
def test_nothing_changes_before_the_ticket_needs_attention_again(history: list[TicketEvent], now: int) -> None:
    found = seen(history, now)
    assert found.attention_at is None or found.attention_at > now
    until = min(found.attention_at or now + 30 * DAY, now + 30 * DAY) - 1
    assert all_of(seen(history, until)) == all_of(found)


@settings(max_examples=150, deadline=None)
@given(histories, instants)
def test_decisions_come_in_the_order_of_time_and_none_from_the_future(history: list[TicketEvent], now: int) -> None:
    times = [d.at for d in seen(history, now).decisions]
    assert times == sorted(times)
    assert all(when <= now for when in times)


@settings(max_examples=150, deadline=None)
@given(histories, instants)
def test_one_ladder_has_at_most_one_page_that_is_not_closed(history: list[TicketEvent], now: int) -> None:
    open_ladders = [page.ladder for page in seen(history, now).pages if page.state != "closed"]
    assert len(open_ladders) == len(set(open_ladders))


def test_a_page_for_two_clocks_due_at_once_stays_the_same_when_one_of_them_pauses_later() -> None:
    some = book(agreement(targets=targets(first_response="2h", resolution="2h")))
    history = [opened(START), updated(minutes(130), status="pending")]
    before = see(history[:1], minutes(125), some).pages[0]
    after = see(history, minutes(135), some).pages[0]
    assert (after.page, after.opened_at) == (before.page, before.opened_at)


# When to look again

ONE = book(agreement(targets=targets(first_response="1h")))


def test_attention_is_due_at_the_next_threshold_the_pages_deadline_or_the_next_event() -> None:
    history = [opened(START)]
    for now, next_ in ((0, 48), (48, 54), (54, 60), (60, 64), (64, 84)):
        assert see(history, minutes(now), ONE).attention_at == minutes(next_)
    assert see([*history, answered(minutes(50))], minutes(48), ONE).attention_at == minutes(50)


def test_an_acknowledged_page_needs_attention_when_it_ends() -> None:
    some = book(agreement(targets=targets(first_response="1h"), warn_at=thresholds("10%", "90%")))
    history = [opened(START), event(minutes(61), "page.acknowledged", by="ana", **{"for": "2h"})]
    assert see(history, minutes(61), some).attention_at == minutes(181)


def test_a_ticket_at_rest_needs_no_attention() -> None:
    assert see([opened(START), answered(minutes(5))], minutes(6), ONE).attention_at is None
    assert see([opened(START, tier="tin")], minutes(6)).attention_at is None
    waiting = book(agreement(targets=targets(resolution="1h")))
    assert see([opened(START), updated(minutes(5), status="pending")], minutes(6), waiting).attention_at is None


def test_an_empty_history_is_a_quiet_look() -> None:
    found = see([], minutes(0))
    assert (found.clocks, found.pages, found.decisions, found.attention_at) == ([], [], [], None)


def test_the_look_keeps_the_tickets_facts() -> None:
    found = see([opened(START, colour="green")], minutes(0))
    assert (found.ticket, found.facts["colour"], found.facts["tier"]) == ("T-1", "green", "gold")

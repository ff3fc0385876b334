"""What holds for every history: order of arrival, time that never runs backward, looks that never take back what they said."""

import random
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.clocks import TicketClocks, clocks_of
from rules.instants import HOUR, MINUTE, text
from rules.promises import Promises
from rules.register import Register
from rules.ticket import TicketEvent
from tests.support.core import (
    ALWAYS,
    LONDON,
    agreement,
    at,
    clock,
    crossings,
    exception,
    fold,
    gold,
    opened,
    promises,
    targets,
    thresholds,
    updated,
)
from tests.support.histories import random_history

START = at("2026-01-05T09:00:00Z")
ALL = promises(
    gold(),
    agreement(
        "second",
        kind="ola",
        version="1",
        when={"group": "second-line"},
        targets=targets(ALWAYS, assignment="30m", resolution={"urgent": "2h", "default": "3h"}),
        on_change="restart",
        on_reopen="restart",
        after_breach=thresholds("daily", "150%"),
    ),
    agreement("views", targets=targets(LONDON, requester_wait="1h", agent_work="1h", resolution="4h"), calendar=LONDON),
)

CHANGES: list[tuple[str, dict[str, Any]]] = (
    [("ticket.updated", {"status": name}) for name in ("open", "pending", "on_hold", "solved", "closed")]
    + [("ticket.updated", {"priority": name}) for name in ("urgent", "high", "low", None)]
    + [("ticket.updated", {"tier": name}) for name in ("gold", "silver")]
    + [("ticket.updated", {"group": name}) for name in ("support", "second-line")]
    + [("ticket.updated", {"assignee": name}) for name in ("ana", None)]
    + [("ticket.replied", {"author": name, "public": True}) for name in ("agent", "customer", "bot")]
    + [("ticket.replied", {"author": "agent", "public": True, "status": name}) for name in ("pending", "solved", "open")]
    + [("ticket.opened", {"tier": "gold"}), ("page.acknowledged", {"by": "ana"})]
)
GAPS = [0, 1, MINUTE, 5 * MINUTE, 12 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 17 * HOUR, 64 * HOUR]


SCOPES: list[dict[str, Any]] = [{"tier": "gold"}, {"priority": "urgent"}, {"metric": "resolution"}, {"agreement": "second"}]
LATER = replace(gold(), version="2027", since=START + 20 * HOUR, applies_to="open", warn_at=thresholds("50%"))
LATER = replace(LATER, targets=targets(LONDON, first_response="2h", resolution={"urgent": "6h", "default": "1wd"}))
NEXT = replace(
    ALL.agreements[1], version="2", since=START + 11 * HOUR, targets=targets(ALWAYS, assignment="20m", resolution="5h")
)
THIRD = agreement(
    "third", kind="uc", since=text(START + 6 * HOUR), when={"group": "second-line"}, targets=targets(resolution="1h")
)


def world(seed: int) -> Promises:
    """The promises, half of the time with a version for open tickets and with exceptions, some revoked."""
    dice = random.Random(seed)  # noqa: S311
    if dice.random() < 0.3:
        return ALL
    events: list[TicketEvent] = []
    for number in range(dice.randint(0, 3)):
        kind = dice.choice(["suspension", "suspension", "relief", "waiver"])
        window = sorted(START + dice.randint(-2 * 60, 90 * 60) * MINUTE for _ in range(2))
        decided = sorted(START + dice.randint(0, 100 * 60) * MINUTE for _ in range(2))
        events += exception(
            kind,
            text(window[0]),
            text(window[1] + MINUTE),
            dice.choice(SCOPES),
            approved=text(decided[0]) if dice.random() < 0.8 else None,
            revoked=text(decided[1]) if dice.random() < 0.3 else None,
            id=f"X-{number}",
            **({"factor": 1.5} if kind == "relief" else {}),
        )
    later = [LATER, replace(NEXT, applies_to=dice.choice(["new", "open"])), THIRD]
    return promises(*ALL.agreements, *(one for one in later if dice.random() < 0.5), register=Register.of(events))


def worlds() -> st.SearchStrategy[Promises]:
    return st.integers(0, 2**32).map(world)


def histories() -> st.SearchStrategy[list[TicketEvent]]:
    return st.integers(0, 2**32).map(lambda seed: random_history(seed, START, CHANGES, GAPS, 12))


def hours_after_start(most: int) -> st.SearchStrategy[int]:
    return st.integers(0, 2**32).map(lambda seed: START + random.Random(seed).randint(0, most * HOUR))  # noqa: S311


def told(seen: TicketClocks) -> list[tuple[Any, ...]]:
    return [(d.key, d.at, d.due_at, d.reason) for d in seen.decisions]


@settings(max_examples=300, deadline=None)
@given(worlds(), histories(), hours_after_start(120), st.randoms())
def test_events_in_any_order_and_more_than_once_give_the_same_clocks(
    promised: Promises, history: list[TicketEvent], now: int, dice: random.Random
) -> None:
    again = [replace(e, arrival=e.arrival + 1_000) for e in history if dice.random() < 0.3]
    shuffled = history + again
    dice.shuffle(shuffled)
    plain, mixed = (clocks_of("T-1", each, promised, now) for each in (history, shuffled))
    assert mixed.rows == plain.rows
    assert told(mixed) == told(plain)
    assert mixed.next_at == plain.next_at


@settings(max_examples=300, deadline=None)
@given(histories(), st.lists(hours_after_start(200), min_size=2, max_size=4))
def test_elapsed_never_exceeds_wall_time_and_never_runs_backward(history: list[TicketEvent], looks: list[int]) -> None:
    before: dict[tuple[str, str, int], tuple[int, int, int]] = {}
    for now in sorted(looks):
        for row in clocks_of("T-1", history, ALL, now).rows:
            assert 0 <= row.elapsed_ms <= row.wall_elapsed_ms <= now - START
            assert row.paused_ms >= 0
            assert row.elapsed_ms + row.paused_ms <= now - START
            key = (row.agreement, row.metric, row.cycle)
            # Only `gold` has limits on two calendars: there working time is measured anew, wall time never is.
            measured = (row.elapsed_ms, row.paused_ms) if row.agreement != "gold" else (0, 0)
            figures = (row.wall_elapsed_ms, *measured)
            assert all(new >= old for new, old in zip(figures, before.get(key, figures), strict=True))
            before[key] = figures


@settings(max_examples=300, deadline=None)
@given(worlds(), histories(), hours_after_start(200), hours_after_start(200))
def test_a_later_look_says_all_that_an_earlier_one_said_in_the_same_order(
    promised: Promises, history: list[TicketEvent], first: int, second: int
) -> None:
    early, late = sorted((first, second))
    known = [e for e in history if e.time <= early]
    before, after = (told(clocks_of("T-1", events, promised, at_)) for events, at_ in ((known, early), (history, late)))
    assert after[: len(before)] == before


@settings(max_examples=600, deadline=None)
@given(worlds(), histories(), hours_after_start(200), hours_after_start(100))
def test_an_exception_that_concerns_no_ticket_changes_nothing(
    promised: Promises, history: list[TicketEvent], now: int, approved: int
) -> None:
    nobodys = exception(
        "waiver", text(START), text(START + 900 * HOUR), {"customer": "nobody"}, approved=text(approved), id="X-9"
    )
    more = replace(promised, register=Register({**promised.register.exceptions, **Register.of(nobodys).exceptions}))
    assert told(clocks_of("T-1", history, more, now)) == told(clocks_of("T-1", history, promised, now))


@settings(max_examples=300, deadline=None)
@given(worlds(), histories(), hours_after_start(200))
def test_every_decision_has_a_key_of_its_own(promised: Promises, history: list[TicketEvent], now: int) -> None:
    keys = [d.key for d in clocks_of("T-1", history, promised, now).decisions]
    assert len(keys) == len(set(keys))


@settings(max_examples=300, deadline=None)
@given(worlds(), histories(), hours_after_start(200))
def test_met_is_at_or_before_due_and_missed_after(promised: Promises, history: list[TicketEvent], now: int) -> None:
    seen = clocks_of("T-1", history, promised, now)
    for row in (row for row in seen.rows if row.verdict != "excused"):
        if row.state == "met":
            assert row.breached_at is None
            assert row.elapsed_ms <= row.target_ms
            assert row.due_at is not None
            assert row.stopped_at is not None
            assert row.stopped_at <= row.due_at
        if row.state == "missed":
            assert row.breached_at is not None
            assert row.stopped_at is not None
            assert row.due_at is not None
            assert row.due_at < row.stopped_at
            assert row.breached_at <= row.stopped_at
        if row.verdict == "on track":
            assert row.elapsed_ms < row.target_ms or row.state == "paused"


@settings(max_examples=300, deadline=None)
@given(worlds(), histories(), hours_after_start(100))
def test_nothing_happens_before_the_next_instant(promised: Promises, history: list[TicketEvent], now: int) -> None:
    """But for what people decide about exceptions, which has the ticket looked at."""
    seen = clocks_of("T-1", history, promised, now)
    assert seen.next_at > now
    decided = [at for exception in promised.register.exceptions.values() for at in exception.changes if at > now]
    just_before = clocks_of("T-1", history, promised, min([seen.next_at - 1, now + 400 * HOUR, *(at - 1 for at in decided)]))
    assert told(just_before) == told(seen)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 600)), min_size=1, max_size=6), st.integers(1, 30))
def test_pauses_sum_up_however_they_are_split(pieces: list[tuple[int, int]], rest: int) -> None:
    history, when = [opened(START)], START
    for work, pause in pieces:
        history.append(updated(when := when + work * MINUTE, status="pending"))
        history.append(updated(when + pause * MINUTE // 2, status="on_hold"))
        history.append(updated(when := when + pause * MINUTE, status="open"))
    some = agreement(targets=targets(ALWAYS, resolution="1000h"))
    now = when + rest * MINUTE
    row = clock(fold(history, now, some), "resolution")
    paused = sum(pause for _, pause in pieces) * MINUTE
    assert (row.paused_ms, row.elapsed_ms) == (paused, now - START - paused)
    assert row.due_at == START + paused + 1000 * HOUR


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40 * 60), st.integers(0, 7 * 24 * 60))
def test_the_due_instant_is_the_instant_at_which_the_limit_has_elapsed(limit: int, offset: int) -> None:
    start = START + offset * MINUTE
    some = agreement(targets=targets(LONDON, resolution=f"{limit}m"), calendar=LONDON)
    seen = fold([opened(start)], start + 2_000 * HOUR, some)
    row = clock(seen, "resolution")
    assert row.due_at is not None
    assert row.breached_at == row.due_at
    assert LONDON.between(start, row.due_at) == limit * MINUTE
    assert dict(crossings(seen))["100%"] == row.due_at
    assert clock(fold([opened(start)], row.due_at, some), "resolution").elapsed_ms == limit * MINUTE


def test_crossings_of_one_instant_keep_their_order_when_one_of_the_clocks_pauses_later() -> None:
    """Both clocks are due at 11:00; only the resolution pauses at 11:30. What was said at 11:10 stays as it was said."""
    some = agreement(targets=targets(first_response="2h", resolution="2h"))
    history = [opened(START), updated(START + 150 * MINUTE, status="pending")]
    before = told(fold(history[:1], START + 130 * MINUTE, some))
    assert told(fold(history, START + 160 * MINUTE, some))[: len(before)] == before


def test_paused_resumed_and_paused_in_one_instant_are_three_decisions() -> None:
    history = [opened(START)] + [updated(START + HOUR, status=name) for name in ("pending", "open", "pending")]
    keys = [d.key for d in fold(history, START + 2 * HOUR).decisions]
    assert len(keys) == len(set(keys))


CALENDARS = {calendar.name: calendar for calendar in (ALWAYS, LONDON)}


@settings(max_examples=400, deadline=None)
@given(histories(), hours_after_start(120), hours_after_start(200))
def test_a_row_read_later_says_what_a_look_would_say_then(history: list[TicketEvent], looked: int, later: int) -> None:
    seen = clocks_of("T-1", history, ALL, looked)
    later = min(max(later, looked), seen.next_at - 1)
    fresh = clocks_of("T-1", history, ALL, later)
    assert [row.at(later, CALENDARS) for row in seen.rows] == [
        row._replace(as_of=looked) if row.stopped_at is not None else row for row in fresh.rows
    ]


@settings(max_examples=400, deadline=None)
@given(histories(), hours_after_start(120))
def test_a_row_read_after_its_next_crossing_has_the_verdict_of_that_crossing(history: list[TicketEvent], looked: int) -> None:
    history = [event for event in history if event.time <= looked]  # nothing happens after the look
    seen = clocks_of("T-1", history, ALL, looked)
    if seen.next_at < START + 400 * HOUR:
        read = [(row.verdict, row.breached_at) for row in (row.at(seen.next_at, CALENDARS) for row in seen.rows)]
        fresh = clocks_of("T-1", history, ALL, seen.next_at)
        assert read == [(row.verdict, row.breached_at) for row in fresh.rows]

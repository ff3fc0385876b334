"""Each built-in metric by itself, and the order in which a metric's conditions are judged."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.conditions import ConditionError
from rules.metrics import BUILT_IN, Judge, Metric, Standing, Track, in_words
from rules.ticket import Ticket, TicketEvent
from tests.support.core import answered, at, event, opened, updated, wrote
from tests.support.histories import random_history

START = at("2026-01-05T10:00:00Z")


def steps(metric: str | dict[str, Any], *history: TicketEvent) -> list[list[str]]:
    """What each event led to."""
    raw = BUILT_IN[metric] if isinstance(metric, str) else metric
    ticket, judged, standing = Ticket("T-1"), Metric.of("m", raw), Standing()
    found = []
    for happened in history:
        ticket.apply(happened)
        taken, standing = judged.judge(ticket.facts, standing)
        found.append(list(taken))
    return found


def minutes(n: int) -> int:
    return START + n * 60_000


# The built-in metrics. An event is written in short, one a minute.

SHORT = {
    "open": lambda t: opened(t, priority="high"),
    "by us": lambda t: opened(t, opened_by="agent"),
    "open owned": lambda t: opened(t, assignee="ana"),
    "ask": wrote,
    "ask & reopen": lambda t: wrote(t, status="open"),
    "bot": lambda t: event(t, "ticket.replied", author="bot", public=True),
    "note": lambda t: answered(t, public=False),
    "answer": answered,
    "answer & wait": lambda t: answered(t, status="pending"),
    "answer & solve": lambda t: answered(t, status="solved"),
    "wait": lambda t: updated(t, status="pending"),
    "hold": lambda t: updated(t, status="on_hold"),
    "go on": lambda t: updated(t, status="open"),
    "solve": lambda t: updated(t, status="solved"),
    "close": lambda t: updated(t, status="closed"),
    "take": lambda t: updated(t, assignee="ana"),
    "hand over": lambda t: updated(t, group="second-line", assignee=None),
    "hand to ben": lambda t: updated(t, group="second-line", assignee="ben"),
    "delete": lambda t: event(t, "ticket.deleted"),
    "other": lambda t: updated(t, title="Still cannot pay"),
}


@pytest.mark.parametrize(
    ("metric", "history", "expected"),
    [
        ("first_response", "open, bot, note, answer, answer", "start,,,stop,"),
        ("first_response", "by us, note, ask, ask, answer", ",,start,,stop"),
        ("first_response", "by us, answer, ask, answer", ",,,"),
        ("first_response", "open, solve, ask & reopen, answer", "start,cancel,start,stop"),
        ("first_response", "open, answer & solve, go on", "start,stop,"),
        ("first_response", "open, wait, hold, answer", "start,,,stop"),
        ("first_response", "open, delete, ask", "start,cancel,"),
        ("next_response", "open, ask, answer, ask, ask, bot, note, answer", ",,,start,,,,stop"),
        ("next_response", "by us, answer, ask, answer", ",,start,stop"),
        ("next_response", "open, answer, ask, solve, go on, answer", ",,start,cancel,start,stop"),
        ("next_response", "open, answer, ask, answer & solve", ",,start,stop"),
        ("next_response", "open, answer, solve, go on", ",,,"),
        ("update", "open, answer, bot, answer, solve", ",start,,stop start,stop"),
        ("update", "open, answer & wait, go on, answer", ",start pause,resume,stop start"),
        ("update", "open, answer, hold, go on", ",start,,"),
        ("update", "open, answer & solve, go on", ",,start"),
        ("assignment", "open, take, other", "start,stop,"),
        ("assignment", "open owned", "start stop"),
        ("assignment", "open, take, hand over, take", "start,stop,start,stop"),
        ("assignment", "open, hand over, take", "start,reset start,stop"),
        ("assignment", "open, hand to ben", "start,stop"),
        ("assignment", "open, solve", "start,cancel"),
        ("resolution", "open, wait, go on, hold, close", "start,pause,resume,pause,stop"),
        ("resolution", "open, wait, hold, go on", "start,pause,,resume"),
        ("resolution", "open, solve, close, go on, solve", "start,stop,,start,stop"),
        ("resolution", "open, solve, wait, go on", "start,stop,start pause,resume"),
        ("resolution", "open, delete, go on", "start,cancel,"),
        ("requester_wait", "open, hold, wait, go on, solve", "start,,pause,resume,stop"),
        ("agent_work", "open, hold, wait, go on, solve", "start,pause,,resume,stop"),
    ],
)
def test_a_built_in_metric(metric: str, history: str, expected: str) -> None:
    events = [SHORT[name](minutes(i)) for i, name in enumerate(history.split(", "))]
    found = steps(metric, *events)
    assert ",".join(" ".join(each) for each in found) == expected


def test_a_public_reply_that_reopens_begins_a_fresh_update() -> None:
    found = steps(
        "update", opened(START), answered(minutes(1)), updated(minutes(2), status="solved"), answered(minutes(3), status="open")
    )
    assert found[3][-1] == "start", "from that reply on the customer is to hear from us again"


# Own metrics

EVENTS = {part: {"event": f"x.{part}"} for part in ("start", "cancel", "stop", "reset", "pause", "resume")}


def test_an_own_metric_follows_its_events() -> None:
    history = [
        event(minutes(i), f"x.{part}")
        for i, part in enumerate(["start", "pause", "resume", "reset", "stop", "start", "cancel"])
    ]
    assert steps(EVENTS, *history) == [["start"], ["pause"], ["resume"], ["reset", "start"], ["stop"], ["start"], ["cancel"]]


@pytest.mark.parametrize(
    ("holding", "expected"),
    [
        (("start", "cancel", "stop"), ["start", "cancel"]),
        (("start", "stop", "pause"), ["start", "stop"]),
        (("start", "reset"), ["start"]),
        (("start", "pause"), ["start", "pause"]),
        (("start", "pause", "resume"), ["start"]),
    ],
)
def test_one_event_with_several_conditions_is_judged_in_the_fixed_order(holding: tuple[str, ...], expected: list[str]) -> None:
    raw = {part: {"event": "x"} for part in holding}
    assert steps(raw, event(START, "x")) == [expected]


@pytest.mark.parametrize(
    ("holding", "expected"),
    [
        (("cancel", "stop"), ["cancel"]),
        (("stop", "pause"), ["stop"]),
        (("stop", "reset"), ["stop", "start"]),
        (("reset", "pause"), ["reset", "start", "pause"]),
        (("pause", "resume"), []),
    ],
)
def test_a_running_clock_is_judged_in_the_same_order(holding: tuple[str, ...], expected: list[str]) -> None:
    raw = {"start": {"event": "go"}} | {part: {"event": "x"} for part in holding}
    assert steps(raw, event(START, "go"), event(minutes(1), "x"))[1] == expected


def test_a_condition_on_a_field_holds_as_long_as_it_is_true() -> None:
    raw = {"start": {"event": "go"}, "pause": {"colour": "red"}, "stop": {"colour": "green"}}
    assert steps(raw, updated(START, colour="red"), event(minutes(1), "go"))[1] == ["start", "pause"]
    assert steps(raw, updated(START, colour="green"), event(minutes(1), "go"))[1] == ["start", "stop"]


def test_a_start_that_goes_on_holding_begins_one_cycle_until_it_has_ceased_to_hold() -> None:
    raw = {"start": {"status": "triage"}, "stop": {"assignee": {"exists": True}}}
    history = [
        updated(START, status="triage"),
        updated(minutes(1), assignee="ana"),
        updated(minutes(2), title="Still in triage, and owned"),
        updated(minutes(3), status="open"),
        updated(minutes(4), status="triage"),
        updated(minutes(5), title="Again in triage, and owned"),
    ]
    assert steps(raw, *history) == [["start"], ["stop"], [], [], ["start", "stop"], []]


def test_a_pause_by_event_lasts_until_the_resume_where_one_is_given() -> None:
    raw = {"start": {"event": "go"}, "pause": {"event": "hold"}, "resume": {"event": "on"}}
    history = [event(minutes(i), name) for i, name in enumerate(["go", "hold", "noise", "on"])]
    assert steps(raw, *history) == [["start"], ["pause"], [], ["resume"]]


def test_nothing_happens_before_the_start() -> None:
    history = [event(minutes(i), f"x.{part}") for i, part in enumerate(["stop", "reset", "pause", "resume", "cancel"])]
    assert steps(EVENTS, *history) == [[]] * 5


@pytest.mark.parametrize(("before", "now"), list(product(["new", "open", "pending", "on_hold", "solved", "closed"], repeat=2)))
def test_a_pause_is_never_lost_on_the_way_from_any_status_to_any_other(before: str, now: str) -> None:
    """The resolution's state after a change of status depends on the new status alone."""
    resolution, standing = Metric.of("resolution", BUILT_IN["resolution"]), Standing()
    ticket, track = Ticket("T-1"), Track(resolution)
    for happened in (opened(START), updated(minutes(1), status=before), updated(minutes(2), status=now)):
        ticket.apply(happened)
        taken, standing = resolution.judge(ticket.facts, standing)
        for step in taken:
            track.take(step, ticket.facts, happened.time)
    assert track.running is (now not in ("solved", "closed"))
    if track.running:
        assert (track.cycle.paused_since is not None) is (now in ("pending", "on_hold"))
    spans = track.cycle.active + track.cycle.pauses
    assert sum(end - start for start, end in spans) == (
        (track.cycle.active_since or track.cycle.paused_since or minutes(2 if before not in ("solved", "closed") else 1))
        - track.cycle.started_at
    )


def test_a_condition_that_cannot_be_read_is_refused_with_the_part_it_stands_in() -> None:
    with pytest.raises(ConditionError) as caught:
        Metric.of("shipping", {"start": {"event": "x"}, "pause": {"status": {"is": "pending"}}})
    assert caught.value.path == ("pause", "status")


def test_a_metric_has_a_name_for_people() -> None:
    assert in_words("first_response") == "first response"
    assert in_words("return_refunded") == "return refunded"


# What is remembered

OWN = {
    "heavy": {"start": {"weight": {">=": 3}}, "stop": {"weight": {"<": 3}}, "pause": {"tags": {"has": "hold"}}},
    "flagged": {
        "start": {"flag": True},
        "cancel": {"flag": 1},
        "reset": {"event": "order.again"},
        "resume": {"status": "open"},
    },
}
CHANGES: list[tuple[str, dict[str, Any]]] = (
    [("ticket.updated", {"status": name}) for name in ("open", "pending", "solved", "odd", None)]
    + [("ticket.updated", {"group": name}) for name in ("support", "second-line")]
    + [("ticket.updated", {"assignee": name}) for name in ("ana", None)]
    + [("ticket.updated", {"weight": found}) for found in (1, 3, 7.5, "3", True, None)]
    + [("ticket.updated", {"flag": found}) for found in (1, True, 1.0, "true", None)]
    + [("ticket.updated", {"tags": found}) for found in (["hold"], [], "hold", None)]
    + [("ticket.replied", {"author": name, "public": True}) for name in ("agent", "customer", "bot")]
    + [("order.again", {}), ("ticket.deleted", {}), ("ticket.updated", {"title": "still"})]
)
METRICS = [Metric.of(name, raw) for name, raw in (BUILT_IN | OWN).items()]
JUDGE = Judge(METRICS)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32))
def test_what_is_remembered_of_earlier_tickets_is_what_judging_each_event_comes_to(seed: int) -> None:
    ticket, standings = Ticket("T-1"), JUDGE.beginning
    for happened in random_history(seed, START, CHANGES, [0, 60_000, 120_000], 15):
        ticket.apply(happened)
        expected = [metric.judge(ticket.facts, standing) for metric, standing in zip(METRICS, standings, strict=True)]
        taken, standings = JUDGE.steps(ticket.facts, standings)
        assert list(zip(taken, standings, strict=True)) == expected

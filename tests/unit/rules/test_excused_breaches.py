"""Which breaches an exception excuses: those that it explains by the limit they broke, and what was known in time."""

import pytest

from rules.instants import HOUR
from tests.support.core import agreement, at, clock, clocks, exception, opened, said, targets, under, updated

PLAIN = agreement(targets=targets(first_response="4h"))
LONGER = agreement(when={"tier": "gold"}, targets=targets(resolution={"urgent": "2h", "default": "24h"}))


@pytest.mark.parametrize(
    ("start", "end", "verdict"),
    [
        ("2026-01-06T16:00:00Z", "2026-01-06T17:00:00Z", "missed"),  # the day after
        ("2026-01-05T11:10:00Z", "2026-01-05T11:11:00Z", "missed"),  # after the breach, before the longer limit
        ("2026-01-05T10:00:00Z", "2026-01-05T10:29:00Z", "missed"),  # too short by a minute
        ("2026-01-05T10:00:00Z", "2026-01-05T10:30:00Z", "excused"),  # as long as it was late under that limit
    ],
)
def test_a_limit_that_grew_since_the_breach_excuses_nothing(start: str, end: str, verdict: str) -> None:
    history = [
        opened("2026-01-05T09:00:00Z", priority="urgent"),
        updated("2026-01-05T11:30:00Z", priority="low"),
        updated("2026-01-05T13:00:00Z", status="solved"),
    ]
    taken_out = exception("suspension", start, end, {"customer": "acme"}, approved="2026-01-05T14:00:00Z")
    seen = under(taken_out, history, "2026-01-08T00:00:00Z", LONGER)
    assert clock(seen, "resolution").verdict == verdict
    still = under(taken_out, history[:2], "2026-01-05T14:00:00Z", LONGER)
    assert (clock(still, "resolution").breached_at, clock(still, "resolution").verdict == "overdue") == (
        at("2026-01-05T11:00:00Z"),
        verdict == "missed",
    )


def test_a_suspension_revoked_before_its_window_excuses_nothing() -> None:
    history = [opened("2026-01-05T09:00:00Z", priority="urgent"), updated("2026-01-05T11:30:00Z", priority="low")]
    window = ("suspension", "2026-01-06T16:00:00Z", "2026-01-06T17:00:00Z", {"customer": "acme"})
    register = exception(*window, approved="2026-01-05T09:30:00Z", revoked="2026-01-05T12:00:00Z")
    assert clock(under(register, history, "2026-01-05T13:00:00Z", LONGER), "resolution").verdict == "overdue"


@pytest.mark.parametrize(("kind", "verdict"), [("waiver", "excused"), ("suspension", "on track"), ("relief", "on track")])
def test_what_was_approved_before_the_ticket_was_heard_of_holds_from_its_beginning(kind: str, verdict: str) -> None:
    window = (kind, "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z", {"customer": "acme"})
    factor = {"factor": 100} if kind == "relief" else {}
    register = exception(*window, approved="2026-01-05T15:00:00Z", **factor)
    late = opened("2026-01-05T09:00:00Z", recorded_="2026-01-05T16:00:00Z")
    seen = under(register, [late], "2026-01-05T16:00:00Z", PLAIN)
    assert clock(seen, "first_response").verdict == verdict
    assert said(seen, "clock.overdue") == []
    heard = under(register, [opened("2026-01-05T09:00:00Z")], "2026-01-05T16:00:00Z", PLAIN)
    assert len(said(heard, "clock.overdue")) == 1, "what was said before the approval stays said"


def test_a_relief_whose_scope_holds_at_the_first_of_two_events_of_an_instant_stays() -> None:
    terms = agreement(targets=targets(assignment="1h"))
    window = ("relief", "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z", {"group": "a"})
    other = exception(
        "waiver",
        "2026-01-05T00:00:00Z",
        "2026-01-06T00:00:00Z",
        {"customer": "acme"},
        id="X-2",
        approved="2026-01-05T12:00:00Z",
    )
    history = [opened("2026-01-05T10:00:00Z", group="a"), updated("2026-01-05T10:00:00Z", group="b", assignee="ana")]
    register = [*exception(*window, approved="2026-01-05T08:00:00Z", factor=2), *other]
    seen = under(register, history, "2026-01-05T13:00:00Z", terms)
    assert [row.target_ms for row in clocks(seen, "assignment")][:1] == [2 * HOUR]
    assert said(seen, "clock.recounted") == []


def test_another_limit_while_paused_is_told_though_no_due_time_moves_yet() -> None:
    history = [
        opened("2026-01-05T09:00:00Z", priority="urgent"),
        updated("2026-01-05T09:30:00Z", status="pending"),
        updated("2026-01-05T10:00:00Z", priority="low"),
        updated("2026-01-05T11:00:00Z", status="solved"),
    ]
    (told,) = said(under([], history, "2026-01-05T12:00:00Z", LONGER), "clock.retargeted")
    assert "promises resolution within 24h in calendar always at priority low, not 2h" in told.reason


def test_a_clock_that_goes_on_names_what_was_approved_while_it_was_paused() -> None:
    history = [
        opened("2026-01-05T09:00:00Z", priority="urgent"),
        updated("2026-01-05T09:30:00Z", status="pending"),
        updated("2026-01-05T11:00:00Z", status="open"),
    ]
    window = ("relief", "2026-01-05T00:00:00Z", "2026-01-06T00:00:00Z", {"customer": "acme"})
    register = exception(*window, approved="2026-01-05T10:00:00Z", factor=2)
    (moved,) = said(under(register, history, "2026-01-05T12:00:00Z", LONGER), "clock.moved")
    assert (moved.was, moved.due_at) == (at("2026-01-05T11:00:00Z"), at("2026-01-05T14:30:00Z"))
    assert "relief times 2 X-1" in moved.reason


def test_a_clock_that_would_begin_anew_where_nothing_is_promised_any_more_only_ends() -> None:
    first = agreement("a", on_change="restart", targets=targets(resolution={"urgent": "4h", "low": "8h"}))
    later = agreement(
        "a",
        version="2",
        since="2026-01-06T00:00:00Z",
        on_change="restart",
        targets=targets(resolution={"urgent": "4h", "low": None}),
    )
    history = [opened("2026-01-05T23:00:00Z", priority="urgent"), updated("2026-01-06T01:00:00Z", priority="low")]
    seen = under([], history, "2026-01-06T02:00:00Z", first, later)
    assert [row.state for row in clocks(seen, "resolution")] == ["cancelled"]
    assert "nothing is promised now" in said(seen, "clock.cancelled")[0].reason

"""One clock by itself: its states, its due instant, its crossings."""

from datetime import date
from itertools import product
from typing import Any, get_args

import pytest

from rules.clock import Clock, State
from rules.clock_states import TRANSITIONS, ClockError
from rules.decisions import Decision
from rules.exemptions import no_waiver
from rules.instants import DAY, HOUR, MINUTE
from rules.metrics import Cycle
from rules.standing import row_of
from tests.support.core import ALWAYS, LONDON, agreement, at, calendar, target, thresholds

START = at("2026-01-05T10:00:00Z")


class Told:
    """A clock with what it said."""

    def __init__(self, limit: str = "1h", on: Any = ALWAYS, start: int = START, **terms: Any) -> None:
        self.said: list[Decision] = []
        self.clock = Clock("T-1", agreement(calendar=on, **terms), 1, "resolution", self.said.append, no_waiver)
        self.clock.base = target(limit, on)
        self.clock.start(Cycle(1, start, active_since=start), [], target(limit, on), start, since=0, reason="r")

    def crossed(self, until: int) -> list[tuple[str | None, int]]:
        self.clock.advance(until, inclusive=True)
        return [(d.threshold, d.at) for d in self.said if d.kind == "clock.crossed"]

    def kinds(self) -> list[str]:
        return [d.kind.removeprefix("clock.") for d in self.said]


# States

STEPS = ("pause", "resume", "retarget", "stop", "cancel")


def in_state(state: State) -> Told:
    told = Told()
    match state:
        case "paused":
            told.clock.pause(START + MINUTE, "r")
        case "met":
            told.clock.end(START + MINUTE, "stop", "r")
        case "missed":
            told.clock.end(START + 2 * HOUR, "stop", "r")
        case "cancelled":
            told.clock.end(START + MINUTE, "cancel", "r")
        case _:
            pass
    assert told.clock.state == state
    return told


def take(told: Told, step: str, when: int) -> None:
    match step:
        case "pause":
            told.clock.pause(when, "r")
        case "resume":
            told.clock.resume(when, "r")
        case "retarget":
            told.clock.retarget(told.clock.agreement, target("2h"), target("2h"), when, "r")
        case "stop":
            told.clock.end(when, "stop", "r")
        case _:
            told.clock.end(when, "cancel", "r")


@pytest.mark.parametrize(("state", "step"), list(product(get_args(State), STEPS)))
def test_every_step_from_every_state(state: State, step: str) -> None:
    told = in_state(state)
    when = START + (3 * HOUR if state == "missed" else 2 * MINUTE)
    said = len(told.said)
    if (state, step) in TRANSITIONS:
        take(told, step, when)
        assert told.clock.state == TRANSITIONS[state, step]
    else:
        with pytest.raises(ClockError, match=f"that is {state} cannot take the step {step}"):
            take(told, step, when)
        assert told.clock.state == state
        assert len(told.said) == said


def test_the_table_holds_no_step_that_is_unknown() -> None:
    assert {step for _, step in TRANSITIONS} == set(STEPS)
    assert {state for pair in TRANSITIONS.items() for state in (pair[0][0], pair[1])} <= set(get_args(State))


# Due, met and missed


@pytest.mark.parametrize(
    ("stopped", "state", "breached"),
    [(HOUR - 1, "met", None), (HOUR, "met", None), (HOUR + 1, "missed", START + HOUR), (DAY, "missed", START + HOUR)],
)
def test_met_means_stopped_at_or_before_the_due_instant(stopped: int, state: str, breached: int | None) -> None:
    told = Told()
    told.clock.end(START + stopped, "stop", "r")
    row = row_of(told.clock, START + 2 * DAY)
    assert (row.state, row.verdict, row.breached_at) == (state, state, breached)
    assert row.due_at == START + HOUR
    assert row.elapsed_ms == row.wall_elapsed_ms == stopped
    assert ("100%" in [d.threshold for d in told.said]) is (breached is not None)


def test_the_verdict_goes_from_on_track_to_at_risk_to_overdue() -> None:
    told = Told()
    verdicts = []
    for minute in (0, 47, 48, 59, 60, 61):
        told.clock.advance(START + minute * MINUTE, inclusive=True)
        verdicts.append(row_of(told.clock, START + minute * MINUTE).verdict)
    assert verdicts == ["on track", "on track", "at risk", "at risk", "overdue", "overdue"]
    assert told.clock.state == "running"


def test_a_clock_cancelled_after_its_due_instant_keeps_the_breach_and_counts_as_missed() -> None:
    told = Told()
    told.clock.end(START + 2 * HOUR, "cancel", "r")
    row = row_of(told.clock, START + 3 * HOUR)
    assert (row.state, row.verdict, row.breached_at) == ("cancelled", "missed", START + HOUR)


def test_a_clock_cancelled_in_time_is_just_cancelled() -> None:
    told = Told()
    told.clock.end(START + HOUR, "cancel", "r")
    assert (row_of(told.clock, START + 9 * HOUR).verdict, told.clock.breached_at) == ("cancelled", None)


# Crossings


def test_each_threshold_is_crossed_once_at_its_instant() -> None:
    told = Told(after_breach=thresholds("150%", "2h after", "30s after"), warn_at=thresholds("80%", "30s before"))
    hour = START + HOUR
    assert told.crossed(START + 4 * HOUR) == [
        ("80%", START + 48 * MINUTE),
        ("30s before", hour - 30_000),
        ("100%", hour),
        ("30s after", hour + 30_000),
        ("150%", hour + 30 * MINUTE),
        ("2h after", hour + 2 * HOUR),
    ]
    assert len(told.crossed(START + 9 * HOUR)) == 6


def test_a_crossing_is_said_at_its_instant_and_not_before() -> None:
    told = Told()
    assert told.crossed(START + 48 * MINUTE - 1) == []
    assert told.crossed(START + 48 * MINUTE) == [("80%", START + 48 * MINUTE)]


def test_a_warning_longer_than_the_limit_comes_at_the_start() -> None:
    assert Told("1h", warn_at=thresholds("2h before")).crossed(START) == [("2h before", START)]


def test_thresholds_count_the_open_hours_of_the_calendar() -> None:
    # Monday 17:00; an hour is up on Tuesday at 09:30, its 80 % at 09:18.
    monday = at("2026-01-05T17:00:00Z")
    told = Told("1h", LONDON, monday, after_breach=thresholds("2h after"))
    assert told.crossed(at("2026-01-07T00:00:00Z")) == [
        ("80%", at("2026-01-06T09:18:00Z")),
        ("90%", at("2026-01-06T09:24:00Z")),
        ("100%", at("2026-01-06T09:30:00Z")),
        ("2h after", at("2026-01-06T11:30:00Z")),
    ]


def test_a_daily_crossing_comes_each_24_hours_after_due_at_the_next_opening() -> None:
    # Due on Thursday 8 January at 12:00: Friday 12:00, then Monday 09:00 for the weekend, then Monday 12:00.
    told = Told("1h", LONDON, at("2026-01-08T11:00:00Z"), after_breach=thresholds("daily"))
    daily = [when for name, when in told.crossed(at("2026-01-14T00:00:00Z")) if name == "daily"]
    assert daily == [at(f"2026-01-{day}Z") for day in ("09T12:00:00", "12T09:00:00", "12T12:00:00", "13T12:00:00")]
    keys = [d.key for d in told.said]
    assert len(keys) == len(set(keys))
    ago = [d.reason for d in told.said if d.threshold == "daily"]
    assert ago[:2] == ["resolution: 1h were used up 1d ago", "resolution: 1h were used up 3d 21h ago"]


def test_how_late_it_was_is_said_even_where_it_is_a_millisecond() -> None:
    for late, said in ((1, "1ms"), (59 * MINUTE, "59m")):
        told = Told("76h", after_breach=thresholds("30m after"))
        told.clock.end(START + 76 * HOUR + late, "stop", "r")
        assert told.said[-1].reason.startswith("resolution missed after 3d 4h of 76h, " + said + " over")
    assert told.said[-2].reason == "resolution: 76h and 30m more used up (calendar always)"


def test_a_daily_crossing_stops_with_the_clock_and_rests_while_it_is_paused() -> None:
    told = Told(after_breach=thresholds("daily"))
    told.clock.pause(START + DAY, "r")
    told.clock.resume(START + 4 * DAY, "r")
    told.clock.end(START + 5 * DAY + HOUR, "stop", "r")
    daily = [when for name, when in told.crossed(START + 9 * DAY) if name == "daily"]
    assert daily == [START + HOUR + 4 * DAY]


def test_a_zero_limit_is_due_at_once_and_met_only_at_that_instant() -> None:
    told = Told("0m")
    assert row_of(told.clock, START).due_at == START
    told.clock.end(START, "stop", "r")
    assert row_of(told.clock, START + 9 * HOUR).verdict == "met"
    late = Told("0m", after_breach=thresholds("daily"))
    assert [name for name, when in late.crossed(START) if when == START] == ["80%", "90%", "100%"]
    late.clock.end(START + 1, "stop", "r")
    assert row_of(late.clock, START + 9 * HOUR).verdict == "missed"


def test_a_zero_limit_that_starts_when_closed_is_due_when_it_starts() -> None:
    sunday = at("2026-01-11T10:00:00Z")
    assert row_of(Told("0m", LONDON, sunday).clock, sunday).due_at == sunday


def test_a_limit_that_the_calendar_can_never_fill_is_never_due() -> None:
    last_day = at("2590-01-04T10:00:00Z")
    closing = calendar("closing", "UTC", {}, dates={date(2590, 1, 4): ((9 * HOUR, 12 * HOUR),)})
    told = Told("3h", closing, last_day)
    assert row_of(told.clock, last_day + DAY).due_at is None
    assert told.crossed(last_day + 300 * DAY) == []


# Pauses


def test_a_pause_moves_the_due_instant_by_the_open_time_it_lasted() -> None:
    told = Told("4h", LONDON)
    told.clock.pause(at("2026-01-05T12:00:00Z"), "r")
    assert row_of(told.clock, at("2026-01-05T12:30:00Z")).due_at is None
    told.clock.resume(at("2026-01-06T10:00:00Z"), "r")
    row = row_of(told.clock, at("2026-01-06T10:00:00Z"))
    # Two hours used; the lunch break from 12:30 to 13:15 lies in the rest.
    assert row.due_at == at("2026-01-06T12:00:00Z")
    assert row.elapsed_ms == 2 * HOUR
    assert row.paused_ms == LONDON.between(at("2026-01-05T12:00:00Z"), at("2026-01-06T10:00:00Z"))
    assert row.original_due_at == at("2026-01-05T14:45:00Z")
    [moved] = [d for d in told.said if d.kind == "clock.moved"]
    assert (moved.was, moved.due_at) == (row.original_due_at, row.due_at)


def test_nothing_is_crossed_during_a_pause_and_the_first_look_after_it_is_quiet() -> None:
    told = Told()
    told.clock.pause(START + 30 * MINUTE, "r")
    assert told.crossed(START + 9 * HOUR) == []
    told.clock.resume(START + 9 * HOUR, "r")
    assert told.crossed(START + 9 * HOUR + 17 * MINUTE) == []
    assert told.crossed(START + 9 * HOUR + 18 * MINUTE) == [("80%", START + 9 * HOUR + 18 * MINUTE)]


def test_paused_at_the_due_instant_is_not_breached() -> None:
    told = Told()
    told.clock.pause(START + HOUR, "r")
    told.clock.end(START + 5 * HOUR, "stop", "r")
    assert row_of(told.clock, START + 9 * HOUR).verdict == "met"


def test_a_pause_after_the_breach_keeps_the_clock_overdue_with_its_due_instant() -> None:
    told = Told()
    told.clock.pause(START + 2 * HOUR, "r")
    row = row_of(told.clock, START + 3 * HOUR)
    assert (row.state, row.verdict, row.due_at) == ("paused", "overdue", START + HOUR)


# Another limit


def test_a_longer_limit_moves_the_due_instant_and_keeps_what_was_used() -> None:
    told = Told("1h")
    told.clock.retarget(told.clock.agreement, target("4h"), target("4h"), START + 30 * MINUTE, "r")
    row = row_of(told.clock, START + 30 * MINUTE)
    assert (row.due_at, row.elapsed_ms, row.target_ms) == (START + 4 * HOUR, 30 * MINUTE, 4 * HOUR)


def test_a_shorter_limit_already_used_up_is_breached_when_it_begins_to_hold() -> None:
    told = Told("4h")
    changed = START + 2 * HOUR
    told.clock.retarget(told.clock.agreement, target("1h"), target("1h"), changed, "r")
    told.clock.advance(changed, inclusive=True)
    assert (row_of(told.clock, START + 9 * HOUR).verdict, told.clock.breached_at) == ("overdue", changed)
    assert all(d.born for d in told.said if d.kind in ("clock.crossed", "clock.overdue"))


def test_a_shorter_limit_used_up_while_paused_is_not_met_by_stopping() -> None:
    told = Told("4h")
    told.clock.pause(START + 2 * HOUR, "r")
    told.clock.retarget(told.clock.agreement, target("1h"), target("1h"), START + 3 * HOUR, "r")
    told.clock.end(START + 4 * HOUR, "stop", "r")
    row = row_of(told.clock, START + 5 * HOUR)
    assert row.elapsed_ms == 2 * HOUR
    assert row.state == "missed", "two hours were used of one"


def test_a_breach_stays_when_the_limit_becomes_longer() -> None:
    told = Told("1h")
    told.clock.retarget(told.clock.agreement, target("8h"), target("8h"), START + 2 * HOUR, "r")
    told.clock.end(START + 3 * HOUR, "stop", "r")
    assert (row_of(told.clock, START + 9 * HOUR).verdict, told.clock.breached_at) == ("missed", START + HOUR)
    assert told.said[-1].reason == "resolution missed after 3h of 8h, broken when the limit was 1h: r"


def test_a_limit_on_another_calendar_measures_anew_from_the_start() -> None:
    friday = at("2026-01-09T15:00:00Z")
    told = Told("8h", LONDON, friday)
    told.clock.retarget(told.clock.agreement, target("100h"), target("100h"), at("2026-01-12T10:00:00Z"), "r")
    row = row_of(told.clock, at("2026-01-12T10:00:00Z"))
    assert row.elapsed_ms == 67 * HOUR
    assert row.due_at == friday + 100 * HOUR


def test_a_clock_shows_itself_in_text() -> None:
    told = Told()
    public = row_of(told.clock, START + 90 * MINUTE).public()
    assert public["started_at"] == "2026-01-05T10:00:00.000Z"
    assert public["due_at"] == "2026-01-05T11:00:00.000Z"
    assert public["stopped_at"] is None
    assert "original_due_at" not in public

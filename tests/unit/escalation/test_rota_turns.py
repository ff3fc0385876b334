"""Who is on call over time: turns, swaps, hours and zones of shifts, and both days on which clocks change."""

from datetime import datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation.rota import HandOver, Override, Rota, Shift, Swap
from escalation.week import QuietHours, Week
from rules.instants import DAY, HOUR, MINUTE, text
from tests.support.core import at

LONDON = ZoneInfo("Europe/London")
TOKYO = ZoneInfo("Asia/Tokyo")
OFFICE = Week(tuple(((9 * HOUR, 17 * HOUR),) if day < 5 else () for day in range(7)))
NIGHT = Week(tuple(((22 * HOUR, 30 * HOUR),) for _ in range(7)))
FIRST = datetime(2026, 1, 5, 9)


def weekly(*who: str, **more: object) -> Shift:
    return Shift(who, FIRST, HandOver(7, time(9), day=0), **more)  # type: ignore[arg-type]


def turns(rota: Rota, start: str, end: str) -> list[tuple[str, str]]:
    return [(text(turn.start)[:16], " ".join(turn.who)) for turn in rota.turns(at(start), at(end))]


def test_turns_are_told_from_hand_over_to_hand_over() -> None:
    rota = Rota("day", LONDON, (weekly("ana", "ben"),))
    assert turns(rota, "2026-01-07T00:00:00Z", "2026-01-20T00:00:00Z") == [
        ("2026-01-07T00:00", "ana"),
        ("2026-01-12T09:00", "ben"),
        ("2026-01-19T09:00", "ana"),
    ]


def test_before_the_first_shift_nobody_is_on_call() -> None:
    rota = Rota("day", LONDON, (weekly("ana"),))
    assert turns(rota, "2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z") == [("2020-01-01T00:00", "")]
    assert rota.on_call(at("2026-01-05T08:59:59Z")) == []


def test_two_people_who_swap_have_each_others_turns_and_only_these() -> None:
    swap = Swap(("ana", "ben"), datetime(2026, 1, 8), datetime(2026, 1, 15))
    rota = Rota("day", LONDON, (weekly("ana", "ben", "cleo"),), swaps=(swap,))
    assert turns(rota, "2026-01-05T09:00:00Z", "2026-01-20T00:00:00Z") == [
        ("2026-01-05T09:00", "ana"),
        ("2026-01-08T00:00", "ben"),
        ("2026-01-12T09:00", "ana"),
        ("2026-01-15T00:00", "ben"),
        ("2026-01-19T09:00", "cleo"),
    ]


def test_an_override_stands_over_a_swap() -> None:
    swap = Swap(("ana", "ben"), datetime(2026, 1, 5), datetime(2026, 1, 12))
    override = Override(("dana",), datetime(2026, 1, 6), datetime(2026, 1, 7))
    rota = Rota("day", LONDON, (weekly("ana", "ben"),), (override,), (swap,))
    assert [rota.on_call(at(f"2026-01-0{day}T12:00:00Z")) for day in (5, 6, 7)] == [["ben"], ["dana"], ["ben"]]


def test_a_shift_counts_in_its_hours_only_also_past_midnight() -> None:
    rota = Rota("day", LONDON, (weekly("ana", hours=OFFICE), weekly("ben", hours=NIGHT)))
    assert turns(rota, "2026-01-05T09:00:00Z", "2026-01-06T10:00:00Z") == [
        ("2026-01-05T09:00", "ana"),
        ("2026-01-05T17:00", ""),
        ("2026-01-05T22:00", "ben"),
        ("2026-01-06T06:00", ""),
        ("2026-01-06T09:00", "ana"),
    ]


def test_a_shift_may_go_by_the_clock_of_another_zone() -> None:
    rota = Rota("sun", LONDON, (weekly("ana", hours=OFFICE), Shift(("kim",), FIRST, hours=OFFICE, zone=TOKYO)))
    assert turns(rota, "2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z") == [
        ("2026-01-06T00:00", "kim"),
        ("2026-01-06T08:00", ""),
        ("2026-01-06T09:00", "ana"),
        ("2026-01-06T17:00", ""),
    ]


@pytest.mark.parametrize(("change", "before"), [("2026-03-29", "2026-03-28T09:00"), ("2026-10-25", "2026-10-24T08:00")])
def test_a_daily_hand_over_keeps_to_the_wall_clock_on_both_days_on_which_clocks_change(change: str, before: str) -> None:
    rota = Rota("day", LONDON, (Shift(("ana", "ben"), FIRST, HandOver(1, time(9))),))
    day = at(f"{change}T00:00:00Z")
    starts = [turn.start for turn in rota.turns(day - DAY, day + 2 * DAY)][1:]
    assert text(starts[0])[:16] == before
    assert starts[1] - starts[0] == (23 * HOUR if change.startswith("2026-03") else 25 * HOUR)


def test_the_hour_that_is_repeated_is_one_persons_from_its_first_time_on() -> None:
    rota = Rota("day", LONDON, (Shift(("ana", "ben"), FIRST, HandOver(1, time(1, 30))),))
    assert rota.on_call(at("2026-10-25T00:29:59Z")) != rota.on_call(at("2026-10-25T00:30:00Z"))
    assert rota.on_call(at("2026-10-25T01:30:00Z")) == rota.on_call(at("2026-10-25T12:00:00Z"))


_PEOPLE = st.lists(st.sampled_from("abcd"), min_size=1, max_size=3, unique=True).map(tuple)
_STARTS = st.datetimes(datetime(2026, 3, 1), datetime(2026, 4, 20)).map(lambda d: d.replace(second=0, microsecond=0))
_LASTS = st.integers(1, 20 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
_HANDING = st.one_of(
    st.none(),
    st.builds(HandOver, st.integers(1, 3), st.times().map(lambda t: t.replace(second=0, microsecond=0))),
    st.builds(HandOver, st.sampled_from([7, 14]), st.just(time(9)), st.integers(0, 6)),
)
_SHIFTS = st.builds(
    lambda who, start, handing, lasts, hours, zone: Shift(who, start, handing, start + lasts if lasts else None, hours, zone),
    _PEOPLE,
    _STARTS,
    _HANDING,
    st.none() | _LASTS,
    st.sampled_from([None, OFFICE, NIGHT]),
    st.sampled_from([None, TOKYO]),
)
_OVERRIDES = st.builds(lambda who, start, lasts: Override(who, start, start + lasts), _PEOPLE | st.just(()), _STARTS, _LASTS)
_SWAPS = st.builds(lambda start, lasts: Swap(("a", "b"), start, start + lasts), _STARTS, _LASTS)


@given(
    st.lists(_SHIFTS, max_size=3),
    st.lists(_OVERRIDES, max_size=2),
    st.lists(_SWAPS, max_size=2),
    st.integers(0, 40 * 24 * 60),
    st.integers(0, 60),
)
def test_at_every_instant_of_a_turn_its_people_are_on_call(
    shifts: list[Shift], overrides: list[Override], swaps: list[Swap], minute: int, seconds: int
) -> None:
    rota = Rota("any", LONDON, shifts, overrides, swaps)
    start = at("2026-03-10T00:00:00Z")
    found = rota.turns(start, start + 40 * DAY)
    assert (found[0].start, found[-1].end) == (start, start + 40 * DAY)
    assert all(earlier.end == later.start and earlier.who != later.who for earlier, later in pairwise(found))
    asked = min(start + minute * MINUTE + seconds * 1000, start + 40 * DAY - 1)
    (turn,) = [turn for turn in found if turn.start <= asked < turn.end]
    assert list(turn.who) == rota.on_call(asked)


def test_quiet_hours_end_by_their_own_wall_clock() -> None:
    quiet = QuietHours(TOKYO, NIGHT)
    assert quiet.end(at("2026-01-05T12:59:00Z")) is None
    assert quiet.end(at("2026-01-05T13:00:00Z")) == at("2026-01-05T21:00:00Z")
    assert QuietHours(TOKYO, Week(tuple(((0, 24 * HOUR),) for _ in range(7)))).end(at("2026-01-05T12:00:00Z")) is None

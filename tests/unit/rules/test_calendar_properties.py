"""What holds for every calendar, every instant and every amount; `workclock` is the judge."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.instants import DAY, HOUR, of, to_datetime
from tests.support.calendars import FIRST, ZONES, amounts, calendars, instants, ours, theirs
from tests.support.core import at


@settings(max_examples=150, deadline=None)
@given(calendars, st.lists(st.tuples(instants, instants, amounts), min_size=1, max_size=5))
def test_workclock_says_the_same(drawn: Any, questions: list[tuple[int, int, int]]) -> None:
    mine, judge = ours(*drawn), theirs(*drawn)
    for start, end, amount in questions:
        moment = to_datetime(start)
        worked = judge.between(moment, to_datetime(end))
        assert mine.between(start, end) == worked // timedelta(milliseconds=1)
        span = timedelta(milliseconds=amount)
        assert mine.add(start, amount) == of(judge.add(moment, span))
        assert mine.sub(start, amount) == of(judge.sub(moment, span))
        opens, closes = judge.next_period(moment)
        assert (mine.next_open(start), mine.is_open(start)) == (of(opens), of(opens) == start)
        if mine.is_open(start):
            assert mine.next_close(start) == of(closes)


@settings(max_examples=100, deadline=None)
@given(calendars, instants, amounts)
def test_what_was_added_lies_between(drawn: Any, start: int, amount: int) -> None:
    found = ours(*drawn)
    assert found.between(start, found.add(start, amount)) == amount
    assert found.between(found.sub(start, amount), start) == amount


@settings(max_examples=100, deadline=None)
@given(calendars, instants, amounts, amounts)
def test_adding_in_two_steps_is_adding_at_once(drawn: Any, start: int, first: int, second: int) -> None:
    found = ours(*drawn)
    if second == 0:
        return  # adding zero changes nothing, also where the first step ended at closing time
    assert found.add(found.add(start, first), second) == found.add(start, first + second)


@settings(max_examples=100, deadline=None)
@given(calendars, instants, instants, instants)
def test_the_parts_of_a_span_sum_up(drawn: Any, a: int, b: int, c: int) -> None:
    found = ours(*drawn)
    assert found.between(a, c) == found.between(a, b) + found.between(b, c)
    assert found.between(a, b) == -found.between(b, a)


far = st.integers(at("1995-01-01T00:00:00Z"), at("2050-01-01T00:00:00Z"))


@settings(max_examples=15, deadline=None)
@given(calendars, st.lists(far, min_size=1, max_size=4), instants, amounts)
def test_what_was_asked_before_does_not_change_the_answer(drawn: Any, before: list[int], start: int, amount: int) -> None:
    grown, fresh = ours(*drawn), ours(*drawn)
    for asked in before:
        grown.is_open(asked)
    for question in ("add", "sub", "between"):
        other = amount if question != "between" else start + amount
        assert getattr(grown, question)(start, other) == getattr(fresh, question)(start, other)
    if fresh.between(start, start + 8 * DAY) < 8 * DAY and fresh.between(start - 8 * DAY, start) < 8 * DAY:
        for question in ("next_open", "next_close", "prev_close", "prev_open"):
            assert getattr(grown, question)(start) == getattr(ours(*drawn), question)(start)


@settings(max_examples=60, deadline=None)
@given(calendars, instants)
def test_the_four_questions_agree_with_each_other(drawn: Any, t: int) -> None:
    found = ours(*drawn)
    if found.between(t, t + 8 * DAY) in (0, 8 * DAY) or found.between(t - 8 * DAY, t) in (0, 8 * DAY):
        return  # never closed, or shut for long: nothing to ask
    opens, closes = found.next_open(t), found.next_close(t)
    closed_, opened = found.prev_close(t), found.prev_open(t)
    assert opens is not None
    assert closes is not None
    assert closed_ is not None
    assert opened is not None
    assert t <= opens
    assert t < closes
    assert closed_ <= t
    assert opened < t
    assert found.is_open(opens)
    assert not found.is_open(closes)
    assert found.is_open(closes - 1)
    assert found.is_open(closed_ - 1)
    assert found.is_open(opened)
    assert not found.is_open(opened - 1)
    assert found.between(t, opens) == 0
    assert found.between(closed_, t) == 0


@pytest.mark.parametrize("zone", ZONES)
def test_a_whole_year_day_by_day_is_what_workclock_counts(zone: str) -> None:
    week = [[(36, 50), (53, 70)]] * 4 + [[(88, 24)], [], [(0, 0)]]
    mine, judge = ours(zone, week, [date(2026, 5, 4)]), theirs(zone, week, [date(2026, 5, 4)])
    for day in range(366):
        start = FIRST + day * DAY + 7 * HOUR
        expected = judge.between(to_datetime(start), to_datetime(start + DAY))
        assert mine.between(start, start + DAY) == expected // timedelta(milliseconds=1)

"""Working time between two instants, and the instant a working time away."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest

from rules.calendar import BusinessCalendar, CalendarError
from rules.instants import DAY, HOUR, MINUTE, text
from tests.support.core import ALWAYS, LONDON, amount, at, calendar, hours, london, nights

NINE_TO_FIVE = calendar("office", "Europe/London", {"mon-fri": ["09:00-17:00"]})
AROUND_THE_CLOCK = {"mon-sun": ["00:00-24:00"]}


def by_london(instant: str) -> int:
    return at(instant, "Europe/London")


# Adding


@pytest.mark.parametrize(
    ("start", "added", "expected"),
    [
        ("2026-01-05 16:00", "15m", "2026-01-05 16:15"),
        ("2026-01-05 12:00", "1h", "2026-01-05 13:45"),
        ("2026-01-05 17:00", "1h", "2026-01-06 09:30"),
        ("2026-01-09 15:30", "1h", "2026-01-12 09:30"),
        ("2026-01-10 11:00", "30m", "2026-01-12 09:30"),
        ("2026-12-23 17:00", "1h", "2026-12-29 09:30"),
        ("2026-12-31 11:00", "2h", "2027-01-04 10:00"),
        ("2026-05-01 15:00", "2h", "2026-05-04 10:00"),
        ("2026-05-22 15:00", "2h", "2026-05-26 10:00"),
    ],
    ids=["within", "lunch", "evening", "weekend", "closed", "Christmas", "short day", "open holiday", "bank holiday"],
)
def test_time_is_added_within_the_open_hours_of_london(start: str, added: str, expected: str) -> None:
    assert text(LONDON.add(by_london(start), amount(added))) == text(by_london(expected))


@pytest.mark.parametrize(
    ("start", "added", "expected"),
    [
        ("2026-01-05 16:00", "1h30m", "2026-01-05 17:30"),
        ("2026-01-05 12:00", "30m", "2026-01-05 12:30"),
        ("2026-01-05 18:00", "7h45m", "2026-01-06 17:30"),
        ("2026-01-09 15:00", "1h", "2026-01-09 16:00"),
    ],
)
def test_an_amount_used_up_exactly_at_closing_time_is_due_at_closing_time(start: str, added: str, expected: str) -> None:
    assert LONDON.add(by_london(start), amount(added)) == by_london(expected)


def test_one_millisecond_more_than_the_day_has_is_due_the_next_morning() -> None:
    assert LONDON.add(by_london("2026-01-05 16:00"), 90 * MINUTE + 1) == by_london("2026-01-06 09:00") + 1


@pytest.mark.parametrize("start", ["2026-01-05 10:00", "2026-01-05 12:45", "2026-01-10 03:00", "2026-12-25 12:00"])
def test_adding_zero_changes_nothing_even_when_closed(start: str) -> None:
    for found in (LONDON, ALWAYS):
        assert found.add(by_london(start), 0) == by_london(start)
        assert found.sub(by_london(start), 0) == by_london(start)


def test_a_negative_amount_goes_backward() -> None:
    start = by_london("2026-01-06 09:30")
    assert LONDON.add(start, -HOUR) == LONDON.sub(start, HOUR) == by_london("2026-01-05 17:00")
    assert LONDON.sub(by_london("2026-01-05 17:00"), -HOUR) == start


def test_an_amount_taken_back_exactly_to_opening_time_is_opening_time() -> None:
    assert LONDON.sub(by_london("2026-01-06 10:00"), HOUR) == by_london("2026-01-06 09:00")
    assert LONDON.sub(by_london("2026-01-05 13:45"), 30 * MINUTE) == by_london("2026-01-05 13:15")


# Between


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-01-05 09:00", "2026-01-05 17:30", "7h45m"),
        ("2026-01-05 12:30", "2026-01-05 13:15", "0m"),
        ("2026-01-09 15:00", "2026-01-12 10:00", "2h"),
        ("2026-01-05 00:00", "2026-01-12 00:00", "38h"),
        ("2026-01-10 00:00", "2026-01-11 00:00", "0m"),
    ],
)
def test_only_open_time_is_counted(start: str, end: str, expected: str) -> None:
    assert LONDON.between(by_london(start), by_london(end)) == amount(expected)


def test_between_is_negative_where_the_end_is_before_the_start() -> None:
    assert LONDON.between(by_london("2026-01-12 10:00"), by_london("2026-01-09 15:00")) == -2 * HOUR


def test_around_the_clock_every_millisecond_counts() -> None:
    assert ALWAYS.between(at("2026-01-09T15:00:00Z"), at("2026-01-12T15:00:00.001Z")) == 3 * DAY + 1
    assert ALWAYS.add(at("2026-01-09T15:00:00Z"), 3 * DAY) == at("2026-01-12T15:00:00Z")


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        ("Europe/London", "2026-03-28T22:00:00Z", "2026-03-29T12:00:00Z", 14),
        ("Europe/London", "2026-10-24T21:00:00Z", "2026-10-25T12:00:00Z", 15),
        ("America/New_York", "2026-03-08T03:00:00Z", "2026-03-08T16:00:00Z", 13),
        ("America/New_York", "2026-11-01T02:00:00Z", "2026-11-01T17:00:00Z", 15),
    ],
)
def test_an_office_open_day_and_night_counts_every_hour_of_a_day_on_which_clocks_change(
    zone: str, start: str, end: str, expected: int
) -> None:
    assert calendar("day and night", zone, AROUND_THE_CLOCK).between(at(start), at(end)) == expected * HOUR


@pytest.mark.parametrize(
    ("evening", "added", "expected"),
    [
        ("2026-03-27 16:00", "2h", "2026-03-30 10:00"),
        ("2026-10-23 16:00", "2h", "2026-10-26 10:00"),
    ],
)
def test_a_limit_over_the_weekend_of_the_clock_change_ends_by_the_wall_clock(evening: str, added: str, expected: str) -> None:
    assert NINE_TO_FIVE.add(by_london(evening), amount(added)) == by_london(expected)


def test_a_night_shift_counts_past_midnight() -> None:
    york = "America/New_York"
    assert nights().between(at("2026-01-05 21:00", york), at("2026-01-06 07:00", york)) == 8 * HOUR
    assert nights().add(at("2026-01-05 23:00", york), 4 * HOUR) == at("2026-01-06 03:00", york)
    assert nights().add(at("2026-01-09 05:00", york), 2 * HOUR) == at("2026-01-11 23:00", york)


# Questions


@pytest.mark.parametrize(
    ("asked", "open_", "next_open", "next_close", "prev_close", "prev_open"),
    [
        # The day before 5 January 2026, a Monday, is a Sunday; Friday 2 January closes at 16:00.
        ("01-05 08:59", False, "01-05 09:00", "01-05 12:30", "01-02 16:00", "01-02 09:00"),
        ("01-05 09:00", True, "01-05 09:00", "01-05 12:30", "01-02 16:00", "01-02 09:00"),
        ("01-05 09:01", True, "01-05 09:01", "01-05 12:30", "01-05 09:01", "01-05 09:00"),
        ("01-05 12:30", False, "01-05 13:15", "01-05 17:30", "01-05 12:30", "01-05 09:00"),
        ("01-05 12:31", False, "01-05 13:15", "01-05 17:30", "01-05 12:30", "01-05 09:00"),
        ("01-05 13:15", True, "01-05 13:15", "01-05 17:30", "01-05 12:30", "01-05 09:00"),
        ("01-05 17:30", False, "01-06 09:00", "01-06 12:30", "01-05 17:30", "01-05 13:15"),
        ("01-09 16:00", False, "01-12 09:00", "01-12 12:30", "01-09 16:00", "01-09 09:00"),
    ],
)
def test_the_questions_to_a_calendar(
    asked: str, open_: bool, next_open: str, next_close: str, prev_close: str, prev_open: str
) -> None:
    for found in (LONDON, london()):
        t = by_london(f"2026-{asked}")
        assert found.is_open(t) is open_
        answers = (found.next_open(t), found.next_close(t), found.prev_close(t), found.prev_open(t))
        assert answers == tuple(by_london(f"2026-{name}") for name in (next_open, next_close, prev_close, prev_open))


def test_one_that_never_closes_has_no_closing_and_no_opening() -> None:
    t = at("2026-01-05T10:00:00Z")
    assert (ALWAYS.is_open(t), ALWAYS.next_open(t), ALWAYS.prev_close(t)) == (True, t, t)
    assert ALWAYS.next_close(t) is None
    assert ALWAYS.prev_open(t) is None


def test_windows_are_cut_to_what_was_asked_for() -> None:
    found = LONDON.windows(by_london("2026-01-05 10:00"), by_london("2026-01-05 14:00"))
    assert found == [
        (by_london("2026-01-05 10:00"), by_london("2026-01-05 12:30")),
        (by_london("2026-01-05 13:15"), by_london("2026-01-05 14:00")),
    ]
    assert LONDON.windows(by_london("2026-01-10 00:00"), by_london("2026-01-11 00:00")) == []


# Far away, and never


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Fails where something takes longer: nobody waits for it."""

    def too_long(*_: object) -> None:
        raise TimeoutError(f"took longer than {seconds} s")

    before = signal.signal(signal.SIGALRM, too_long)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_century_of_working_time_is_counted_exactly() -> None:
    start = by_london("2026-01-05 09:00")
    weekly = calendar("weekly", "Europe/London", {"mon": ["09:00-10:00"]})
    assert weekly.add(start, 5_218 * HOUR) == start + 5_217 * 7 * DAY + HOUR
    assert weekly.sub(start + HOUR, 5_218 * HOUR) == by_london("1926-01-11 09:00")
    assert weekly.between(by_london("1926-01-01 00:00"), by_london("2126-01-01 00:00")) == 10_436 * HOUR


def test_the_table_answers_alike_at_both_ends_of_time() -> None:
    for instant in ("1602-01-01T00:00:00Z", "2597-01-01T00:00:00Z"):
        fresh = calendar("office", "Europe/London", {"mon-fri": ["09:00-17:00"]})
        assert fresh.between(at(instant), at(instant) + 28 * DAY) == 160 * HOUR


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00Z", "9999-12-31T23:00:00Z"])
def test_before_and_after_all_calendars_there_is_a_plain_refusal(instant: str) -> None:
    with pytest.raises(CalendarError):
        calendar("office", "Europe/London", {"mon-fri": ["09:00-17:00"]}).add(at(instant), HOUR)


def closing_down() -> BusinessCalendar:
    """Open on one last day only."""
    return calendar("closing down", "Europe/London", {}, dates={date(2026, 1, 5): hours("09:00-12:00")})


def test_a_calendar_that_never_opens_again_is_a_plain_refusal() -> None:
    late = calendar("late", "Europe/London", {}, dates={date(2590, 1, 4): hours("09:00-12:00")})
    assert late.add(at("2590-01-04T09:00:00Z"), 3 * HOUR) == at("2590-01-04T12:00:00Z")
    with pytest.raises(CalendarError, match="'late' has not enough open time"):
        late.add(at("2590-01-04T09:00:00Z"), 3 * HOUR + 1)
    assert late.next_open(at("2590-01-04T12:00:00Z")) is None
    early = calendar("early", "Europe/London", {})
    with pytest.raises(CalendarError):
        early.sub(at("0012-01-04T09:00:00Z"), 1)


def test_a_calendar_that_never_opens_again_says_so_without_delay() -> None:
    with within(2), pytest.raises(CalendarError):
        closing_down().add(at("2026-01-05T10:00:00Z"), 3 * HOUR)


def test_an_office_open_day_and_night_says_without_delay_that_it_never_closes() -> None:
    with within(2):
        assert calendar("day and night", "Europe/London", AROUND_THE_CLOCK).next_close(at("2026-01-05T10:00:00Z")) is None

"""Amounts and thresholds, as people write and read them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.durations import (
    BREACH,
    DurationError,
    parse_amount,
    parse_milliseconds,
    parse_threshold,
    spoken,
)
from rules.instants import DAY, HOUR, MINUTE, SECOND


@pytest.mark.parametrize(
    ("written", "milliseconds"),
    [
        ("15m", 15 * MINUTE),
        ("1h30m", 90 * MINUTE),
        ("1h 30m", 90 * MINUTE),
        (" 4h ", 4 * HOUR),
        ("90s", 90 * SECOND),
        ("250ms", 250),
        ("2d", 2 * DAY),
        ("1w", 7 * DAY),
        ("1w2d3h4m5s6ms", 7 * DAY + 2 * DAY + 3 * HOUR + 4 * MINUTE + 5 * SECOND + 6),
        ("0m", 0),
    ],
)
def test_an_amount_is_the_sum_of_its_parts(written: str, milliseconds: int) -> None:
    assert parse_milliseconds(written) == milliseconds


@pytest.mark.parametrize("written", ["", "15", "m", "15 minutes", "-15m", "1.5h", "1h30", "15m!", None, 15, "3wd"])
def test_what_is_no_amount_is_refused_with_examples(written: object) -> None:
    with pytest.raises(DurationError, match="1h30m"):
        parse_milliseconds(written)  # type: ignore[arg-type]


@pytest.mark.parametrize(("written", "hours"), [("1wd", 8), ("3wd", 24), ("0.5wd", 4), ("1.25 wd", 10)])
def test_a_working_day_is_as_long_as_the_calendar_says(written: str, hours: int) -> None:
    assert parse_amount(written).in_milliseconds(8 * HOUR) == hours * HOUR


def test_working_days_need_a_calendar_that_says_how_long_one_is() -> None:
    with pytest.raises(DurationError, match="3wd counts working days"):
        parse_amount("3wd").in_milliseconds(None)


@pytest.mark.parametrize(("written", "uses"), [("1d", True), ("1w", True), ("1h1d", True), ("24h", False), ("3wd", False)])
def test_an_amount_says_whether_it_was_written_in_days(written: str, uses: bool) -> None:
    assert parse_amount(written).uses_days is uses


@pytest.mark.parametrize(
    ("written", "limit", "elapsed"),
    [
        ("80%", HOUR, 48 * MINUTE),
        ("100%", HOUR, HOUR),
        ("150%", HOUR, 90 * MINUTE),
        ("33.3%", HOUR, 1_198_800),
        ("30s before", HOUR, HOUR - 30 * SECOND),
        ("2h after", HOUR, 3 * HOUR),
        ("2h before", HOUR, 0),
        ("80%", 0, 0),
    ],
)
def test_a_threshold_is_reached_when_so_much_has_elapsed(written: str, limit: int, elapsed: int) -> None:
    assert parse_threshold(written).elapsed(limit) == elapsed


def test_a_percentage_is_reached_and_not_nearly_reached() -> None:
    assert parse_threshold("99.999%").elapsed(7) == 7
    assert parse_threshold("80%").elapsed(1) == 1
    assert parse_threshold("0.0001%").elapsed(1_000_001) == 2


@pytest.mark.parametrize("written", ["80%", "30s before", "2h after", "daily", "99.5 %"])
def test_a_threshold_keeps_its_text_unchanged(written: str) -> None:
    assert parse_threshold(written).text == written


@pytest.mark.parametrize("written", ["", "80", "eighty", "-5%", "before", "30s", "30s later", "weekly", "before 30s", None, 80])
def test_what_is_no_threshold_is_refused_with_examples(written: object) -> None:
    with pytest.raises(DurationError):
        parse_threshold(written)  # type: ignore[arg-type]


def test_the_breach_is_the_whole_limit() -> None:
    assert parse_threshold("100%") == BREACH
    assert Fraction(1) == BREACH.percent


@pytest.mark.parametrize(
    ("milliseconds", "words"),
    [
        (0, "0s"),
        (999, "999ms"),
        (45 * SECOND, "45s"),
        (90 * SECOND, "1m 30s"),
        (90 * MINUTE, "1h 30m"),
        (HOUR, "1h"),
        (2 * DAY + 4 * HOUR + 59 * MINUTE, "2d 4h"),
        (-15 * MINUTE, "-15m"),
    ],
)
def test_an_amount_is_spoken_in_its_two_largest_units(milliseconds: int, words: str) -> None:
    assert spoken(milliseconds) == words


@given(st.integers(0, 5_000), st.sampled_from(["ms", "s", "m", "h", "d", "w"]), st.integers(1, 10**6))
def test_a_percentage_of_any_limit_never_lies_beyond_it(number: int, unit: str, limit: int) -> None:
    assert parse_milliseconds(f"{number}{unit}") >= number
    reached = parse_threshold("80%").elapsed(limit)
    assert limit * 8 <= reached * 10 < limit * 8 + 10

"""Instants: integers inside, RFC 3339 outside."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rules.instants import InstantError, of, parse, text, text_or_none, to_datetime

YEAR_1, YEAR_9999 = parse("0001-01-01T00:00:00Z"), parse("9999-12-31T23:59:59.999Z")


@pytest.mark.parametrize(
    ("written", "read_back"),
    [
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"),
        ("2026-01-05T16:00:00Z", "2026-01-05T16:00:00.000Z"),
        ("2026-01-05T16:00:00.25Z", "2026-01-05T16:00:00.250Z"),
        ("2026-01-05T17:00:00+01:00", "2026-01-05T16:00:00.000Z"),
        ("2026-01-05T10:30:00-05:30", "2026-01-05T16:00:00.000Z"),
        ("2026-01-05 16:00:00Z", "2026-01-05T16:00:00.000Z"),
        ("1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59.999Z"),
        ("0476-09-04T00:00:00Z", "0476-09-04T00:00:00.000Z"),
    ],
)
def test_an_instant_is_written_in_utc_with_milliseconds(written: str, read_back: str) -> None:
    assert text(parse(written)) == read_back


def test_rfc_3339_also_writes_t_and_z_small() -> None:
    assert parse("2026-01-05t16:00:00z") == parse("2026-01-05T16:00:00Z")


def test_what_is_finer_than_a_millisecond_is_cut_off_before_and_after_the_epoch() -> None:
    assert parse("2026-01-05T16:00:00.000999Z") == parse("2026-01-05T16:00:00Z")
    assert text(parse("1969-12-31T23:59:59.999900Z")) == "1969-12-31T23:59:59.999Z"


@pytest.mark.parametrize(
    "found",
    [
        "",
        "soon",
        "2026-01-05",
        "2026-01-05T16:00:00",
        "2026-02-30T16:00:00Z",
        "2026-01-05T25:00:00Z",
        "2026-01-05T16:00:00Z and a tail that is far too long to be an instant",
        1767628800,
        None,
        [],
    ],
)
def test_what_is_no_instant_is_refused_with_an_example(found: object) -> None:
    with pytest.raises(InstantError, match="2026-01-05T16:00:00Z"):
        parse(found)


def test_a_missing_offset_is_named() -> None:
    with pytest.raises(InstantError, match="has no offset"):
        parse("2026-01-05T16:00:00")


def test_a_long_text_is_shortened_in_the_refusal() -> None:
    with pytest.raises(InstantError) as caught:
        parse("x" * 100_000)
    assert len(str(caught.value)) < 200


def test_nothing_is_written_as_nothing() -> None:
    assert text_or_none(None) is None
    assert text_or_none(0) == "1970-01-01T00:00:00.000Z"


@given(st.integers(YEAR_1, YEAR_9999))
@example(0)
@example(-1)
@example(YEAR_1)
@example(YEAR_9999)
def test_every_instant_comes_back_from_its_text(instant: int) -> None:
    assert parse(text(instant)) == instant
    assert of(to_datetime(instant)) == instant


@pytest.mark.parametrize("written", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_that_could_not_be_written_again_is_refused(written: str) -> None:
    with pytest.raises(InstantError):
        parse(written)

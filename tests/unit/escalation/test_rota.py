"""Who is on call when."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from escalation.rota import HandOver, Override, Rota, Shift
from tests.support.core import at, rota

LONDON = ZoneInfo("Europe/London")


def weekly(start: datetime, hand_over: HandOver | None, *who: str, **rest: object) -> Rota:
    return Rota("r", LONDON, (Shift(who or ("ana", "ben", "cleo"), start, hand_over, **rest),))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("when", "who"),
    [
        ("2026-01-05 08:59", []),
        ("2026-01-05 09:00", ["ana"]),
        ("2026-01-12 08:59", ["ana"]),
        ("2026-01-12 09:00", ["ben"]),
        ("2026-01-19 09:00", ["ana"]),
        ("2026-03-30 08:59", ["ben"]),
        ("2026-03-30 09:00", ["ana"]),
        ("2026-12-24 08:59", ["ana"]),
        ("2026-12-24 09:00", ["cleo"]),
        ("2026-12-28 08:59", ["cleo"]),
        ("2026-12-28 09:00", ["ben"]),
    ],
)
def test_the_examples_rota_hands_over_on_mondays_at_nine_by_the_wall_clock(when: str, who: list[str]) -> None:
    assert rota().on_call(at(when, "Europe/London")) == who


def test_a_shift_that_begins_midweek_hands_over_on_the_next_hand_over_day() -> None:
    found = weekly(datetime(2026, 1, 7, 12), HandOver(7, time(9), day=0))
    assert [found.on_call(at(f"2026-01-{day} 09:00", "Europe/London")) for day in ("08", "12", "18", "19", "26")] == [
        ["ana"],
        ["ben"],
        ["ben"],
        ["cleo"],
        ["ana"],
    ]


def test_a_shift_can_hand_over_every_day() -> None:
    found = weekly(datetime(2026, 1, 5, 18), HandOver(1, time(8)))
    assert [
        found.on_call(at(f"2026-01-{when}", "Europe/London")) for when in ("05 20:00", "06 07:59", "06 08:00", "07 08:00")
    ] == [
        ["ana"],
        ["ana"],
        ["ben"],
        ["cleo"],
    ]


def test_a_shift_can_hand_over_every_second_week() -> None:
    found = weekly(datetime(2026, 1, 5, 9), HandOver(14, time(9), day=0), "ana", "ben")
    assert [found.on_call(at(f"2026-{when} 10:00", "Europe/London")) for when in ("01-12", "01-19", "01-26", "02-02")] == [
        ["ana"],
        ["ben"],
        ["ben"],
        ["ana"],
    ]


def test_without_a_hand_over_the_first_one_stays() -> None:
    assert weekly(datetime(2026, 1, 5, 9), None).on_call(at("2029-01-01 00:00")) == ["ana"]


def test_a_shift_ends() -> None:
    found = weekly(datetime(2026, 1, 5, 9), None, end=datetime(2026, 1, 6, 9))
    assert found.on_call(at("2026-01-06 08:59", "Europe/London")) == ["ana"]
    assert found.on_call(at("2026-01-06 09:00", "Europe/London")) == []


def test_several_shifts_at_once_call_everybody_once() -> None:
    start = datetime(2026, 1, 5, 9)
    found = Rota("r", LONDON, (Shift(("ana",), start), Shift(("ben",), start), Shift(("ana",), start)))
    assert found.on_call(at("2026-01-05 10:00")) == ["ana", "ben"]


def test_an_override_replaces_all_shifts_and_may_leave_nobody() -> None:
    start, end = datetime(2026, 1, 6), datetime(2026, 1, 7)
    shifts = (Shift(("ana",), datetime(2026, 1, 5, 9)),)
    assert Rota("r", LONDON, shifts, (Override(("ben", "cleo"), start, end),)).on_call(at("2026-01-06 12:00")) == [
        "ben",
        "cleo",
    ]
    assert Rota("r", LONDON, shifts, (Override((), start, end),)).on_call(at("2026-01-06 12:00")) == []


def test_without_shifts_nobody_is_on_call() -> None:
    assert Rota("r", LONDON).on_call(at("2026-01-06 12:00")) == []
    assert Rota("r", LONDON, (Shift((), datetime(2026, 1, 5, 9)),)).on_call(at("2026-01-06 12:00")) == []


def test_the_hand_over_follows_the_wall_clock_over_the_change_of_clocks() -> None:
    found = weekly(datetime(2026, 3, 23, 9), HandOver(7, time(9), day=0), "ana", "ben")
    assert found.on_call(at("2026-03-30T07:59:59Z")) == ["ana"]
    assert found.on_call(at("2026-03-30T08:00:00Z")) == ["ben"]

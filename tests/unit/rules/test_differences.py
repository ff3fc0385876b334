"""How two sets of promises differ, and what the difference does to open tickets."""

from dataclasses import replace
from datetime import date

from rules.calendar import BusinessCalendar
from rules.differences import Difference, Move, calendar_differences, differences, moves
from tests.support.core import ALWAYS, TICKET, agreement, at, calendar, opened, promises, targets, updated

OLD = agreement("gold", targets=targets(first_response="4h", resolution={"urgent": "8h", "default": None}))
NEXT = replace(OLD, version="2", since=at("2026-01-05T12:00:00Z"), targets=targets(first_response="2h"), ladder="other")


def test_the_same_is_no_difference() -> None:
    assert differences([OLD], [OLD]) == []


def test_a_new_version_is_told_with_what_it_changes() -> None:
    assert differences([OLD], [OLD, NEXT]) == [
        Difference("gold 2", "version", None, "is there"),
        Difference("gold 2", "from", "2020-01-01", "2026-01-05"),
        Difference("gold 2", "ladder", "support", "other"),
        Difference("gold 2", "first response, default", "4h (always)", "2h (always)"),
        Difference("gold 2", "resolution, urgent", "8h (always)", None),
        Difference("gold 2", "resolution, default", "no promise", None),
    ]


def test_a_version_that_is_changed_in_place_is_told() -> None:
    changed = replace(OLD, targets=targets(first_response="1h", resolution={"urgent": "8h", "default": None}))
    assert differences([OLD], [changed]) == [Difference("gold 1", "first response, default", "4h (always)", "1h (always)")]


def test_an_agreement_that_is_gone_or_new_is_told() -> None:
    other = agreement("silver", when={"tier": "silver"}, targets=targets(resolution="1h"))
    found = differences([OLD], [other])
    assert (found[0], found[1]) == (
        Difference("gold 1", "agreement", "is there", None),
        Difference("silver 1", "agreement", None, "is there"),
    )
    assert Difference("silver 1", "applies", None, "tier is silver") in found


def test_due_times_that_move_and_clocks_that_are_born_overdue() -> None:
    only = agreement("gold", targets=targets(first_response="4h"))
    later = replace(NEXT, applies_to="open")
    old, new = promises(only), promises(only, later)
    when = at("2026-01-05T12:00:00Z")
    early, late = (
        [Move(TICKET, "gold", "first_response", at(was), at(now), born)]
        for was, now, born in (
            ("2026-01-05T13:00:00Z", "2026-01-05T11:00:00Z", True),
            ("2026-01-05T15:30:00Z", "2026-01-05T13:30:00Z", False),
        )
    )
    assert moves(TICKET, [opened("2026-01-05T09:00:00Z")], old, new, when) == early
    assert moves(TICKET, [opened("2026-01-05T11:30:00Z")], old, new, when) == late
    solved = [opened("2026-01-05T11:30:00Z"), updated("2026-01-05T11:45:00Z", status="solved")]
    assert moves(TICKET, solved, old, new, when) == []


def test_a_clock_that_begins_or_ends_is_told() -> None:
    old, new = promises(OLD), promises(agreement("silver", targets=targets(first_response="1h")))
    found = moves(TICKET, [opened("2026-01-05T11:30:00Z", priority="low")], old, new, at("2026-01-05T12:00:00Z"))
    assert [(move.agreement, move.was is None, move.now is None) for move in found] == [
        ("gold", False, True),
        ("silver", True, False),
    ]


def test_calendars_are_compared_date_by_date_for_a_year() -> None:
    week = {"mon-fri": ["09:00-17:00"]}
    short = {"mon-thu": ["09:00-17:00"], "fri": ["09:00-16:00"]}
    old = {"london": calendar("london", "Europe/London", week), "always": ALWAYS}
    new = {"london": calendar("london", "Europe/London", short, closed={date(2026, 12, 28): "moving"}), "always": ALWAYS}
    assert calendar_differences(old, new, date(2026, 11, 23)) == [
        Difference("calendar london", "52 Fridays from 27 Nov 2026", "09:00–17:00", "09:00–16:00"),
        Difference("calendar london", "Mon 28 Dec 2026", "09:00–17:00", "closed"),
    ]
    assert calendar_differences(old, old, date(2026, 11, 23)) == []
    (zone, *_) = calendar_differences(old, {"london": BusinessCalendar("london", None)}, date(2026, 11, 23))
    assert zone == Difference("calendar london", "zone", "Europe/London", "UTC")

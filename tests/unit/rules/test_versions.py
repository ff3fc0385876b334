"""Versions of agreements and calendars while clocks run: which one holds, what moves, and why."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from rules.agreement import Agreement, Target
from rules.calendar_versions import Version, calendar_of
from rules.instants import HOUR, MINUTE
from tests.support.core import agreement, at, clock, clocks, crossings, days, fold, opened, said, targets, thresholds, updated


def day(time: str, date: str = "2026-01-05") -> str:
    return f"{date}T{time}:00Z"


def old(**terms: object) -> Agreement:
    return agreement("gold", targets=targets(first_response="4h"), **terms)


def new(limit: str = "2h", **terms: object) -> Agreement:
    usual: dict[str, object] = {"version": "2", "since": day("12:00"), "applies_to": "open"}
    return agreement("gold", targets=targets(first_response=limit), **(usual | terms))


def test_a_running_clock_keeps_its_version() -> None:
    seen = fold([opened(day("11:00"))], day("12:30"), old(), new(applies_to="new"))
    assert (clock(seen, "first_response").version, clock(seen, "first_response").due_at) == ("1", at(day("15:00")))
    assert said(seen, "clock.moved") == []


def test_a_version_for_open_tickets_moves_a_running_clock_from_its_instant_on() -> None:
    seen = fold([opened(day("11:00"))], day("12:30"), old(), new())
    (moved,) = said(seen, "clock.moved")
    assert (moved.at, moved.was, moved.due_at) == (at(day("12:00")), at(day("15:00")), at(day("13:00")))
    assert "gold 2" in moved.reason
    row = clock(seen, "first_response")
    assert (row.version, row.elapsed_ms, row.original_due_at) == ("2", 90 * MINUTE, at(day("15:00")))


def test_until_then_the_old_version_holds_and_the_ticket_is_looked_at_in_time() -> None:
    seen = fold([opened(day("11:00"))], day("11:30"), old(), new())
    assert (clock(seen, "first_response").version, seen.next_at) == ("1", at(day("12:00")))


def test_a_clock_that_the_new_version_finds_overdue_is_noticed_and_not_paged_for() -> None:
    seen = fold([opened(day("09:00"))], day("12:30"), old(), new())
    assert crossings(seen)[-1] == ("100%", at(day("12:00")))
    assert [d.born for d in said(seen, "clock.overdue")] == [True]


def test_new_thresholds_hold_from_then_on_and_nothing_is_said_twice() -> None:
    terms = new("4h", warn_at=thresholds("50%", "80%"))
    seen = fold([opened(day("11:00"))], day("15:30"), old(), terms)
    assert crossings(seen) == [("50%", at(day("13:00"))), ("80%", at(day("14:12"))), ("100%", at(day("15:00")))]


def test_an_agreement_for_open_tickets_begins_their_clocks_with_the_time_that_has_passed() -> None:
    seen = fold([opened(day("11:00"))], day("12:30"), new())
    row = clock(seen, "first_response")
    assert (row.started_at, row.elapsed_ms, row.due_at) == (at(day("11:00")), 90 * MINUTE, at(day("13:00")))


def test_a_contract_for_open_tickets_takes_the_place_of_the_general_one() -> None:
    own = replace(new(version="1"), name="acme", instead_of=("gold",))
    seen = fold([opened(day("11:00"))], day("12:30"), old(), own)
    assert {(row.agreement, row.state) for row in clocks(seen)} == {("gold", "cancelled"), ("acme", "running")}
    (cancelled,) = said(seen, "clock.cancelled")
    assert "acme 1 replaces gold 1" in cancelled.reason


def test_a_clock_between_teams_keeps_the_version_in_which_it_began() -> None:
    def ola(version: str, since: str, limit: str) -> Agreement:
        found = agreement("hand-over", kind="ola", version=version, since=since, when={"group": "second-line"})
        return replace(found, targets=targets(resolution=limit))

    history = [opened(day("11:00")), updated(day("13:00"), group="second-line"), updated(day("13:30"), priority="high")]
    seen = fold(history, day("14:00"), ola("1", "2020-01-01T00:00:00Z", "4h"), ola("2", day("12:00"), "2h"))
    row = clock(seen, "resolution", "hand-over")
    assert (row.version, row.due_at) == ("2", at(day("15:00")))


# Calendars

WEEK = days("UTC", {"mon-sun": ["09:00-17:00"]})
LATE = days("UTC", {"mon-sun": ["12:00-20:00"]})


def hours(*, for_running: bool):  # type: ignore[no-untyped-def]
    first = Version(WEEK, working_day=8 * HOUR)
    later = Version(LATE, working_day=4 * HOUR, since=date(2026, 1, 6), for_running=for_running)
    return calendar_of("office", [first, later])


def within(limit: int, text: str, *, for_running: bool) -> Agreement:
    calendar = hours(for_running=for_running)
    return agreement(calendar=calendar, targets={"resolution": {"default": Target(limit, calendar, text)}})


def test_a_running_clock_keeps_the_hours_in_force_when_it_started() -> None:
    seen = fold([opened(day("16:00"))], day("10:30", "2026-01-06"), within(3 * HOUR, "3h", for_running=False))
    row = clock(seen, "resolution")
    assert (row.calendar, row.elapsed_ms, row.due_at) == ("office", 150 * MINUTE, at(day("11:00", "2026-01-06")))


def test_a_clock_that_starts_later_is_measured_with_the_later_hours() -> None:
    seen = fold([opened(day("12:00", "2026-01-06"))], day("13:00", "2026-01-06"), within(3 * HOUR, "3h", for_running=False))
    row = clock(seen, "resolution")
    assert (row.calendar, row.due_at) == ("office 2026-01-06", at(day("15:00", "2026-01-06")))


def test_hours_for_running_clocks_move_the_due_instant_and_leave_what_was_counted() -> None:
    seen = fold([opened(day("16:00"))], day("10:30", "2026-01-06"), within(3 * HOUR, "3h", for_running=True))
    row = clock(seen, "resolution")
    assert (row.elapsed_ms, row.due_at) == (HOUR, at(day("14:00", "2026-01-06")))
    (moved,) = said(seen, "clock.moved")
    assert (moved.at, moved.was) == (at(day("00:00", "2026-01-06")), at(day("11:00", "2026-01-06")))
    assert "office" in moved.reason


def test_a_working_day_is_as_long_as_the_version_says_that_holds_for_the_clock() -> None:
    early = fold([opened(day("09:00"))], day("10:00"), within(8 * HOUR, "1wd", for_running=False))
    late = fold([opened(day("12:00", "2026-01-06"))], day("13:00", "2026-01-06"), within(8 * HOUR, "1wd", for_running=False))
    assert (clock(early, "resolution").target_ms, clock(late, "resolution").target_ms) == (8 * HOUR, 4 * HOUR)


def test_versions_with_equal_hours_change_nothing() -> None:
    zone = ZoneInfo("Europe/London")
    week = days(zone.key, {"mon-fri": ["09:00-12:30", "13:15-17:30"]})
    whole = calendar_of("office", [Version(week)])
    split = calendar_of("office", [Version(week), Version(week, since=date(2026, 1, 6), for_running=True)])
    history = [opened(day("16:00")), updated(day("10:00", "2026-01-06"), status="pending")]
    history.append(updated(day("15:00", "2026-01-07"), status="open"))

    def rows(calendar):  # type: ignore[no-untyped-def]
        terms = agreement(calendar=calendar, targets={"resolution": {"default": Target(9 * HOUR, calendar, "9h")}})
        found = clocks(fold(history, day("12:00", "2026-01-08"), terms))
        return [row._replace(calendar="office") for row in found]

    assert rows(whole) == rows(split)

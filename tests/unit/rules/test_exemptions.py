"""What suspensions, reliefs and waivers do to clocks, before the fact and after it."""

import pytest

from rules.agreement import Agreement
from rules.attainment import judged_at
from rules.instants import HOUR, MINUTE
from tests.support.core import (
    agreement,
    answered,
    at,
    clock,
    clocks,
    crossings,
    exception,
    opened,
    said,
    targets,
    under,
    updated,
    wrote,
)

ACME = {"customer": "acme"}


def day(time: str, date: str = "2026-01-05") -> str:
    return f"{date}T{time}:00Z"


def plain(**terms: object) -> Agreement:
    return agreement(targets=targets(first_response="4h"), **terms)


def suspension(start: str, end: str, **terms: object):  # type: ignore[no-untyped-def]
    return exception("suspension", day(start), day(end), ACME, **terms)  # type: ignore[arg-type]


# Suspension


def test_time_in_a_suspension_does_not_count() -> None:
    seen = under(suspension("11:00", "13:00"), [opened(day("10:00")), answered(day("14:30"))], day("20:00"), plain())
    row = clock(seen, "first_response")
    assert (row.verdict, row.elapsed_ms, row.wall_elapsed_ms) == ("met", 150 * MINUTE, 270 * MINUTE)
    assert (row.due_at, row.original_due_at) == (at(day("16:00")), at(day("16:00")))


def test_a_suspension_approved_ahead_is_named_where_the_clock_starts() -> None:
    seen = under(suspension("11:00", "13:00"), [opened(day("10:00"))], day("10:01"), plain())
    (started,) = said(seen, "clock.started")
    assert "under suspension X-1 (other): planned upgrade; approved by cleo" in started.reason
    assert started.due_at == at(day("16:00"))


def test_a_suspension_approved_while_the_clock_runs_moves_its_due_instant_and_says_why() -> None:
    seen = under(suspension("11:00", "13:00", approved=day("12:00")), [opened(day("10:00"))], day("12:30"), plain())
    (moved,) = said(seen, "clock.moved")
    assert (moved.at, moved.was, moved.due_at) == (at(day("12:00")), at(day("14:00")), at(day("16:00")))
    assert "suspension X-1" in moved.reason
    row = clock(seen, "first_response")
    assert (row.elapsed_ms, row.original_due_at, row.due_at) == (HOUR, at(day("14:00")), at(day("16:00")))


def test_what_was_said_before_the_approval_stays_said() -> None:
    seen = under(suspension("10:00", "15:00", approved=day("15:30")), [opened(day("10:00"))], day("15:30"), plain())
    assert crossings(seen) == [("80%", at(day("13:12"))), ("90%", at(day("13:36"))), ("100%", at(day("14:00")))]


def test_a_breach_that_a_suspension_approved_after_the_fact_explains_stays_and_is_excused() -> None:
    history = [opened(day("10:00")), answered(day("15:00"))]
    seen = under(suspension("11:00", "13:00", approved=day("18:00")), history, day("20:00"), plain())
    row = clock(seen, "first_response")
    assert (row.state, row.verdict, row.breached_at) == ("missed", "excused", at(day("14:00")))
    (excused,) = said(seen, "clock.excused")
    assert (excused.at, excused.exception) == (at(day("18:00")), "X-1")


def test_a_suspension_too_short_to_explain_the_breach_excuses_nothing() -> None:
    history = [opened(day("10:00")), answered(day("15:00"))]
    seen = under(suspension("11:00", "11:30", approved=day("18:00")), history, day("20:00"), plain())
    assert (clock(seen, "first_response").verdict, said(seen, "clock.excused")) == ("missed", [])


def test_met_at_the_very_instant_that_a_suspension_gives_is_excused() -> None:
    history = [opened(day("10:00")), answered(day("15:00"))]
    seen = under(suspension("11:00", "12:00", approved=day("18:00")), history, day("20:00"), plain())
    assert clock(seen, "first_response").verdict == "excused"


def test_an_overdue_clock_that_a_suspension_excuses_runs_on_and_may_be_broken_again() -> None:
    excused = suspension("11:00", "13:00", approved=day("15:00"))
    seen = under(excused, [opened(day("10:00"))], day("15:30"), plain())
    row = clock(seen, "first_response")
    assert (row.state, row.verdict, row.due_at, row.breached_at) == (
        "running",
        "at risk",
        at(day("16:00")),
        at(day("14:00")),
    )
    later = under(excused, [opened(day("10:00"))], day("16:00"), plain())
    assert crossings(later)[3:] == [("80%", at(day("15:12"))), ("90%", at(day("15:36"))), ("100%", at(day("16:00")))]
    assert len({d.key for d in later.decisions}) == len(later.decisions)
    row = clock(later, "first_response")
    assert (row.verdict, row.breached_at) == ("overdue", at(day("16:00")))


def test_an_excused_clock_that_is_answered_in_its_new_time_stays_excused() -> None:
    history = [opened(day("10:00")), answered(day("15:30"))]
    seen = under(suspension("11:00", "13:00", approved=day("15:00")), history, day("20:00"), plain())
    row = clock(seen, "first_response")
    assert (row.state, row.verdict, row.breached_at) == ("met", "excused", at(day("14:00")))


def test_a_revoked_suspension_counts_until_its_revocation() -> None:
    revoked = suspension("11:00", "15:00", revoked=day("12:00"))
    seen = under(revoked, [opened(day("10:00"))], day("13:00"), plain())
    (moved,) = said(seen, "clock.moved")
    assert (moved.at, moved.was, moved.due_at) == (at(day("12:00")), at(day("18:00")), at(day("15:00")))
    assert "revoked" in moved.reason


def test_a_suspension_that_was_only_requested_or_refused_changes_nothing() -> None:
    requested = suspension("11:00", "13:00")[:1]
    assert clock(under(requested, [opened(day("10:00"))], day("12:00"), plain()), "first_response").due_at == at(day("14:00"))


def test_a_suspension_counts_only_while_its_scope_holds() -> None:
    history = [opened(day("10:00")), updated(day("12:00"), customer="globex")]
    seen = under(suspension("11:00", "13:00"), history, day("12:30"), plain())
    row = clock(seen, "first_response")
    assert (row.elapsed_ms, row.due_at) == (90 * MINUTE, at(day("15:00")))


def test_a_scope_may_name_agreement_kind_and_metric() -> None:
    terms = targets(first_response="4h", resolution="8h")
    seen = under(
        exception("suspension", day("11:00"), day("13:00"), {"metric": "resolution", "kind": "sla", "agreement": "plain"}),
        [opened(day("10:00"))],
        day("12:00"),
        agreement(targets=terms),
    )
    assert clock(seen, "first_response").due_at == at(day("14:00"))
    assert clock(seen, "resolution").due_at == at(day("20:00"))


def test_two_suspensions_that_overlap_count_once() -> None:
    both = suspension("11:00", "13:00") + suspension("12:00", "14:00", id="X-2")
    seen = under(both, [opened(day("10:00"))], day("10:30"), plain())
    assert clock(seen, "first_response").due_at == at(day("17:00"))


def test_a_reopened_cycle_carries_nothing_of_what_a_suspension_took_out() -> None:
    resolution = agreement(targets=targets(resolution="4h"))
    history = [opened(day("10:00")), updated(day("14:00"), status="solved"), updated(day("15:00"), status="open")]
    seen = under(suspension("11:00", "13:00"), history, day("15:30"), resolution)
    assert [(row.cycle, row.elapsed_ms) for row in clocks(seen, "resolution")] == [(1, 2 * HOUR), (2, 150 * MINUTE)]


def test_a_suspended_clock_stands_still_for_whoever_reads_it_later() -> None:
    seen = under(suspension("11:00", "13:00"), [opened(day("10:00"))], day("10:30"), plain())
    row = clock(seen, "first_response")
    calendars = {"always": plain().calendar}
    assert row.at(at(day("12:00")), calendars).elapsed_ms == HOUR
    assert row.at(at(day("13:30")), calendars).elapsed_ms == 90 * MINUTE


# Relief


def relief(start: str, end: str, factor: object = 1.5, **terms: object):  # type: ignore[no-untyped-def]
    return exception("relief", day(start), day(end), ACME, factor=factor, **terms)  # type: ignore[arg-type]


def test_a_clock_that_starts_under_a_relief_has_more_time() -> None:
    seen = under(relief("09:00", "11:00", "150%"), [opened(day("10:00"))], day("10:01"), plain())
    row = clock(seen, "first_response")
    assert (row.target_ms, row.due_at) == (6 * HOUR, at(day("16:00")))


@pytest.mark.parametrize("start", ["08:59", "11:00"])
def test_a_clock_that_starts_outside_a_relief_has_not(start: str) -> None:
    seen = under(relief("09:00", "11:00"), [opened(day(start))], day("12:00"), plain())
    assert clock(seen, "first_response").target_ms == 4 * HOUR


def test_a_relief_approved_after_the_breach_excuses_it_where_its_time_was_enough() -> None:
    history = [opened(day("10:00")), answered(day("15:00"))]
    seen = under(relief("09:00", "11:00", approved=day("18:00")), history, day("20:00"), plain())
    assert (clock(seen, "first_response").verdict, clock(seen, "first_response").target_ms) == ("excused", 6 * HOUR)


def test_a_relief_goes_with_the_clock_to_another_priority() -> None:
    terms = agreement(targets=targets(first_response={"urgent": "1h", "default": "4h"}))
    history = [opened(day("10:00")), updated(day("10:30"), priority="low")]
    seen = under(relief("09:00", "11:00", 2), history, day("12:00"), terms)
    assert (clock(seen, "first_response").target_ms, clock(seen, "first_response").due_at) == (8 * HOUR, at(day("18:00")))


# Waiver


def waiver(start: str, end: str, **terms: object):  # type: ignore[no-untyped-def]
    return exception("waiver", day(start), day(end), {"ticket": "T-1"}, **terms)  # type: ignore[arg-type]


@pytest.mark.parametrize(("approved", "known_at"), [(None, "14:00"), (day("18:00"), "18:00")])
def test_a_waiver_excuses_a_breach_in_its_window(approved: str | None, known_at: str) -> None:
    history = [opened(day("10:00")), answered(day("15:00"))]
    seen = under(waiver("13:00", "14:30", approved=approved), history, day("20:00"), plain())
    row = clock(seen, "first_response")
    assert (row.state, row.verdict, row.breached_at) == ("missed", "excused", at(day("14:00")))
    (excused,) = said(seen, "clock.excused")
    assert (excused.at, excused.exception) == (at(day(known_at)), "X-1")


@pytest.mark.parametrize(("start", "end"), [("12:00", "14:00"), ("14:01", "15:00")])
def test_a_waiver_excuses_no_breach_outside_its_window(start: str, end: str) -> None:
    seen = under(waiver(start, end), [opened(day("10:00")), answered(day("15:00"))], day("20:00"), plain())
    assert clock(seen, "first_response").verdict == "missed"


def test_a_waiver_covers_a_breach_that_a_change_and_an_end_at_one_instant_bring_about() -> None:
    terms = agreement(targets=targets(resolution={"urgent": "1h", "default": "8h"}))
    history = [
        opened(day("10:00"), priority="low"),
        updated(day("12:00"), priority="urgent"),
        updated(day("12:00"), status="solved"),
    ]
    seen = under(waiver("11:00", "13:00"), history, day("14:00"), terms)
    assert (clock(seen, "resolution").state, clock(seen, "resolution").verdict) == ("missed", "excused")


# Several at once


def test_the_exception_that_excuses_is_the_one_that_came_to_hold() -> None:
    both = relief("09:00", "11:00", 1.5) + suspension("12:00", "15:00", approved=day("18:00"), id="X-2")
    seen = under(both, [opened(day("10:00")), answered(day("17:00"))], day("20:00"), plain())
    (excused,) = said(seen, "clock.excused")
    assert (excused.exception, "X-2" in excused.reason) == ("X-2", True)


def test_a_relief_goes_on_when_the_ticket_is_reopened() -> None:
    terms = agreement(targets=targets(resolution="4h"))
    history = [opened(day("10:00")), updated(day("16:00"), status="solved"), updated(day("17:00"), status="open")]
    seen = under(relief("09:00", "11:00", 2), history, day("18:00"), terms)
    assert [(row.target_ms, row.verdict) for row in clocks(seen, "resolution")] == [(8 * HOUR, "met"), (8 * HOUR, "at risk")]


def test_an_excused_clock_that_is_given_more_time_is_judged_when_that_is_over() -> None:
    excused = suspension("11:00", "13:00", approved=day("15:00"))
    runs = clock(under(excused, [opened(day("10:00"))], day("15:05"), plain()), "first_response")
    ended = clock(under(excused, [opened(day("10:00")), answered(day("15:30"))], day("20:00"), plain()), "first_response")
    assert (judged_at(runs), judged_at(ended)) == (None, at(day("14:00")))


OLA = agreement(
    "hand-over", kind="ola", since="2026-01-06T00:00:00Z", when={"group": "support"}, targets=targets(resolution="30m")
)


def test_an_exception_for_another_customer_changes_nothing() -> None:
    base = agreement("a", targets=targets(resolution="100h"))
    history = [opened("2026-01-05T22:00:00Z", customer="acme"), wrote("2026-01-06T08:00:00Z")]
    terms = ("waiver", "2026-01-06T11:00:00Z", "2026-01-06T12:00:00Z", {"customer": "globex"})
    seen = under(exception(*terms, approved="2026-01-06T10:00:00Z"), history, "2026-01-07T10:00:00Z", base, OLA)
    assert seen.decisions == under([], history, "2026-01-07T10:00:00Z", base, OLA).decisions
    assert {row.agreement for row in seen.rows} == {"a"}, "a later agreement reaches no ticket that was there before"
    there = [*history, updated("2026-01-06T09:00:00Z", group="other"), updated("2026-01-06T10:00:00Z", group="support")]
    again = under([], there, "2026-01-07T10:00:00Z", base, OLA)
    assert {row.agreement: row.started_at for row in again.rows}["hand-over"] == at("2026-01-06T10:00:00Z")


@pytest.mark.parametrize("until", ["2026-01-05T09:30:00Z", "2026-01-05T09:30:01Z"])
def test_a_breach_excused_while_paused_comes_again_when_the_limit_is_used_up_to_the_millisecond(until: str) -> None:
    history = [
        opened("2026-01-05T09:00:00Z"),
        updated("2026-01-05T10:30:00Z", status="pending"),
        updated("2026-01-05T11:00:00Z", status="open"),
    ]
    taken_out = exception("suspension", "2026-01-05T09:00:00Z", until, {"customer": "acme"}, approved="2026-01-05T10:40:00Z")
    seen = under(taken_out, history, "2026-01-05T15:00:00Z", agreement("a", targets=targets(resolution="1h")))
    row = clock(seen, "resolution")
    assert (row.verdict, row.breached_at) == ("overdue", row.due_at)
    assert row.due_at == at("2026-01-05T11:00:00Z") + at(until) - at("2026-01-05T09:30:00Z")
    assert [d.at for d in seen.decisions if d.kind == "clock.overdue"] == [at("2026-01-05T10:00:00Z"), row.due_at]


def test_a_clock_that_begins_from_zero_has_the_version_in_force_then() -> None:
    old = agreement("a", when={"group": "a"}, on_change="restart", targets=targets(resolution="4h"))
    new = agreement("a", when={"group": "a"}, version="2", since="2026-01-06T00:00:00Z", targets=targets(resolution="1h"))
    history = [opened("2026-01-05T10:00:00Z", group="b"), updated("2026-01-06T01:00:00Z", group="a")]
    row = clock(under([], history, "2026-01-06T01:30:00Z", old, new), "resolution")
    assert (row.version, row.started_at, row.due_at) == ("2", at("2026-01-06T01:00:00Z"), at("2026-01-06T02:00:00Z"))

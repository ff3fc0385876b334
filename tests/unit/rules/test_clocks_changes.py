"""What a changed priority, tier or agreement does to running clocks; several agreements; versions."""

from typing import Any

from rules.agreement import Agreement
from rules.instants import HOUR, MINUTE
from tests.support.core import (
    ALWAYS,
    LONDON,
    agreement,
    answered,
    at,
    clock,
    clocks,
    crossings,
    fold,
    gold,
    opened,
    said,
    target,
    targets,
    thresholds,
    updated,
)


def day(time: str, number: int = 5) -> str:
    """An instant of January 2026; the fifth is a Monday."""
    return f"2026-01-{number:02}T{time}:00Z"


EVENING = day("23:00")


def two_limits(on_change: Any = "carry", **terms: Any) -> Agreement:
    limits = targets(ALWAYS, resolution={"urgent": "2h", "high": "4h", "low": None, "default": "8h"})
    return agreement(targets=limits, on_change=on_change, **terms)


# Priority


def test_a_lower_priority_carries_what_was_used_and_holds_its_limit_from_now() -> None:
    history = [opened(day("10:00")), updated(day("11:00"), priority="high")]
    seen = fold(history, day("11:30"), two_limits())
    row = clock(seen, "resolution")
    assert (row.cycle, row.elapsed_ms, row.target_ms, row.due_at) == (1, 90 * MINUTE, 4 * HOUR, at(day("14:00")))
    [moved] = said(seen, "clock.moved")
    assert (moved.at, moved.was, moved.due_at) == (at(day("11:00")), at(day("12:00")), at(day("14:00")))
    assert "at priority high, not 2h" in moved.reason


def test_under_a_longer_limit_a_clock_is_at_risk_again_when_that_limit_nears_its_end() -> None:
    history = [opened(day("10:00")), updated(day("11:45"), priority="high")]
    seen = fold(history, day("11:50"), two_limits())
    assert clock(seen, "resolution").verdict == "on track"
    again = day("13:12")  # 80 % of four hours
    assert clock(seen, "resolution").next_at == at(again)
    seen = fold(history, again, two_limits())
    assert clock(seen, "resolution").verdict == "at risk"
    assert [threshold for threshold, _ in crossings(seen, "resolution")] == ["80%"]  # it was said once


def test_a_changed_priority_keeps_the_pauses() -> None:
    history = [opened(day("10:00")), updated(day("10:30"), status="pending"), updated(day("12:00"), priority="high")]
    history.append(updated(day("13:00"), status="open"))
    row = clock(fold(history, day("13:00"), two_limits()), "resolution")
    assert (row.elapsed_ms, row.paused_ms, row.due_at) == (30 * MINUTE, 150 * MINUTE, at(day("16:30")))


def test_with_restart_the_clock_begins_anew_with_the_new_limit() -> None:
    history = [opened(day("10:00")), updated(day("11:00"), priority="high")]
    old, new = clocks(fold(history, day("11:30"), two_limits("restart")), "resolution")
    assert (old.state, old.verdict, old.elapsed_ms, old.target_ms) == ("cancelled", "cancelled", HOUR, 2 * HOUR)
    assert (new.cycle, new.started_at, new.elapsed_ms, new.due_at) == (2, at(day("11:00")), 30 * MINUTE, at(day("15:00")))


def test_restarted_during_a_pause_the_clock_is_paused() -> None:
    history = [opened(day("10:00")), updated(day("10:30"), status="pending"), updated(day("11:00"), priority="high")]
    history.append(updated(day("12:00"), status="open"))
    row = clock(fold(history, day("12:00"), two_limits("restart")), "resolution")
    assert (row.elapsed_ms, row.paused_ms, row.due_at) == (0, HOUR, at(day("16:00")))


def test_a_priority_without_a_promise_cancels_the_clock_and_says_so() -> None:
    seen = fold([opened(day("10:00")), updated(day("11:00"), priority="low")], EVENING, two_limits())
    assert clock(seen, "resolution").verdict == "cancelled"
    [ended] = said(seen, "clock.cancelled")
    assert "promises no resolution at priority low" in ended.reason


def test_a_breach_stays_a_breach_whatever_the_priority_becomes() -> None:
    history = [opened(day("10:00")), updated(day("12:30"), priority="high"), updated(day("13:00"), status="solved")]
    row = clock(fold(history, EVENING, two_limits()), "resolution")
    assert (row.verdict, row.breached_at) == ("missed", at(day("12:00")))


def test_a_clock_made_overdue_by_the_change_is_breached_at_the_change_and_marked_as_born() -> None:
    history = [opened(day("10:00"), priority="high"), updated(day("13:06"), priority="urgent")]
    seen = fold(history, day("13:06"), two_limits(after_breach=thresholds("150%", "200%")))
    assert clock(seen, "resolution").breached_at == at(day("13:06"))
    born = {d.threshold: (d.at, d.born) for d in said(seen, "clock.crossed")}
    assert born == {name: (at(day("13:06")), True) for name in ("80%", "90%", "100%", "150%")}
    later = fold(history, day("14:00"), two_limits(after_breach=thresholds("150%", "200%")))
    assert [d.born for d in said(later, "clock.crossed", threshold="200%")] == [False]


def test_a_change_at_the_due_instant_comes_before_the_breach() -> None:
    history = [opened(day("10:00")), updated(day("12:00"), priority="high")]
    assert clock(fold(history, day("12:30"), two_limits()), "resolution").verdict != "overdue"


def test_a_limit_used_up_at_closing_time_and_changed_after_it_pages_nobody() -> None:
    """The office closed at 17:30 with one hour used; at 20:00 the limit becomes one hour: the change made it overdue."""
    limits = targets(LONDON, resolution={"urgent": "1h", "default": "8h"})
    history = [opened(day("16:30"), priority="high"), updated(day("20:00"), priority="urgent")]
    seen = fold(history, day("20:00"), agreement(targets=limits, calendar=LONDON))
    assert [d.born for d in said(seen, "clock.overdue")] == [True]


# Priority and calendar together


def test_with_another_calendar_elapsed_is_measured_anew_from_the_start() -> None:
    # Friday 15:00 high (London, 1wd), Monday 10:00 urgent (4h around the clock): 67 hours were used, overdue at once.
    history = [opened(day("15:00", 9), priority="high"), updated(day("10:00", 12), priority="urgent")]
    before = clock(fold(history, day("09:59", 12)), "resolution")
    assert before.elapsed_ms == 2 * HOUR - MINUTE
    after = clock(fold(history, day("10:00", 12)), "resolution")
    assert (after.elapsed_ms, after.target_ms, after.verdict) == (67 * HOUR, 4 * HOUR, "overdue")


def test_the_way_back_to_office_hours_counts_only_those() -> None:
    history = [opened(day("15:00", 9)), updated(day("17:00", 9), priority="high")]
    row = clock(fold(history, day("10:00", 12)), "resolution")
    # One hour of Friday counts; seven are left of the working day: Monday 09:00 to 16:45, with lunch.
    assert (row.elapsed_ms, row.due_at) == (2 * HOUR, at(day("16:45", 12)))


# Agreements that begin or cease to match


def test_an_agreement_that_no_longer_matches_cancels_its_clocks_with_the_reason() -> None:
    history = [opened(day("10:00")), updated(day("10:05"), tier="silver", id_="evt-down")]
    seen = fold(history, EVENING)
    assert {row.verdict for row in seen.rows} == {"cancelled"}
    assert {d.reason for d in said(seen, "clock.cancelled")} == {
        "first response cancelled: gold 2026-10 no longer applies: ticket.updated evt-down",
        "resolution cancelled: gold 2026-10 no longer applies: ticket.updated evt-down",
    }


def test_what_was_breached_under_an_agreement_stays_missed_when_it_no_longer_matches() -> None:
    history = [opened(day("10:00")), updated(day("10:20"), tier="silver")]
    row = clock(fold(history, EVENING), "first_response")
    assert (row.state, row.verdict, row.breached_at) == ("cancelled", "missed", at(day("10:15")))


def test_an_agreement_that_now_matches_counts_from_the_clocks_own_start() -> None:
    history = [opened(day("10:00"), tier="silver"), updated(day("10:05"), tier="gold")]
    row = clock(fold(history, day("10:06")), "first_response")
    assert (row.started_at, row.elapsed_ms, row.due_at) == (at(day("10:00")), 6 * MINUTE, at(day("10:15")))


def test_an_agreement_that_now_matches_with_restart_counts_from_now() -> None:
    history = [opened(day("10:00"), tier="silver"), updated(day("10:05"), tier="gold")]
    row = clock(fold(history, day("10:06"), gold(on_change="restart")), "first_response")
    assert (row.started_at, row.elapsed_ms, row.due_at) == (at(day("10:05")), MINUTE, at(day("10:20")))


def test_an_agreement_that_matches_only_after_the_answer_makes_no_clock_for_it() -> None:
    history = [opened(day("10:00"), tier="silver"), answered(day("10:05")), updated(day("10:06"), tier="gold")]
    assert clocks(fold(history, EVENING), "first_response") == []


def test_a_pause_before_the_agreement_matched_is_not_lost() -> None:
    history = [opened(day("10:00"), tier="silver"), updated(day("10:30"), status="pending")]
    history += [updated(day("11:30"), status="open"), updated(day("12:00"), tier="gold")]
    row = clock(fold(history, day("12:00")), "resolution")
    assert (row.elapsed_ms, row.paused_ms, row.due_at) == (HOUR, HOUR, at(day("15:00")))


# Several agreements


def test_all_agreements_that_match_keep_their_own_clocks() -> None:
    inner = agreement("inner", kind="ola", targets=targets(resolution="1h"))
    seen = fold([opened(day("10:00"))], day("11:30"), gold(), inner)
    assert clock(seen, "resolution", "inner").verdict == "overdue"
    assert clock(seen, "resolution", "gold").verdict == "on track"


def test_between_teams_the_clock_runs_while_the_group_owns_the_ticket() -> None:
    ola = agreement("second line", kind="ola", when={"group": "second-line"}, targets=targets(resolution="2h"))
    history = [opened(day("09:00")), updated(day("11:00"), group="second-line")]
    row = clock(fold(history, day("12:00"), ola), "resolution")
    assert (row.elapsed_ms, row.due_at, row.verdict) == (HOUR, at(day("13:00")), "on track")


def test_between_teams_the_clock_ends_when_the_ticket_leaves_the_group() -> None:
    ola = agreement("hand-over", kind="ola", when={"group": "second-line"}, targets=targets(assignment="30m"))
    history = [opened(day("09:00")), updated(day("11:00"), group="second-line"), updated(day("11:10"), group="third-line")]
    seen = fold(history, EVENING, ola)
    assert [(row.started_at, row.due_at, row.verdict) for row in seen.rows] == [
        (at(day("11:00")), at(day("11:30")), "cancelled")
    ]


OWN = agreement("acme", when={"customer": "acme"}, targets=targets(first_response="10m"), instead_of=("gold",))


def test_a_customers_own_contract_replaces_the_general_one() -> None:
    seen = fold([opened(day("10:00"))], day("10:05"), gold(), OWN)
    assert [(row.agreement, row.target_ms) for row in seen.rows] == [("acme", 10 * MINUTE)]


def test_a_ticket_that_turns_out_to_be_the_customers_says_what_replaced_the_agreement() -> None:
    history = [opened(day("10:00"), customer=None), updated(day("10:05"), customer="acme", id_="evt-who")]
    seen = fold(history, day("10:05"), gold(), OWN)
    assert clock(seen, "first_response", "acme").due_at == at(day("10:10"))
    reasons = {d.reason for d in said(seen, "clock.cancelled")}
    assert reasons == {
        "first response cancelled: acme 1 replaces gold 2026-10: ticket.updated evt-who",
        "resolution cancelled: acme 1 replaces gold 2026-10: ticket.updated evt-who",
    }


# Versions

OLD = two_limits("carry", version="1", since=day("00:00", 1))
NEW = agreement(version="2", since=day("12:00"), targets=targets(resolution={"urgent": "1h", "high": "3h"}))


def test_the_version_in_force_when_a_clock_starts_is_stamped_on_it_and_stays() -> None:
    running = fold([opened(day("11:30"))], day("12:30"), OLD, NEW)
    assert [(row.version, row.target_ms) for row in running.rows] == [("1", 2 * HOUR)]
    later = fold([opened(day("12:00"))], day("12:30"), OLD, NEW)
    assert [(row.version, row.target_ms) for row in later.rows] == [("2", HOUR)]


def test_a_running_clock_takes_the_limit_of_its_own_version_when_the_priority_changes() -> None:
    history = [opened(day("11:30")), updated(day("12:30"), priority="high")]
    row = clock(fold(history, day("12:30"), OLD, NEW), "resolution")
    assert (row.version, row.target_ms) == ("1", 4 * HOUR)


def test_a_clock_that_restarts_takes_the_version_in_force_when_it_starts() -> None:
    old = two_limits("restart", version="1", since=day("00:00", 1))
    new = agreement(version="2", since=day("12:00"), targets=NEW.targets, on_change="restart")
    history = [opened(day("11:30")), updated(day("12:30"), priority="high")]
    row = clock(fold(history, day("12:30"), old, new), "resolution")
    assert (row.started_at, row.version, row.target_ms) == (at(day("12:30")), "2", 3 * HOUR)


def test_another_version_with_the_same_limit_restarts_nothing() -> None:
    old = gold(on_change="restart")
    new = gold(on_change="restart", version="2", since=at(day("11:00")), applies_to="open", warn_at=thresholds("50%"))
    seen = fold([opened(day("10:00"), priority="urgent")], day("11:30"), old, new)
    assert {row.state for row in seen.rows} == {"running"}
    assert {row.version for row in seen.rows} == {"2"}


def test_an_agreement_that_came_into_force_since_and_now_matches_with_restart_begins_now() -> None:
    new = agreement(since=day("12:00"), when={"tier": "gold"}, targets=targets(resolution="1h"), on_change="restart")
    history = [opened(day("11:00"), tier="tin"), updated(day("12:30"), tier="gold")]
    assert [row.started_at for row in fold(history, day("12:30"), new).rows] == [at(day("12:30"))]


def test_between_teams_the_version_in_force_when_the_ticket_becomes_theirs_holds() -> None:
    hand_over = agreement(kind="ola", since=day("12:00"), when={"group": "second"}, targets=targets(resolution="1h"))
    history = [opened(day("11:00")), updated(day("12:30"), group="second")]
    assert [row.started_at for row in fold(history, day("12:30"), hand_over).rows] == [at(day("12:30"))]


def test_a_limit_changed_during_a_pause_is_told_with_its_reason_when_the_clock_goes_on() -> None:
    history = [opened(day("10:00")), updated(day("10:30"), status="pending"), updated(day("11:00"), priority="high")]
    history.append(updated(day("12:00"), status="open"))
    [moved] = said(fold(history, day("12:00"), two_limits()), "clock.moved")
    assert (moved.was, moved.due_at) == (at(day("12:00")), at(day("15:30")))
    assert "at priority high, not 2h" in moved.reason


def test_an_agreement_does_not_reach_back_before_its_date() -> None:
    late = agreement(since=day("12:00"), targets=targets(resolution="1h"))
    assert fold([opened(day("11:59"))], EVENING, late).rows == []


# After the breach


def test_the_crossings_after_the_breach_follow_the_agreement() -> None:
    seen = fold([opened(day("16:00"))], "2026-01-08T00:00:00Z")
    assert crossings(seen, "first_response") == [
        ("80%", at(day("16:12"))),
        ("90%", at(day("16:13")) + 30_000),
        ("100%", at(day("16:15"))),
        ("150%", at(day("16:22")) + 30_000),
        ("200%", at(day("16:30"))),
        ("daily", at(day("16:15", 6))),
        ("daily", at(day("16:15", 7))),
    ]


def test_a_threshold_can_be_a_time_before_or_after_the_due_instant() -> None:
    some = gold(warn_at=thresholds("30s before"), after_breach=thresholds("2h after"))
    seen = dict(crossings(fold([opened(day("16:00"))], "2026-01-08T00:00:00Z", some), "first_response"))
    # Two hours of open time after 16:15: 17:30 closes after 75 minutes, 45 are left from 09:00.
    expected = {"30s before": at(day("16:15")) - 30_000, "100%": at(day("16:15")), "2h after": at(day("09:45", 6))}
    assert seen == expected


def test_a_zero_limit_is_due_when_it_starts() -> None:
    at_once = agreement(targets={"first_response": {"default": target("0m")}})
    assert clock(fold([opened(day("10:00"))], day("10:00"), at_once), "first_response").verdict == "overdue"
    history = [opened(day("10:00")), answered(day("10:00"))]
    assert clock(fold(history, day("10:00"), at_once), "first_response").verdict == "met"

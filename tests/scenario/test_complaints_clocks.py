"""What users of other systems complain about: the clock is wrong, the calendar is, the wrong promise applies, nobody knows why.

Each test is one such complaint, played through the whole bot.
"""

from pathlib import Path
from typing import Any

import pytest

from rules.clock_row import ClockRow
from rules.instants import DAY, HOUR, MINUTE, parse, text
from tests.support.desk import DESK, NINE, PEOPLE, Desk, answered, desk, opened, wire, words

LUNCH = '{zone: Europe/London, hours: {mon-fri: ["09:00-12:00", "13:00-17:00"]}}'


def office(folder: Path, targets: str, now: str = NINE, *, more: str = "", hours: str = LUNCH, agreements: str = "") -> Desk:
    """A desk with office hours and one agreement."""
    calendars = PEOPLE.replace("  always: {hours: 24x7}\n", f"  always: {{hours: 24x7}}\n  office: {hours}\n")
    terms = f"kind: sla, version: '1', from: 2026-01-01, calendar: office, team: support, targets: {{{targets}}}{more}"
    return desk(folder, f"{calendars}agreements:\n  gold: {{{terms}}}\n{agreements}", now=now)


def clock(here: Desk, metric: str = "resolution", ticket: str = "T-1") -> ClockRow:
    """A metric's latest cycle, as it stands now."""
    view = here.app.ledger.reader.ticket(ticket)
    assert view is not None
    return [c for c in view.at(here.clock.now(), here.book.promises.calendars).clocks if c.metric == metric][-1]


def at(when: str) -> int:
    return parse(f"2026-01-{when}:00Z")


def happens(here: Desk, when: str, **changed: Any) -> None:
    """The ticket changes at an instant of January."""
    here.go(at(when))
    here.take(wire("ticket.updated", at(when), **changed))


# The clock


def test_a_pause_is_not_lost_when_the_priority_changes(tmp_path: Path) -> None:
    here = office(tmp_path, "resolution: {urgent: 2h, default: 6h}")
    here.take(opened(NINE, priority="low"))
    happens(here, "05T09:30", status="pending")
    happens(here, "05T10:30", status="open")
    happens(here, "05T10:40", priority="urgent")
    assert (clock(here).elapsed_ms, clock(here).paused_ms) == (40 * MINUTE, HOUR)
    assert clock(here).due_at == at("05T12:00")


@pytest.mark.parametrize("done", ["solved", "closed"])
def test_the_time_that_a_ticket_was_done_counts_neither_as_ours_nor_as_a_pause(tmp_path: Path, done: str) -> None:
    here = office(tmp_path, "resolution: {default: 3h}")
    here.take(opened(NINE))
    happens(here, "05T10:00", status=done)
    happens(here, "06T09:00", status="open")
    here.go(at("06T09:30"))
    assert (clock(here).cycle, clock(here).elapsed_ms, clock(here).paused_ms) == (2, 90 * MINUTE, 0)
    assert "resolution (2) started" in words(here.say("why T-1"))


@pytest.mark.parametrize("waiting", ["pending", "on_hold"])
@pytest.mark.parametrize("done", ["solved", "closed"])
def test_solved_right_out_of_a_pause_the_pause_still_counts(tmp_path: Path, waiting: str, done: str) -> None:
    here = office(tmp_path, "resolution: {default: 3h}")
    here.take(opened(NINE))
    happens(here, "05T10:00", status=waiting)
    happens(here, "15T10:00", status=done)
    assert (clock(here).verdict, clock(here).elapsed_ms) == ("met", HOUR)


def test_a_pause_over_the_weekend_moves_the_deadline_by_its_office_hours_only_and_into_them(tmp_path: Path) -> None:
    here = office(tmp_path, "resolution: {default: 3h}", now="2026-01-09T15:00:00Z")
    here.take(opened("2026-01-09T15:00:00Z"))
    happens(here, "09T16:00", status="pending")
    happens(here, "12T10:00", status="open")
    assert clock(here).paused_ms == 2 * HOUR
    assert clock(here).due_at == at("12T12:00")


def test_a_fresh_ticket_is_not_overdue_for_who_lives_far_to_the_east(tmp_path: Path) -> None:
    here = office(tmp_path, "first_response: {default: 1h}")
    here.take(opened("2026-01-05T18:00:00+09:00"))
    (told,) = here.client().get("/api/tickets/T-1").json()["clocks"]
    assert (told["verdict"], told["due_at"]) == ("on track", "2026-01-05T10:00:00.000Z")


def test_around_the_clock_no_minute_is_missing_at_midnight_or_when_clocks_change(tmp_path: Path) -> None:
    here = office(tmp_path, "resolution: {default: {within: 2d, calendar: always}}", now="2026-03-28T12:00:00Z")
    here.take(opened("2026-03-28T12:00:00Z"))
    assert clock(here).due_at == parse("2026-03-30T12:00:00Z")


def test_what_happened_in_winter_is_told_by_the_winters_clock_also_in_summer(tmp_path: Path) -> None:
    here = office(tmp_path, "first_response: {default: 1h}")
    here.take(opened(NINE), answered(NINE))
    here.clock.move("2026-07-01T12:00:00Z")
    assert "Mon 5 Jan 09:00" in words(here.say("why T-1"))


def test_the_next_response_neither_overrules_the_first_nor_goes_on_after_the_answer(tmp_path: Path) -> None:
    here = office(tmp_path, "first_response: {default: 2h}, next_response: {default: 30m}")
    here.take(opened(NINE))
    here.take(wire("ticket.replied", NINE, author="customer", public=True, text="Hello?"))
    here.go(at("05T10:00"))
    assert [c.metric for c in here.app.ledger.reader.clocks(here.clock.now())] == ["first_response"]
    here.take(answered(at("05T10:00")))
    here.take(wire("ticket.replied", at("05T10:00"), author="customer", public=True, text="And now?"))
    here.go(at("05T10:10"))
    here.take(answered(at("05T10:10")))
    here.go(at("05T16:00"))
    assert here.app.ledger.reader.pages(open_only=False) == []
    assert clock(here, "next_response").verdict == "met"


def test_a_customer_who_writes_by_another_channel_is_waited_for_too(tmp_path: Path) -> None:
    here = office(tmp_path, "next_response: {default: 30m}")
    here.take(opened(NINE), answered(NINE))
    here.take(wire("ticket.replied", NINE, author="customer", channel="portal note", text="Any news?"))
    assert clock(here, "next_response").state == "running"


def test_a_breach_is_dated_by_the_promise_and_not_by_when_somebody_looked(tmp_path: Path) -> None:
    here = office(tmp_path, "first_response: {default: 1h}", more=", after_breach: []")
    here.take(opened(NINE))
    here.clock.move(at("05T12:30"))
    here.settle()
    assert clock(here, "first_response").breached_at == at("05T10:00")
    assert any(line.endswith("(2h 30m late)") for line in here.log("support"))
    assert "first response overdue (seen Mon 5 Jan 12:30)" in words(here.say("why T-1"))


def test_a_deadline_that_moves_says_why(tmp_path: Path) -> None:
    here = office(tmp_path, "resolution: {urgent: 2h, default: 6h}")
    here.take(opened(NINE, priority="low"))
    happens(here, "05T09:30", priority="urgent")
    moved = "now due Mon 5 Jan 11:00, not Mon 5 Jan 16:00: gold 1 promises resolution within 2h in calendar office at priority"
    assert moved in words(here.say("why T-1"))


def test_nothing_is_overdue_by_rounding(tmp_path: Path) -> None:
    here = office(tmp_path, "resolution: {default: {within: 100d, calendar: always}}", more=", warn_at: [99%]")
    here.take(opened(NINE))
    here.go(parse(NINE) + 100 * DAY - 1)
    assert clock(here).verdict == "at risk"
    here.go(parse(NINE) + 100 * DAY)
    assert clock(here).verdict == "overdue"


def test_a_clock_that_would_have_run_out_during_its_pause_does_not_fire_when_it_goes_on(tmp_path: Path) -> None:
    here = office(tmp_path, "resolution: {default: 1h}")
    here.take(opened(NINE))
    happens(here, "05T09:30", status="pending")
    happens(here, "05T15:00", status="open")
    assert here.log("support") == []
    assert clock(here).due_at == at("05T15:30")


def test_a_broken_first_response_hides_no_broken_resolution(tmp_path: Path) -> None:
    here = office(tmp_path, "first_response: {default: 30m}, resolution: {default: 1h}")
    here.take(opened(NINE))
    here.go(at("05T10:00"))
    told = " ".join(here.log("support"))
    assert "First response: 100%" in told
    assert "Resolution: 100%" in told


# Calendars


def test_lunch_is_no_working_time_and_a_customer_may_have_hours_of_its_own(tmp_path: Path) -> None:
    own = (
        "  acme: {kind: sla, version: '1', from: 2026-01-01, when: {customer: acme}, instead_of: [gold], calendar: always, "
        "targets: {resolution: {default: 4h}}}\n"
    )
    here = office(tmp_path, "resolution: {default: 4h}", agreements=own)
    here.take(opened("2026-01-05T09:00:00Z", customer="globex"), opened("2026-01-05T09:00:00Z", "T-2", customer="acme"))
    assert (clock(here).due_at, clock(here, ticket="T-2").due_at) == (at("05T14:00"), at("05T13:00"))


def test_a_calendar_that_changes_leaves_what_was_measured_as_it_was(tmp_path: Path) -> None:
    hours = (
        '{zone: Europe/London, hours: {mon-fri: ["09:00-17:00"]}, '
        'versions: [{from: 2026-01-07, hours: {mon-fri: ["13:00-17:00"]}}]}'
    )
    here = office(tmp_path, "resolution: {default: 12h}", hours=hours)
    here.take(opened(NINE))
    here.go(at("07T09:00"))
    here.take(opened(at("07T09:00"), "T-2"))
    assert clock(here).due_at == at("06T13:00")
    assert clock(here, ticket="T-2").due_at == at("09T17:00")


def test_nobody_is_warned_at_night(tmp_path: Path) -> None:
    here = office(tmp_path, "resolution: {default: 10h}", now="2026-01-09T15:00:00Z")
    here.take(opened("2026-01-09T15:00:00Z"))
    here.go("2026-01-16T00:00:00Z")
    crossings = [decision["at"] for decision in here.recorded() if decision["kind"] == "clock.crossed"]
    assert crossings == ["2026-01-12T16:00:00.000Z", "2026-01-12T17:00:00.000Z", "2026-01-13T10:00:00.000Z"]


# Which promise applies


def test_a_priority_that_is_set_later_counts(tmp_path: Path) -> None:
    here = office(tmp_path, "first_response: {urgent: 30m, default: 4h}")
    here.take(opened(NINE, priority=None))
    happens(here, "05T09:10", priority="urgent")
    assert clock(here, "first_response").due_at == at("05T09:30")


def test_the_next_team_has_its_own_time(tmp_path: Path) -> None:
    handing = (
        "  second: {kind: ola, version: '1', from: 2026-01-01, when: {group: second-line}, calendar: office, "
        "targets: {assignment: {default: 30m}}}\n"
    )
    here = office(tmp_path, "resolution: {default: 6h}", agreements=handing)
    here.take(opened(NINE))
    happens(here, "05T11:00", group="second-line")
    assert clock(here, "assignment").due_at == at("05T11:30")
    happens(here, "05T11:20", group="third-line")
    assert clock(here, "assignment").state == "cancelled"


def test_no_promise_at_all_is_an_answer(tmp_path: Path) -> None:
    here = office(tmp_path, "first_response: {default: 1h}", more=", when: {tier: gold}")
    here.take(opened(NINE, customer=None, tier="none"))
    assert "No agreement applies to this ticket." in words(here.say("ticket T-1"))
    assert "No agreement applies. gold 1: tier is gold, but it is none" in words(here.say("why T-1"))


def test_a_promise_that_is_broken_when_it_comes_to_apply_is_a_notice_and_calls_nobody(tmp_path: Path) -> None:
    here = desk(tmp_path, DESK)
    here.take(opened(NINE, customer="globex"))
    here.go("2026-01-05T09:30:00Z")
    here.take(wire("ticket.updated", "2026-01-05T09:30:00Z", customer="acme"))
    here.go("2026-01-05T09:40:00Z")
    assert here.app.ledger.reader.pages(open_only=False) == []
    assert here.chat("customer:acme") == []
    assert any("nobody is paged for what a change made overdue" in line for line in here.log("support"))


# Pauses and exceptions


def test_a_clock_rests_by_whatever_status_its_metric_names(tmp_path: Path) -> None:
    own = "metrics:\n  repair: {start: {event: ticket.opened}, pause: {status: parts_ordered}, stop: {status: solved}}\n"
    here = office(tmp_path, "repair: {default: 3h}", agreements=own)
    here.take(opened(NINE))
    happens(here, "05T10:00", status="parts_ordered")
    happens(here, "08T10:00", status="open")
    assert clock(here, "repair").elapsed_ms == HOUR


def test_an_exception_names_who_asked_who_approved_and_ends_by_itself(tmp_path: Path) -> None:
    here = office(tmp_path, "resolution: {default: 4h}")
    here.take(opened(NINE))
    asked = "exceptions request suspension for ticket=T-1 from 2026-01-05T09:00 until 2026-01-05T10:00 because they are away"
    here.say(asked, "cleo")
    assert here.say("exceptions approve X-1", "cleo").refused, "who asks may not approve"
    here.say(asked, "ana")
    here.say("exceptions approve X-2", "cleo")
    assert clock(here).due_at == at("05T15:00")
    here.go(at("05T10:30"))
    life = words(here.say("exceptions X-2"))
    assert "requested by Ana Costa" in life
    assert "approved by Cleo Marsh" in life
    assert "State: expired" in life


def test_at_one_instant_the_answer_comes_before_the_breach(tmp_path: Path) -> None:
    here = office(tmp_path, "first_response: {default: 1h}")
    here.take(opened(NINE))
    here.clock.move(at("05T10:00"))
    here.take(answered(at("05T10:00")))
    here.go(at("05T11:00"))
    assert clock(here, "first_response").verdict == "met"
    assert not any("100%" in line for line in here.log("support"))


def test_an_event_that_comes_late_or_twice_changes_only_what_it_must(tmp_path: Path) -> None:
    here = office(tmp_path, "first_response: {default: 1h}")
    here.take(opened(NINE))
    here.go(at("05T10:05"))
    reply = answered(text(at("05T09:50")))
    here.take(reply)
    here.take(reply)
    assert clock(here, "first_response").verdict == "met"
    corrections = [line for line in here.log("support") if "no longer holds" in line]
    assert len(corrections) == 1

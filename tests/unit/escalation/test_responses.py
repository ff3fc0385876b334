"""What is done about crossings and events: tell, page, tag, review, write to the customer. Each once."""

from typing import Any

import pytest

from escalation.facts import Facts
from escalation.ladder import Step
from escalation.look import Look
from rules.agreement import CustomerUpdates
from rules.instants import DAY, HOUR, MINUTE
from tests.support.core import (
    RULES,
    agreement,
    answered,
    at,
    book,
    event,
    gold,
    ladder,
    opened,
    paged,
    rule,
    said,
    see,
    targets,
    thresholds,
    updated,
)

START = at("2026-01-05T10:00:00Z")


def minutes(n: float) -> int:
    return START + int(n * MINUTE)


ONE = agreement(targets=targets(first_response="1h"))
BOTH = agreement(targets=targets(first_response="1h", resolution="2h"), customer_updates=CustomerUpdates(every=4 * HOUR))


def look(now: float, *more: Any, some: Any = ONE, **parts: Any) -> Look:
    facts = parts.pop("facts", Facts())
    return see([opened(START), *more], minutes(now), book(*(some if isinstance(some, tuple) else (some,)), **parts), facts)


def told(seen: Look) -> list[tuple[float, str | None]]:
    return [((d.at - START) / MINUTE, d.team) for d in said(seen, "message.team")]


# The example's rules


def test_at_80_percent_the_team_is_told_and_nobody_is_paged() -> None:
    seen = look(53)
    assert told(seen) == [(48, "support")]
    assert paged(seen) == []
    assert said(seen, "ticket.tagged") == []


def test_at_the_breach_everybody_concerned_hears_of_it_once() -> None:
    seen = look(60)
    assert told(seen) == [(48, "support"), (60, "support"), (60, "leadership")]
    assert [d.tag for d in said(seen, "ticket.tagged")] == ["sla-risk", "sla-breached"]
    assert len(said(seen, "review.opened")) == 1
    assert [(d.wording, d.customer) for d in said(seen, "message.customer")] == [("breach", "acme")]


def test_everything_that_is_done_names_the_rule_and_the_reason() -> None:
    [message] = said(look(53), "message.team")
    assert message.reason == "rule warn: first response: 80% of 1h used up (calendar always)"


def test_an_internal_agreement_does_not_concern_customers() -> None:
    seen = look(60, some=agreement(kind="ola", targets=ONE.targets))
    assert said(seen, "message.customer") == []
    assert (60, "leadership") not in told(seen)


def test_what_is_not_configured_does_nothing() -> None:
    seen = look(300, some=agreement(targets=ONE.targets, team=None, ladder=None), wording={}, teams={}, ladders={})
    assert {d.kind.split(".")[0] for d in seen.decisions} == {"clock", "ticket", "review"}


def test_without_rules_clocks_run_in_silence() -> None:
    assert {d.kind.split(".")[0] for d in look(300, rules=()).decisions} == {"clock"}


# Rules at events


def test_a_rule_can_tell_a_team_of_an_event() -> None:
    rules = (rule("reopened", {"event": "ticket.updated", "reopened": True, "tier": "gold"}, ("tell", "leadership")),)
    history = [updated(minutes(5), status="solved"), updated(minutes(9), status="open")]
    assert told(look(10, *history, rules=rules)) == [(9, "leadership")]


def test_a_rule_can_ask_for_the_score_of_a_rating() -> None:
    rules = (rule("unhappy", {"event": "ticket.rated", "score": {"<=": 2}}, ("tell", "leadership")),)
    assert told(look(10, event(minutes(5), "ticket.rated", score=2), rules=rules)) == [(5, "leadership")]
    assert told(look(10, event(minutes(5), "ticket.rated", score=5), rules=rules)) == []


def test_a_rule_at_an_event_can_page_a_named_ladder() -> None:
    rules = (rule("vip", {"event": "ticket.replied", "author": "customer", "shouting": True}, ("page", "leadership")),)
    seen = look(10, event(minutes(5), "ticket.replied", author="customer", public=True, shouting=True), rules=rules)
    assert paged(seen) == [(minutes(5), ["dana"])]


# One page per ladder


def test_later_reasons_join_the_open_page() -> None:
    seen = look(125, some=BOTH)
    assert len(said(seen, "page.opened")) == 1
    [page] = seen.pages
    assert len(page.reasons) >= 3
    assert any("resolution" in reason for reason in page.reasons)


def test_a_page_of_two_clocks_closes_with_the_last_of_them() -> None:
    rules = (*RULES, rule("loud", {"crossing": "80%"}, ("page", "ladder")))
    slow = agreement("slow", targets=targets(resolution="1h"))
    gone = updated(minutes(62), tier="tin")
    seen = look(62, gone, some=(agreement(targets=ONE.targets, when={"tier": "gold"}), slow), rules=rules)
    assert seen.pages[0].state == "open"
    seen = look(63, gone, updated(minutes(63), status="solved"), some=(ONE, slow), rules=rules)
    assert seen.pages[0].closed_at == minutes(63)


@pytest.mark.parametrize(
    ("what", "closes"),
    [
        (answered(minutes(56)), True),
        (updated(minutes(56), assignee="ana"), True),
        (updated(minutes(56), status="solved"), True),
        (updated(minutes(56), status="closed"), True),
        (event(minutes(56), "ticket.deleted"), True),
        (updated(minutes(56), tier="silver"), True),
        (event(minutes(56), "ticket.replied", author="bot", public=True), False),
        (answered(minutes(56), public=False), False),
        (updated(minutes(56), title="Still cannot pay"), False),
        (updated(minutes(56), assignee=None), False),
    ],
    ids=["answered", "assigned", "solved", "closed", "deleted", "other tier", "bot", "note", "title", "nobody"],
)
def test_a_page_closes_when_the_ticket_needs_nobody_any_more(what: Any, closes: bool) -> None:
    some = agreement(targets=ONE.targets, when={"tier": "gold"})
    [page] = look(58, what, some=some).pages
    assert (page.state, page.closed_at) == (("closed", minutes(56)) if closes else ("open", None))


def test_an_answer_closes_the_page_with_its_reason() -> None:
    seen = look(58, answered(minutes(56), id_="evt-answer"))
    assert [d.reason for d in said(seen, "page.closed")] == ["the ticket was answered (ticket.replied evt-answer)"]


def test_a_page_closed_is_followed_by_another_at_the_next_reason() -> None:
    seen = look(120, answered(minutes(56)), some=BOTH)
    first, second = seen.pages
    assert (first.state, second.state) == ("closed", "open")
    assert first.page != second.page


def test_a_ticket_that_somebody_owns_starts_no_ladder_after_the_breach() -> None:
    some = agreement(targets=targets(resolution="1h"), after_breach=thresholds("150%", "daily"))
    owned = updated(minutes(65), assignee="ana")
    seen = look(2 * 24 * 60, owned, some=some)
    assert [when for when, _ in paged(seen) if when > minutes(65)] == []


# Born overdue

CHANGED = agreement(
    targets=targets(first_response={"urgent": "30m", "default": "8h"}), after_breach=thresholds("150%", "200%", "daily")
)


def test_what_a_change_makes_overdue_is_told_to_the_team_and_pages_nobody() -> None:
    history = [opened(START, priority="low"), updated(minutes(50), priority="urgent")]
    seen = see(history, minutes(59), book(CHANGED))
    assert paged(seen) == []
    assert {(when, team) for when, team in told(seen)} == {(50, "support"), (50, "leadership")}
    assert [row.verdict for row in seen.clocks] == ["overdue"]


def test_what_a_change_makes_overdue_is_tagged_and_reviewed_like_any_breach() -> None:
    history = [opened(START, priority="low"), updated(minutes(50), priority="urgent")]
    seen = see(history, minutes(59), book(CHANGED))
    assert [d.tag for d in said(seen, "ticket.tagged")] == ["sla-breached"]
    assert len(said(seen, "review.opened")) == 1
    assert said(seen, "message.customer") == []


def test_a_crossing_after_that_pages_as_ever() -> None:
    history = [opened(START, priority="low"), updated(minutes(50), priority="urgent")]
    assert paged(see(history, minutes(60), book(CHANGED))) == [(minutes(60), ["ana"])]


# Tags


def test_tags_go_when_the_clock_ends() -> None:
    seen = look(70, answered(minutes(65)))
    assert [(d.tag, (d.at - START) / MINUTE) for d in said(seen, "ticket.untagged")] == [("sla-risk", 65), ("sla-breached", 65)]


def test_a_tag_stays_as_long_as_one_clock_needs_it() -> None:
    # The first response is at risk from 54 and answered at 110; the resolution is at risk from 108 and solved at 115.
    history = [answered(minutes(110)), updated(minutes(115), status="solved")]
    seen = look(120, *history, some=BOTH)
    risk = [(d.kind, (d.at - START) / MINUTE) for d in seen.decisions if d.tag == "sla-risk"]
    assert risk == [("ticket.tagged", 54), ("ticket.untagged", 115)]


def test_a_tag_that_comes_again_is_another_decision() -> None:
    history = [answered(minutes(56)), updated(minutes(118), status="solved")]
    seen = look(120, *history, some=BOTH)
    keys = [d.key for d in seen.decisions if d.tag == "sla-risk"]
    assert len(keys) == len(set(keys)) == 4


# Customers


def test_a_customer_is_written_to_at_most_once_within_the_cadence() -> None:
    assert len(said(look(125, some=BOTH), "message.customer")) == 1
    far = agreement(targets=targets(first_response="1h", resolution="5h"), customer_updates=CustomerUpdates(every=4 * HOUR))
    assert [d.at for d in said(look(301, some=far), "message.customer")] == [minutes(60), minutes(300)]


def test_two_breaches_at_one_instant_are_one_message() -> None:
    same = agreement(targets=targets(first_response="1h", resolution="1h"))
    assert len(said(look(61, some=same), "message.customer")) == 1


@pytest.mark.parametrize("data", [{"customer": "globex"}, {"customer": None}])
def test_a_customer_who_asked_for_none_or_is_unknown_gets_no_message(data: dict[str, Any]) -> None:
    assert said(see([opened(START, **data)], minutes(70), book(ONE)), "message.customer") == []


def test_without_wording_no_customer_is_written_to() -> None:
    assert said(look(70, wording={}), "message.customer") == []


# Counters


def test_the_third_breach_of_a_customer_within_a_day_pages_leadership() -> None:
    elsewhere = [START - DAY, START, START + MINUTE]
    for breaches, calls in ((elsewhere[:2], 0), (elsewhere, 1)):
        seen = look(60, facts=Facts({"acme": breaches}))
        assert len(said(seen, "page.opened", ladder="leadership")) == calls
        assert said(seen, "clock.overdue")[0].facts == {"customer_breaches_24h": calls + 2}


@pytest.mark.parametrize("when", [{"crossing": "100%"}, {"event": "ticket.rated"}])
def test_what_was_counted_then_is_used_again(when: dict[str, Any]) -> None:
    counted = rule("counted", {**when, "customer_breaches_24h": {">=": 3}}, ("tell", "leadership"))
    more = [event(minutes(61), "ticket.rated", score=1)]
    first = look(62, *more, rules=[counted], facts=Facts({"acme": [START, START + MINUTE]}))
    assert len(said(first, "message.team")) == 1
    again = look(62, *more, rules=[counted], facts=Facts().remembering(first.decisions))  # elsewhere it was corrected
    assert len(said(again, "message.team")) == 1


def test_a_tickets_own_breaches_count_too() -> None:
    same = agreement(targets=targets(first_response="1h", resolution="1h"))
    assert len(said(look(60, some=same, facts=Facts({"acme": [START]})), "page.opened", ladder="leadership")) == 1


def test_the_facts_on_record_are_used_again() -> None:
    [overdue] = said(look(60), "clock.overdue")
    recorded = {overdue.key: {"customer_breaches_24h": 3}}
    seen = look(60, facts=Facts(recorded=recorded))
    assert len(said(seen, "page.opened", ladder="leadership")) == 1
    assert said(seen, "clock.overdue")[0].facts == recorded[overdue.key]


def test_the_look_says_which_counter_made_a_difference() -> None:
    [overdue] = said(look(60), "clock.overdue")
    assert look(60).counted == [("acme", overdue.at, 1)]
    assert look(59).counted == []


# The whole example


def test_an_urgent_gold_ticket_that_nobody_touches() -> None:
    short = {"support": ladder("support", Step("rota", "support", 10 * MINUTE)), "leadership": ladder("leadership")}
    seen = see([opened("2026-01-05T16:00:00Z")], "2026-01-05T16:30:00Z", book(gold(), ladders=short))
    kinds = [(d.kind, d.threshold) for d in seen.decisions if d.metric == "first_response" and d.kind != "clock.started"]
    assert kinds == [
        ("clock.crossed", "80%"),
        ("message.team", None),
        ("clock.crossed", "90%"),
        ("page.opened", None),
        ("ticket.tagged", None),
        ("clock.crossed", "100%"),
        ("message.team", None),
        ("ticket.tagged", None),
        ("review.opened", None),
        ("message.customer", None),
        ("message.team", None),
        ("clock.overdue", None),
        ("clock.crossed", "150%"),
        ("page.exhausted", None),
        ("clock.crossed", "200%"),
        ("page.stepped", None),
    ]

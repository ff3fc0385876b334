"""A page climbs its ladder until a person takes it."""

from itertools import product
from typing import Any, get_args

import pytest

from escalation.ladder import Acknowledgement, Ladder, Step
from escalation.look import Look
from escalation.page import TRANSITIONS, Page, State
from escalation.roster import Roster
from rules.decisions import Decision
from rules.instants import HOUR, MINUTE
from tests.support.core import (
    ALWAYS,
    LONDON,
    agreement,
    at,
    book,
    event,
    ladder,
    opened,
    paged,
    rule,
    said,
    see,
    targets,
    thresholds,
)

START = at("2026-01-05T10:00:00Z")


def minutes(n: float) -> int:
    return START + int(n * MINUTE)


# Every step from every state

STEPS = ("step", "acknowledge", "hand_over", "expire", "exhaust", "close")
BY_HAND = ("step", "acknowledge", "hand_over", "close")


def page_in(state: State, said_: list[Decision]) -> Page:
    rungs = ladder("short", Step("person", "ana", 10 * MINUTE), repeat=0 if state == "exhausted" else 5)
    cause = Decision(START, "clock.crossed", "T-1", "because", threshold="90%")
    page = Page("P-1", cause, rungs, Roster(), book(), said_.append)
    page.open(START)
    if state == "acknowledged":
        page.acknowledge(START, "ben", None)
    elif state == "exhausted":
        page.time_out(page.deadline)
    elif state == "closed":
        page.close(START, "r")
    assert page.state == state
    return page


@pytest.mark.parametrize(("state", "step"), list(product(get_args(State), BY_HAND)))
def test_every_step_that_a_person_or_the_ticket_brings_about(state: State, step: str) -> None:
    told: list[Decision] = []
    page = page_in(state, told)
    deeds: dict[str, Any] = {
        "step": lambda: page.escalate(START, "cleo"),
        "acknowledge": lambda: page.acknowledge(START, "cleo", HOUR),
        "hand_over": lambda: page.hand_over(START, "cleo", "ben"),
        "close": lambda: page.close(START, "r"),
    }
    count = len(told)
    if (state, step) in TRANSITIONS:
        deeds[step]()
        assert page.state == TRANSITIONS[state, step]
        assert len(told) == count + 1
    else:
        with pytest.raises(ValueError, match=f"P-1 is {state}; {step} is not possible"):
            deeds[step]()
        assert (page.state, len(told)) == (state, count)


@pytest.mark.parametrize(("state", "kinds"), [("open", ["page.stepped"]), ("acknowledged", ["page.expired", "page.stepped"])])
def test_what_a_deadline_brings_about(state: State, kinds: list[str]) -> None:
    told: list[Decision] = []
    page = page_in(state, told)
    count = len(told)
    page.time_out(page.deadline)
    assert (page.state, [d.kind for d in told[count:]]) == ("open", kinds)


def test_only_open_and_acknowledged_pages_have_a_deadline() -> None:
    waiting = {state for state in get_args(State) if page_in(state, []).row().next_at is not None}
    assert waiting == {"open", "acknowledged"}


def test_the_table_holds_no_state_or_step_that_is_unknown() -> None:
    assert {step for _, step in TRANSITIONS} == set(STEPS)
    assert {*TRANSITIONS.values(), *(state for state, _ in TRANSITIONS)} == set(get_args(State))


# The way up, in a look: 90 % of an hour is crossed 54 minutes after the start

SOME = agreement(targets=targets(ALWAYS, first_response="1h"))
NINETY = 54


def look(now: float, *more: Any, rungs: Ladder | None = None, some: Any = SOME, **parts: Any) -> Look:
    ladders = {"support": rungs or ladder(), "leadership": ladder("leadership", Step("role", "leadership", 30 * MINUTE))}
    return see([opened(START), *more], minutes(now), book(some, ladders=ladders, **parts))


def calls(seen: Look) -> list[tuple[float, list[str] | None]]:
    return [((when - START) / MINUTE, to) for when, to in paged(seen)]


def test_at_90_percent_the_person_on_call_is_paged_then_the_lead_then_the_ladder_again() -> None:
    assert calls(look(NINETY - 0.1)) == []
    assert calls(look(59)) == [(54, ["ana"])]
    assert calls(look(70)) == [(54, ["ana"]), (64, ["ben"])]


def test_leadership_is_paged_only_once_the_promise_is_broken() -> None:
    warned = agreement(targets=targets(ALWAYS, first_response="10h"))
    # 90 % after nine hours; an hour is left: ana, ben, and over leadership's head ana again.
    assert [to for _, to in calls(look(599, some=warned))] == [["ana"], ["ben"], ["ana"], ["ben"]]
    assert [to for _, to in calls(look(125))][:3] == [["ana"], ["ben"], ["dana"]]


def test_the_ladder_is_climbed_as_often_as_it_says_and_then_stays_open_exhausted() -> None:
    seen = look(1_000)
    assert calls(seen) == [
        (54, ["ana"]), (64, ["ben"]), (84, ["dana"]),
        (114, ["ana"]), (124, ["ben"]), (144, ["dana"]),
        (174, ["ana"]), (184, ["ben"]), (204, ["dana"]),
    ]  # fmt: skip
    [exhausted] = said(seen, "page.exhausted")
    assert exhausted.at == minutes(234)
    [page] = seen.pages
    assert (page.state, page.closed_at, page.next_at) == ("exhausted", None, None)


def test_an_exhausted_page_starts_again_at_a_later_crossing() -> None:
    some = agreement(targets=SOME.targets, after_breach=thresholds("daily"))
    seen = look(60 + 24 * 60, some=some)
    assert calls(seen)[-1] == (60 + 24 * 60, ["ana"])
    assert len(said(seen, "page.opened")) == 1
    assert seen.pages[0].state == "open"


def test_waits_can_be_counted_in_the_agreements_open_hours() -> None:
    # 80 %/90 % of an hour from Monday 16:31 lie at 17:25 for 90 %; five minutes are left before closing.
    office = agreement(targets=targets(LONDON, first_response="1h"), calendar=LONDON)
    history = [opened("2026-01-05T16:31:00Z")]
    for waits, second in (("wall", "2026-01-05T17:35:00Z"), ("calendar", "2026-01-06T09:05:00Z")):
        in_book = book(office, ladders={"support": ladder(waits=waits)})
        assert [when for when, _ in paged(see(history, "2026-01-06T09:05:00Z", in_book))][:2] == [
            at("2026-01-05T17:25:00Z"),
            at(second),
        ]


def test_a_step_that_reaches_nobody_is_passed_over_at_once_and_said() -> None:
    seen = look(59, rotas={})
    assert calls(seen) == [(54, ["ben"])]
    assert "step 1 reaches nobody" in said(seen, "page.opened")[0].reason


def test_a_ladder_that_reaches_nobody_at_all_is_exhausted_and_visible() -> None:
    seen = look(59, rotas={}, people={}, teams={})
    assert (said(seen, "page.opened")[0].to, len(said(seen, "page.exhausted")), seen.pages[0].state) == ([], 1, "exhausted")


# Acknowledgement


def ack(minute: float, **data: Any) -> Any:
    return event(minutes(minute), "page.acknowledged", **({"by": "ben"} | data))


def test_an_acknowledged_page_calls_nobody_until_it_ends() -> None:
    seen = look(84, ack(55))
    assert calls(seen) == [(54, ["ana"])]
    [page] = seen.pages
    assert (page.state, page.acknowledged_by, page.acknowledged_until) == ("acknowledged", "ben", minutes(85))
    assert said(seen, "page.acknowledged")[0].reason == "Ben Osei has it for 30m"


@pytest.mark.parametrize(("for_", "minutes_"), [("2h", 120), ("45m", 45), (None, 30), ("soon", 30), (7, 30)])
def test_an_acknowledgement_lasts_as_long_as_its_taker_says(for_: object, minutes_: int) -> None:
    seen = look(60, ack(55, **{"for": for_}))
    assert seen.pages[0].acknowledged_until == minutes(55 + minutes_)


def test_how_long_it_lasts_otherwise_is_the_ladders_to_say() -> None:
    assert look(56, ack(55), rungs=ladder(acknowledgement=Acknowledgement(HOUR))).pages[0].acknowledged_until == minutes(115)


def test_when_the_acknowledgement_ends_the_ladder_goes_on_from_the_same_step() -> None:
    seen = look(96, ack(65))
    assert calls(seen) == [(54, ["ana"]), (64, ["ben"]), (95, ["ben"])]
    [expired] = said(seen, "page.expired")
    assert (expired.at, "acknowledgement by Ben Osei has ended" in expired.reason) == (minutes(95), True)


def test_acknowledged_again_the_promise_runs_from_the_later_click() -> None:
    seen = look(60, ack(55), ack(58, by="cleo"))
    assert (seen.pages[0].acknowledged_by, seen.pages[0].acknowledged_until) == ("cleo", minutes(88))


def test_a_click_for_another_page_or_before_any_page_changes_nothing() -> None:
    assert look(59, ack(10)).pages[0].state == "open"
    assert look(59, ack(55, page="P-other")).pages[0].state == "open"


def test_a_click_names_its_page() -> None:
    page = look(55).pages[0].page
    assert look(59, ack(55, page=page)).pages[0].state == "acknowledged"


def test_a_click_after_the_close_changes_nothing() -> None:
    owned = event(minutes(56), "ticket.updated", assignee="ana")
    before, after = look(59, owned), look(59, owned, ack(57))
    assert (after.pages, [d.key for d in after.decisions]) == (before.pages, [d.key for d in before.decisions])


def test_an_exhausted_page_can_still_be_taken() -> None:
    seen = look(245, ack(240))
    assert seen.pages[0].state == "acknowledged"


def test_when_an_acknowledgement_of_an_exhausted_page_ends_the_last_one_paged_is_called_again() -> None:
    rungs = ladder("support", Step("rota", "support", 10 * MINUTE), Step("role", "leadership", 10 * MINUTE, after_breach=True))
    warned = agreement(targets=targets(ALWAYS, first_response="10h"))
    # Paged at 540, exhausted at 550 as leadership waits for the breach, taken at 552 for half an hour.
    seen = look(583, ack(552), rungs=rungs, some=warned)
    assert calls(seen) == [(540, ["ana"]), (582, ["ana"])]


# By hand


def escalated(minute: float, **data: Any) -> Any:
    return event(minutes(minute), "page.escalated", **({"by": "cleo"} | data))


def test_escalated_by_hand_the_next_step_is_paged_now_even_when_acknowledged() -> None:
    seen = look(60, ack(55), escalated(57))
    assert calls(seen) == [(54, ["ana"]), (57, ["ben"])]
    assert "escalated by Cleo Marsh" in said(seen, "page.stepped")[0].reason


def test_an_exhausted_page_escalated_by_hand_starts_again() -> None:
    assert calls(look(241, escalated(240)))[-1] == (240, ["ana"])


def test_escalated_by_hand_before_any_page_one_opens_for_the_clock_due_next() -> None:
    seen = look(11, escalated(10))
    assert calls(seen) == [(10, ["ana"])]
    assert said(seen, "page.opened")[0].metric == "first_response"


def test_a_page_opened_by_hand_stays_when_its_clock_pauses_later() -> None:
    some = agreement(targets=targets(ALWAYS, resolution="10h"))
    waiting = event(minutes(20), "ticket.updated", status="pending")
    assert calls(look(15, escalated(10), waiting, some=some)) == [(10, ["ana"])]
    assert calls(look(25, escalated(10), waiting, some=some))[:1] == [(10, ["ana"])]


# Leadership and the breach


def test_a_rule_that_joins_a_page_before_the_breach_does_not_call_leadership() -> None:
    rules = (
        rule("page", {"crossing": "90%"}, ("page", "ladder")),
        rule("again", {"event": "clock.paused"}, ("page", "ladder")),
    )
    some = agreement(targets=targets(ALWAYS, resolution="10h"))
    pending = event(minutes(541), "ticket.updated", status="pending")
    seen = look(620, pending, some=some, rules=rules)
    assert ["dana"] not in [to for _, to in calls(seen)]

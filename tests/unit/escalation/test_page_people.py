"""What people and platforms do to a page: it is handed over, its taker is reminded, somebody cannot be reached."""

from typing import Any

from escalation.ladder import Acknowledgement, Ladder, OpenHours, Step
from escalation.look import Look
from escalation.roster import Roster
from rules.conditions import parse as condition
from rules.durations import parse_threshold
from rules.instants import MINUTE
from tests.support.core import (
    ALWAYS,
    LONDON,
    Book,
    agreement,
    answered,
    at,
    book,
    event,
    ladder,
    opened,
    paged,
    said,
    see,
    targets,
    updated,
)

START = at("2026-01-05T10:00:00Z")
SOME = agreement(targets=targets(ALWAYS, first_response="1h"))
FAR = agreement(targets=targets(ALWAYS, first_response="10h"))
NINETY = 54


def minutes(n: float) -> int:
    return START + int(n * MINUTE)


def climbing(rungs: Ladder | None = None, some: Any = SOME, **parts: Any) -> Book:
    ladders = {"support": rungs or ladder(), "leadership": ladder("leadership", Step("role", "leadership", 30 * MINUTE))}
    return book(some, ladders=ladders, **parts)


def look(now: float, *more: Any, rungs: Ladder | None = None, some: Any = SOME, **parts: Any) -> Look:
    return see([opened(START), *more], minutes(now), climbing(rungs, some, **parts))


def calls(seen: Look) -> list[tuple[float, list[str] | None]]:
    return [((when - START) / MINUTE, to) for when, to in paged(seen)]


def taken(when: float, by: str = "ana", **more: Any) -> Any:
    return event(minutes(when), "page.acknowledged", by=by, **more)


# Conditions of steps

FIRST = Step("person", "ana", 10 * MINUTE)


def test_a_step_for_urgent_tickets_is_passed_over_for_others() -> None:
    rungs = ladder("support", Step("person", "dana", 10 * MINUTE, when=condition({"priority": "urgent"})), FIRST)
    assert [to for _, to in calls(look(55, rungs=rungs))] == [["dana"]]
    quiet = see([opened(START, priority="low")], minutes(55), climbing(rungs))
    assert [to for _, to in calls(quiet)] == [["ana"]]


def test_a_steps_condition_is_asked_of_the_ticket_as_it_is_when_the_step_is_due() -> None:
    rungs = ladder("support", FIRST, Step("person", "dana", 10 * MINUTE, when=condition({"priority": "critical"})), repeat=1)
    seen = see([opened(START), updated(minutes(60), priority="critical")], minutes(64), climbing(rungs))
    assert [to for _, to in calls(seen)] == [["ana"], ["dana"]]
    assert [to for _, to in calls(look(64, rungs=rungs))] == [["ana"], ["ana"]]


def test_a_step_counts_in_its_hours_only() -> None:
    day = Step("person", "ana", 10 * MINUTE, hours=OpenHours("london"))
    night = Step("person", "ben", 10 * MINUTE, hours=OpenHours("london", inside=False))
    rungs = ladder("support", day, night)
    found = climbing(rungs)
    found.promises.calendars = {"london": LONDON}
    assert [to for _, to in calls(see([opened(START)], minutes(55), found))] == [["ana"]]
    evening = at("2026-01-05T20:00:00Z")
    assert [to for _, to in calls(see([opened(evening)], evening + 55 * MINUTE, found))] == [["ben"]]


def test_a_step_to_a_channel_calls_the_channel() -> None:
    rungs = ladder("support", Step("channel", "leadership", 10 * MINUTE), FIRST)
    assert [to for _, to in calls(look(64, rungs=rungs))] == [["#leadership"], ["ana"]]


# Who is next


def test_a_page_says_whom_it_will_call_next_and_when() -> None:
    (page,) = look(55).pages
    assert (page.next_step, page.next_to, page.next_at) == (2, ("ben",), minutes(64))
    (page,) = look(64.5).pages
    assert (page.next_step, page.next_to, page.next_at) == (3, ("dana",), minutes(84))


def test_after_an_acknowledgement_the_same_step_is_next() -> None:
    (page,) = look(60, taken(55)).pages
    assert (page.next_step, page.next_to, page.next_at) == (1, ("ana",), minutes(85))


def test_a_page_at_the_end_of_its_ladder_says_that_nobody_is_next() -> None:
    (page,) = look(60, rungs=ladder("support", FIRST)).pages
    assert (page.next_step, page.next_to, page.next_at) == (None, (), minutes(64))


# The reminder

REMINDING = Ladder(
    "support",
    (FIRST, Step("person", "ben", 10 * MINUTE)),
    1,
    "wall",
    Acknowledgement(30 * MINUTE, parse_threshold("5m before")),
)


def test_who_has_a_page_is_reminded_before_it_ends_and_may_prolong_it() -> None:
    seen = look(81, taken(55), rungs=REMINDING)
    (reminded,) = said(seen, "page.reminded")
    assert (reminded.at, reminded.to, reminded.reason) == (minutes(80), ["ana"], "the acknowledgement ends in 5m")
    longer = look(111, taken(55), taken(82), rungs=REMINDING)
    assert [d.at for d in said(longer, "page.reminded")] == [minutes(80), minutes(107)]
    assert not said(longer, "page.expired")
    (page,) = longer.pages
    assert page.acknowledged_until == minutes(112)


def test_after_the_reminder_the_ladder_goes_on_from_the_same_step() -> None:
    seen = look(86, taken(55), rungs=REMINDING)
    assert calls(seen) == [(54, ["ana"]), (85, ["ana"])]


def test_a_time_shorter_than_the_reminder_has_none() -> None:
    assert not said(look(60, taken(55, **{"for": "4m"}), rungs=REMINDING), "page.reminded")


# Handing over


def handed(when: float, to: str, by: str = "ana") -> Any:
    return event(minutes(when), "page.handed_over", by=by, to=to)


def test_a_page_that_is_handed_over_calls_the_other_person() -> None:
    seen = look(57, taken(55), handed(56, "cleo"))
    (over,) = said(seen, "page.handed_over")
    assert (over.to, over.reason) == (["cleo"], "Ana Costa handed it to Cleo Marsh")
    (page,) = seen.pages
    assert (page.state, page.to, page.acknowledged_by, page.next_at) == ("open", ("cleo",), None, minutes(66))


def test_where_the_other_person_does_not_take_it_the_ladder_goes_on() -> None:
    assert calls(look(67, taken(55), handed(56, "cleo"))) == [(54, ["ana"]), (66, ["ben"])]


def test_a_page_is_not_handed_to_somebody_unknown() -> None:
    (page,) = look(57, taken(55), handed(56, "nobody")).pages
    assert (page.state, page.acknowledged_by) == ("acknowledged", "ana")


def test_a_used_up_page_may_be_handed_over() -> None:
    (page,) = look(71, handed(70, "cleo"), rungs=ladder("support", FIRST)).pages
    assert (page.state, page.to) == ("open", ("cleo",))


# Nobody is reached


def unreached(when: float, to: str, call: int = 1) -> Any:
    return event(minutes(when), "page.unreached", to=to, call=call, why="user gone")


def test_a_step_whose_people_cannot_be_reached_moves_on_at_once_and_says_so() -> None:
    seen = look(55, unreached(54.1, "ana"))
    assert calls(seen) == [(54, ["ana"]), (54.1, ["ben"])]
    assert said(seen, "page.unreached")[0].reason == "Ana Costa could not be reached: user gone"
    assert "step 1 reached nobody" in said(seen, "page.stepped")[0].reason


def test_a_step_waits_as_long_as_somebody_of_it_may_be_reached() -> None:
    rungs = ladder("support", Step("role", "agent", 10 * MINUTE), Step("person", "dana", 10 * MINUTE))
    people = {name: book().people[name] for name in ("ana", "ben", "dana")}
    assert calls(look(55, unreached(54.1, "ana"), rungs=rungs, people=people)) == [(54, ["ana", "ben"])]
    both = look(55, unreached(54.1, "ana"), unreached(54.2, "ben"), rungs=rungs, people=people)
    assert calls(both) == [(54, ["ana", "ben"]), (54.2, ["dana"])]


def test_what_is_heard_of_an_earlier_call_changes_nothing() -> None:
    assert calls(look(66, unreached(65, "ana"))) == [(54, ["ana"]), (64, ["ben"])]
    assert calls(look(60, taken(55), unreached(56, "ana"))) == [(54, ["ana"])]
    assert calls(look(60, answered(minutes(55)), unreached(56, "ana"))) == [(54, ["ana"])]


def test_where_nobody_at_all_can_be_reached_the_page_is_used_up_and_stays_open() -> None:
    rungs = ladder("support", FIRST, Step("person", "ben", 10 * MINUTE))
    (page,) = look(58, unreached(55, "ana"), unreached(56, "ben", 2), rungs=rungs).pages
    assert page.state == "exhausted"


# Escalating by hand


def test_escalating_a_page_at_the_end_of_its_ladder_starts_it_again() -> None:
    up = event(minutes(60), "page.escalated", by="cleo")
    assert calls(look(61, up, rungs=ladder("support", FIRST))) == [(54, ["ana"]), (60, ["ana"])]


def test_who_has_a_page_keeps_it_where_escalating_calls_nobody() -> None:
    found = climbing(ladder("support", Step("person", "ana", 10 * MINUTE, hours=OpenHours("london"))))
    found.promises.calendars = {"london": LONDON}
    evening = at("2026-01-05T16:30:00Z")  # paged at 17:24, six minutes before closing
    has = event(evening + 55 * MINUTE, "page.acknowledged", by="ana")
    up = event(evening + 62 * MINUTE, "page.escalated", by="cleo")
    (page,) = see([opened(evening), has, up], evening + 63 * MINUTE, found).pages
    assert (page.state, page.acknowledged_by) == ("acknowledged", "ana")


# The ladder under which a page was opened


def test_a_page_goes_on_up_the_ladder_under_which_it_was_opened() -> None:
    before = climbing(ladder("support", FIRST, Step("person", "cleo", 10 * MINUTE)))
    after = climbing(ladder("support", FIRST, Step("person", "dana", 10 * MINUTE)))
    after.rosters = [(minutes(0), before.roster), (minutes(56), after.roster)]
    assert [to for _, to in calls(see([opened(START)], minutes(65), after))] == [["ana"], ["cleo"]]
    later = see([opened(minutes(10))], minutes(75), after)
    assert [to for _, to in calls(later)] == [["ana"], ["dana"]]


def test_a_page_goes_on_where_its_ladder_was_taken_out() -> None:
    before = climbing()
    after = book(SOME, ladders={})
    after.rosters = [(minutes(0), before.roster), (minutes(56), after.roster)]
    assert [to for _, to in calls(see([opened(START)], minutes(65), after))] == [["ana"], ["ben"]]


def test_a_roster_is_kept_whole() -> None:
    rungs = Ladder(
        "l",
        (
            Step("rota", "support", 1, after_breach=True),
            Step("channel", "x", 2, when=condition({"any": [{"a": {"not": {"in": [1, 2]}}}, {"b": "c"}]})),
            Step("person", "ana", 3, hours=OpenHours("london", inside=False)),
        ),
        3,
        "calendar",
        Acknowledgement(5, parse_threshold("80%")),
    )
    roster = Roster({"l": rungs}, book().rotas)
    assert Roster.of(roster.plain()) == roster

"""Whom a step reaches, and which rules hold."""

import pytest

from escalation.ladder import Step
from tests.support.core import at, book, rule

NOW = at("2026-01-05T10:00:00Z")


def whom(step: Step, team: str | None, now: int) -> list[str]:
    found = book()
    return found.reached(found.roster, step, team, now)


@pytest.mark.parametrize(
    ("step", "team", "expected"),
    [
        (Step("rota", "support", 0), None, ["ana"]),
        (Step("rota", "unknown", 0), None, []),
        (Step("role", "leadership", 0), None, ["dana"]),
        (Step("role", "admin", 0), None, []),
        (Step("lead_of", "team", 0), "support", ["ben"]),
        (Step("lead_of", "team", 0), None, []),
        (Step("lead_of", "team", 0), "leadership", []),
        (Step("lead_of", "support", 0), "leadership", ["ben"]),
        (Step("person", "cleo", 0), None, ["cleo"]),
        (Step("person", "nobody", 0), None, []),
        (Step("channel", "leadership", 0), "support", ["#leadership"]),
        (Step("channel", "team", 0), "support", ["#support"]),
        (Step("channel", "nowhere", 0), None, []),
    ],
)
def test_a_step_reaches_a_rota_a_role_a_lead_or_a_person(step: Step, team: str | None, expected: list[str]) -> None:
    assert whom(step, team, NOW) == expected


def test_before_the_rotas_first_shift_nobody_is_reached() -> None:
    assert whom(Step("rota", "support", 0), None, at("2026-01-01T10:00:00Z")) == []


@pytest.mark.parametrize(
    ("people", "words"),
    [
        ([], ""),
        (["ana"], "Ana Costa"),
        (["ana", "ben"], "Ana Costa and Ben Osei"),
        (["ana", "U-unknown", "cleo"], "Ana Costa, U-unknown and Cleo Marsh"),
        (["#leadership"], "the channel of leadership"),
    ],
)
def test_people_are_named_in_a_sentence(people: list[str], words: str) -> None:
    assert book().names(people) == words


def test_the_rules_that_hold_come_in_the_order_of_the_configuration() -> None:
    found = book(rules=(rule("b", {"x": 1}), rule("never", {"x": 2}), rule("a", {"y": {"not": 3}})))
    rules, swayed = found.rules_for({"x": 1})
    assert ([each.name for each in rules], swayed) == (["b", "a"], False)


@pytest.mark.parametrize(("event", "swayed"), [("clock.overdue", True), ("clock.met", False)])
def test_a_book_knows_where_a_counter_makes_a_difference(event: str, swayed: bool) -> None:
    for count in (0, 2, 3):
        assert book().rules_for({"event": event, "customer_breaches_24h": count})[1] is swayed

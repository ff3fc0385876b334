"""What can hold and what cannot: never is something called impossible that some ticket fulfils."""

from itertools import compress, product
from typing import Any

import pytest
from hypothesis import given, settings

from rules.conditions import ALWAYS, NEVER, AllOf, AnyOf, Not, compiled, parse
from rules.possibility import Possibilities, can_hold, implies, obstacles
from tests.support.conditions import FIELDS, conditions_over, drawn_facts, odd_conditions, raw_conditions

IMPOSSIBLE: list[tuple[Any, list[str]]] = [
    ({"tier": "gold", "all": [{"tier": "silver"}]}, ["tier"]),
    ({"priority": {">": 3, "<": 2}}, ["priority"]),
    ({"priority": {">=": 3, "<": 3}}, ["priority"]),
    ({"x": 5, "all": [{"x": {">": 10}}]}, ["x"]),
    ({"x": "b", "all": [{"x": {"<": "a"}}]}, ["x"]),
    ({"x": {"exists": False}, "all": [{"x": 1}]}, ["x"]),
    ({"x": {"exists": False}, "all": [{"x": {"has": "a"}}]}, ["x"]),
    ({"x": {"exists": False, ">": 1}}, ["x"]),
    ({"x": {">": 1}, "all": [{"x": {">": "a"}}]}, ["x"]),
    ({"x": {"has": "a"}, "all": [{"x": "a"}]}, ["x"]),
    ({"x": {"has": "a", "not": {"has": "a"}}}, ["x"]),
    ({"x": "a", "all": [{"x": {"not": {"in": ["a", "b"]}}}]}, ["x"]),
    ({"x": True, "all": [{"x": 1}]}, ["x"]),
    ({"x": True, "all": [{"x": {">=": 0}}]}, ["x"]),
    ({"any": [{"x": 1, "all": [{"x": 2}]}, {"y": {">": 3, "<": 2}}]}, ["x", "y"]),
    ({"x": 1, "any": [{"x": 2}, {"x": 3, "y": 1}]}, ["x"]),
]
POSSIBLE: list[Any] = [
    {},
    {"x": {"not": {"exists": True}}},
    {"x": {">": 3, "<": 4}},
    {"x": {">=": 3, "<=": 3}},
    {"x": 3, "all": [{"x": {">=": 3}}]},
    {"x": {"has": "a"}, "all": [{"x": {"has": "b", "not": "a"}}]},
    {"x": {"not": {"in": [1, "a", True]}, "exists": True}},
    {"x": {"not": {">": 3}}, "all": [{"x": {"not": {"<=": 3}}}]},
    {"any": [{"x": 1, "all": [{"x": 2}]}, {"y": 1}]},
    {"x": 1, "y": 2},
]


@pytest.mark.parametrize(("raw", "fields"), IMPOSSIBLE, ids=str)
def test_what_contradicts_itself_can_never_hold_and_the_fields_are_named(raw: Any, fields: list[str]) -> None:
    assert not can_hold(parse(raw))
    assert obstacles(parse(raw)) == fields


@pytest.mark.parametrize("raw", POSSIBLE, ids=str)
def test_what_some_ticket_fulfils_can_hold(raw: Any) -> None:
    assert can_hold(parse(raw))
    assert obstacles(parse(raw)) == []


FEW: list[Any] = ["gold", "", 0, 1.5, 1, True]
EVERY_KIND: list[Any] = [*FEW, None, False, "f", "h", -1, 0.5, 1.2, 2, {}]
EVERY_KIND += [list(compress(FEW, chosen)) for chosen in product((False, True), repeat=len(FEW))]
"""A value of every kind that conditions over these few constants can tell apart."""


@settings(max_examples=400, deadline=None)
@given(conditions_over(FEW))
def test_a_condition_can_hold_exactly_where_some_value_fulfils_it(raw: Any) -> None:
    condition = parse(_of_one_field(raw))
    assert can_hold(condition) == any(compiled(condition)({"tier": value}) for value in EVERY_KIND)


def _of_one_field(raw: Any) -> Any:
    if isinstance(raw, dict):
        return {"tier" if key in FIELDS else key: _of_one_field(value) for key, value in raw.items()}
    return [_of_one_field(item) for item in raw] if isinstance(raw, list) else raw


@settings(max_examples=300, deadline=None)
@given(odd_conditions, drawn_facts)
def test_what_a_ticket_fulfils_is_never_called_impossible(raw: Any, facts: dict[str, Any]) -> None:
    condition = parse(raw)
    if compiled(condition)(facts):
        assert can_hold(condition)
    else:
        assert can_hold(Not(condition))


@settings(max_examples=200, deadline=None)
@given(raw_conditions, raw_conditions, drawn_facts)
def test_one_condition_implies_another_only_where_no_ticket_denies_it(first: Any, other: Any, facts: dict[str, Any]) -> None:
    one, two = parse(first), parse(other)
    assert implies(one, AnyOf((one, two)))
    assert implies(AllOf((one, two)), two)
    if implies(one, two):
        assert compiled(two)(facts) or not compiled(one)(facts)


def test_always_and_never() -> None:
    assert can_hold(ALWAYS)
    assert not can_hold(NEVER)
    assert implies(parse({"x": 1}), ALWAYS)
    assert not implies(ALWAYS, parse({"x": 1}))
    assert implies(ALWAYS, parse({"x": 1}), parse({"x": {"not": 1}}))


def test_what_has_too_many_alternatives_to_look_through_is_taken_to_be_possible() -> None:
    many = parse({f"f{i}": {"in": list(range(60))} for i in range(3)} | {"x": 1, "all": [{"x": 2}]})
    assert can_hold(many)
    possible = Possibilities([many])
    assert possible.together(possible.alternatives(many), [])


@pytest.mark.parametrize(
    "raw",
    [
        {"a": {"in": [f"v{i}" for i in range(2_000)]}, "all": [{"a": "other"}]},
        {"a": {"in": list(range(2_000))}, "all": [{"a": {">": 3_000}}]},
        {"a": {"not": {"in": list(range(40_000))}}, "all": [{"a": 7}]},
        {"a": {"not": {"in": list(range(20_000))}, ">": 5, "<": 2}},
        {"all": [{"a": {"not": i, ">": i}} for i in range(1_000)], "a": 4},
    ],
    ids=range(5),
)
def test_large_conditions_are_looked_through_quickly(raw: Any) -> None:
    assert not can_hold(parse(raw))

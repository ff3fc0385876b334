"""What can hold and what cannot: never is something called impossible that some ticket fulfils."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.conditions import ALWAYS, NEVER, AllOf, AnyOf, Not, compiled, parse
from rules.possibility import Possibilities, can_hold, implies, obstacles
from tests.support.conditions import CONSTANTS, FIELDS, raw_conditions

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


SAMPLES: list[Any] = [
    *(None, *CONSTANTS, "zzz", "g", -5, 0.5, 1.2, 1e9, {}, [], float("nan")),
    *(list(tags) for tags in product(CONSTANTS, repeat=2)),
]


@settings(max_examples=400, deadline=None)
@given(raw_conditions)
def test_a_condition_can_hold_exactly_where_values_around_its_constants_fulfil_it(raw: Any) -> None:
    """Each field by itself: with one field, the samples hold a value of every kind that a condition can tell apart."""
    condition = parse(_of_one_field(raw))
    assert can_hold(condition) == any(compiled(condition)({"tier": value}) for value in SAMPLES)


def _of_one_field(raw: Any) -> Any:
    if isinstance(raw, dict):
        return {"tier" if key in FIELDS else key: _of_one_field(value) for key, value in raw.items()}
    return [_of_one_field(item) for item in raw] if isinstance(raw, list) else raw


@settings(max_examples=300, deadline=None)
@given(raw_conditions, st.fixed_dictionaries({}, optional={name: st.sampled_from(SAMPLES) for name in FIELDS}))
def test_what_a_ticket_fulfils_is_never_called_impossible(raw: Any, facts: dict[str, Any]) -> None:
    condition = parse(raw)
    if compiled(condition)(facts):
        assert can_hold(condition)
    else:
        assert can_hold(Not(condition))


@settings(max_examples=200, deadline=None)
@given(raw_conditions, raw_conditions, st.fixed_dictionaries({name: st.sampled_from(SAMPLES) for name in FIELDS}))
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

"""Conditions and facts as small integers: what the rule engine gets to see."""

from typing import Any

import pytest

from rules.conditions import ConditionError, compiled, parse
from rules.encoding import MOST_ALTERNATIVES, Encoding, Literal

HOSTILE = [
    float("nan"),
    float("inf"),
    -float("inf"),
    2**64,
    -(2**64),
    10**400,
    1e-300,
    "x" * 70_000,
    "gold\0",
    "",
    "\ud800",
    "gold" + "\0" * 65_536,
    [],
    ["gold"],
    [[1], {"a": 2}],
    {},
    {"gold": 1},
    True,
    False,
    None,
    b"gold",
    object(),
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize(
    "raw",
    [
        {"f": "gold"},
        {"f": 1},
        {"f": True},
        {"f": {">": 1}},
        {"f": {"<=": "gold"}},
        {"f": {"has": "gold"}},
        {"f": {"exists": True}},
        {"f": {"not": {"in": ["gold", 1, False]}}},
        {"f": {"not": {"<": 0}}},
    ],
)
def test_a_hostile_value_becomes_a_small_integer_that_means_the_same(raw: Any, value: object) -> None:
    condition = parse(raw)
    encoding = Encoding([condition])
    codes = encoding.codes({"f": value})
    assert all(type(code) is int and -1 <= code < 100 for code in codes)
    held = any(all(literal.holds(codes) for literal in branch) for branch in encoding.branches(condition))
    assert held is bool(compiled(condition)({"f": value}))


def test_a_missing_field_has_its_own_code() -> None:
    encoding = Encoding([parse({"tier": "gold"})])
    assert [encoding.codes(facts) for facts in ({"tier": "gold"}, {"tier": "tin"}, {"tier": None}, {})] == [
        (1,),
        (0,),
        (-1,),
        (-1,),
    ]


def test_conditions_share_the_slot_of_a_field() -> None:
    encoding = Encoding([parse({"tier": name}) for name in ("gold", "silver", "bronze")])
    assert encoding.codes({"tier": "bronze"}) == (3,)


def test_an_order_is_a_place_between_the_constants() -> None:
    encoding = Encoding([parse({"score": {">": 3}}), parse({"score": {"<=": 7.5}})])
    assert [encoding.codes({"score": n})[0] for n in (1, 3, 5, 7.5, 9, "9")] == [0, 1, 2, 3, 4, -1]


@pytest.mark.parametrize("op", ["==", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("code", [-1, 0, 1, 2])
def test_a_negated_literal_holds_exactly_where_the_literal_does_not(op: str, code: int) -> None:
    literal = Literal(0, op, 1)
    assert literal.negated().holds([code]) is not literal.holds([code])


def one_of(count: int) -> dict[str, Any]:
    return {"in": [f"v{i}" for i in range(count)]}


def test_a_condition_with_too_many_alternatives_is_refused_and_told_to_split() -> None:
    condition = parse({"a": one_of(50), "b": one_of(50)})
    with pytest.raises(ConditionError, match="split the condition") as caught:
        Encoding([condition]).branches(condition)
    assert str(MOST_ALTERNATIVES) in caught.value.expected


def test_a_condition_just_small_enough_is_taken() -> None:
    condition = parse({"a": one_of(40), "b": one_of(50)})
    assert len(Encoding([condition]).branches(condition)) == MOST_ALTERNATIVES


def test_far_too_many_alternatives_are_refused_before_they_are_written_out() -> None:
    condition = parse({f"f{i}": one_of(60) for i in range(20)})
    with pytest.raises(ConditionError):
        Encoding([condition]).branches(condition)

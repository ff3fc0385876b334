"""The condition language: what it means, what it refuses, and how it reads."""

from datetime import date
from typing import Any

import pytest

from rules.conditions import ALWAYS, NEVER, ConditionError, compiled, fields_of, in_words, parse, why_not

FACTS = {
    "tier": "gold",
    "service": "payments",
    "score": 3,
    "ratio": 0.5,
    "vip": True,
    "tags": ["billing", "vip", 7],
    "empty": None,
    "text": "7",
}


def holds(raw: Any, facts: dict[str, Any] | None = None) -> bool:
    return compiled(parse(raw))(FACTS if facts is None else facts)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({}, True),
        ({"tier": "gold"}, True),
        ({"tier": "Gold"}, False),
        ({"tier": "gold", "service": "login"}, False),
        ({"tier": {"in": ["silver", "gold"]}}, True),
        ({"tier": {"in": ["silver"]}}, False),
        ({"tier": {"not": "gold"}}, False),
        ({"tier": {"not": {"in": ["silver", "bronze"]}}}, True),
        ({"tier": {"not": ["silver", "gold"]}}, False),
        ({"score": {">=": 3}}, True),
        ({"score": {">": 3}}, False),
        ({"score": {"<": 3.5}}, True),
        ({"score": {"<=": 2}}, False),
        ({"score": {">": 1, "<": 5}}, True),
        ({"tier": {">=": "g"}}, True),
        ({"tags": {"has": "vip"}}, True),
        ({"tags": {"has": "gold"}}, False),
        ({"tags": {"has": 7}}, True),
        ({"tier": {"has": "gold"}}, False),
        ({"tier": {"exists": True}}, True),
        ({"tier": {"exists": False}}, False),
        ({"any": [{"tier": "silver"}, {"service": "payments"}]}, True),
        ({"all": [{"tier": "gold"}, {"service": "payments"}]}, True),
        ({"any": [{"all": [{"tier": "gold"}, {"service": "login"}]}, {"score": 3}]}, True),
        ({"tier": {"not": {"not": "gold"}}}, True),
    ],
)
def test_the_language(raw: Any, expected: bool) -> None:
    assert holds(raw) is expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"score": "3"}, False),
        ({"score": 3.0}, True),
        ({"text": 7}, False),
        ({"vip": True}, True),
        ({"vip": 1}, False),
        ({"vip": "true"}, False),
        ({"score": True}, False),
        ({"vip": {">=": 1}}, False),
        ({"text": {">=": 1}}, False),
        ({"score": {">=": "1"}}, False),
        ({"text": {"<": "8"}}, True),
    ],
)
def test_text_number_and_truth_are_never_mixed_up(raw: Any, expected: bool) -> None:
    assert holds(raw) is expected


@pytest.mark.parametrize("field", ["empty", "nowhere"])
@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("x", False),
        ({"in": ["x", "y"]}, False),
        ({">": 0}, False),
        ({"<": 9}, False),
        ({"has": "x"}, False),
        ({"exists": True}, False),
        ({"exists": False}, True),
        ({"not": "x"}, True),
        ({"not": {">": 0}}, True),
        ({"not": {"exists": False}}, False),
    ],
)
def test_a_missing_field_satisfies_only_exists_false_and_not(field: str, operator: Any, expected: bool) -> None:
    assert holds({field: operator}) is expected


def test_a_date_in_the_configuration_is_its_text() -> None:
    assert holds({"since": date(2026, 1, 5)}, {"since": "2026-01-05"})


def test_always_and_never() -> None:
    assert compiled(ALWAYS)({})
    assert not compiled(NEVER)({})


@pytest.mark.parametrize(
    ("raw", "path", "expected"),
    [
        ("gold", (), "a mapping"),
        (["tier"], (), "a mapping"),
        (None, (), "a mapping"),
        ({"tier": None}, ("tier",), "exists: false"),
        ({"tier": ["gold"]}, ("tier",), "{in: […]}"),
        ({"tier": {}}, ("tier",), "an operator"),
        ({"tier": {"is": "gold"}}, ("tier",), "one of in, not, has, exists, >, >=, < and <="),
        ({"tier": {"in": "gold"}}, ("tier", "in"), "a list of values"),
        ({"tier": {"in": []}}, ("tier", "in"), "a list of values"),
        ({"tier": {"in": ["gold", None]}}, ("tier", "in", 1), "a text, a number"),
        ({"tier": {"exists": "yes"}}, ("tier", "exists"), "true or false"),
        ({"score": {">": True}}, ("score", ">"), "a number or a text"),
        ({"score": {">": [1]}}, ("score", ">"), "a text, a number"),
        ({"score": float("nan")}, ("score",), "a text, a number"),
        ({"score": {">": float("inf")}}, ("score", ">"), "a text, a number"),
        ({"any": {"tier": "gold"}}, ("any",), "a list of conditions"),
        ({"all": []}, ("all",), "a list of conditions"),
        ({"any": [{"tier": "gold"}, "silver"]}, ("any", 1), "a mapping"),
        ({"any": [{"all": [{"tier": {"is": 1}}]}]}, ("any", 0, "all", 0, "tier"), "one of"),
        ({"tier": {"not": {"in": 3}}}, ("tier", "not", "in"), "a list of values"),
    ],
)
def test_what_is_no_condition_is_refused_at_its_place(raw: Any, path: tuple[str | int, ...], expected: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse(raw)
    assert caught.value.path == path
    assert expected in caught.value.expected


def test_a_place_is_counted_from_where_the_condition_stands() -> None:
    with pytest.raises(ConditionError) as caught:
        parse({"tier": {"is": 1}}, ("agreements", "gold", "when"))
    assert caught.value.path == ("agreements", "gold", "when", "tier")


def test_the_fields_of_a_condition_are_known() -> None:
    raw = {"tier": "gold", "any": [{"score": {">": 1}}, {"region": {"not": "test"}}]}
    assert fields_of(parse(raw)) == {"tier", "score", "region"}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({}, "every ticket"),
        ({"tier": "gold"}, "tier is gold"),
        ({"vip": True}, "vip is true"),
        ({"region": {"not": "test"}}, "region is not test"),
        ({"service": {"in": ["payments", "login"]}}, "service is payments or login"),
        (
            {"tier": "gold", "service": {"in": ["payments", "login"]}, "region": {"not": "test"}},
            "tier is gold and service is payments or login and region is not test",
        ),
        ({"score": {">=": 3}}, "score >= 3"),
        ({"tags": {"has": "vip"}}, "tags has vip"),
        ({"assignee": {"exists": False}}, "assignee is not known"),
        ({"assignee": {"exists": True}}, "assignee is known"),
        ({"tier": "gold", "any": [{"a": 1}, {"b": 2}]}, "tier is gold and (a is 1 or b is 2)"),
        ({"any": [{"a": 1, "c": 3}, {"b": 2}]}, "(a is 1 and c is 3) or b is 2"),
        ({"score": {"not": {">": 3}}}, "not (score > 3)"),
    ],
)
def test_a_condition_reads_as_a_phrase(raw: Any, words: str) -> None:
    assert in_words(parse(raw)) == words


def test_alternatives_of_one_field_are_grouped_where_the_sense_depends_on_it() -> None:
    assert in_words(parse({"any": [{"score": {"<": 2}}, {"score": {">": 4}}], "vip": True})) == (
        "(score < 2 or score > 4) and vip is true"
    )


def test_a_very_long_value_is_shortened_in_words() -> None:
    assert len(in_words(parse({"tier": "x" * 70_000}))) < 120


def test_why_a_condition_does_not_hold_names_the_first_part_and_what_was_found() -> None:
    condition = parse({"tier": "gold", "service": {"in": ["payments", "login"]}, "region": {"not": "test"}})
    assert why_not(condition, {"tier": "gold", "service": "search"}) == "service is payments or login, but it is search"
    assert why_not(condition, {"service": "search"}) == "tier is gold, but it is not known"
    assert why_not(condition, {"tier": "gold", "service": "login", "region": "test"}) == "region is not test, but it is test"
    assert why_not(condition, {"tier": "gold", "service": "login"}) is None


@pytest.mark.parametrize(("key", "facts"), [("all", {"x": 4_999}), ("any", {"x": 3})])
def test_thousands_of_parts_are_judged_without_exhausting_the_call_stack(key: str, facts: dict[str, Any]) -> None:
    condition = parse({key: [{"x": {">=": i}} for i in range(5_000)]})
    assert compiled(condition)(facts)
    assert why_not(condition, facts) is None
    assert not compiled(condition)({"x": -1})
    assert why_not(condition, {"x": -1}) is not None


def test_a_condition_within_too_many_others_is_refused_and_not_a_traceback() -> None:
    raw: Any = {"a": 1}
    for _ in range(100_000):
        raw = {"all": [raw]}
    with pytest.raises(ConditionError, match="at most 40 levels"):
        parse(raw)

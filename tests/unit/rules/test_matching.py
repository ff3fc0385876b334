"""Which named conditions hold for a fact: durable-rules, the plain evaluator and the compiled condition say the same."""

import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.conditions import AnyOf, Condition, ConditionError, Not, compiled, parse
from rules.encoding import Branch, Encoding
from rules.engine import PlainEngine, engine_for
from rules.matching import Matcher
from tests.support.conditions import drawn_facts, odd_conditions, values


def plain(conditions: dict[str, Condition], facts: dict[str, Any]) -> tuple[str, ...]:
    """The same question, answered by PlainEngine."""
    encoding = Encoding(list(conditions.values()))
    branches: list[Branch] = []
    owners: list[str] = []
    for name, condition in conditions.items():
        found = encoding.branches(condition)
        branches.extend(found)
        owners.extend([name] * len(found))
    holding = {owners[i] for i in PlainEngine(branches).holding(encoding.codes(facts))}
    return tuple(name for name in conditions if name in holding)


def judged(conditions: dict[str, Condition], facts: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, condition in conditions.items() if compiled(condition)(facts))


@settings(max_examples=300, deadline=None)
@given(st.lists(odd_conditions, min_size=1, max_size=4), st.lists(drawn_facts, min_size=1, max_size=6))
def test_all_three_evaluators_agree_whatever_a_ticket_holds(raws: list[Any], asked: list[dict[str, Any]]) -> None:
    conditions = {f"c{i}": parse(raw) for i, raw in enumerate(raws)}
    matcher = Matcher(conditions)
    for facts in [*asked, *asked[-1:]]:
        assert matcher.matching(facts) == plain(conditions, facts) == judged(conditions, facts)


@settings(max_examples=40, deadline=None)
@given(st.lists(odd_conditions, min_size=2, max_size=5), st.lists(drawn_facts, min_size=1, max_size=5), st.booleans())
def test_the_evaluators_agree_over_several_rulesets_too(raws: list[Any], asked: list[dict[str, Any]], routed: bool) -> None:
    """Some hundreds of branches; where they are routed, each names one code of a common field."""
    conditions = {
        f"c{i}-{n}": parse({"all": [raw, {"region": f"r{n % 7}"} if routed else {"score": {"not": {">": n}}}]})
        for i, raw in enumerate(raws)
        for n in range(60)
    }
    matcher = Matcher(conditions)
    for facts in asked:
        for region in ("r0", "r6", "r7", None):
            each = {**facts, "region": region}
            fresh = Matcher(conditions) if region == "r6" else matcher  # nothing remembered, nothing left in the engine
            assert fresh.matching(each) == matcher.matching(each) == judged(conditions, each)


@settings(max_examples=60, deadline=None)
@given(st.lists(odd_conditions, min_size=1, max_size=3), drawn_facts)
def test_the_engine_itself_gives_the_same_answer_to_the_same_fact_again(raws: list[Any], facts: dict[str, Any]) -> None:
    conditions = [parse(raw) for raw in raws]
    encoding = Encoding(conditions)
    branches = [branch for condition in conditions for branch in encoding.branches(condition)]
    engine, codes = engine_for(branches), encoding.codes(facts)
    answers = [sorted(engine.holding(codes)) for _ in range(5)]
    assert answers == [PlainEngine(branches).holding(codes)] * 5


def test_names_come_in_the_order_of_the_configuration() -> None:
    matcher = Matcher({"z": parse({"a": 1}), "m": parse({}), "a": parse({"a": {"exists": True}})})
    assert matcher.matching({"a": 1}) == ("z", "m", "a")
    assert matcher.matching({}) == ("m",)


def test_no_conditions_match_nothing() -> None:
    assert Matcher({}).matching({"tier": "gold"}) == ()


def test_a_condition_of_which_several_alternatives_hold_is_named_once() -> None:
    assert Matcher({"a": parse({"any": [{"x": 1}, {"y": 2}, {"x": {">": 0}}]})}).matching({"x": 1, "y": 2}) == ("a",)


def test_more_conditions_than_one_ruleset_holds_are_all_answered() -> None:
    conditions = {f"c{i}": parse({"score": {">=": i}}) for i in range(200)}
    matcher = Matcher(conditions)
    for score in (-1, 0, 63, 64, 65, 199, 10_000):
        assert len(matcher.matching({"score": score})) == min(200, score + 1)


def test_a_single_condition_of_more_than_sixty_alternatives_is_answered() -> None:
    matcher = Matcher({"many": parse({"a": {"in": list(range(30))}, "b": {"in": list(range(30))}})})
    assert matcher.matching({"a": 29, "b": 29}) == ("many",)
    assert matcher.matching({"a": 29, "b": 30}) == ()


def test_conditions_over_more_fields_than_one_question_may_have_are_answered() -> None:
    conditions = {f"c{i}": parse({f"f{i}-{k}": "x" for k in range(5)}) for i in range(60)}
    matcher = Matcher(conditions)
    assert matcher.matching({f"f{i}-{k}": "x" for i in (3, 59) for k in range(5)}) == ("c3", "c59")


def test_two_thousand_alternatives_and_thousands_of_denied_values_are_answered() -> None:
    wide = parse({"any": [{f"f{i % 150}": i, "g": i} for i in range(2_000)]})
    denied = parse({"g": {"not": {"in": list(range(20_000))}}})
    matcher = Matcher({"wide": wide, "denied": denied})
    assert matcher.matching({"f7": 1_957, "g": 1_957}) == ("wide",)
    assert matcher.matching({"f7": 7, "g": 20_000}) == ("denied",)


def test_the_denial_of_alternatives_that_would_be_millions_is_refused_at_once() -> None:
    denied = Not(AnyOf(tuple(parse({f"x{i}": 1, f"y{i}": 2}) for i in range(60))))
    with pytest.raises(ConditionError, match="alternatives"):
        Matcher({"denied": denied})


def test_a_condition_that_no_engine_can_hold_is_refused_when_it_is_loaded() -> None:
    raw = {"a": {"in": list(range(50))}, "b": {"in": list(range(50))}}
    with pytest.raises(ConditionError):
        Matcher({"huge": parse(raw)})


def test_asking_twice_does_not_mix_up_different_facts() -> None:
    matcher = Matcher({"number": parse({"x": 1}), "truth": parse({"x": True}), "text": parse({"x": "1"})})
    for _ in range(2):
        assert [matcher.matching({"x": value}) for value in (1, True, "1", 1.0)] == [
            ("number",),
            ("truth",),
            ("text",),
            ("number",),
        ]


def test_many_threads_that_ask_at_once_agree() -> None:
    conditions = {f"c{i}": parse({"score": {">=": i}, "tier": {"not": f"t{i}"}}) for i in range(70)}
    facts = [{"score": n % 80, "tier": f"t{n % 7}"} for n in range(200)]
    expected = [judged(conditions, each) for each in facts]
    matcher = Matcher(conditions)
    found: list[list[tuple[str, ...]]] = []
    gate = threading.Barrier(8)

    def ask() -> None:
        gate.wait()
        found.append([matcher.matching(each) for each in facts])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert found == [expected] * 8


@pytest.mark.parametrize(
    ("facts", "names", "swayed"),
    [
        ({"tier": "gold", "count": 1}, (), True),
        ({"tier": "gold", "count": 3}, ("many",), True),
        ({"tier": "tin", "count": 3}, (), False),
        ({"tier": "gold"}, (), True),
    ],
)
def test_a_match_tells_whether_a_watched_field_makes_a_difference(
    facts: dict[str, Any], names: tuple[str, ...], swayed: bool
) -> None:
    matcher = Matcher({"many": parse({"tier": "gold", "count": {">=": 3}})}, ["count"])
    assert matcher.match(facts) == (names, swayed)


@settings(max_examples=60, deadline=None)
@given(st.lists(odd_conditions, min_size=1, max_size=3), drawn_facts, values)
def test_where_a_watched_field_is_said_to_make_no_difference_it_makes_none(
    raws: list[Any], facts: dict[str, Any], other: Any
) -> None:
    matcher = Matcher({f"c{i}": parse(raw) for i, raw in enumerate(raws)}, ["score"])
    names, swayed = matcher.match(facts)
    if not swayed:
        assert matcher.matching(facts | {"score": other}) == names

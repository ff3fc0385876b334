"""durable-rules behind its one module: the safe pattern, held against the plain evaluator of the same branches."""

import random

import pytest

from rules.encoding import MOST_COMPARISONS, MOST_SLOTS, Branch, Literal
from rules.engine import ENGINE, MOST_BRANCHES, DurableEngine, PlainEngine, engine_for

needs_durable = pytest.mark.skipif(ENGINE != "durable-rules", reason="durable-rules cannot be imported here")


def test_the_engine_that_answers_has_a_name_for_people() -> None:
    assert ENGINE in ("durable-rules", "the plain evaluator")
    assert isinstance(engine_for([(Literal(0, "==", 1),)]), DurableEngine if ENGINE == "durable-rules" else PlainEngine)


def test_without_a_branch_nothing_holds() -> None:
    assert engine_for([]).holding([]) == []


@needs_durable
def test_all_branches_that_hold_are_found_beyond_one_ruleset() -> None:
    branches: list[Branch] = [(Literal(0, ">=", i),) for i in range(3 * MOST_BRANCHES + 7)]
    engine = DurableEngine(branches)
    assert sorted(engine.holding([10_000])) == list(range(len(branches)))
    assert sorted(engine.holding([100])) == list(range(101))
    assert engine.holding([-1]) == []


@needs_durable
def test_branches_over_more_fields_than_one_fact_may_have_are_all_found() -> None:
    branches: list[Branch] = [tuple(Literal(7 * i + k, "==", 1) for k in range(7)) for i in range(55)]
    engine = DurableEngine(branches)
    assert sorted(engine.holding([1] * 385)) == list(range(55))
    assert engine.holding([0] * 384 + [1]) == []


@needs_durable
def test_a_branch_as_wide_as_is_accepted_and_one_as_long_are_judged_right() -> None:
    wide: Branch = tuple(Literal(i, "==", 1) for i in range(MOST_SLOTS))
    long: Branch = tuple(Literal(0, "!=", i) for i in range(2, MOST_COMPARISONS // 10))
    engine = DurableEngine([wide, long])
    assert sorted(engine.holding([1] * MOST_SLOTS)) == [0, 1]
    assert engine.holding([7] * MOST_SLOTS) == []


def test_no_two_names_in_a_question_are_one_to_the_engines_hash_of_32_bits() -> None:
    def hashed(name: str) -> int:
        found = 2166136261
        for byte in name.encode():
            found = (found ^ byte) * 16777619 & 0xFFFFFFFF
        return found

    assert hashed("fngwfos") == hashed("tier")
    names = ["sid", "id", "$s", *(f"f{slot}" for slot in range(20_000))]
    assert len(set(map(hashed, names))) == len(names)


@needs_durable
def test_the_same_fact_asked_again_has_the_same_answer() -> None:
    engine = DurableEngine([(Literal(0, "==", 1), Literal(1, "!=", 2))])
    assert [engine.holding([1, 3]) for _ in range(100)] == [[0]] * 100
    assert [engine.holding([1, 2]) for _ in range(100)] == [[]] * 100


@needs_durable
def test_a_branch_that_only_denies_comes_to_an_end() -> None:
    assert DurableEngine([(Literal(0, "!=", 5),)]).holding([1]) == [0]


@needs_durable
@pytest.mark.parametrize("seed", range(8))
def test_random_branches_are_judged_as_plain_python_judges_them(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    operators = ["==", "!=", "<", "<=", ">", ">="]

    def branch() -> Branch:
        return tuple(
            Literal(dice.randrange(6), dice.choice(operators), dice.randrange(-1, 6)) for _ in range(dice.randrange(1, 5))
        )

    branches = [branch() for _ in range(dice.choice([1, 59, 60, 61, 130]))]
    durable, plain = DurableEngine(branches), PlainEngine(branches)
    for _ in range(300):
        codes = [dice.randrange(-1, 7) for _ in range(6)]
        assert sorted(durable.holding(codes)) == plain.holding(codes)


@needs_durable
@pytest.mark.parametrize("seed", range(4))
def test_branches_that_all_name_a_code_of_one_slot_are_judged_the_same_by_way_of_it(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311
    branches: list[Branch] = [
        (Literal(2, "!=", dice.randrange(3)), Literal(0, "==", dice.randrange(-1, 7)), Literal(1, "==", dice.randrange(4)))
        for _ in range(200)
    ]
    branches[7] = (Literal(0, "==", 1), Literal(0, "==", 2), Literal(1, "==", 1))  # never
    durable, plain = DurableEngine(branches), PlainEngine(branches)
    for _ in range(300):
        codes = [dice.randrange(-1, 8) for _ in range(3)]
        assert sorted(durable.holding(codes)) == plain.holding(codes)

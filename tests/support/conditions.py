"""Random conditions, and the values that tickets may hold against them."""

from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

FIELDS = ("tier", "score", "tags", "fngwfos")
"""`fngwfos` and `tier` are one name to the engine's hash of 32 bits."""
CONSTANTS: list[Any] = ["gold", "silver", "Gold", "", "1", "true", 0, 1, 2, 1.5, -1, 2**53, True, False]
ODD_CONSTANTS: list[Any] = [
    *("gold\0", "gold" + "x" * 65_536, "x" * 65_536, "\ud800", "göld", "null", "{}", '"', "sid", "x" * 70_000),
    *(2**63, 2**64, 2**64 + 1, 10**400, 1e16, 1e-05, -0.0, 5e-324, 2**53 + 1, float(2**53)),
]
"""Among them texts that are equal, modulo 65,536 characters, to other ones here."""
HOSTILE: list[Any] = [
    *(None, float("nan"), float("inf"), -float("inf"), -(2**64), 10**16, "gold" + "\0" * 65_536, "go\u0308ld", "👩\u200d🚒"),
    *({}, {"a": 1}, {"gold": {"tier": "gold"}}, [], [[]], [["gold"]], [None], ("gold",), b"gold", "x" * 65_535),
]


def _one_of(choices: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Drawn by position: a strategy that shows itself would show every long text."""
    return st.integers(0, len(choices) - 1).map(lambda position: choices[position])


def conditions_over(constants: Sequence[Any]) -> st.SearchStrategy[Any]:
    """Conditions as they are written, over these constants."""
    scalars = _one_of(constants)
    ordered = scalars.filter(lambda value: not isinstance(value, bool))
    operators = st.one_of(
        scalars,
        st.builds(lambda v: {"in": v}, st.lists(scalars, min_size=1, max_size=3)),
        st.builds(lambda v: {"has": v}, scalars),
        st.builds(lambda v: {"exists": v}, st.booleans()),
        st.builds(lambda op, v: {op: v}, st.sampled_from([">", ">=", "<", "<="]), ordered),
    )
    tests = st.builds(
        lambda field, op, negated: {field: {"not": op} if negated else op}, st.sampled_from(FIELDS), operators, st.booleans()
    )
    return st.recursive(
        tests,
        lambda inner: st.builds(
            lambda key, parts: {key: parts}, st.sampled_from(["any", "all"]), st.lists(inner, min_size=1, max_size=3)
        ),
        max_leaves=6,
    )


raw_conditions = conditions_over(CONSTANTS)
odd_conditions = conditions_over([*CONSTANTS, *ODD_CONSTANTS])
_everything = _one_of([*CONSTANTS, *ODD_CONSTANTS, *HOSTILE])
_objects = st.dictionaries(st.sampled_from(FIELDS), _everything, max_size=2)
values = st.one_of(_everything, st.lists(_everything, max_size=3), _objects)
drawn_facts = st.dictionaries(st.sampled_from([*FIELDS, "unknown", "sid", "$s", "id", "tier.gold"]), values, max_size=6)

"""Random conditions, and the values that tickets may hold against them."""

from typing import Any

from hypothesis import strategies as st

FIELDS = ("tier", "score", "tags", "fngwfos")
"""`fngwfos` and `tier` are one name to the engine's hash of 32 bits."""
CONSTANTS: list[Any] = ["gold", "silver", "Gold", "", "1", "true", 0, 1, 2, 1.5, -1, 2**53, True, False]

scalars = st.sampled_from(CONSTANTS)
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
raw_conditions = st.recursive(
    tests,
    lambda inner: st.builds(
        lambda key, parts: {key: parts}, st.sampled_from(["any", "all"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=6,
)

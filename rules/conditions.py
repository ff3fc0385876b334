"""The condition language, and its plain evaluator.

Decided here: what `field: value`, `{in: […]}`, `{not: …}`, `{">=": 3}`, `{has: tag}`, `{exists: true}`, `any:` and `all:`
mean, and how a condition reads in words. Text equals only the same text, a number only the same number, true and false
only themselves; an order holds only between two numbers or two texts; a missing field (absent or null) satisfies only
`exists: false` and `not`. Not decided here: who asks, and which fields there are.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Facts = Mapping[str, Any]
Predicate = Callable[[Facts], bool]
Scalar = str | int | float | bool

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
MOST_LEVELS = 40
"""Keys and items within each other, beyond which a condition is refused."""
_OPERATORS = "in, not, has, exists, >, >=, < and <="


class ConditionError(ValueError):
    """A condition cannot be read. `path` leads to the place inside the condition."""

    def __init__(self, path: tuple[str | int, ...], found: object, expected: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: found {found!r}, expected {expected}")
        self.path, self.found, self.expected = path, found, expected


@dataclass(frozen=True, slots=True)
class Test:
    """One question about one field; `op` is ==, has, exists or an order."""

    field: str
    op: str
    value: Scalar


@dataclass(frozen=True, slots=True)
class Not:
    """Holds where `child` does not."""

    child: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Holds where every child does; with none, always."""

    children: tuple["Condition", ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Holds where some child does; with none, never."""

    children: tuple["Condition", ...]


Condition = Test | Not | AllOf | AnyOf
ALWAYS = AllOf(())
NEVER = AnyOf(())


def parse(raw: object, path: tuple[str | int, ...] = ()) -> Condition:
    """Read a condition as written in YAML. Raises ConditionError at the first thing that is not one."""
    if not isinstance(raw, Mapping):
        raise ConditionError(path, raw, "a mapping such as {tier: gold}")
    _check_depth(path)
    return _all([_entry(str(key), value, (*path, str(key))) for key, value in raw.items()])


def fields_of(condition: Condition) -> set[str]:
    """The names of the fields that a condition asks about."""
    match condition:
        case Test():
            return {condition.field}
        case Not():
            return fields_of(condition.child)
        case _:
            return set().union(*map(fields_of, condition.children))


def compiled(condition: Condition) -> Predicate:
    """The condition as a function of the facts."""
    match condition:
        case Test(field, "==", value):
            return _equality(field, value)
        case Test(field, "has", value):
            return lambda facts: _has(facts.get(field), value)
        case Test(field, "exists", value):
            return (lambda facts: facts.get(field) is not None) if value else (lambda facts: facts.get(field) is None)
        case Test(field, op, value):
            order = ORDERS[op]
            return lambda facts: comparable(facts.get(field), value) and order(facts[field], value)
        case Not(child):
            inner = compiled(child)
            return lambda facts: not inner(facts)
        case AllOf(children):
            return _conjunction([compiled(child) for child in children])
        case AnyOf(children):
            return _disjunction(children)


def _disjunction(children: tuple[Condition, ...]) -> Predicate:
    equalities = [c for c in children if isinstance(c, Test) and c.op == "=="]
    if len(equalities) == len(children) > 1 and len({c.field for c in equalities}) == 1:
        return _membership(equalities[0].field, [c.value for c in equalities])
    return _joined([compiled(child) for child in children], _either) if children else lambda _facts: False


def _membership(field: str, values: list[Scalar]) -> Predicate:
    if all(isinstance(value, str) for value in values):
        texts = frozenset(values)
        return lambda facts: isinstance(found := facts.get(field), str) and found in texts
    wanted = frozenset(typed(value) for value in values)
    return lambda facts: typed(facts.get(field)) in wanted


def _conjunction(parts: list[Predicate]) -> Predicate:
    return _joined(parts, _both) if parts else lambda _facts: True


def _joined(parts: list[Predicate], pair: Callable[[Predicate, Predicate], Predicate]) -> Predicate:
    """Halves of halves: asked one within the other, a thousand parts would exceed the depth of the call stack."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return pair(_joined(parts[:middle], pair), _joined(parts[middle:], pair))


def _both(first: Predicate, second: Predicate) -> Predicate:
    return lambda facts: first(facts) and second(facts)


def _either(first: Predicate, second: Predicate) -> Predicate:
    return lambda facts: first(facts) or second(facts)


def _equality(field: str, value: Scalar) -> Predicate:
    if isinstance(value, str):
        return lambda facts: facts.get(field) == value
    if isinstance(value, bool):
        return lambda facts: facts.get(field) is value
    wanted = typed(value)
    return lambda facts: typed(facts.get(field)) == wanted


def typed(value: object) -> tuple[bool, object] | None:
    """A value that equals only values of its own type; 1 and 1.0 are one number, true is none. None for no scalar."""
    return (isinstance(value, bool), value) if isinstance(value, str | int | float) else None


def same(found: object, value: object) -> bool:
    """Whether two scalars are equal in the sense of the language."""
    return found is not None and typed(found) == typed(value)


def comparable(found: object, value: object) -> bool:
    """Whether an order holds between two values: two numbers or two texts."""
    if isinstance(value, str):
        return isinstance(found, str)
    return isinstance(found, int | float) and not isinstance(found, bool)


def _has(found: object, value: object) -> bool:
    return isinstance(found, list | tuple) and any(same(item, value) for item in found)


def in_words(condition: Condition) -> str:
    """The condition as an English phrase: `tier is gold and service is payments or login`."""
    match condition:
        case Test(field, "==", value):
            return f"{field} is {_value(value)}"
        case Test(field, "has", value):
            return f"{field} has {_value(value)}"
        case Test(field, "exists", value):
            return f"{field} is known" if value else f"{field} is not known"
        case Test(field, op, value):
            return f"{field} {op} {_value(value)}"
        case Not(Test(field, "==", value)):
            return f"{field} is not {_value(value)}"
        case Not(child):
            return f"not ({in_words(child)})"
        case AllOf(children):
            return " and ".join(_grouped(child) for child in children) or "every ticket"
        case AnyOf(children):
            if len({c.field for c in children if isinstance(c, Test) and c.op == "=="}) == 1:
                alike = [c for c in children if isinstance(c, Test)]
                if len(alike) == len(children):
                    return f"{alike[0].field} is {' or '.join(_value(c.value) for c in alike)}"
            return " or ".join(_grouped(child) for child in children) or "no ticket"


def _grouped(condition: Condition) -> str:
    """A part of a longer phrase, in brackets where its own and / or would be read wrongly."""
    words = in_words(condition)
    match condition:
        case AnyOf(children) if len(fields_of(condition)) == 1 and all(map(_equal, children)):
            several = False  # one of several values
        case AllOf(children) | AnyOf(children):
            several = len(children) > 1
        case _:
            several = False
    return f"({words})" if several else words


def _equal(condition: Condition) -> bool:
    return isinstance(condition, Test) and condition.op == "=="


def why_not(condition: Condition, facts: Facts) -> str | None:
    """The first part of a condition that does not hold, in words with what was found; None where all holds."""
    if compiled(condition)(facts):
        return None
    if isinstance(condition, AllOf):
        return next(words for child in condition.children if (words := why_not(child, facts)) is not None)
    field = min(fields_of(condition), default=None)
    found = facts.get(field) if field else None
    return f"{in_words(condition)}, but it is {_value(found) if found is not None else 'not known'}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text if len(text) <= 80 else text[:79] + "…"


def _check_depth(path: tuple[str | int, ...]) -> None:
    if len(path) > MOST_LEVELS:
        raise ConditionError(path, "a condition within too many others", f"at most {MOST_LEVELS} levels: split the condition")


def _entry(key: str, value: object, path: tuple[str | int, ...]) -> Condition:
    if key in ("any", "all"):
        if not isinstance(value, list) or not value:
            raise ConditionError(path, value, "a list of conditions")
        children = tuple(parse(item, (*path, i)) for i, item in enumerate(value))
        return AnyOf(children) if key == "any" else _all(list(children))
    return _test(key, value, path)


def _test(field: str, raw: object, path: tuple[str | int, ...]) -> Condition:
    if isinstance(raw, Mapping):
        if not raw:
            raise ConditionError(path, {}, f"an operator: {_OPERATORS}")
        _check_depth(path)
        return _all([_operation(field, str(op), value, (*path, str(op))) for op, value in raw.items()])
    return Test(field, "==", scalar(raw, path))


def _operation(field: str, op: str, raw: object, path: tuple[str | int, ...]) -> Condition:
    if op == "in":
        if not isinstance(raw, list) or not raw:
            raise ConditionError(path, raw, "a list of values")
        tests = tuple(Test(field, "==", scalar(item, (*path, i))) for i, item in enumerate(raw))
        return tests[0] if len(tests) == 1 else AnyOf(tests)
    if op == "not":
        return Not(_operation(field, "in", raw, path) if isinstance(raw, list) else _test(field, raw, path))
    if op == "exists":
        if not isinstance(raw, bool):
            raise ConditionError(path, raw, "true or false")
        return Test(field, "exists", raw)
    if op == "has":
        return Test(field, "has", scalar(raw, path))
    if op in ORDERS:
        value = scalar(raw, path)
        if isinstance(value, bool):
            raise ConditionError(path, raw, "a number or a text")
        return Test(field, op, value)
    raise ConditionError(path[:-1], op, f"one of {_OPERATORS}")


def scalar(raw: object, path: tuple[str | int, ...]) -> Scalar:
    """A text, number or truth value; a date is its text. Raises ConditionError."""
    if isinstance(raw, datetime | date):
        return raw.isoformat()
    if isinstance(raw, bool | int | str) or (isinstance(raw, float) and abs(raw) < float("inf")):
        return raw
    hint = "{exists: false} for a missing field" if raw is None else "{in: […]} for one of several values"
    raise ConditionError(path, raw, f"a text, a number, true or false ({hint})")


def _all(children: list[Condition]) -> Condition:
    return children[0] if len(children) == 1 else AllOf(tuple(children))

"""Conditions and facts as small integers, for the rule engine.

Decided here: which code a fact's field has. For equality it is the position of its value among the constants that the
conditions name (0: some other value, -1: missing); for an order, its place between the constants (odd: equal to one, even:
between two, -1: not comparable); for `has`, 1 or 0. A condition becomes branches: alternatives, each a conjunction of
comparisons of one code with one constant. Not decided here: who compares.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from rules.conditions import ORDERS, AllOf, AnyOf, Condition, ConditionError, Facts, Not, Scalar, Test, comparable, same, typed

MOST_ALTERNATIVES = 2_000
"""A condition with more alternatives than this is refused at load."""
MOST_COMPARISONS = 50_000
"""And one whose alternatives hold more comparisons than this, as all agreements and all rules together may."""

MOST_SLOTS = 200
"""Fields in one alternative, and in one question to the engine: beyond 252, durable-rules refuses it."""
_SPLIT = "split the condition"

_COMPARE: dict[str, Callable[[int, int], bool]] = {"==": int.__eq__, "!=": int.__ne__, **ORDERS}
_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(frozen=True, slots=True)
class Literal:
    """One comparison of the code in a slot with a constant."""

    slot: int
    op: str
    code: int

    def holds(self, codes: Sequence[int] | Mapping[int, int]) -> bool:
        """Whether it holds for these codes, each in its slot."""
        return _COMPARE[self.op](codes[self.slot], self.code)

    def negated(self) -> "Literal":
        """The literal that holds exactly where this one does not."""
        return Literal(self.slot, _OPPOSITE[self.op], self.code)


Branch = tuple[Literal, ...]
_Key = tuple[str, str, Any]


class Encoding:
    """The slots that a set of conditions needs, and their translation."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._slots: dict[_Key, int] = {}
        self._constants: dict[_Key, dict[Any, Scalar]] = {}
        for condition in conditions:
            self._collect(condition)
        self._positions: dict[_Key, dict[Any, int]] = {}
        for key, values in self._constants.items():
            ordered: list[Any] = sorted(values.values()) if key[0] == "order" else list(values.values())
            self._constants[key] = {typed(value): value for value in ordered}
            self._positions[key] = {typed(value): i for i, value in enumerate(ordered)}
        self._encoders = [self._encoder(key) for key in self._slots]

    def codes(self, facts: Facts) -> tuple[int, ...]:
        """The codes of one fact, a slot each."""
        get = facts.get
        codes = []
        for field, table, encode in self._encoders:
            found = get(field)
            # Most fields hold a text, a truth value or nothing: those are looked up here, without a call.
            plain = found is None or found is True or found is False or isinstance(found, str)
            codes.append(table.get(found, 0) if table is not None and plain else encode(found))
        return tuple(codes)

    def slots_of(self, fields: Collection[str]) -> list[tuple[int, range]]:
        """The slots of some fields, each with all codes that it can have."""
        found = []
        for key, slot in self._slots.items():
            if key[1] in fields:
                constants = len(self._constants[key])
                found.append((slot, range(-1, 2 * constants + 1 if key[0] == "order" else constants + 1)))
        return found

    def fields(self) -> dict[int, str]:
        """The field of each slot."""
        return {slot: field for (_, field, _), slot in self._slots.items()}

    def values(self, field: str) -> Iterator[dict[int, int]]:
        """All values that a field may have, each by its codes in the field's slots; a slot that is left out may have any.

        Values that no condition tells apart are one; few are given that nothing has, as between two neighbouring numbers.
        """
        own = {slot: key for key, slot in self._slots.items() if key[1] == field}
        constants = [value for key in own.values() if key[0] != "has" for value in self._constants[key].values()]
        samples: list[Any] = [None, {}, *constants]
        for value in samples:
            yield {slot: self._encoders[slot][2](value) for slot in own}
        elsewhere = {slot: -1 if kind == "order" else 0 for slot, (kind, *_) in own.items()}
        for slot, key in own.items():
            if key[0] == "order":
                least = 2 if next(iter(self._constants[key].values())) == "" else 0  # no text comes before the empty one
                yield from ({**elsewhere, slot: code} for code in range(least, 2 * len(self._constants[key]) + 1, 2))
        yield {slot: code for slot, code in elsewhere.items() if own[slot][0] != "has"}  # a list of whatever is asked for

    def branches(self, condition: Condition) -> list[Branch]:
        """The alternatives of a condition. Raises ConditionError where there are too many to hold."""
        found = [tuple(dict.fromkeys(branch)) for branch in self._branches(condition, positive=True)]
        for branch in found:
            if len(slots := {literal.slot for literal in branch}) > MOST_SLOTS:
                raise ConditionError((), f"{len(slots)} fields in one alternative", f"at most {MOST_SLOTS}: {_SPLIT}")
        return found

    def _collect(self, condition: Condition) -> None:
        match condition:
            case Test():
                key = _key(condition)
                self._slots.setdefault(key, len(self._slots))
                values = self._constants.setdefault(key, {})
                if condition.op != "exists":
                    values.setdefault(typed(condition.value), condition.value)
            case Not(child):
                self._collect(child)
            case AllOf(children) | AnyOf(children):
                for child in children:
                    self._collect(child)

    def _branches(self, condition: Condition, *, positive: bool) -> list[Branch]:
        match condition:
            case Test():
                return self._test(condition, positive=positive)
            case Not(child):
                return self._branches(child, positive=not positive)
            case AllOf(children) | AnyOf(children):
                parts = [self._branches(child, positive=positive) for child in children]
                if isinstance(condition, AllOf) == positive:
                    return self._product(parts)
                _check_size(sum(map(len, parts)), sum(_comparisons(part) for part in parts))
                return [branch for part in parts for branch in part]

    def _product(self, parts: list[list[Branch]]) -> list[Branch]:
        # What has one alternative is put together at once: a thousand values that are denied are a thousand parts.
        result: list[Branch] = [tuple(literal for part in parts if len(part) == 1 for literal in part[0])]
        _check_size(1, len(result[0]))
        for part in parts:
            if len(part) == 1:
                continue
            comparisons = _comparisons(result) * len(part) + len(result) * _comparisons(part)
            _check_size(len(result) * len(part), comparisons)  # before they are written out
            result = [left + right for left, right in product(result, part)]
        return result

    def _test(self, test: Test, *, positive: bool) -> list[Branch]:
        key = _key(test)
        literals = self._literals(test, self._slots[key], self._positions[key].get(typed(test.value), 0))
        if positive:
            return [literals]
        return [(literal.negated(),) for literal in literals]

    def _literals(self, test: Test, slot: int, position: int) -> Branch:
        if test.op == "exists":
            return (Literal(slot, "!=" if test.value else "==", -1),)
        if test.op == "has":
            return (Literal(slot, "==", 1),)
        if test.op == "==":
            return (Literal(slot, "==", position + 1),)
        equal = 2 * position + 1
        match test.op:
            case ">=":
                return (Literal(slot, ">=", equal),)
            case ">":
                return (Literal(slot, ">", equal),)
            case "<":
                return (Literal(slot, ">=", 0), Literal(slot, "<", equal))
            case _:
                return (Literal(slot, ">=", 0), Literal(slot, "<=", equal))

    def _encoder(self, key: _Key) -> tuple[str, dict[Any, int] | None, Callable[[Any], int]]:
        """A slot's field, the codes of texts, truths and nothing where they can be looked up, and the code of anything."""
        kind, field, detail = key
        if kind == "has":
            tag = detail[1]
            return field, None, lambda found: int(isinstance(found, list | tuple) and any(same(item, tag) for item in found))
        constants = list(self._constants[key].values())
        if kind == "order":
            return field, None, _ranking(constants)
        table: dict[Any, int] = {value: i + 1 for i, value in enumerate(constants) if isinstance(value, str | bool)}
        return field, {None: -1} | table, _lookup(constants)


def _key(test: Test) -> _Key:
    """What shares a slot: all equalities of a field, its orders with numbers, with texts, each `has`."""
    if test.op == "has":
        return ("has", test.field, (isinstance(test.value, bool), test.value))
    if test.op in ORDERS:
        return ("order", test.field, isinstance(test.value, str))
    return ("equal", test.field, None)


def _lookup(constants: list[Scalar]) -> Callable[[Any], int]:
    texts = {value: i + 1 for i, value in enumerate(constants) if isinstance(value, str)}
    numbers = {value: i + 1 for i, value in enumerate(constants) if not isinstance(value, str | bool)}
    truths = {value: i + 1 for i, value in enumerate(constants) if isinstance(value, bool)}

    def encode(found: Any) -> int:
        if isinstance(found, str):
            return texts.get(found, 0)
        if found is None:
            return -1
        if isinstance(found, bool):
            return truths.get(found, 0)
        return numbers.get(found, 0) if isinstance(found, int | float) else 0

    return encode


def _ranking(constants: list[Any]) -> Callable[[Any], int]:
    def encode(found: Any) -> int:
        if not comparable(found, constants[0]) or found != found:  # NaN has no place
            return -1
        i = bisect_left(constants, found)
        return 2 * i + 1 if i < len(constants) and constants[i] == found else 2 * i

    return encode


def _comparisons(branches: list[Branch]) -> int:
    return sum(map(len, branches))


def _check_size(alternatives: int, comparisons: int) -> None:
    if alternatives > MOST_ALTERNATIVES:
        raise ConditionError((), f"{alternatives} alternatives", f"at most {MOST_ALTERNATIVES}: {_SPLIT}")
    if comparisons > MOST_COMPARISONS:
        raise ConditionError((), f"{comparisons} comparisons", f"at most {MOST_COMPARISONS}: {_SPLIT}")

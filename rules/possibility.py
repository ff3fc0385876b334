"""Whether conditions can hold at all, and together.

Decided here: an alternative can hold if every field has a value that fulfils all that is asked of it; a condition, if one of
its alternatives can. What can hold is never called impossible: where there are too many alternatives to look through, they
are taken to be possible. Not decided here: what follows, and which values fields have by their meaning.
"""

from collections.abc import Sequence
from functools import cache

from rules.conditions import AllOf, Condition, ConditionError, Not
from rules.encoding import Branch, Encoding, Literal

Alternatives = Sequence[Branch] | None
"""A condition's alternatives; None where there are too many."""


class Possibilities:
    """What is possible for several conditions, whose values are told apart by all of them."""

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self._encoding = Encoding(conditions)
        self._field = self._encoding.fields()
        self._values = cache(self._by_code)
        self._some_value = cache(self._fulfilled)

    def alternatives(self, condition: Condition) -> Alternatives:
        """The alternatives of one of the conditions, or of what is made of them."""
        try:
            return self._encoding.branches(condition)
        except ConditionError:
            return None

    def together(self, first: Alternatives, second: Alternatives) -> bool:
        """Whether both can hold at once."""
        if first is None or second is None:
            return True
        return any(self.obstacle(left + right) is None for left in first for right in second)

    def obstacle(self, branch: Branch) -> str | None:
        """The first field of which no value fulfils what an alternative asks; None where it can hold."""
        asked: dict[str, list[Literal]] = {}
        for literal in branch:
            asked.setdefault(self._field[literal.slot], []).append(literal)
        return next((field for field, literals in asked.items() if not self._some_value(field, tuple(literals))), None)

    def _fulfilled(self, field: str, literals: tuple[Literal, ...]) -> bool:
        denied = {(x.slot, x.code) for x in literals if x.op == "!="}
        wanted = [(x.slot, x.code) for x in literals if x.op == "=="]
        if not denied.isdisjoint(wanted):
            return False
        asked = [x for x in literals if x.op != "!="]
        candidates = self._values(field).get(wanted[0] if wanted else None, [])
        return any(
            denied.isdisjoint(codes.items()) and all(x.slot not in codes or x.holds(codes) for x in asked)
            for codes in candidates
        )

    def _by_code(self, field: str) -> dict[tuple[int, int] | None, list[dict[int, int]]]:
        """All values of a field under None, and those that have a code under their slot and code."""
        slots = {slot for slot, name in self._field.items() if name == field}
        found: dict[tuple[int, int] | None, list[dict[int, int]]] = {None: list(self._encoding.values(field))}
        for codes in found[None]:
            for slot in slots:
                for code in (codes[slot],) if slot in codes else (0, 1):
                    found.setdefault((slot, code), []).append(codes)
        return found


def can_hold(condition: Condition) -> bool:
    """Whether any facts fulfil a condition."""
    possible = Possibilities([condition])
    return possible.together(possible.alternatives(condition), [()])


def obstacles(condition: Condition) -> list[str]:
    """The fields that keep a condition from ever holding, of each alternative one; none where it can hold."""
    possible = Possibilities([condition])
    found = {possible.obstacle(branch) for branch in possible.alternatives(condition) or ()}
    return [] if None in found else sorted(field for field in found if field is not None)


def implies(first: Condition, *others: Condition) -> bool:
    """Whether, wherever the first holds, one of the others does too."""
    return not can_hold(AllOf((first, *map(Not, others))))

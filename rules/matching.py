"""Which of several named conditions hold for one fact.

Decided here: that the answer is asked of the rule engine once for each different combination of codes and then
remembered; agreements and rules depend on few fields, so most questions are answered from memory. Not decided here: what
follows from a match.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rules.conditions import Condition, Facts
from rules.encoding import Branch, Encoding
from rules.engine import engine_for

_MOST_REMEMBERED = 100_000


class Match(NamedTuple):
    """The names that hold; `swayed` tells whether the answer hangs on one of the watched fields."""

    names: tuple[str, ...]
    swayed: bool


class Matcher:
    """Names in the order given; answers come in that order too. Raises ConditionError for what no engine can hold.

    `watched` are fields that cost something to know: a match tells whether another value of theirs would change it.
    """

    def __init__(self, conditions: Mapping[str, Condition], watched: Sequence[str] = ()) -> None:
        self._names = list(conditions)
        self._encoding = Encoding(list(conditions.values()))
        self._watched = self._encoding.slots_of(watched)
        self._always: list[int] = []
        branches: list[Branch] = []
        self._owner: list[int] = []
        for position, condition in enumerate(conditions.values()):
            found = self._encoding.branches(condition)
            if () in found:
                self._always.append(position)
                continue
            branches.extend(found)
            self._owner.extend([position] * len(found))
        self._branches = branches
        self._engine = engine_for(branches)
        self._remembered: dict[tuple[int, ...], Match] = {}

    def matching(self, facts: Facts) -> tuple[str, ...]:
        """The names whose conditions hold."""
        return self.match(facts).names

    def ask(self, facts: Facts) -> tuple[str, ...]:
        """The same, asked of the engine every time."""
        return self._ask(self._encoding.codes(facts))

    def match(self, facts: Facts) -> Match:
        """The names whose conditions hold, and whether the watched fields sway it."""
        codes = self._encoding.codes(facts)
        found = self._remembered.get(codes)
        if found is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            names = self._ask(codes)
            found = self._remembered[codes] = Match(names, self._swayed(codes))
        return found

    def possible(self, known: Facts) -> bool:
        """Whether anything can hold for a fact of which only these fields are known."""
        codes = self._encoding.codes(known)
        fixed = {slot for slot, _ in self._encoding.slots_of(list(known))}
        return bool(self._always) or any(
            all(literal.slot not in fixed or literal.holds(codes) for literal in branch) for branch in self._branches
        )

    def _swayed(self, codes: tuple[int, ...]) -> bool:
        """Whether some name hangs on a watched slot alone: all else that one of its alternatives asks for holds, and no other
        alternative holds without it.
        """
        watched = {slot for slot, _ in self._watched}
        settled: set[int] = set()
        hanging: set[int] = set()
        for owner, branch in zip(self._owner, self._branches, strict=True) if watched else ():
            if all(literal.slot in watched or literal.holds(codes) for literal in branch):
                (hanging if any(literal.slot in watched for literal in branch) else settled).add(owner)
        return bool(hanging - settled)

    def _ask(self, codes: tuple[int, ...]) -> tuple[str, ...]:
        positions = {*self._always, *(self._owner[branch] for branch in self._engine.holding(codes))}
        return tuple(self._names[position] for position in sorted(positions))

"""Which of several named conditions hold for one fact.

Decided here: that the answer is asked of the rule engine once for each different combination of codes and then
remembered; agreements and rules depend on few fields, so most questions are answered from memory. Not decided here: what
follows from a match.
"""

from collections.abc import Mapping

from rules.conditions import Condition, Facts
from rules.encoding import Branch, Encoding
from rules.engine import engine_for

_MOST_REMEMBERED = 100_000


class Matcher:
    """Names in the order given; `matching` answers in that order too. Raises ConditionError for what no engine can hold."""

    def __init__(self, conditions: Mapping[str, Condition]) -> None:
        self._names = list(conditions)
        self._encoding = Encoding(list(conditions.values()))
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
        self._engine = engine_for(branches)
        self._remembered: dict[tuple[int, ...], tuple[str, ...]] = {}

    def matching(self, facts: Facts) -> tuple[str, ...]:
        """The names whose conditions hold."""
        codes = self._encoding.codes(facts)
        found = self._remembered.get(codes)
        if found is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            found = self._remembered[codes] = self._ask(codes)
        return found

    def _ask(self, codes: tuple[int, ...]) -> tuple[str, ...]:
        positions = {*self._always, *(self._owner[branch] for branch in self._engine.holding(codes))}
        return tuple(self._names[position] for position in sorted(positions))

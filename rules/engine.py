"""The rule engine: durable-rules, behind this one module, by the one safe pattern.

Decided here: how named conditions become rulesets of durable-rules and how one fact is asked. A fact is flat and holds only
small integers under names from a fixed table (`f0`, `f1`, …; see `encoding`), so no text, odd number or list from a ticket
ever reaches the C code; every field of a ruleset is always present. Facts are asserted and always retracted, under one sid
and one lock; nothing else of the library is used. Where it cannot be imported (Python 3.13 and later), the plain evaluator
of the same branches answers. Not decided here: what the integers stand for.
"""

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from rules.encoding import MOST_SLOTS, Branch

try:
    import durable.engine as _durable
except ImportError:
    _durable = None

MOST_BRANCHES = 60
"""Alpha paths in one ruleset: beyond 64 matching at once, durable-rules fires none of them."""

_SID = "0"
_OPERATORS = {"!=": "$neq", "<": "$lt", "<=": "$lte", ">": "$gt", ">=": "$gte"}
_LOCK = threading.Lock()
_Numbered = tuple[int, Branch]

ENGINE = "durable-rules" if _durable else "the plain evaluator"
"""Which one answers here, for `sla health`."""


class Engine(Protocol):
    """Answers which branches hold for one encoded fact."""

    def holding(self, codes: Sequence[int]) -> list[int]:
        """Positions of the branches that hold, in no particular order."""


class PlainEngine:
    """The same question answered by plain Python: the stand-in, and the judge of the differential test."""

    def __init__(self, branches: Sequence[Branch]) -> None:
        self._branches = branches

    def holding(self, codes: Sequence[int]) -> list[int]:
        """Positions of the branches that hold."""
        return [i for i, branch in enumerate(self._branches) if all(literal.holds(codes) for literal in branch)]


class DurableEngine:
    """durable-rules over as many rulesets as the branches need.

    Where every branch asks for one code of the same slot, as when each agreement names its tier, the rulesets are routed by
    it: only those that hold a branch for the fact's code are asked.
    """

    def __init__(self, branches: Sequence[Branch]) -> None:
        self._fired: list[int] = []
        self._slot = _common_slot(branches)
        self._routes: dict[int | None, list[tuple[str, list[int]]]] = {}
        definitions = {}
        ordered = sorted(enumerate(branches), key=lambda item: self._route(item[1]) or 0)
        for number, (chunk, slots) in enumerate(_chunks(ordered)):
            name = f"r{number}"
            definitions[name] = {f"b{position}": self._rule(position, branch) for position, branch in chunk}
            for route in {self._route(branch) for _, branch in chunk}:
                self._routes.setdefault(route, []).append((name, slots))
        self._host = _quiet_host(definitions)

    def holding(self, codes: Sequence[int]) -> list[int]:
        """Positions of the branches that hold."""
        with _LOCK:
            self._fired.clear()
            for name, slots in self._routes.get(None if self._slot is None else codes[self._slot], ()):
                fact: dict[str, Any] = {f"f{slot}": codes[slot] for slot in slots}
                fact["sid"] = _SID
                try:
                    self._host.assert_fact(name, fact)
                except _durable.MessageNotHandledException:
                    pass  # no branch of this ruleset holds; the fact is stored all the same
                finally:
                    self._host.retract_fact(name, fact)
            return list(self._fired)

    def _route(self, branch: Branch) -> int | None:
        """The code by which a branch is reached; None where there is no common slot."""
        return next((literal.code for literal in branch if (literal.slot, literal.op) == (self._slot, "==")), None)

    def _rule(self, position: int, branch: Branch) -> dict[str, Any]:
        tests = [_test(f"f{literal.slot}", literal.op, literal.code) for literal in branch]
        return {"all": [{"m": {"$and": tests} if len(tests) > 1 else tests[0]}], "run": self._appending(position)}

    def _appending(self, position: int) -> Callable[[object], None]:
        def action(_context: object) -> None:
            self._fired.append(position)

        return action


def engine_for(branches: Sequence[Branch]) -> Engine:
    """The engine that answers here."""
    return DurableEngine(branches) if _durable and branches else PlainEngine(branches)


def _chunks(branches: Sequence[_Numbered]) -> Iterator[tuple[list[_Numbered], list[int]]]:
    """As many branches at a time as one ruleset holds, with the slots that they ask for."""
    chunk: list[_Numbered] = []
    slots: set[int] = set()
    for position, branch in branches:
        asked = {literal.slot for literal in branch}
        if chunk and (len(chunk) == MOST_BRANCHES or len(slots | asked) > MOST_SLOTS):
            yield chunk, sorted(slots)
            chunk, slots = [], set()
        chunk.append((position, branch))
        slots |= asked
    if chunk:
        yield chunk, sorted(slots)


def _common_slot(branches: Sequence[Branch]) -> int | None:
    """The slot that every branch compares for equality; of several, the one with the most codes."""
    codes: defaultdict[int, set[int]] = defaultdict(set)
    for branch in branches:
        for literal in branch:
            if literal.op == "==":
                codes[literal.slot].add(literal.code)
    everywhere = [slot for slot in codes if all(any((x.slot, x.op) == (slot, "==") for x in branch) for branch in branches)]
    return max(everywhere, key=lambda slot: len(codes[slot]), default=None)


def _test(field: str, op: str, code: int) -> dict[str, Any]:
    return {field: code} if op == "==" else {_OPERATORS[op]: {field: code}}


def _quiet_host(definitions: dict[str, Any]) -> Any:
    """A host whose background threads are switched off: they would take actions away from the thread that asks."""

    class QuietHost(_durable.Host):  # type: ignore[misc,unused-ignore]
        def _run(self) -> None:
            pass

    return QuietHost(definitions)

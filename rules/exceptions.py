"""Exceptions: what was agreed not to count, by whom, from when to when.

Decided here: the three kinds (suspension: time in the window does not count; relief: clocks that start in the window get
their limit times a factor; waiver: a breach in the window is excused), what a request must say, the steps of its life, and
that the approver is another person than the requester. A revocation holds from its instant on: what the exception did
before stays. Not decided here: what an exception does to a ticket (`exemptions`), and who may take a step.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, get_args

from rules.conditions import Condition, ConditionError, in_words, parse
from rules.instants import InstantError, text
from rules.instants import parse as instant
from rules.problems import did_you_mean
from rules.ticket import TicketEvent

Kind = Literal["suspension", "relief", "waiver"]
State = Literal["requested", "approved", "refused", "expired", "revoked"]
Move = Literal["approve", "refuse", "revoke", "expire"]
STATES: tuple[State, ...] = get_args(State)

CATEGORIES = (
    "force majeure",
    "third party",
    "maintenance",
    "major incident",
    "seasonal demand",
    "caused by customer",
    "other",
)
TRANSITIONS: dict[tuple[State, Move], State] = {
    ("requested", "approve"): "approved",
    ("requested", "refuse"): "refused",
    ("requested", "revoke"): "revoked",
    ("approved", "revoke"): "revoked",
    ("approved", "expire"): "expired",
}
"""Every step an exception can take; `expire` is taken by itself when its window ends."""

REQUESTED = "exception.requested"
MOVES: dict[str, Move] = {
    "exception.approved": "approve",
    "exception.refused": "refuse",
    "exception.revoked": "revoke",
}
"""The events that bring an exception on its way, beside its request."""

ACT = "act"
"""What the platform calls the press or line that asked, so that one which is delivered twice asks once."""
_FIELDS = ("kind", "scope", "reason", "category", "by", "from", "until", "factor")
_LONGEST_REASON = 2_000
_FACTOR = re.compile(r"(\d{1,5}(?:\.\d{1,6})?)\s*(%)?")


class ExceptionTermsError(ValueError):
    """A request or a step is not possible; the message says why and what to write instead."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A step that a person took, or that the time took by itself (`by` is None)."""

    at: int
    state: State
    by: str | None
    comment: str = ""


@dataclass(frozen=True)
class SlaException:
    """One exception: its window is [start, end) in instants; `factor` belongs to a relief alone."""

    id: str
    kind: Kind
    scope: Condition
    reason: str
    category: str
    requester: str
    start: int
    end: int
    factor: Fraction | None = None
    taken: tuple[Taken, ...] = ()

    @staticmethod
    def of(event: TicketEvent) -> "SlaException":
        """The exception that an event asks for. Raises ExceptionTermsError."""
        data = event.data
        unknown = next((name for name in data if name not in _FIELDS and name != ACT), None)
        if unknown is not None:
            raise ExceptionTermsError(f"an exception has no field {unknown!r}. {did_you_mean(unknown, _FIELDS)}".rstrip())
        kind = _one_of("kind", data.get("kind"), get_args(Kind))
        start, end = _instant("from", data.get("from")), _instant("until", data.get("until"))
        if end <= start:
            raise ExceptionTermsError(f"until is {data['until']}, expected an instant after from, {data['from']}")
        return SlaException(
            id=event.ticket,
            kind=kind,  # type: ignore[arg-type]
            scope=_scope(data.get("scope")),
            reason=_text("reason", data.get("reason")),
            category=_one_of("category", data.get("category", "other"), CATEGORIES),
            requester=_text("by", data.get("by")),
            start=start,
            end=end,
            factor=_factor(kind, data.get("factor")),
            taken=(Taken(event.time, "requested", str(data.get("by"))),),
        )

    @property
    def state(self) -> State:
        """The state that people gave it last."""
        return self.taken[-1].state

    def state_at(self, now: int) -> State:
        """The state at an instant: an approved exception expires when its window ends."""
        return "expired" if self.state == "approved" and now >= self.end else self.state

    def move(self, move: Move, at: int, by: str, comment: str = "") -> "SlaException":
        """The exception after a person's step. Raises ExceptionTermsError where it is not possible."""
        state = self.state_at(at)
        following = TRANSITIONS.get((state, move))
        if following is None:
            possible = [other for known, other in TRANSITIONS if known == state and other != "expire"]
            rest = f"it can be {TRANSITIONS[state, possible[0]]}" if possible else "nothing more can be decided about it"
            if state == "expired":
                rest = f"it ended at {text(self.end)}, and what it did stays"
            raise ExceptionTermsError(f"{self.id} is {state}: it is too late to {move} it, {rest}")
        if not by.strip():
            raise ExceptionTermsError(f"{self.id}: by is missing: who decides it?")
        if move == "approve" and by.strip() == self.requester.strip():
            raise ExceptionTermsError(f"{self.id} was requested by {by}: another person has to approve it")
        return replace(self, taken=(*self.taken, Taken(at, following, by, comment)))

    def window(self, known_at: int) -> tuple[int, int] | None:
        """From when to when it holds as far as is known at an instant; None where it does not."""
        approved = next((taken.at for taken in self.taken if taken.state == "approved"), None)
        if approved is None or approved > known_at:
            return None
        last = self.taken[-1]
        end = min(self.end, last.at) if last.state == "revoked" and last.at <= known_at else self.end
        return (self.start, end) if end > self.start else None

    @property
    def changes(self) -> tuple[int, ...]:
        """The instants at which it begins to hold, or ceases to, for people: approval and revocation."""
        window = self.window(self.taken[-1].at)
        if window is None and not any(taken.state == "approved" for taken in self.taken):
            return ()
        return tuple(taken.at for taken in self.taken if taken.state in ("approved", "revoked"))

    def in_words(self) -> str:
        """What it is, for people: `suspension X-1 (maintenance): planned upgrade; approved by cleo`."""
        approver = next((f"; approved by {taken.by}" for taken in self.taken if taken.state == "approved"), "")
        times = f" times {float(self.factor):g}" if self.factor is not None else ""
        return f"{self.kind}{times} {self.id} ({self.category}): {self.reason}{approver}"

    def public(self, now: int) -> dict[str, Any]:
        """The exception as the register's export has it."""
        return {
            "id": self.id,
            "kind": self.kind,
            "state": self.state_at(now),
            "scope": in_words(self.scope),
            "factor": None if self.factor is None else float(self.factor),
            "category": self.category,
            "reason": self.reason,
            "requester": self.requester,
            "from": text(self.start),
            "until": text(self.end),
            "steps": [
                {"at": text(taken.at), "state": taken.state, "by": taken.by, "comment": taken.comment}
                for taken in self.life(now)
            ],
        }

    def life(self, now: int) -> Sequence[Taken]:
        """Every step up to an instant, its expiry among them: at its end, or with an approval after that."""
        expiry = Taken(max(self.end, self.taken[-1].at), "expired", None)
        return [*self.taken, expiry] if self.state_at(now) != self.state else self.taken


def _one_of(name: str, found: object, known: Sequence[str]) -> str:
    if found not in known:
        hint = did_you_mean(found, known, otherwise=f"Known: {', '.join(known)}.")
        raise ExceptionTermsError(f"{name} is {_shown(found)}, expected one of {', '.join(known)}. {hint}")
    return str(found)


def _text(name: str, found: object) -> str:
    if not isinstance(found, str) or not found.strip() or len(found) > _LONGEST_REASON:
        raise ExceptionTermsError(f"{name} is {_shown(found)}, expected a text of at most {_LONGEST_REASON} characters")
    return found


def _instant(name: str, found: object) -> int:
    try:
        return instant(found)
    except InstantError as error:
        raise ExceptionTermsError(f"{name}: {error}") from None


def _scope(found: object) -> Condition:
    if not isinstance(found, Mapping) or not found:
        raise ExceptionTermsError(f"scope is {_shown(found)}, expected a condition such as {{customer: acme}}")
    try:
        return parse(found)
    except ConditionError as error:
        raise ExceptionTermsError(f"scope: {error}") from None


def _factor(kind: str, found: object) -> Fraction | None:
    """How many times the limit: `1.5` or `150%`; more than once and at most a hundred times."""
    if kind != "relief":
        if found is not None:
            raise ExceptionTermsError(f"factor is {_shown(found)}: only a relief has one")
        return None
    said = str(found) if isinstance(found, int | float | str) and not isinstance(found, bool) else ""
    read = _FACTOR.fullmatch(said[:40].strip())
    factor = Fraction(read[1]) / (100 if read[2] else 1) if read else None
    if factor is None or not 1 < factor <= 100:
        raise ExceptionTermsError(f"factor is {_shown(found)}, expected a number above 1 and at most 100, such as 1.5 or 150%")
    return factor


def _shown(found: object) -> str:
    if found is None:
        return "missing"
    words = repr(found)
    return words if len(words) <= 60 else words[:59] + "…"

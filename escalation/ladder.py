"""Ladder: whom to page, in which order, how long to wait.

Decided here: the steps, whom each one names and when it counts, and how long an acknowledgement lasts. Not decided here: who
that is at an instant (`roster`), a page's way up (`page`).
"""

from dataclasses import dataclass
from typing import Literal

from rules.conditions import ALWAYS, Condition
from rules.durations import Threshold
from rules.instants import MINUTE

Kind = Literal["rota", "person", "role", "lead_of", "channel"]


@dataclass(frozen=True)
class OpenHours:
    """While a calendar is open, or, where not `inside`, while it is closed."""

    calendar: str
    inside: bool = True


@dataclass(frozen=True)
class Step:
    """One step: `kind` and `who` name a rota, a person, a role, the lead of a team (`team`: the agreement's own) or a team's
    channel. It is passed over where `when` does not hold for the ticket, and outside of its `hours`.
    """

    kind: Kind
    who: str
    wait: int
    after_breach: bool = False
    when: Condition = ALWAYS
    hours: OpenHours | None = None


@dataclass(frozen=True)
class Acknowledgement:
    """How long an acknowledgement lasts if its taker does not say, and when its taker is reminded of its end."""

    lasts: int = 30 * MINUTE
    remind: Threshold | None = None

    def reminder(self, lasts: int) -> int | None:
        """How long into an acknowledgement of a length its taker is reminded; None: not at all, as it would be at once."""
        at = self.remind.elapsed(lasts) if self.remind else 0
        return at if 0 < at < lasts else None


@dataclass(frozen=True)
class Ladder:
    """Steps, climbed 1 + `repeat` times; waits count wall time or the agreement's open hours."""

    name: str
    steps: tuple[Step, ...]
    repeat: int = 0
    waits: Literal["wall", "calendar"] = "wall"
    acknowledgement: Acknowledgement = Acknowledgement()

"""Ladder: whom to page, in which order, how long to wait.

Decided here: the steps and whom each one reaches. Not decided here: a page's way up (`page`).
"""

from dataclasses import dataclass
from typing import Literal

from rules.instants import MINUTE


@dataclass(frozen=True)
class Step:
    """One step: `kind` and `who` name a rota, a person, a role or the lead of a team (`team`: the agreement's own)."""

    kind: Literal["rota", "person", "role", "lead_of"]
    who: str
    wait: int
    after_breach: bool = False


@dataclass(frozen=True)
class Acknowledgement:
    """How long an acknowledgement lasts if its taker does not say."""

    lasts: int = 30 * MINUTE


@dataclass(frozen=True)
class Ladder:
    """Steps, climbed 1 + `repeat` times; waits count wall time or the agreement's open hours."""

    name: str
    steps: tuple[Step, ...]
    repeat: int = 0
    waits: Literal["wall", "calendar"] = "wall"
    acknowledgement: Acknowledgement = Acknowledgement()

"""How a clock stands at one instant.

Decided here: the figures, states and verdicts that are told of a clock (DESIGN 4, "states"). Not decided here: how they come
about (`clock`).
"""

from dataclasses import dataclass
from typing import Any, Literal

from rules.instants import text_or_none

State = Literal["running", "paused", "met", "missed", "cancelled"]
Verdict = Literal["on track", "at risk", "overdue", "met", "missed", "excused", "cancelled"]


@dataclass(frozen=True, slots=True)
class ClockRow:
    """How a clock stands at one instant; milliseconds and instants as in DESIGN 4."""

    ticket: str
    agreement: str
    version: str
    kind: str
    metric: str
    cycle: int
    state: State
    verdict: Verdict
    target_ms: int
    elapsed_ms: int
    wall_elapsed_ms: int
    paused_ms: int
    started_at: int
    due_at: int | None
    stopped_at: int | None
    breached_at: int | None
    original_due_at: int | None
    next_at: int | None

    def public(self) -> dict[str, Any]:
        """The clock as `sla simulate` writes it."""
        instants = ("started_at", "due_at", "stopped_at", "breached_at")
        names = ("ticket", "agreement", "version", "metric", "cycle", "state", "verdict")
        figures = ("target_ms", "elapsed_ms", "wall_elapsed_ms", "paused_ms")
        row: dict[str, Any] = {name: getattr(self, name) for name in names + figures}
        return row | {name: text_or_none(getattr(self, name)) for name in instants}

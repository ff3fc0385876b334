"""Figures: what a process measures of itself, for Prometheus and for the board of processes.

Decided here: what is measured. Not decided here: how it is told (`adapters/web/metrics.py`).
"""

from collections.abc import Mapping
from typing import Literal, Protocol


class Figures(Protocol):
    """What a process measures of itself."""

    def looked(self, cause: Literal["event", "crossing"], late: int) -> None:
        """A ticket was looked at, so many milliseconds after it had to be."""

    def said(self, late: int) -> None:
        """A message went out, so many milliseconds after it was decided."""

    def batch(self, what: Literal["events", "looks", "messages"], size: int) -> None:
        """So many were done together."""

    def failed(self, what: Literal["look", "delivery", "event", "chore"]) -> None:
        """Something failed."""

    def troubled(self, what: str, said: str | None) -> None:
        """Something keeps this process from its work, in words; None: not any more."""

    def troubles(self) -> tuple[str, ...]:
        """What keeps this process from its work now."""

    def doing(self) -> Mapping[str, int]:
        """What was done since the start, and the latest lags in milliseconds."""

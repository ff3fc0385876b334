"""Findings of a verification, as they are told.

Decided here: that what differs in nothing but the seal is told in one line, with a count: where a key is lost, it is said of
every seal that was made under it. Not decided here: what is found (`adapters/ledger`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.cli.listing import Listing

if TYPE_CHECKING:
    from adapters.ledger.findings import Finding


class Findings:
    """Tells findings as they come, and counts them; `end` tells what is still held back."""

    def __init__(self, most: int) -> None:
        self.count = 0
        self._lines = Listing(most)
        self._alike: list[Finding] = []

    def tell(self, finding: Finding) -> None:
        """One more."""
        self.count += 1
        if self._alike and replace(finding, seal=None) != replace(self._alike[0], seal=None):
            self.end()
        if finding.seal is not None and finding.day is None:
            self._alike.append(finding)
        else:
            self._lines.tell(finding)

    def end(self) -> None:
        """Nothing like the last ones comes any more."""
        alike, self._alike = self._alike, []
        if len(alike) < 2:
            for finding in alike:
                self._lines.tell(finding)
            return
        seals = in_spans(finding.seal or 0 for finding in alike)
        self._lines.tell(f"seals {seals}, each: {alike[0].what} ({len(alike):,} findings)")


def in_spans(numbers: Iterable[int]) -> str:
    """Numbers in words: 1 to 4, 7."""
    spans: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if spans and spans[-1][1] == number - 1:
            spans[-1] = (spans[-1][0], number)
        else:
            spans.append((number, number))
    return ", ".join(str(first) if first == last else f"{first} to {last}" for first, last in spans)

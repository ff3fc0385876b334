"""Attainment: how much of what was promised was kept.

Decided here: the counting rules.
- Met: stopped at or before the due instant; it is judged when it stops.
- Missed: the due instant passed, whether the clock has stopped since, still runs or was cancelled; it is judged when it was
  broken, so a promise broken in January counts in January.
- Excused: broken, and an approved exception says why that does not count; neither for us nor against us, told apart.
- Cancelled without a breach, and running within its time: not judged, told apart.
Attainment is met of judged. It is never rounded up: 100 % means that none was missed. An objective is kept where met of judged
reaches it exactly or more. The error budget is the number of misses that an objective allows among those judged so far.
Not decided here: which clocks are counted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from rules.clock_row import ClockRow

SMALL = 100
"""Below so many judged clocks the share alone says little, and its interval is told."""
_Z = 1.959963984540054  # 95 % of a normal distribution lie within so many standard deviations


@dataclass(frozen=True)
class Objective:
    """What share is to be kept (`attain`, as a fraction) within each day, week, month, quarter or year; `text` as written."""

    attain: Fraction
    over: str
    text: str


@dataclass(frozen=True)
class Attainment:
    """Clocks by what became of them. `missed` counts those that are `overdue` and still run, too."""

    met: int = 0
    missed: int = 0
    overdue: int = 0
    excused: int = 0
    cancelled: int = 0
    at_risk: int = 0
    on_track: int = 0

    @staticmethod
    def of(verdicts: Mapping[str, int]) -> "Attainment":
        """From numbers by verdict."""
        number = verdicts.get
        overdue = number("overdue", 0)
        ended = (number("met", 0), number("missed", 0) + overdue, overdue, number("excused", 0), number("cancelled", 0))
        return Attainment(*ended, number("at risk", 0), number("on track", 0))

    @property
    def judged(self) -> int:
        """Those that count for us or against us."""
        return self.met + self.missed

    @property
    def share(self) -> str:
        """`99.9 %`, cut off and not rounded; `–` where none is judged."""
        if not self.judged:
            return "–"
        tenths = 1000 * self.met // self.judged
        return f"{tenths // 10}.{tenths % 10} %"

    @property
    def interval(self) -> tuple[float, float] | None:
        """Between which shares the true one lies with 95 % confidence (Wilson, 1927); None where none is judged.

        E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927), 209-212.
        """
        n = self.judged
        if not n:
            return None
        share, spread = self.met / n, _Z * _Z / n
        centre = (share + spread / 2) / (1 + spread)
        half = _Z * sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
        # At the ends the formula's own values are 0 and 1 but for the rounding of floating point.
        return (0.0 if self.met == 0 else centre - half), (1.0 if self.met == n else centre + half)

    def keeps(self, objective: Objective) -> bool | None:
        """Whether the objective is kept so far; None where none is judged."""
        return self.met >= objective.attain * self.judged if self.judged else None

    def budget(self, objective: Objective) -> int:
        """How many misses the objective allows among those judged so far."""
        return int((1 - objective.attain) * self.judged)

    def budget_left(self, objective: Objective) -> int:
        """How many more may be missed of those judged so far; below zero where more were missed than allowed."""
        return self.budget(objective) - self.missed


def judged_at(row: ClockRow) -> int | None:
    """When a clock was judged, or ended without being judged; None where it runs within its time, or within more of it."""
    if row.stopped_at is None and row.verdict in ("on track", "at risk"):
        return None
    return row.breached_at if row.breached_at is not None else row.stopped_at

"""Attainment: how much of what was promised was kept.

Decided here: that it is met of all that is decided; a clock past due is decided, whether or not it still runs. Not decided
here: which clocks are counted.
"""

from collections.abc import Mapping

_BROKEN = ("missed", "overdue")


def attainment(verdicts: Mapping[str, int]) -> str:
    """The share of clocks that were met, by their numbers a verdict: `99.9 %`, never rounded up; `–` where none is decided."""
    met = verdicts.get("met", 0)
    decided = met + sum(verdicts.get(verdict, 0) for verdict in _BROKEN)
    if not decided:
        return "–"
    tenths = 1000 * met // decided
    return f"{tenths // 10}.{tenths % 10} %"

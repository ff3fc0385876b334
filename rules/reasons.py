"""Reasons: what happened to a clock, in words.

Decided here: how its crossings, its end, and what an exception makes of it read. Not decided here: when that is (`clock`), and
how an event reads (`causes`).
"""

from rules.agreement import Target
from rules.durations import Threshold, spoken
from rules.metrics import in_words


def crossed(metric: str, target: Target, threshold: Threshold, *, used: int | None) -> str:
    """A threshold lies behind the clock; `used` is given where a change has put it there after its time."""
    words = f"{in_words(metric)}: {threshold.of(target.text)} used up (calendar {target.calendar.name})"
    return words if used is None else f"{words}: already passed by then ({_worked(used, target)} used)"


def carried(target: Target, used: int) -> str:
    """What it has used when it begins."""
    return f"{_worked(used, target)} were used before"


def still_overdue(metric: str, target: Target, ago: int) -> str:
    """It went overdue so long ago, and has not happened yet."""
    return f"{in_words(metric)}: {target.text} were used up {spoken(ago)} ago"


def overdue(metric: str, target: Target) -> str:
    """The promise is broken."""
    return f"{in_words(metric)}: {target.text} are used up, and it has not happened"


def recounted(metric: str, target: Target, before: int, used: int, because: str, *, broken: bool) -> str:
    """What has been used is counted anew, and no due time moves by that."""
    not_so = f", not {_worked(before, target)}" if before != used else ""
    count = f"{_worked(used, target)} of {target.text} used{not_so}"
    stands = ", the breach stands" if broken else ""
    return f"{in_words(metric)}: {count}{stands}: {because}"


def excused(metric: str, because: str) -> str:
    """A breach is excused."""
    return f"{in_words(metric)}: the breach is excused: {because}"


def ended(metric: str, state: str, target: Target, used: int, broken_limit: int, because: str, *, waived: bool) -> str:
    """The clock has stopped with so much used, or was cancelled; `broken_limit` is what its limit was at its breach."""
    if state == "cancelled":
        return f"{in_words(metric)} cancelled: {because}"
    words = f"{in_words(metric)} {state} after {_worked(used, target)} of {target.text}"
    if state == "missed":
        if used > target.milliseconds:
            words += f", {_worked(used - target.milliseconds, target)} over"
        if broken_limit not in (0, target.milliseconds):
            words += f", broken when the limit was {_worked(broken_limit, target)}"
        if waived:
            words += ", the breach is excused"
    return f"{words}: {because}"


def _worked(milliseconds: int, target: Target) -> str:
    return spoken(milliseconds, days=target.calendar.always)

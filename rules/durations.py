"""Amounts of time as people write them: `15m`, `1h30m`, `3wd`, `80%`, `30s before`, `2h after`.

Decided here: what these texts mean. Not decided: which calendar counts them, and how long a working day is.
"""

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from rules.instants import DAY, HOUR, MINUTE, SECOND

_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "h": HOUR, "d": DAY, "w": 7 * DAY}
_PART = re.compile(r"(\d{1,12})\s*(ms|s|m|h|d|w)")
_WHOLE = re.compile(r"(?:\d{1,12}\s*(?:ms|s|m|h|d|w)\s*)+")
_WORKING_DAYS = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*wd")
_PERCENT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*%")
_RELATIVE = re.compile(r"(.+?)\s+(before|after)")

LONGEST = 100 * 366 * DAY
EXAMPLES = "15m, 1h30m, 4h or 3wd"


class DurationError(ValueError):
    """A text is no amount of time."""


@dataclass(frozen=True, slots=True)
class Amount:
    """An amount of time: fixed milliseconds, or working days whose length the calendar gives.

    `uses_days` is true where it was written with d or w, which only a 24x7 calendar can count.
    """

    text: str
    milliseconds: int = 0
    working_days: Fraction = Fraction(0)
    uses_days: bool = False

    def in_milliseconds(self, working_day: int | None) -> int:
        """The amount in milliseconds, where a working day has `working_day` of them. Raises DurationError without one."""
        if not self.working_days:
            return self.milliseconds
        if working_day is None:
            raise DurationError(f"{self.text} counts working days, and the calendar does not say how long one is")
        return int(self.working_days * working_day)


@dataclass(frozen=True, slots=True)
class Threshold:
    """A point on a clock's way, named by its text in the configuration.

    Exactly one holds: `percent` of the target, `offset` milliseconds from it (negative: before), or `daily`.
    """

    text: str
    percent: Fraction | None = None
    offset: int = 0
    daily: bool = False

    def elapsed(self, target: int) -> int:
        """The elapsed milliseconds at which a clock with this target reaches the threshold; never before its start."""
        if self.percent is not None:
            return -(-target * self.percent.numerator // self.percent.denominator)  # rounded up: reached, not nearly
        return max(0, target + self.offset)

    def of(self, limit: str) -> str:
        """How much of a limit, given in words, is used up there: `80% of 1h`, `all but 30s of 1h`, `1h and 2h more`."""
        if self.percent is not None:
            return f"{self.text} of {limit}"
        return f"all but {self._amount} of {limit}" if self.offset < 0 else f"{limit} and {self._amount} more"

    @property
    def _amount(self) -> str:
        return self.text.removesuffix("before").removesuffix("after").strip()


BREACH = Threshold("100%", percent=Fraction(1))


def parse_milliseconds(text: str) -> int:
    """Milliseconds of `15m`, `1h30m`, `90s`. Raises DurationError."""
    if not isinstance(text, str) or not _WHOLE.fullmatch(text.strip()):
        raise DurationError(f"{text!r} is no amount of time: write {EXAMPLES}")
    milliseconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    if milliseconds > LONGEST:
        raise DurationError(f"{text!r} is more than a hundred years")
    return milliseconds


def parse_amount(text: str) -> Amount:
    """An amount such as `4h` or `3wd`. Raises DurationError."""
    if isinstance(text, str) and (days := _WORKING_DAYS.fullmatch(text.strip())):
        return Amount(text, working_days=Fraction(days[1]))
    milliseconds = parse_milliseconds(text)
    return Amount(text, milliseconds=milliseconds, uses_days=any(unit in "dw" for _, unit in _PART.findall(text)))


def parse_threshold(text: str) -> Threshold:
    """A threshold: `80%`, `30s before`, `2h after` or `daily`. Raises DurationError."""
    if isinstance(text, str):
        stripped = text.strip()
        if stripped == "daily":
            return Threshold(text, daily=True)
        if percent := _PERCENT.fullmatch(stripped):
            return Threshold(text, percent=Fraction(percent[1]) / 100)
        if relative := _RELATIVE.fullmatch(stripped):
            sign = -1 if relative[2] == "before" else 1
            return Threshold(text, offset=sign * parse_milliseconds(relative[1]))
    raise DurationError(f"{text!r} is no threshold: write 80%, 30s before, 2h after or daily")


WARN_AT = (parse_threshold("80%"), parse_threshold("90%"), BREACH)
"""The thresholds of an agreement that names none."""


@lru_cache(maxsize=10_000)
def spoken(milliseconds: int, *, days: bool = True) -> str:
    """An amount for people, in its two largest units: `1h 30m`, `2d 4h`, `45s`; below a second `250ms`. Working time of a
    calendar that is not 24x7 is told without days, as no day there has 24 hours: `40h`.
    """
    if milliseconds < 0:
        return "-" + spoken(-milliseconds, days=days)
    parts = []
    rest = milliseconds
    for unit in ("d", "h", "m", "s")[not days :]:
        count, rest = divmod(rest, _UNITS[unit])
        if count:
            parts.append(f"{count}{unit}")
        if len(parts) == 2 or (parts and not count):
            break
    return " ".join(parts) or (f"{milliseconds}ms" if milliseconds else "0s")

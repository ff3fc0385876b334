"""Agreements: what was promised, to whom, from when.

Decided here: the terms of one version of an agreement and which target a priority has. Not decided here: whether it
applies to a ticket (`promises`), and whether it was kept (`clock`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Literal

from rules.attainment import Objective
from rules.calendar import BusinessCalendar
from rules.conditions import ALWAYS, Condition, in_words
from rules.durations import BREACH, WARN_AT, Threshold, parse_amount
from rules.exceptions import SlaException
from rules.suspension import Calendar, SuspendedCalendar, Window

Kind = Literal["sla", "ola", "uc"]
OnChange = Literal["carry", "restart"]
OnReopen = Literal["resume", "restart"]
AppliesTo = Literal["new", "open"]

DEFAULT = "default"
_NEVER = 2**62
Span = tuple[int, int]
"""From one instant until before another."""


@dataclass(frozen=True)
class Target:
    """A limit in milliseconds of a calendar's open time outside the windows in `suspended`; `text` as it was written, `under`
    the exceptions that changed it.
    """

    milliseconds: int
    calendar: BusinessCalendar
    text: str
    under: tuple[SlaException, ...] = ()
    suspended: tuple[Window, ...] = ()

    def in_force(self, start: int, at: int) -> "Target":
        """The limit in the version of its calendar that counts, as known at `at`, for a clock that began at `start`."""
        calendar = self.calendar.in_force(start, at)
        if calendar is self.calendar:
            return self
        return replace(self, milliseconds=parse_amount(self.text).in_milliseconds(calendar.working_day), calendar=calendar)

    @cached_property
    def counted(self) -> Calendar:
        """What counts the limit."""
        return SuspendedCalendar(self.calendar, self.suspended) if self.suspended else self.calendar


@dataclass(frozen=True)
class CustomerUpdates:
    """How often customers are written to (`every`, milliseconds of wall time), and whose approval that needs: a role."""

    every: int | None = None
    approve: str | None = None


@dataclass(frozen=True)
class Credits:
    """What a customer is owed for a month in which too few promises were kept: below a share of them, a share `of` a fee."""

    below: tuple[tuple[Fraction, Fraction], ...]
    of: str
    cap: Fraction | None = None
    claim_within: int | None = None

    def share(self, attained: Fraction) -> Fraction:
        """The share of the fee that is owed where so many promises were kept."""
        owed = max((share for limit, share in self.below if attained < limit), default=Fraction(0))
        return owed if self.cap is None else min(owed, self.cap)


@dataclass(frozen=True)
class Agreement:
    """One version of an agreement. `since` is the instant from which it holds: for clocks that start from then on, or, where
    it applies to `open` tickets, for running ones too.
    """

    name: str
    version: str
    kind: Kind
    since: int
    calendar: BusinessCalendar
    targets: Mapping[str, Mapping[str, Target | None]]
    when: Condition = ALWAYS
    warn_at: tuple[Threshold, ...] = WARN_AT
    after_breach: tuple[Threshold, ...] = ()
    team: str | None = None
    ladder: str | None = None
    on_change: OnChange = "carry"
    on_reopen: OnReopen = "resume"
    applies_to: AppliesTo = "new"
    instead_of: tuple[str, ...] = ()
    customer_updates: CustomerUpdates = field(default_factory=CustomerUpdates)
    objective: Objective | None = None
    credits: Credits | None = None
    _crossings: dict[int, tuple[tuple[int, Threshold], ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @cached_property
    def key(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"

    @property
    def begins_afresh(self) -> bool:
        """Whether a clock begins at zero when the agreement begins to match: between teams and from suppliers, only the time
        counts in which the ticket was theirs.
        """
        return self.on_change == "restart" or self.kind != "sla"

    @cached_property
    def reason(self) -> str:
        """Why it applies where it does, in words."""
        return f"{self.key} applies: {in_words(self.when)}"

    def target(self, metric: str, priority: object) -> Target | None:
        """The limit for a ticket's priority, or None where nothing is promised."""
        by_priority = self.targets.get(metric)
        if by_priority is None:
            return None
        if isinstance(priority, str) and priority in by_priority:
            return by_priority[priority]
        return by_priority.get(DEFAULT)

    @cached_property
    def calendars(self) -> tuple[BusinessCalendar, ...]:
        """The calendars that count its limits."""
        limits = (target for by_priority in self.targets.values() for target in by_priority.values())
        return tuple(dict.fromkeys(target.calendar for target in limits if target is not None))

    @cached_property
    def thresholds(self) -> tuple[Threshold, ...]:
        """All thresholds of a clock; the breach is always among them."""
        named = self.warn_at + self.after_breach
        return named if any(t.percent == 1 for t in named) else (*named, BREACH)

    @cached_property
    def breach(self) -> Threshold:
        """The threshold at which the promise is broken."""
        return next(threshold for threshold in self.thresholds if threshold.percent == 1)

    @cached_property
    def daily(self) -> Threshold | None:
        """The threshold that comes again every day after the breach, where there is one."""
        return next((threshold for threshold in self.thresholds if threshold.daily), None)

    def crossings(self, limit: int) -> tuple[tuple[int, Threshold], ...]:
        """For a limit, the elapsed time at which each threshold is crossed, in order; without the daily one."""
        found = self._crossings.get(limit)
        if found is None:
            pairs = [(threshold.elapsed(limit), threshold) for threshold in self.thresholds if not threshold.daily]
            found = self._crossings[limit] = tuple(sorted(pairs, key=lambda pair: pair[0]))
        return found


def in_force(agreements: Mapping[str, Agreement]) -> dict[str, Span]:
    """By key, when each agreement is in force for clocks that begin: until the next version of its name."""
    begins: dict[str, list[int]] = {}
    for agreement in agreements.values():
        begins.setdefault(agreement.name, []).append(agreement.since)
    return {
        key: (a.since, min((since for since in begins[a.name] if since > a.since), default=_NEVER))
        for key, a in agreements.items()
    }


def overlap(one: Span, other: Span) -> bool:
    """Whether two spans have an instant in common."""
    return max(one[0], other[0]) < min(one[1], other[1])

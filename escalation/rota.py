"""Rota: who is on call when.

Decided here: how shifts hand over by the wall clock of the rota's zone, and that an override replaces them. Not decided
here: who is paged (`ladder`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from rules.instants import to_datetime


@dataclass(frozen=True)
class HandOver:
    """When a shift goes to the next person: every `days` days, or on weekday `day` every `days` / 7 weeks, at `at`."""

    days: int
    at: time
    day: int | None = None


@dataclass(frozen=True)
class Shift:
    """People who take turns from a local time on; without a hand-over the first one stays."""

    who: tuple[str, ...]
    start: datetime
    hand_over: HandOver | None = None
    end: datetime | None = None

    def person(self, local: datetime) -> str | None:
        """Who has this shift at a local time."""
        if not self.who or local < self.start or (self.end is not None and local >= self.end):
            return None
        return self.who[self._turns(local) % len(self.who)]

    def _turns(self, local: datetime) -> int:
        if self.hand_over is None:
            return 0
        first = datetime.combine(self.start.date(), self.hand_over.at)
        if self.hand_over.day is not None:
            first += timedelta(days=(self.hand_over.day - first.weekday()) % 7)
        step = timedelta(days=self.hand_over.days)
        if first <= self.start:
            first += step
        return 0 if local < first else (local - first) // step + 1


@dataclass(frozen=True)
class Override:
    """Other people for a while, in place of all shifts."""

    who: tuple[str, ...]
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Rota:
    """Shifts and overrides by the wall clock of a zone; their times are local and without one."""

    name: str
    zone: ZoneInfo
    shifts: Sequence[Shift] = field(default_factory=tuple)
    overrides: Sequence[Override] = field(default_factory=tuple)

    def on_call(self, at: int) -> list[str]:
        """Ids of the people on call at an instant; empty where nobody is."""
        local = to_datetime(at).astimezone(self.zone).replace(tzinfo=None)
        for override in self.overrides:
            if override.start <= local < override.end:
                return list(override.who)
        people = (shift.person(local) for shift in self.shifts)
        return list(dict.fromkeys(person for person in people if person is not None))

"""Rota: who is on call when.

Decided here: how shifts hand over by the wall clock of the rota's zone, that a swap exchanges two people's turns, and that an
override replaces all of them. Not decided here: who is paged (`ladder`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import chain, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from escalation.week import Week
from rules.instants import HOUR, MINUTE, of, to_datetime

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class HandOver:
    """When a shift goes to the next person: every `days` days, or on weekday `day` every `days` / 7 weeks, at `at`."""

    days: int
    at: time
    day: int | None = None


@dataclass(frozen=True)
class Shift:
    """People who take turns from a local time on, within `hours` only where there are any; without a hand-over the first one
    stays. Its times are by the wall clock of its own zone, or else the rota's.
    """

    who: tuple[str, ...]
    start: datetime
    hand_over: HandOver | None = None
    end: datetime | None = None
    hours: Week | None = None
    zone: ZoneInfo | None = None

    def person(self, local: datetime) -> str | None:
        """Who has this shift at a local time."""
        over = self.end is not None and local >= self.end
        if not self.who or local < self.start or over or (self.hours and not self.hours.holds(local)):
            return None
        return self.who[self._turns(local) % len(self.who)]

    def edges(self, first: datetime, last: datetime) -> Iterator[datetime]:
        """Local times between two others at which this shift may change."""
        yield from (edge for edge in (self.start, self.end) if edge is not None)
        for n in range(-1, (last - first).days + 2):
            day = first.date() + n * _DAY
            if self.hand_over is not None:
                yield datetime.combine(day, self.hand_over.at)
            yield from self.hours.edges(day) if self.hours else ()

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
class Swap:
    """Two people who have each other's turns for a while."""

    who: tuple[str, str]
    start: datetime
    end: datetime


class Turn(NamedTuple):
    """Who is on call from an instant until another one; `who` is empty where nobody is."""

    start: int
    end: int
    who: tuple[str, ...]


@dataclass(frozen=True)
class Rota:
    """Shifts, swaps and overrides by the wall clock of a zone; their times are local and without one."""

    name: str
    zone: ZoneInfo
    shifts: Sequence[Shift] = field(default_factory=tuple)
    overrides: Sequence[Override] = field(default_factory=tuple)
    swaps: Sequence[Swap] = field(default_factory=tuple)

    def on_call(self, at: int) -> list[str]:
        """Ids of the people on call at an instant; empty where nobody is."""
        local = _local(at, self.zone)
        for override in self.overrides:
            if override.start <= local < override.end:
                return list(override.who)
        people = (shift.person(_local(at, shift.zone) if shift.zone else local) for shift in self.shifts)
        return list(dict.fromkeys(self._swapped(person, local) for person in people if person is not None))

    def turns(self, start: int, end: int) -> list[Turn]:
        """Who is on call between two instants, a turn as long as it is the same people."""
        edges = sorted({start, end, *(edge for edge in self._edges(start, end) if start < edge < end)})
        turns: list[Turn] = []
        for first, last in pairwise(edges):
            who = tuple(self.on_call(first))
            if turns and turns[-1].who == who:
                turns[-1] = turns[-1]._replace(end=last)
            else:
                turns.append(Turn(first, last, who))
        return turns

    def _swapped(self, person: str, local: datetime) -> str:
        for swap in self.swaps:
            if swap.start <= local < swap.end and person in swap.who:
                return swap.who[1 - swap.who.index(person)]
        return person

    def _edges(self, start: int, end: int) -> Iterator[int]:
        """Instants at which who is on call may change; the clock's own changes are among them, by the quarter of an hour."""
        for shift in self.shifts:
            zone = shift.zone or self.zone
            for edge in shift.edges(_local(start, zone), _local(end, zone)):
                yield from _instants(edge, zone)
        spans = [(o.start, o.end) for o in self.overrides] + [(swap.start, swap.end) for swap in self.swaps]
        for edge in chain.from_iterable(spans):
            yield from _instants(edge, self.zone)
        for zone in {self.zone, *(shift.zone for shift in self.shifts if shift.zone)}:
            yield from _clock_changes(start, end, zone)


def _local(at: int, zone: ZoneInfo) -> datetime:
    return to_datetime(at).astimezone(zone).replace(tzinfo=None)


def _instants(local: datetime, zone: ZoneInfo) -> Iterator[int]:
    """When a wall clock shows a time: twice in the hour that is repeated."""
    try:
        yield of(local.replace(tzinfo=zone))
        yield of(local.replace(tzinfo=zone, fold=1))
    except OverflowError:  # at the ends of what a date can be
        return


def _clock_changes(start: int, end: int, zone: ZoneInfo) -> Iterator[int]:
    """Instants at which a wall clock is put forward or back: shifts may begin or end there that have no time of their own."""
    for hour in range(start // HOUR, end // HOUR + 1):
        first = hour * HOUR
        offsets = [to_datetime(at).astimezone(zone).utcoffset() for at in (first, first + HOUR)]
        if offsets[0] != offsets[1]:
            yield from range(first, first + HOUR + 1, 15 * MINUTE)

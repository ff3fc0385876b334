"""Versions of a calendar: each holds from a date, what was before it stays as it was.

Decided here: which versions count for a clock (DESIGN 4, "agreement or calendar changes"), and that one ends and the next
begins at midnight in the next one's zone: windows are cut there, also a shift that began the evening before. A composite is
a calendar like any other, compiled from the dates of its versions. Not decided here: when a clock begins, and which terms a
version takes over from the one before it (`config`).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from rules.calendar import BusinessCalendar
from rules.calendar_days import FIRST_DATE, LAST_DATE, CalendarDays, merged, midnight


@dataclass(frozen=True)
class Version:
    """The terms of a calendar from a date on. `always`: 24x7 without exceptions; `for_running`: clocks that run follow it."""

    days: CalendarDays
    always: bool = False
    working_day: int | None = None
    since: date = FIRST_DATE
    for_running: bool = False

    @cached_property
    def begins(self) -> int:
        """The instant from which it holds: midnight in its own zone."""
        return midnight(self.since, self.days.zone)


@dataclass(frozen=True)
class VersionedDays:
    """The dates of versions that follow each other, in the order of their beginnings. The first holds before them all."""

    versions: tuple[Version, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The last version's zone."""
        return self.versions[-1].days.zone

    def on(self, day: date) -> CalendarDays:
        """The version that holds on a date."""
        return next((version.days for version in reversed(self.versions) if version.since <= day), self.versions[0].days)

    def exceptions(self) -> list[date]:
        """The single dates of all versions, and those on which a version begins."""
        singles = {day for version in self.versions for day in version.days.exceptions()}
        return sorted(singles | {version.since for version in self.versions[1:]})

    def windows(self, first: date, last: date) -> list[tuple[int, int]]:
        """Open windows of the dates [first, last), each version's cut to the time in which it holds."""
        found: list[tuple[int, int]] = []
        for version, following in zip(self.versions, (*self.versions[1:], None), strict=True):
            begins = version.begins if version is not self.versions[0] else None
            ends = following.begins if following is not None else None
            # Two days more on either side: elsewhere in the world a date begins up to 26 hours earlier or later.
            low = max(first - timedelta(days=2), version.since - timedelta(days=1))
            high = min(last, following.since if following is not None else LAST_DATE) + timedelta(days=2)
            found.extend(_cut(version.days.windows(low, high), begins, ends) if low < high else ())
        return merged(found)


def _cut(windows: list[tuple[int, int]], begins: int | None, ends: int | None) -> list[tuple[int, int]]:
    """Windows less what lies outside; what becomes empty is left out by `merged`."""
    if begins is not None:
        windows = [(max(start, begins), end) for start, end in windows]
    if ends is not None:
        windows = [(start, min(end, ends)) for start, end in windows]
    return windows


class VersionedCalendar(BusinessCalendar):
    """Several versions as one calendar. `base` is the name without a version."""

    def __init__(self, name: str, versions: tuple[Version, ...], history: "_History") -> None:
        days = versions[0].days if len(versions) == 1 else VersionedDays(versions)
        last = versions[-1]
        super().__init__(name, None if all(v.always for v in versions) else days, last.working_day, last.days.zone)
        self._history = history

    @property
    def base(self) -> str:
        """The name in the configuration."""
        return self._history.name

    @property
    def begins(self) -> tuple[int, ...]:
        """Instants at which its later versions begin."""
        return self._history.begins

    @property
    def changes(self) -> tuple[int, ...]:
        """Instants from which running clocks follow a new version."""
        return self._history.changes

    @property
    def versions(self) -> Mapping[str, BusinessCalendar]:
        """By name, the whole calendar and what each later version makes of it."""
        return self._history.named

    def in_force(self, start: int, at: int) -> BusinessCalendar:
        """The calendar that counts, as known at `at`, for a clock that began at `start`; alike ones are the same object."""
        return self._history.in_force(start, at)


class _History:
    """All versions of one calendar, and the composites that were asked for. Safe to share between threads."""

    def __init__(self, name: str, versions: Sequence[Version]) -> None:
        self.name = name
        self.versions = tuple(versions)
        self.changes = tuple(version.begins for version in versions[1:] if version.for_running)
        self.begins = tuple(version.begins for version in versions[1:])
        self._composites: dict[tuple[int, ...], VersionedCalendar] = {}
        self._answers: dict[tuple[int, int], VersionedCalendar] = {}
        self.whole = VersionedCalendar(name, self.versions, self)

    @cached_property
    def named(self) -> Mapping[str, BusinessCalendar]:
        later = [self._composite(tuple(range(n + 1))) for n in range(1, len(self.versions))]
        return {calendar.name: calendar for calendar in (self.whole, *later)}

    def in_force(self, start: int, at: int) -> BusinessCalendar:
        asked = bisect_right(self.begins, start), bisect_right(self.begins, at)
        found = self._answers.get(asked)
        if found is None:
            begun, known = asked
            followed = (n for n in range(begun + 1, known + 1) if self.versions[n].for_running)
            found = self._answers[asked] = self._composite((*range(begun + 1), *followed))
        return found

    def _composite(self, numbers: tuple[int, ...]) -> VersionedCalendar:
        found = self._composites.get(numbers)
        if found is None:
            name = f"{self.name} {self.versions[numbers[-1]].since}" if numbers[-1] else self.name
            made = VersionedCalendar(name, tuple(self.versions[n] for n in numbers), self)
            found = self._composites.setdefault(numbers, made)  # of two threads that ask at once, both get the same
        return found


def calendar_of(name: str, versions: Sequence[Version]) -> BusinessCalendar:
    """The calendar of one or more versions, in the order of their dates.

    Asked directly, it says of every date what the version says that holds then; `in_force` says what counts for a clock.
    """
    if len(versions) > 1:
        return _History(name, versions).whole
    (only,) = versions
    return BusinessCalendar(name, None if only.always else only.days, only.working_day, only.days.zone)

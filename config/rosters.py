"""Sections about people → people, teams, rotas and ladders.

Decided here: how sections are put together; that a file's shifts are added to those that are written. Not decided here: which
of them fit together (`references`, `consistency`), what is taken of a file (`rota_feed`).
"""

from collections.abc import Mapping
from typing import Any

from config.calendars import weekly_hours
from config.roster_schema import LadderSection, PersonSection, RotaSection, ShiftSection, StepSection
from escalation.ladder import Acknowledgement, Ladder, Step
from escalation.people import Person
from escalation.rota import HandOver, Override, Rota, Shift, Swap
from escalation.week import QuietHours, Week
from rules.conditions import ALWAYS


def person_of(name: str, section: PersonSection) -> Person:
    """A person."""
    quiet = QuietHours(section.quiet.zone, _week(section.quiet.hours)) if section.quiet else None
    return Person(name, section.name, section.email, section.slack, section.discord, tuple(section.roles), quiet)


def rota_of(name: str, section: RotaSection, imported: tuple[Shift, ...] = ()) -> Rota:
    """A rota with its shifts and those of its file."""
    overrides = tuple(Override(tuple(o.who), o.start, o.until) for o in section.overrides)
    swaps = tuple(Swap((s.who[0], s.who[1]), s.start, s.until) for s in section.swaps)
    return Rota(name, section.zone, (*map(_shift, section.shifts), *imported), overrides, swaps)


def ladder_of(name: str, section: LadderSection) -> Ladder:
    """A ladder."""
    said = section.acknowledgement
    steps = tuple(map(_step, section.steps))
    return Ladder(name, steps, section.repeat, section.waits, Acknowledgement(said.lasts, said.remind))


def _shift(section: ShiftSection) -> Shift:
    said = section.hand_over
    hand_over = HandOver(said.every, said.at, said.day) if said is not None else None
    hours = _week(section.hours) if section.hours is not None else None
    return Shift(tuple(section.who), section.start, hand_over, section.until, hours, section.zone)


def _step(section: StepSection) -> Step:
    return Step(*_whom(section), section.wait, section.after == "breach", section.when or ALWAYS, section.hours)


def _whom(section: StepSection) -> tuple[Any, str]:
    """The one field of a step's target that is said, with its value."""
    return next((kind, who) for kind, who in section.page if who is not None)


def _week(hours: Mapping[str, Any]) -> Week:
    return Week(tuple(map(tuple, weekly_hours(hours))))

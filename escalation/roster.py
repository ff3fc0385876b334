"""Roster: the ladders and rotas of one published configuration.

Decided here: whom a ladder's step reaches; how a roster is kept, so that a page goes on up the ladder under which it was
opened, whatever is published later. Not decided here: when it was published (`Book.rosters`), a page's way up (`page`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from escalation.ladder import Acknowledgement, Ladder, OpenHours, Step
from escalation.people import Person, Team
from escalation.rota import HandOver, Override, Rota, Shift, Swap
from escalation.week import Week
from rules.conditions import AllOf, AnyOf, Condition, Not, Test
from rules.durations import parse_threshold

CHANNEL = "#"
"""Among those whom a step reaches, a team's channel is the team's id after this mark."""


@dataclass(frozen=True)
class Roster:
    """Ladders and rotas by their names."""

    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    rotas: Mapping[str, Rota] = field(default_factory=dict)

    def reached(
        self, step: Step, team: str | None, at: int, people: Mapping[str, Person], teams: Mapping[str, Team]
    ) -> list[str]:
        """Ids of the people whom a step reaches at an instant, or the team's channel; empty where there is nobody."""
        match step.kind:
            case "rota":
                rota = self.rotas.get(step.who)
                return [person for person in rota.on_call(at) if person in people] if rota else []
            case "role":
                return [person.id for person in people.values() if step.who in person.roles]
            case "lead_of":
                found = teams.get(_team(step.who, team))
                return [found.lead] if found and found.lead and found.lead in people else []
            case "channel":
                return [CHANNEL + name] if (name := _team(step.who, team)) in teams else []
            case _:
                return [step.who] if step.who in people else []

    def plain(self) -> dict[str, Any]:
        """The roster as JSON can hold it; `of` makes the same roster of it."""
        return {
            "ladders": {name: _ladder_plain(ladder) for name, ladder in self.ladders.items()},
            "rotas": {name: _rota_plain(rota) for name, rota in self.rotas.items()},
        }

    @staticmethod
    def of(plain: Mapping[str, Any]) -> "Roster":
        """The roster whose `plain` form this is."""
        ladders = {name: _ladder_of(name, kept) for name, kept in plain["ladders"].items()}
        return Roster(ladders, {name: _rota_of(name, kept) for name, kept in plain["rotas"].items()})


def _team(who: str, own: str | None) -> str:
    """The team that a step names: `team` is the agreement's own."""
    return own if who == "team" and own else who


def _ladder_plain(ladder: Ladder) -> dict[str, Any]:
    remind = ladder.acknowledgement.remind
    return {
        "steps": [_step_plain(step) for step in ladder.steps],
        "repeat": ladder.repeat,
        "waits": ladder.waits,
        "lasts": ladder.acknowledgement.lasts,
        "remind": remind.text if remind else None,
    }


def _ladder_of(name: str, kept: Mapping[str, Any]) -> Ladder:
    remind = parse_threshold(kept["remind"]) if kept["remind"] else None
    steps = tuple(_step_of(step) for step in kept["steps"])
    return Ladder(name, steps, kept["repeat"], kept["waits"], Acknowledgement(kept["lasts"], remind))


def _step_plain(step: Step) -> list[Any]:
    hours = [step.hours.calendar, step.hours.inside] if step.hours else None
    return [step.kind, step.who, step.wait, step.after_breach, _condition_plain(step.when), hours]


def _step_of(kept: list[Any]) -> Step:
    kind, who, wait, after_breach, when, hours = kept
    return Step(kind, who, wait, after_breach, _condition_of(when), OpenHours(*hours) if hours else None)


def _condition_plain(condition: Condition) -> list[Any]:
    match condition:
        case Test(field, op, value):
            return ["test", field, op, value]
        case Not(child):
            return ["not", _condition_plain(child)]
        case AllOf(children):
            return ["all", *map(_condition_plain, children)]
        case AnyOf(children):
            return ["any", *map(_condition_plain, children)]


def _condition_of(kept: list[Any]) -> Condition:
    match kept:
        case ["test", field, op, value]:
            return Test(field, op, value)
        case ["not", child]:
            return Not(_condition_of(child))
        case [joined, *children]:
            return (AllOf if joined == "all" else AnyOf)(tuple(map(_condition_of, children)))
        case _:
            raise ValueError(f"{kept!r} is no condition")


def _rota_plain(rota: Rota) -> dict[str, Any]:
    return {
        "zone": rota.zone.key,
        "shifts": [_shift_plain(shift) for shift in rota.shifts],
        "overrides": [[list(o.who), o.start.isoformat(), o.end.isoformat()] for o in rota.overrides],
        "swaps": [[list(swap.who), swap.start.isoformat(), swap.end.isoformat()] for swap in rota.swaps],
    }


def _rota_of(name: str, kept: Mapping[str, Any]) -> Rota:
    overrides = tuple(Override(tuple(who), *map(datetime.fromisoformat, span)) for who, *span in kept["overrides"])
    swaps = tuple(Swap((who[0], who[1]), *map(datetime.fromisoformat, span)) for who, *span in kept["swaps"])
    return Rota(name, ZoneInfo(kept["zone"]), tuple(map(_shift_of, kept["shifts"])), overrides, swaps)


def _shift_plain(shift: Shift) -> dict[str, Any]:
    after = shift.hand_over
    return {
        "who": list(shift.who),
        "from": shift.start.isoformat(),
        "until": shift.end.isoformat() if shift.end else None,
        "hand_over": [after.days, after.at.isoformat(), after.day] if after else None,
        "hours": shift.hours.plain() if shift.hours else None,
        "zone": shift.zone.key if shift.zone else None,
    }


def _shift_of(kept: Mapping[str, Any]) -> Shift:
    after, hours = kept["hand_over"], kept["hours"]
    return Shift(
        who=tuple(kept["who"]),
        start=datetime.fromisoformat(kept["from"]),
        hand_over=HandOver(after[0], time.fromisoformat(after[1]), after[2]) if after else None,
        end=datetime.fromisoformat(kept["until"]) if kept["until"] else None,
        hours=Week.of(hours) if hours else None,
        zone=ZoneInfo(kept["zone"]) if kept["zone"] else None,
    )

"""Metrics: when a clock starts, stops, pauses, resumes, is cancelled or begins anew.

Decided here: the built-in metrics, written in the form of the configuration's `metrics:`; the order in which a metric's
conditions are judged after each event: start, cancel, stop, reset, pause, resume; and that a start which merely goes on
holding, as a condition on fields may, begins no second cycle. Not decided here: targets and calendars; a metric's track is
the same for all agreements.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from rules.causes import NOTHING_ASKED, Asked
from rules.conditions import Condition, Facts, Predicate, Test, compiled, fields_of, parse
from rules.encoding import Encoding
from rules.suspension import Calendar
from rules.ticket import AT_ONE_EVENT

Step = Literal["start", "cancel", "stop", "reset", "pause", "resume"]
PARTS: tuple[Step, ...] = ("start", "cancel", "stop", "reset", "pause", "resume")

_IS_DONE = {"in": ["solved", "closed"]}
_WAITS = {"in": ["pending", "on_hold"]}
_OPEN_OR_REOPENED = {"any": [{"event": "ticket.opened"}, {"reopened": True}]}

BUILT_IN: dict[str, dict[str, Any]] = {
    "first_response": {
        "start": {
            "any": [
                {"event": "ticket.opened"},
                {"event": "ticket.replied", "author": "customer", "status": {"not": _IS_DONE}},
                {"reopened": True},
            ],
            "asked": True,
            "answered": {"not": True},
        },
        "cancel": {"status": _IS_DONE, "answer": {"not": True}},
        "stop": {"answer": True},
    },
    "next_response": {
        "start": {
            "any": [{"event": "ticket.replied", "author": "customer"}, {"reopened": True}],
            "waiting": True,
            "answered": True,
            "status": {"not": _IS_DONE},
        },
        "cancel": {"status": _IS_DONE, "answer": {"not": True}},
        "stop": {"answer": True},
    },
    "update": {
        "start": {"answered": True, "status": {"not": _IS_DONE}},
        "stop": {"any": [{"answer": True, "first_answer": {"not": True}, "reopened": {"not": True}}, {"status": _IS_DONE}]},
        "reset": {"answer": True, "first_answer": {"not": True}, "status": {"not": _IS_DONE}},
        "pause": {"status": "pending"},
    },
    "assignment": {
        "start": {"any": [{"event": "ticket.opened"}, {"handed_over": True}]},
        "cancel": {"status": _IS_DONE, "assignee": {"exists": False}},
        "stop": {"assignee": {"exists": True}},
        "reset": {"handed_over": True, "assignee": {"exists": False}},
    },
    "resolution": {"start": _OPEN_OR_REOPENED, "stop": {"status": _IS_DONE}, "pause": {"status": _WAITS}},
    "requester_wait": {"start": _OPEN_OR_REOPENED, "stop": {"status": _IS_DONE}, "pause": {"status": "pending"}},
    "agent_work": {"start": _OPEN_OR_REOPENED, "stop": {"status": _IS_DONE}, "pause": {"status": _WAITS}},
}

CONTINUED = frozenset({"first_response", "resolution", "requester_wait", "agent_work"})
"""Metrics whose next cycle, after a reopening, goes on with what the earlier ones used."""

BEGIN_AT = {"next_response": "waiting_since"}
"""Metrics that begin at an instant the ticket knows, not at the event that starts them: a solved ticket is often written to
first and reopened a moment later."""

_MOMENTARY = frozenset({"event", *AT_ONE_EVENT})
_IS_GONE = Test("gone", "==", True)
_MOST_REMEMBERED = 20_000

WORDS = {
    "first_response": "first response",
    "next_response": "next response",
    "update": "update",
    "assignment": "assignment",
    "resolution": "resolution",
    "promise": "promised update",
    "requester_wait": "requester wait",
    "agent_work": "agent work",
}


def in_words(metric: str) -> str:
    """A metric's name for people."""
    return WORDS.get(metric) or metric.replace("_", " ")


class Standing(NamedTuple):
    """How far a metric of a ticket has come. Not `armed`: its start goes on holding since it ended, and begins nothing."""

    began: bool = False
    runs: bool = False
    paused: bool = False
    armed: bool = True


Steps = tuple[Step, ...]


@dataclass(frozen=True)
class Metric:
    """A metric's conditions, compiled. `momentary`: its start holds at single events, so each of them may begin a cycle;
    `asked` is what decides each step.
    """

    name: str
    conditions: Mapping[Step, Condition]
    momentary: bool = True
    judges: Mapping[Step, Predicate] = field(default_factory=dict, repr=False, compare=False)
    asked: Mapping[Step, Asked] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def of(name: str, raw: Mapping[str, Any]) -> "Metric":
        """A metric from its configuration. Raises ConditionError."""
        return Metric.from_conditions(name, {p: parse(raw[p], (p,)) for p in PARTS if raw.get(p) is not None})

    @staticmethod
    def from_conditions(name: str, conditions: Mapping[Step, Condition]) -> "Metric":
        """A metric from conditions already read."""
        judges = {part: compiled(condition) for part, condition in conditions.items()}
        asked = {part: Asked.by(condition) for part, condition in conditions.items()}
        asked.setdefault("resume", asked.get("pause", NOTHING_ASKED))  # it goes on when what has paused it no longer holds
        starts = fields_of(conditions["start"]) if "start" in conditions else set()
        return Metric(name, conditions, not starts.isdisjoint(_MOMENTARY), judges, asked)

    def judge(self, facts: Facts, standing: Standing) -> tuple[Steps, Standing]:
        """The steps to take after an event, and where they lead. A `reset` is followed by `start`."""
        steps: list[Step] = []
        began, runs, paused, armed = standing
        gone, starts = facts["gone"], self._holds("start", facts)
        if not runs:
            if starts and armed and not gone:
                steps.append("start")
                began, runs, paused = True, True, False
            elif not began:
                return (), standing
            armed = armed or gone or not starts
        if runs and (gone or self._holds("cancel", facts) or self._holds("stop", facts)):
            steps.append("cancel" if gone or self._holds("cancel", facts) else "stop")
            runs, armed = False, self.momentary or not starts
        if "start" not in steps and not gone and self._holds("reset", facts):
            if runs:
                armed = self.momentary or not starts
            steps.extend(("start",) if steps else ("reset", "start"))
            runs, paused = True, False
        if runs and paused is not self._waits(facts, paused):
            paused = not paused
            steps.append("pause" if paused else "resume")
        return tuple(steps), Standing(began, runs, paused, armed)

    def _holds(self, part: Step, facts: Facts) -> bool:
        return part in self.judges and self.judges[part](facts)

    def _waits(self, facts: Facts, paused: bool) -> bool:
        """Whether it is to be paused: as long as `pause` holds or, where there is one, until `resume` does."""
        if "resume" not in self.judges:
            return self._holds("pause", facts)
        return (paused or self._holds("pause", facts)) and not self._holds("resume", facts)


class Judge:
    """What some metrics make of a ticket's events. It depends on what their conditions ask for and on how far they have come:
    each different combination is judged once and then remembered, however many metrics there are.
    """

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics
        self._encoding = Encoding([_IS_GONE, *(condition for metric in metrics for condition in metric.conditions.values())])
        self._remembered: dict[tuple[object, ...], tuple[tuple[Steps, ...], tuple[Standing, ...]]] = {}
        self.beginning = (Standing(),) * len(metrics)

    def steps(self, facts: Facts, standings: tuple[Standing, ...]) -> tuple[tuple[Steps, ...], tuple[Standing, ...]]:
        """For each metric, the steps to take after an event, and where they lead."""
        key = (self._encoding.codes(facts), standings)
        found = self._remembered.get(key)
        if found is None:
            if len(self._remembered) >= _MOST_REMEMBERED:
                self._remembered.clear()
            judged = [metric.judge(facts, standing) for metric, standing in zip(self._metrics, standings, strict=True)]
            found = self._remembered[key] = tuple(steps for steps, _ in judged), tuple(standing for _, standing in judged)
        return found


@dataclass(slots=True)
class Cycle:
    """One run of a metric: closed active intervals and pauses, and since when it is active or paused. `used` remembers, by
    calendar, what those of an ended one come to.
    """

    number: int
    started_at: int
    active: list[tuple[int, int]] = field(default_factory=list)
    pauses: list[tuple[int, int]] = field(default_factory=list)
    active_since: int | None = None
    paused_since: int | None = None
    used: dict[Calendar, int] = field(default_factory=dict)

    def pause(self, at: int) -> None:
        """Close the active interval."""
        if self.active_since is not None:
            self.active.append((self.active_since, at))
            self.active_since = None
        self.paused_since = at

    def resume(self, at: int) -> None:
        """Close the pause."""
        self.end(at)
        self.active_since = at

    def end(self, at: int) -> None:
        """Close whatever is going on."""
        if self.active_since is not None:
            self.active.append((self.active_since, at))
        if self.paused_since is not None:
            self.pauses.append((self.paused_since, at))
        self.active_since = self.paused_since = None


class Track:
    """What happened to one metric of one ticket: its cycles, step by step."""

    __slots__ = ("_ended_at", "cycles", "metric", "running")

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.cycles: list[Cycle] = []
        self.running = False
        self._ended_at = 0

    @property
    def cycle(self) -> Cycle:
        """The latest cycle."""
        return self.cycles[-1]

    def take(self, step: Step, facts: Facts, at: int) -> None:
        """Take a step at an instant."""
        match step:
            case "start":
                known = facts.get(BEGIN_AT.get(self.metric.name, ""))
                begins = at if known is None else max(known, self._ended_at)
                self.cycles.append(Cycle(len(self.cycles) + 1, begins, active_since=begins))
                self.running = True
            case "pause":
                self.cycle.pause(at)
            case "resume":
                self.cycle.resume(at)
            case _:
                self.cycle.end(at)
                self.running, self._ended_at = False, at

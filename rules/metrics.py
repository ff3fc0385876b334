"""Metrics: when a clock starts, stops, pauses, resumes, is cancelled or begins anew.

Decided here: the built-in metrics, written in the form of the configuration's `metrics:`; the order in which a metric's
conditions are judged after each event: start, cancel, stop, reset, pause, resume; and that a start which merely goes on
holding, as a condition on fields may, begins no second cycle. Not decided here: targets and calendars; a metric's track is
the same for all agreements.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rules.conditions import Condition, Facts, Predicate, compiled, fields_of, parse
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

WORDS = {
    "first_response": "first response",
    "next_response": "next response",
    "update": "update",
    "assignment": "assignment",
    "resolution": "resolution",
    "requester_wait": "requester wait",
    "agent_work": "agent work",
}


def in_words(metric: str) -> str:
    """A metric's name for people."""
    return WORDS.get(metric, metric.replace("_", " "))


@dataclass(frozen=True)
class Metric:
    """A metric's conditions, compiled. `continued`: a reopened cycle carries what the earlier ones used; `momentary`: its
    start holds at single events, so each of them may begin a cycle.
    """

    name: str
    conditions: Mapping[Step, Condition]
    continued: bool = False
    momentary: bool = True
    judges: Mapping[Step, Predicate] = field(default_factory=dict, repr=False, compare=False)

    @staticmethod
    def of(name: str, raw: Mapping[str, Any]) -> "Metric":
        """A metric from its configuration. Raises ConditionError."""
        return Metric.from_conditions(name, {p: parse(raw[p], (p,)) for p in PARTS if raw.get(p) is not None})

    @staticmethod
    def from_conditions(name: str, conditions: Mapping[Step, Condition]) -> "Metric":
        """A metric from conditions already read."""
        judges = {part: compiled(condition) for part, condition in conditions.items()}
        asked = fields_of(conditions["start"]) if "start" in conditions else set()
        return Metric(name, conditions, name in CONTINUED, not asked.isdisjoint(_MOMENTARY), judges)


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
    """What happened to one metric of one ticket, event by event."""

    __slots__ = (
        "_armed",
        "_cancel",
        "_ended_at",
        "_pause",
        "_reset",
        "_resume",
        "_start",
        "_stop",
        "cycles",
        "metric",
        "running",
    )

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self.cycles: list[Cycle] = []
        self.running = False
        self._ended_at = 0
        self._armed = True
        get = metric.judges.get
        self._start, self._cancel, self._stop = get("start"), get("cancel"), get("stop")
        self._reset, self._pause, self._resume = get("reset"), get("pause"), get("resume")

    @property
    def cycle(self) -> Cycle:
        """The latest cycle."""
        return self.cycles[-1]

    def step(self, facts: Facts, at: int) -> Iterator[Step]:
        """Judge the conditions after an event at `at`; each step is given as it is taken. A `reset` is followed by `start`."""
        begun = False
        if not self.running:
            wanted = self._start is not None and not facts["gone"] and self._start(facts)
            if wanted and self._armed:
                known = facts.get(BEGIN_AT.get(self.metric.name, ""))
                yield self._begin(at if known is None else max(known, self._ended_at))
                begun = True
            elif not self.cycles:
                return
            self._armed = self._armed or not wanted
        if self.running and (facts["gone"] or (self._cancel and self._cancel(facts))):
            yield self._end(at, "cancel", facts)
        elif self.running and self._stop and self._stop(facts):
            yield self._end(at, "stop", facts)
        if self._reset and not begun and not facts["gone"] and self._reset(facts):
            if self.running:
                yield self._end(at, "reset", facts)
            yield self._begin(at)
        if self.running and self._pause:
            yield from self._judge_pause(facts, at)

    def _begin(self, at: int) -> Step:
        self.cycles.append(Cycle(len(self.cycles) + 1, at, active_since=at))
        self.running = True
        return "start"

    def _end(self, at: int, step: Step, facts: Facts) -> Step:
        self.cycle.end(at)
        self.running, self._ended_at = False, at
        self._armed = self.metric.momentary or self._start is None or not self._start(facts)
        return step

    def _judge_pause(self, facts: Facts, at: int) -> Iterator[Step]:
        assert self._pause is not None
        cycle = self.cycle
        paused = cycle.paused_since is not None
        wanted = self._pause(facts) if self._resume is None else (paused or self._pause(facts)) and not self._resume(facts)
        if wanted and not paused:
            cycle.pause(at)
            yield "pause"
        elif paused and not wanted:
            cycle.resume(at)
            yield "resume"

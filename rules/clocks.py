"""A ticket's clocks, from its history.

Decided here: which clocks a ticket has, and what each event does to them: birth by a metric's start or by an agreement that
now matches, another limit by a changed priority, cancellation by an agreement that no longer matches. Not decided here:
the arithmetic (`clock`), who must hear of it (the floor above).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.agreement import Agreement, Target
from rules.clock import NEVER, Clock
from rules.clock_row import ClockRow
from rules.decisions import CROSSINGS, Decision
from rules.metrics import Step, Track, in_words
from rules.promises import Promises
from rules.ticket import Ticket, TicketEvent, in_order


@dataclass(slots=True)
class Moment:
    """A ticket's facts right after one of its events."""

    at: int
    event: TicketEvent
    facts: dict[str, Any]


@dataclass(slots=True)
class TicketClocks:
    """What `clocks_of` finds: rows and decisions up to `now` in the order of time, the facts after each event."""

    ticket: str
    rows: list[ClockRow]
    decisions: list[Decision]
    moments: list[Moment]
    next_at: int
    facts: Mapping[str, Any] = field(default_factory=dict)


def clocks_of(ticket: str, history: Sequence[TicketEvent], promises: Promises, now: int) -> TicketClocks:
    """All clocks of one ticket as they stand at `now`, from the events that happened by then. Pure."""
    ordered = in_order(history)
    run = _Run(Ticket(ticket, promises.customers), promises)
    for event in ordered:
        if event.time > now:
            break
        run.take(event)
    for clock in run.clocks:
        clock.advance(now, inclusive=True)
    decisions = _in_order_of_time(run)
    upcoming = [clock.attention_at(now) for clock in run.clocks if clock.stopped_at is None]
    upcoming.extend(event.time for event in ordered if event.time > now)
    rows = [clock.row(now) for clock in run.clocks]
    return TicketClocks(ticket, rows, decisions, run.moments, min(upcoming, default=NEVER), run.ticket.facts)


def _in_order_of_time(run: "_Run") -> list[Decision]:
    """At one instant, what events did comes first, then crossings, clock by clock: the same at every look."""
    positions = {(clock.agreement.name, clock.metric, clock.number): n for n, clock in enumerate(run.clocks, 1)}

    def order(decision: Decision) -> tuple[int, int]:
        return decision.at, positions[decision.clock] if decision.kind in CROSSINGS else 0  # type: ignore[index]

    return sorted(run.decisions, key=order)


class _Run:
    """One pass over a ticket's events."""

    def __init__(self, ticket: Ticket, promises: Promises) -> None:
        self.ticket, self.promises = ticket, promises
        self.clocks: list[Clock] = []
        self.decisions: list[Decision] = []
        self.moments: list[Moment] = []
        self._tracks = [Track(metric) for metric in promises.promised]
        self._live: dict[str, dict[str, Clock]] = {track.metric.name: {} for track in self._tracks}
        self._numbers: dict[tuple[str, str], int] = {}
        self._since: dict[tuple[str, str], int] = {}
        self._matching: tuple[str, ...] = ()
        self._priority: object = None

    def take(self, event: TicketEvent) -> None:
        """Apply one event: first what it does to the metrics, then what it changes about the promises."""
        facts = self.ticket.facts
        if event.type.startswith("page."):  # a click on a page is no event of the ticket
            self.moments.append(Moment(event.time, event, dict(facts)))
            return
        self.ticket.apply(event)
        self.moments.append(Moment(event.time, event, dict(facts)))
        matching = self.promises.matching(facts)
        changed = matching != self._matching or facts.get("priority") != self._priority
        self._matching, self._priority = matching, facts.get("priority")
        for track in self._tracks:
            before = len(track.cycles)
            for step in track.step(facts, event.time):
                self._follow(track, step, event)
            if changed and track.running and len(track.cycles) == before:
                self._reconsider(track, event)

    def _follow(self, track: Track, step: Step, event: TicketEvent) -> None:
        live = self._live[track.metric.name]
        if step == "start":
            for agreement, target in self._promised(track):
                self._begin(track, agreement, target, event, afresh=False)
            return
        if not live:
            return
        reason = _because(event, self.ticket.facts)
        for clock in live.values():
            match step:
                case "pause":
                    clock.pause(event.time, reason)
                case "resume":
                    clock.resume(event.time, reason)
                case "stop":
                    clock.end(event.time, "stop", reason)
                case _:
                    clock.end(event.time, "cancel", f"begins anew: {reason}" if step == "reset" else reason)
        if step in ("stop", "cancel", "reset"):
            live.clear()

    def _reconsider(self, track: Track, event: TicketEvent) -> None:
        """The ticket's priority or its agreements changed while the metric runs."""
        live = self._live[track.metric.name]
        promised = {agreement.name: (agreement, target) for agreement, target in self._promised(track)}
        for name, clock in list(live.items()):
            if name in promised:
                self._retarget(track, clock, promised[name][1], event)
            else:
                clock.end(event.time, "cancel", self._withdrawn(track, clock, event))
                del live[name]
        for name, (agreement, target) in (promised | self._anew(track, event)).items():
            if name not in live:
                self._begin(track, agreement, target, event, afresh=_begins_afresh(agreement))

    def _retarget(self, track: Track, clock: Clock, target: Target, event: TicketEvent) -> None:
        if target == clock.target:
            return
        reason = (
            f"{clock.agreement.key} promises {in_words(track.metric.name)} within {target.text} in calendar "
            f"{target.calendar.name} at priority {_short(self._priority)}, not {clock.target.text}: {_because(event)}"
        )
        if clock.agreement.on_change == "carry":
            clock.retarget(target, event.time, reason)
            return
        clock.end(event.time, "cancel", f"begins anew, as the agreement says: {reason}")
        agreement, target = self._anew(track, event).get(clock.agreement.name, (clock.agreement, target))
        self._begin(track, agreement, target, event, afresh=True)

    def _begin(self, track: Track, agreement: Agreement, target: Target, event: TicketEvent, *, afresh: bool) -> None:
        metric, cycle = track.metric.name, track.cycle
        number = self._numbers.get((agreement.name, metric), 0) + 1
        if not afresh:
            number = max(number, cycle.number)
        self._numbers[agreement.name, metric] = number
        clock = Clock(self.ticket.id, agreement, number, metric, self.decisions.append)
        goes_on = track.metric.continued and agreement.on_reopen == "resume"
        carried = track.cycles[:-1] if goes_on else []
        if afresh:
            self._since[agreement.name, metric] = event.time
        since = self._since.get((agreement.name, metric), 0)  # what came before its last beginning at zero is no longer carried
        reason = f"{agreement.reason}; {in_words(metric)} within {target.text}: {_because(event)}"
        clock.start(cycle, carried, target, event.time, since=since, reason=reason)
        self.clocks.append(clock)
        self._live[metric][agreement.name] = clock

    def _anew(self, track: Track, event: TicketEvent) -> dict[str, tuple[Agreement, Target]]:
        """Agreements whose clocks begin now, in the version that is in force now."""
        now = self._promised(track, event.time)
        return {agreement.name: (agreement, target) for agreement, target in now if _begins_afresh(agreement)}

    def _promised(self, track: Track, start: int | None = None) -> list[tuple[Agreement, Target]]:
        """The agreements that promise something about this metric, for a clock that starts at `start` or with the cycle."""
        start = track.cycle.started_at if start is None else start
        applicable = self.promises.applicable(self._matching, start)
        pairs = ((agreement, agreement.target(track.metric.name, self._priority)) for agreement in applicable.values())
        return [(agreement, target) for agreement, target in pairs if target is not None]

    def _withdrawn(self, track: Track, clock: Clock, event: TicketEvent) -> str:
        agreement = clock.agreement
        metric = in_words(track.metric.name)
        applicable = self.promises.applicable(self._matching, track.cycle.started_at)
        if agreement.name in applicable:
            return f"{agreement.key} promises no {metric} at priority {_short(self._priority)}: {_because(event)}"
        instead = [a.key for a in applicable.values() if agreement.name in a.instead_of]
        if instead:
            return f"{instead[0]} replaces {agreement.key}: {_because(event)}"
        return f"{agreement.key} no longer applies: {_because(event)}"


def _begins_afresh(agreement: Agreement) -> bool:
    """Whether a clock begins at zero when its agreement begins to match: between teams and from suppliers, only the time counts
    in which the ticket was theirs."""
    return agreement.on_change == "restart" or agreement.kind != "sla"


def _because(event: TicketEvent, facts: Mapping[str, Any] | None = None) -> str:
    """The event that caused something, for people: what it says, its type and id."""
    cause = f"{event.type} {_short(event.id)}".rstrip()
    if facts is None:
        return cause
    if facts["gone"]:
        return f"the ticket was {event.type.removeprefix('ticket.')} ({cause})"
    if facts["answer"]:
        return f"a person replied publicly ({cause})"
    status = facts.get("status")
    return f"status is {_short(status)} ({cause})" if status is not None else cause


def _short(value: object) -> str:
    text = "not set" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"

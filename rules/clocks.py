"""A ticket's clocks, from its history.

Decided here: which clocks a ticket has, and what each event does to them: birth by a metric's start or by an agreement that
now matches, another limit by a changed priority, cancellation by an agreement that no longer matches; and what changes between
events: a version published for open tickets, an exception approved or revoked. At one instant events come first. Not decided
here: the arithmetic (`clock`), who must hear of it (the floor above).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from rules.agreement import Agreement, Target
from rules.causes import NOTHING_ASKED, Cause, because, short
from rules.clock import Clock
from rules.clock_row import ClockRow
from rules.crossings import NEVER
from rules.decisions import AFTER_EVENTS, Decision
from rules.exceptions import SlaException
from rules.exemptions import Exemptions, no_waiver
from rules.metrics import CONTINUED, Step, Track, in_words
from rules.moments import Moment
from rules.promised import GIVEN, Promised
from rules.promises import Promise, Promises
from rules.standing import row_of
from rules.ticket import BY_PEOPLE, NOTHING_HAPPENED, PUBLISHED, Ticket, TicketEvent, in_order


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
    first = ordered[0].time if ordered else now
    if promises.lent and ordered:
        ordered = sorted([*ordered, *promises.publications(ticket, first, now)], key=attrgetter("time"))
    exemptions = Exemptions(promises.register, history, now)
    run = _Run(Ticket(ticket, promises.customers_at(first), promises.statuses), promises, exemptions)
    turns = sorted({*exemptions.changes, *(at for at in promises.changes if first < at <= now)})
    for event in ordered:
        if event.time > now:
            break
        while turns and turns[0] < event.time:
            run.turn(turns.pop(0))
        run.take(event)
    for at in turns:
        run.turn(at)
    clocks = [*run.clocks, *run.promised.clocks]
    for clock in clocks:
        clock.advance(now, inclusive=True)
    decisions = _in_order_of_time(clocks, run.decisions)
    rows = [row_of(clock, now) for clock in clocks]
    upcoming = [row.next_at for row in rows if row.next_at is not None]
    upcoming.extend(event.time for event in ordered if event.time > now)
    if run.runs:
        upcoming.extend(at for at in promises.changes if at > now)
    return TicketClocks(ticket, rows, decisions, run.moments, min(upcoming, default=NEVER), run.ticket.facts)


def _in_order_of_time(clocks: Sequence[Clock], decisions: Sequence[Decision]) -> list[Decision]:
    """At one instant, what events did comes first, then crossings, clock by clock: the same at every look."""
    positions = {(clock.agreement.name, clock.metric, clock.number): n for n, clock in enumerate(clocks, 1)}

    def order(decision: Decision) -> tuple[int, int]:
        return decision.at, positions[decision.clock] if decision.kind in AFTER_EVENTS else 0  # type: ignore[index]

    return sorted(decisions, key=order)


class _Run:
    """One pass over a ticket's events."""

    def __init__(self, ticket: Ticket, promises: Promises, exemptions: Exemptions) -> None:
        self.ticket, self.promises = ticket, promises
        self.exemptions = exemptions or None  # mostly there are none, and every event asks
        self.clocks: list[Clock] = []
        self.decisions: list[Decision] = []
        self.moments: list[Moment] = []
        self.promised = Promised(ticket.id, promises, self.decisions.append)
        self._tracks = [Track(metric) for metric in promises.promised]
        self._standings = promises.judge.beginning
        self._live: dict[str, dict[str, Clock]] = {track.metric.name: {} for track in self._tracks}
        self._numbers: dict[tuple[str, str], int] = {}
        self._since: dict[tuple[str, str], int] = {}
        self._matching = promises.matching(ticket.facts)
        # Where nothing can be waived no clock holds on to the run, and all of it is given back without the collector.
        self._waived = self._waiver if exemptions else no_waiver
        self._priority: object = None
        self._before: tuple[tuple[str, ...], object] = (self._matching, None)

    def take(self, event: TicketEvent) -> None:
        """Apply one event: first what it does to the metrics, then what it changes about the promises."""
        facts = self.ticket.facts
        if event.type.startswith(BY_PEOPLE):
            self.moments.append(Moment(event, dict(facts)))
            return
        if event.type == GIVEN:
            self.moments.append(Moment(event, {**facts, **NOTHING_HAPPENED, "event": GIVEN}))
            self.promised.give(event)
            return
        if event.type == PUBLISHED:
            self.ticket.customers = self.promises.customers_at(event.time)
        self.ticket.apply(event)
        moment = Moment(event, dict(facts))
        self.moments.append(moment)
        self.promised.follow(event, facts)
        if self.exemptions:
            self.exemptions.happened(event.time, moment.facts)
        self._before = (self._matching, self._priority)
        self._priority = facts.get("priority")
        if self.promises.concerned(event):
            self._matching = self.promises.matching(facts)
        changed = (self._matching, self._priority) != self._before or self.exemptions is not None
        taken, self._standings = self.promises.judge.steps(facts, self._standings)
        for track, steps in zip(self._tracks, taken, strict=True):
            for step in steps:
                track.take(step, facts, event.time)
                self._follow(track, step, event)
            if changed and track.running and "start" not in steps:
                self._reconsider(track, Cause.of(event))

    def turn(self, at: int) -> None:
        """Something is decided about promises at an instant without an event of the ticket."""
        decided = self.exemptions.words(at) if self.exemptions else ""
        cause = Cause(at, "; ".join(filter(None, (self.promises.published(at), decided))), at)
        self._before = (self._matching, self._priority)
        for track in self._tracks:
            if track.running:
                self._reconsider(track, cause)
        for clock in self.clocks:
            if clock.stopped_at is not None:
                self._rejudge(clock, cause)
            else:
                clock.advance(at, inclusive=True)
            if (waiver := self._waiver(clock, at)) is not None:
                clock.waive(at, waiver)

    @property
    def runs(self) -> bool:
        """Whether any metric still runs."""
        return any(track.running for track in self._tracks)

    def _follow(self, track: Track, step: Step, event: TicketEvent) -> None:
        live = self._live[track.metric.name]
        if step == "start":
            cause = Cause.of(event)
            for agreement, target in self._promised(track, event.time).values():
                self._begin(track, agreement, target, cause, afresh=False)
            return
        if not live:
            return
        reason = because(event, self.ticket.facts, track.metric.asked.get(step, NOTHING_ASKED))
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

    def _reconsider(self, track: Track, cause: Cause) -> None:
        """The ticket's priority, its agreements or exceptions changed while the metric runs."""
        live = self._live[track.metric.name]
        for name, clock in list(live.items()):
            self._rejudge(clock, cause)
            promised = self._promised(track, cause.known, clock.started_at)
            if name in promised:
                self._retarget(track, clock, *promised[name], cause)
            else:
                clock.end(cause.at, "cancel", self._withdrawn(clock, cause))
                del live[name]
        for agreement, target, afresh in self._beginning(track, cause):
            if agreement.name not in live:
                self._begin(track, agreement, target, cause, afresh=afresh)

    def _rejudge(self, clock: Clock, cause: Cause) -> None:
        """What exceptions make of a clock's limit may have changed."""
        if not self.exemptions:
            return
        target = self._terms(clock.base, clock.agreement, clock.metric, clock.began_at, cause.known)
        if target != clock.target:
            now = [exception.in_words() for exception in target.under if exception not in clock.target.under]
            outgrown = [
                (until, self._terms(base, agreement, clock.metric, clock.began_at, cause.known))
                for until, agreement, base in clock.outgrown
            ]
            clock.rejudge(target, outgrown, cause.at, "; ".join(now) or cause.words)

    def _waiver(self, clock: Clock, now: int) -> SlaException | None:
        """What excuses a clock's breach, as far as is known at `now`."""
        if self.exemptions is None or clock.breached_at is None:
            return None
        return self.exemptions.waiver(clock.agreement, clock.metric, clock.breached_at, now)

    def _retarget(self, track: Track, clock: Clock, agreement: Agreement, target: Target, cause: Cause) -> None:
        if target == clock.base and agreement is clock.agreement:
            return
        instead = f", not {clock.base.text}" if target != clock.base else ""
        reason = (
            f"{agreement.key} promises {in_words(track.metric.name)} within {target.text} in calendar "
            f"{target.calendar.name} at priority {short(self._priority)}{instead}: {cause.words}"
        )
        if agreement.on_change == "carry" or target == clock.base:
            terms = self._terms(target, agreement, clock.metric, clock.began_at, cause.known)
            clock.retarget(agreement, target, terms, cause.at, reason)
            return
        # It begins now, so the version counts that is in force now; that may promise nothing.
        afresh = self._promised(track, cause.at, start=cause.at).get(agreement.name)
        how = "begins anew, as the agreement says" if afresh else "would begin anew, and nothing is promised now"
        clock.end(cause.at, "cancel", f"{how}: {reason}")
        if afresh:
            self._begin(track, *afresh, cause, afresh=True)
        else:
            del self._live[track.metric.name][agreement.name]

    def _begin(self, track: Track, agreement: Agreement, target: Target, cause: Cause, *, afresh: bool) -> None:
        metric, cycle = track.metric.name, track.cycle
        number = self._numbers.get((agreement.name, metric), 0) + 1
        if not afresh:
            number = max(number, cycle.number)
        self._numbers[agreement.name, metric] = number
        clock = Clock(self.ticket.id, agreement, number, metric, self.decisions.append, self._waived)
        carried = track.cycles[:-1] if _goes_on(metric, agreement) else []
        if afresh:
            self._since[agreement.name, metric] = cause.at
        since = self._since.get((agreement.name, metric), 0)  # what came before its last beginning at zero is no longer carried
        clock.base = target
        began = carried[0] if carried and since <= carried[0].started_at else cycle
        clock.began_at = cause.at if since == cause.at else began.started_at
        target = self._terms(target, agreement, metric, clock.began_at, cause.known)
        under = "".join(f"; under {exception.in_words()}" for exception in target.under)
        reason = f"{agreement.reason}; {in_words(metric)} within {target.text}{under}: {cause.words}"
        clock.start(cycle, carried, target, cause.at, since=since, reason=reason)
        self.clocks.append(clock)
        self._live[metric][agreement.name] = clock

    def _terms(self, target: Target, agreement: Agreement, metric: str, started_at: int, known: int) -> Target:
        """A limit as exceptions known at an instant have it, for a clock that started at another."""
        if not self.exemptions:
            return target
        since = 0 if _goes_on(metric, agreement) else started_at
        return self.exemptions.terms(target, agreement, metric, started_at=started_at, since=since, known=known)

    def _beginning(self, track: Track, cause: Cause) -> Iterator[tuple[Agreement, Target, bool]]:
        """What is promised while a metric runs on, and whether its clock begins at zero. One that does counts in the version
        that is in force now. It begins only where this change made it apply, or where it is published now for open tickets:
        what came into force in the meantime reaches no ticket that was there before.
        """
        at, (matching, priority) = cause.at, self._before
        since_start, now = self._promised(track, cause.known), self._promised(track, at, start=at)
        before = self.promises.about(track.metric.name, priority, matching, at, at)
        for name in {**since_start, **now}:
            if not any(promised[name][0].begins_afresh for promised in (since_start, now) if name in promised):
                if name in since_start:
                    yield *since_start[name], False
            elif name in now and (name not in before or _published(since_start.get(name), at)):
                yield *now[name], True

    def _promised(self, track: Track, at: int, start: int | None = None) -> Mapping[str, Promise]:
        """By agreement, what is promised at `at` about this metric, for a clock that starts at `start` or with the cycle."""
        start = track.cycle.started_at if start is None else start
        return self.promises.about(track.metric.name, self._priority, self._matching, start, at)

    def _withdrawn(self, clock: Clock, cause: Cause) -> str:
        agreement = clock.agreement
        metric = in_words(clock.metric)
        applicable = self.promises.applicable(self._matching, clock.started_at, cause.known)
        if agreement.name in applicable:
            return f"{applicable[agreement.name].key} promises no {metric} at priority {short(self._priority)}: {cause.words}"
        instead = [a.key for a in applicable.values() if agreement.name in a.instead_of]
        if instead:
            return f"{instead[0]} replaces {agreement.key}: {cause.words}"
        return f"{agreement.key} no longer applies: {cause.words}"


def _goes_on(metric: str, agreement: Agreement) -> bool:
    """Whether a reopened cycle carries what the earlier ones used."""
    return metric in CONTINUED and agreement.on_reopen == "resume"


def _published(promise: Promise | None, at: int) -> bool:
    """Whether it begins at an instant to hold for open tickets."""
    return promise is not None and promise[0].since == at and promise[0].applies_to == "open"

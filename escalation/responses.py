"""Responses: what is done about a ticket's clocks and events.

Decided here: how the rules' actions become decisions, why people are called, and what is not said twice. Everything is applied
in the order of time; at one instant events come first, then clocks, then pages' deadlines. Not decided here: what becomes of
a page (`pages`), how a message reads and where it is sent.
"""

from collections import Counter
from operator import attrgetter
from typing import Any

from escalation.book import ABOUT_CLOCKS, Action, Book
from escalation.effects import HINTED, REASSIGNED
from escalation.facts import Count, Facts
from escalation.letters import APPROVED, REFUSED, Letters
from escalation.page import Clock
from escalation.pages import ESCALATED, Pages
from escalation.reviews import ACTS, Reviews
from escalation.reviews import OPENED as REVIEWED
from escalation.takers import taker
from rules.agreement import Agreement
from rules.clock_row import BROKEN
from rules.clocks import TicketClocks
from rules.decisions import Decision
from rules.moments import Moment
from rules.promised import METRIC
from rules.ticket import AT_ONE_EVENT, DONE

_CROSSED = "clock.crossed"
_ENDED = ("clock.met", "clock.missed", "clock.cancelled")
_OVERDUE = "clock.overdue"
_EXCUSED = "clock.excused"
_DUE = ("clock.started", "clock.resumed", "clock.moved")


class Responses:
    """One pass over a ticket's moments and clock decisions; `decisions` holds both them and what they led to."""

    def __init__(self, clocks: TicketClocks, book: Book, facts: Facts) -> None:
        self.decisions: list[Decision] = []
        self.pages = Pages(book, clocks.moments, facts.pages, self.decisions.append)
        self.reviews = Reviews(book, self._add)
        self.counted: list[Count] = []
        self._clocks, self._book, self._facts = clocks, book, facts
        self._agreement = book.promises.agreement
        self._ended: set[Clock] = set()
        self._due: dict[Clock, int] = {}
        self._overdue: dict[Clock, list[Decision]] = {}
        for decision in clocks.decisions:
            if decision.kind in (_OVERDUE, _EXCUSED):
                self._overdue.setdefault(decision.clock, []).append(decision)
        self._tags: dict[str, set[Clock]] = {}
        self._tagged: Counter[str] = Counter()
        self._hinted = False
        self._told: set[str] = set()
        self._noticed: set[tuple[int, Clock, str | None]] = set()
        self._letters = Letters(book, facts, self.pages.possible, _following, self._add)
        broken = (row for row in clocks.rows if row.kind == "sla" and row.verdict in BROKEN)
        self._breaches = sorted(row.breached_at for row in broken if row.breached_at is not None)

    def run(self, now: int) -> None:
        """Apply everything up to and at `now`."""
        ticket: dict[str, Any] = {}
        happened: list[Moment | Decision] = [*self._clocks.moments, *self._clocks.decisions]
        happened.sort(key=attrgetter("at"))
        for each in happened:
            if each.at > now:
                break
            self._time_out(each.at)
            if isinstance(each, Moment):
                ticket = each.facts
                self.pages.heard(each)
                self._take_event(each)
            else:
                self._take_decision(each, ticket)
        self._time_out(now + 1)

    def _time_out(self, until: int) -> None:
        """Apply the deadlines of pages and reviews before an instant."""
        while (at := self.pages.next_at()) < until:
            self.pages.time_out(at)
        while (at := self.reviews.next_at()) < until:
            self.reviews.time_out(at)

    def _take_event(self, moment: Moment) -> None:
        if moment.event.type.startswith("page."):
            if not self.pages.click(moment) and moment.event.type == ESCALATED and moment.event.data.get("page") is None:
                self._page_by_hand(moment)
            return
        if moment.event.type in (APPROVED, REFUSED):
            self._letters.judge(moment, self._book.names)
            return
        if moment.event.type in ACTS:
            self.reviews.act(moment)
            return
        facts = moment.facts
        if facts["answer"] or facts["assigned"]:
            what = "answered" if facts["answer"] else f"assigned to {str(facts['assignee'])[:60]}"
            self.pages.close(moment.at, f"the ticket was {what} ({moment.event.type} {moment.event.id[:60]})")
        if facts["gone"] or facts.get("status") in DONE:
            self._end(_cause_of(moment, self._clocks.ticket))  # what no clock has brought about ends with the ticket
        if self._book.silent(facts["event"], None):
            return
        self._respond({**facts, **dict.fromkeys(ABOUT_CLOCKS)}, _cause_of(moment, self._clocks.ticket))

    def _page_by_hand(self, moment: Moment) -> None:
        """Nobody is being paged, and a person wants it: open a page for the clock that is due next."""
        by = str(moment.event.data.get("by") or "somebody")
        for clock, _ in sorted(self._due.items(), key=lambda item: item[1]):
            started = next(d for d in self.decisions if d.kind == "clock.started" and d.clock == clock)
            agreement = self._agreement(started.agreement, started.version)
            if agreement and agreement.ladder and self._book.ladder_at(agreement.ladder, moment.at):
                reason = f"escalated by {self._book.names([by])}"
                cause = Decision(moment.at, "page.escalated", started.ticket, reason, *clock_of(started))
                cause.threshold = moment.event.id
                self._call(agreement.ladder, cause, agreement)
                return

    def _take_decision(self, decision: Decision, ticket: dict[str, Any]) -> None:
        self.decisions.append(decision)
        kind = decision.kind
        if kind in _DUE:
            if decision.due_at is not None:
                self._due[decision.clock] = decision.due_at
        elif kind == "clock.paused":
            self._due.pop(decision.clock, None)
        elif kind in _ENDED:
            self._end(decision)
        elif kind == _OVERDUE:
            self.pages.overdue(decision.clock)
        elif kind == _EXCUSED:
            self._excuse(decision)
        agreement = self._agreement(decision.agreement, decision.version)
        if decision.metric == METRIC and kind == _CROSSED and agreement and decision.threshold != agreement.breach.text:
            self._letters.follow_up(decision, ticket.get("customer"), agreement)
        if self._book.silent(kind, decision.threshold):
            return
        if decision.born and agreement and decision.kind == _CROSSED and decision.threshold != agreement.breach.text:
            return  # a change made it overdue: that is said once, at the breach
        about = {
            "event": decision.kind,
            "crossing": decision.threshold,
            "kind": agreement.kind if agreement else None,
            "agreement": decision.agreement,
            "metric": decision.metric,
            "cycle": decision.cycle,
            **dict.fromkeys(AT_ONE_EVENT),
        }
        self._respond({**ticket, **about}, decision)

    def _respond(self, facts: dict[str, Any], cause: Decision) -> None:
        known = self._facts.used(cause)
        counters = known or self._counters(facts, cause.at)
        facts |= counters
        rules, swayed = self._book.rules_for(facts)
        if swayed:
            if not known and isinstance(facts.get("customer"), str):
                self.counted.append((facts["customer"], cause.at, counters["customer_breaches_24h"]))
            cause.facts = counters
        for rule in rules:
            for action in rule.actions:
                self._act(action, cause, facts, rule.name)

    def _act(self, action: Action, cause: Decision, facts: dict[str, Any], rule: str) -> None:
        agreement = self._agreement(cause.agreement, cause.version)
        team = agreement.team if agreement else None
        reason = f"rule {rule}: {cause.reason}"
        if cause.born and action.verb in ("tell", "page"):
            self._notice(action, cause, reason, team)
            return
        if action.verb in ("page", "tag", "hint", "reassign", "update_customer") and self._waived(cause):
            return
        match action.verb:
            case "tell":
                self._tell(team if action.target == "team" else action.target, cause, reason)
            case "page":
                ladder = action.target
                if ladder == "ladder":
                    ladder = (agreement.ladder if agreement else None) or ""
                if ladder and not self._owned(cause, facts, agreement):
                    self._call(ladder, cause, agreement)
            case "tag":
                self._tag(action.target, cause, reason)
            case "review":
                self.reviews.open(cause, _following(cause, REVIEWED, reason), agreement)
            case "hint" if not self._hinted:
                self._hinted = True  # once a ticket: what helps is the same for all its clocks
                self._say(cause, HINTED, reason, team=team)
            case "reassign":
                if (to := taker(self._book, action.target, facts, cause.at)) is not None:
                    self._say(cause, REASSIGNED, reason, to=to)
            case "update_customer" if not cause.born:
                self._letters.write(action.target, cause, facts.get("customer"), agreement, reason)

    def _notice(self, action: Action, cause: Decision, reason: str, team: str | None) -> None:
        """A change made it overdue: each team is told once, nobody is paged and no letter is written."""
        whom = action.target if action.verb == "tell" and action.target != "team" else team
        if (cause.at, cause.clock, whom) not in self._noticed:
            self._noticed.add((cause.at, cause.clock, whom))
            self._tell(whom, cause, f"{reason}; nobody is paged for what a change made overdue")

    def _owned(self, cause: Decision, facts: dict[str, Any], agreement: Agreement | None) -> bool:
        """Whether nobody need be called: the clock has ended, or after the breach a person has the ticket already."""
        after = agreement is not None and cause.kind == _CROSSED and self._breached(cause)
        again = after and agreement is not None and cause.threshold != agreement.breach.text
        return cause.clock in self._ended or (again and facts.get("assignee") is not None)

    def _tell(self, team: str | None, cause: Decision, reason: str) -> None:
        if team in self._book.teams:
            self._say(cause, "message.team", reason, team=team)

    def _tag(self, tag: str, cause: Decision, reason: str) -> None:
        clocks = self._tags.setdefault(tag, set())
        if not clocks:
            self._tagged[tag] += 1
            self._say(cause, "ticket.tagged", reason, tag=tag, occurrence=self._tagged[tag])
        clocks.add(cause.clock)

    def _call(self, ladder: str, cause: Decision, agreement: Agreement | None) -> None:
        self.pages.call(ladder, cause, agreement, breached=self._breached(cause))

    def _breached(self, cause: Decision) -> bool:
        """Whether the clock of a cause is past due by then, and not excused."""
        last = self._last_judged(cause)
        return last is not None and last.kind == _OVERDUE

    def _waived(self, cause: Decision) -> bool:
        """Whether a waiver excuses the breach of a cause's clock by then: nobody is needed for it any more."""
        last = self._last_judged(cause)
        excuse = self._book.promises.register.exceptions.get(last.exception or "") if last and last.kind == _EXCUSED else None
        return excuse is not None and excuse.kind == "waiver"

    def _last_judged(self, cause: Decision) -> Decision | None:
        """By then, how the clock of a cause last went overdue or was excused."""
        return next((d for d in reversed(self._overdue.get(cause.clock, ())) if d.at <= cause.at), None)

    def _excuse(self, decision: Decision) -> None:
        """A breach is excused. In the time that it may have been given, the clock may call people again."""
        if decision.due_at is not None:
            self._due[decision.clock] = decision.due_at
        else:
            self._due.pop(decision.clock, None)
        self._take_back(decision)

    def _end(self, decision: Decision) -> None:
        """A clock has ended."""
        if decision.agreement is not None:
            self._ended.add(decision.clock)
        self._due.pop(decision.clock, None)
        self._take_back(decision)

    def _take_back(self, decision: Decision) -> None:
        """What was said and done because of a clock alone is over."""
        for tag, clocks in self._tags.items():
            if decision.clock in clocks:
                clocks.discard(decision.clock)
                if not clocks:
                    self._say(decision, "ticket.untagged", decision.reason, tag=tag, occurrence=self._tagged[tag])
        self.pages.end(decision)

    def _say(self, cause: Decision, kind: str, reason: str, **fields: Any) -> None:
        self._add(_following(cause, kind, reason, **fields))

    def _add(self, said: Decision) -> None:
        key = said.key
        if key not in self._told:
            self._told.add(key)
            self.decisions.append(said)

    def _counters(self, ticket: dict[str, Any], at: int) -> dict[str, Any]:
        """What the ticket cannot know of itself."""
        return {"customer_breaches_24h": self._facts.customer_breaches_24h(ticket.get("customer"), self._breaches, at)}


def _following(cause: Decision, kind: str, reason: str, **fields: Any) -> Decision:
    """What follows from a decision or an event, at its instant and about its clock; an event's facts are kept with it."""
    said = Decision(cause.at, kind, cause.ticket, reason, cause.agreement, cause.version, cause.metric, cause.cycle)
    said.cause = cause.name
    for name, value in fields.items():
        setattr(said, name, value)
    if cause.agreement is None:
        said.facts = cause.facts
    return said


def _cause_of(moment: Moment, ticket: str) -> Decision:
    event = moment.event
    cause = Decision(moment.at, event.type, ticket, f"{event.type} {event.id[:60]}")
    cause.threshold = event.id
    return cause


def clock_of(decision: Decision) -> tuple[str | None, str | None, str | None, int | None]:
    """The agreement, version, metric and cycle that a decision is about."""
    return decision.agreement, decision.version, decision.metric, decision.cycle

"""A random walk over one ticket's ladder by the core alone, thousands of times as fast as through the whole bot: what happens,
what people do, and when somebody looks, in any order.

`SLA_WALKS` walks are taken (thousands of them before a release).
"""

import os
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from bot.needed import needless
from bot.records import OutboxRow, TicketView
from escalation.effects import CALLS, effects_of
from escalation.facts import NO_FACTS
from escalation.ladder import Acknowledgement, Step
from escalation.lateness import delay
from escalation.look import Look, look
from escalation.reconcile import reconcile
from rules.decisions import Decision
from rules.durations import parse_threshold
from rules.instants import DAY, HOUR, MINUTE
from rules.ticket import TicketEvent
from tests.support.core import TICKET, at, book, event, ladder, opened

WALKS = int(os.environ.get("SLA_WALKS", "200"))
START = at("2026-01-05T10:00:00Z")
BOOK = book(
    ladders={
        "support": ladder(
            "support",
            Step("rota", "support", 10 * MINUTE),
            Step("person", "nobody", 5 * MINUTE),
            Step("lead_of", "team", 20 * MINUTE),
            Step("role", "leadership", 30 * MINUTE, after_breach=True),
            repeat=1,
            acknowledgement=Acknowledgement(30 * MINUTE, parse_threshold("5m before")),
        ),
        "leadership": ladder("leadership", Step("role", "leadership", 30 * MINUTE)),
    }
)
HAPPENS = {
    "reply": ("ticket.replied", {"author": "agent", "public": True}),
    "customer": ("ticket.replied", {"author": "customer", "public": True}),
    "assign": ("ticket.updated", {"assignee": "kim"}),
    "unassign": ("ticket.updated", {"assignee": None}),
    "solve": ("ticket.updated", {"status": "solved"}),
    "reopen": ("ticket.updated", {"status": "open"}),
    "wait": ("ticket.updated", {"status": "pending"}),
    "lower": ("ticket.updated", {"priority": "low"}),
    "raise": ("ticket.updated", {"priority": "urgent"}),
}
SHORTEST = 5 * MINUTE
"""No step waits less."""
MOST_CALLS = 6
"""Three steps that reach somebody, twice."""
CLICKS = ("page.acknowledged", "page.escalated", "page.handed_over", "page.unreached")


class Walk(RuleBasedStateMachine):
    """One ticket: its history, the record of it, and who was called when."""

    @initialize(priority=st.sampled_from(["urgent", "high"]))
    def begin(self, priority: str) -> None:
        self.now = START
        self.history: list[TicketEvent] = [opened(START, priority=priority)]
        self.recorded: list[Decision] = []
        self.steps: dict[tuple[str | None, int], set[int | None]] = {}
        self.called: set[tuple[str, int, tuple[str, ...]]] = set()
        self.taken: dict[str, int] = {}
        self.last_call: dict[str, int] = {}
        self.calls: Counter[str] = Counter()
        self.clicks: Counter[str] = Counter()
        self.look()

    @rule(kind=st.sampled_from(sorted(HAPPENS)), late=st.sampled_from([0, 0, 0, 7 * MINUTE, HOUR]))
    def something_happens(self, kind: str, late: int) -> None:
        type_, data = HAPPENS[kind]
        when = max(START, self.now - late)
        if late:  # what has happened is told otherwise: whom that calls was not called by what was known before
            self.steps.clear()
            self.last_call.clear()
        self.history.append(event(when, type_, **data, recorded_=self.now if late else None))
        self.look()
        if kind == "reply" and not late:
            assert all(page.state == "closed" or page.opened_at >= self.now for page in self.found.pages), (
                "answered, and still open"
            )

    @precondition(lambda self: any(page.state != "closed" for page in self.found.pages))
    @rule(
        kind=st.sampled_from(CLICKS),
        who=st.sampled_from(["ana", "ben", "dana"]),
        lasts=st.sampled_from(["5m", "2h"]),
        data=st.data(),
    )
    def somebody_clicks(self, kind: str, who: str, lasts: str, data: Any) -> None:
        page = data.draw(st.sampled_from([page for page in self.found.pages if page.state != "closed"]))
        self.now += 1
        said = {
            "page": page.page,
            "by": who,
            "to": "ben" if kind == "page.handed_over" else who,
            "for": lasts,
            "call": 1,
            "why": "gone",
        }
        self.history.append(event(self.now, kind, **said))
        before = page
        self.clicks[page.page] += 1
        self.taken.pop(page.page, None)
        self.last_call.pop(page.page, None)
        self.look()
        after = next((p for p in self.found.pages if p.page == page.page), None)
        if kind == "page.acknowledged" and before.state in ("open", "exhausted"):
            assert after is not None
            assert (after.state, after.acknowledged_by) == ("acknowledged", who)
            self.taken[page.page] = self.now + {"5m": 5 * MINUTE, "2h": 2 * HOUR}[lasts]

    @rule(minutes=st.sampled_from([1, 4, 5, 10, 20, 31, 90, 400]))
    def time_passes(self, minutes: int) -> None:
        """The bot looks at every instant at which anything could change."""
        self.until(self.now + minutes * MINUTE)

    @rule(minutes=st.sampled_from([3, 40, 700]))
    def nobody_looks(self, minutes: int) -> None:
        self.now += minutes * MINUTE
        self.look()

    def until(self, end: int) -> None:
        for _ in range(2_000):
            upcoming = self.found.attention_at
            if upcoming is None or upcoming > end:
                break
            assert upcoming > self.now, "it asks for a look at once, again and again"
            self.now = upcoming
            self.look()
        else:
            raise AssertionError("it does not end")
        self.now = end
        self.look()

    def look(self) -> None:
        """Look, write down what is new, and call whom that calls, as the bot does."""
        new = self.found_now()
        late = delay(new, self.now, f"late-{len(self.history)}")
        if late is not None:
            self.history.append(late)
            new = self.found_now()
        effects = effects_of(new, self.recorded, BOOK, self.now, self.found.moments)
        self.recorded = [*self.recorded, *new]
        assert self.found_now() == [], "what was recorded is found to be new again"
        view = TicketView(TICKET, self.found.facts, self.found.clocks, self.found.pages)
        for effect in effects:
            call = effect.decision
            if effect.audience != "person" or effect.line is None or call.kind not in CALLS:
                continue
            row = OutboxRow(
                effect.key,
                TICKET,
                "local",
                "@",
                {"audience": effect.audience, "line": effect.line, "decision": call.plain()},
                0,
            )
            if needless(row, view, BOOK) is None:
                self.judge(call)
        last = {decision.page: decision.kind for decision in self.recorded if decision.page is not None}
        closed = {id for id, kind in last.items() if kind == "page.closed"}
        assert closed == last.keys() - {page.page for page in self.found.pages if page.state != "closed"}, "the record differs"
        for page in self.found.pages:
            if page.state == "open":
                assert (page.page, page.step, page.to) in self.called, f"nobody was called for {page}"

    def found_now(self) -> list[Decision]:
        """What a look at this instant finds new."""
        self.found: Look = look(TICKET, self.history, BOOK, NO_FACTS.remembering(self.recorded), self.now)
        return reconcile(self.recorded, self.found.decisions, self.history)

    def judge(self, call: Decision) -> None:
        """Whoever is called is needed, and no other step of the page is called at the same instant."""
        page = next(page for page in self.found.pages if page.page == call.page)
        assert page.state in ("open", "exhausted"), f"{call.to} are called for {page}"
        self.called.add((page.page, call.step or 0, tuple(call.to or ())))
        assert self.taken.get(page.page, 0) <= self.now, (
            f"{call.to} are called, and somebody has it until {self.taken[page.page]}"
        )
        waited = self.now - self.last_call.get(page.page, 0)
        assert waited == 0 or waited >= SHORTEST, f"{call.to} are called {waited} ms after those before them"
        if waited:
            self.calls[page.page] += 1
        climbs = len(page.reasons) + 2 * self.clicks[page.page]
        assert self.calls[page.page] <= MOST_CALLS * climbs, f"{self.calls[page.page]} calls for {page}"
        self.last_call[page.page] = self.now
        steps = self.steps.setdefault((call.page, self.now), set())
        steps.add(call.step)
        assert len(steps) == 1, f"steps {steps} of {page} at once"

    def teardown(self) -> None:
        """Nobody is lost, and all of it ends once the ticket is closed."""
        if not hasattr(self, "found"):
            return
        self.until(self.now + 2 * DAY)
        for page in self.found.pages:
            called = [d for d in self.recorded if d.kind in CALLS and d.page == page.page and d.to]
            assert called or page.state in ("closed", "exhausted"), page
        cared = max((e.time for e in self.history if e.data.get("author") == "agent" or e.data.get("assignee")), default=0)
        broken = [clock for clock in self.found.clocks if clock.verdict == "overdue" and (clock.breached_at or 0) > cared]
        owned = self.found.facts.get("assignee") is not None
        assert not broken or owned or self.found.pages, "a broken promise that nobody has cared for, and nobody was ever called"
        self.now += 1
        self.history.append(event(self.now, "ticket.updated", status="closed"))
        self.look()
        assert all(page.state == "closed" for page in self.found.pages)
        self.until(self.now + 30 * DAY)
        assert self.found.attention_at is None


def test_a_random_walk_up_the_ladder_calls_who_is_needed_one_step_at_a_time_and_ends() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    walks = settings(max_examples=WALKS, stateful_step_count=30, deadline=None, derandomize=WALKS < 1_000)
    run_state_machine_as_test(Walk, settings=settings(walks, suppress_health_check=checks))

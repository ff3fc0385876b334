"""A random walk over ladder, clicks, replies, time-outs, failures and crashes.

No page is lost, nobody is called after the page was taken or the ticket answered, no two steps of a page are called at once,
and it always ends. `SLA_MODEL_RUNS` walks are taken (thousands of them before a release).
"""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from adapters.ledger.engine import connect
from bot.ports import LedgerUnavailableError
from bot.sending import DeliveryError, Post
from escalation.effects import CALLS
from escalation.facts import NO_FACTS
from escalation.look import look
from escalation.page import PageRow
from rules.instants import HOUR, MINUTE, parse, text
from tests.support.desk import DESK, answered, desk, opened, wire

RUNS = int(os.environ.get("SLA_MODEL_RUNS", "20"))
PEOPLE = ("ana", "ben", "dana")
ON_SLACK = (
    DESK.replace("roles: [agent]}", "roles: [agent], slack: U1}")
    .replace("roles: [agent, lead]}", "roles: [agent, lead], slack: U2}")
    .replace("roles: [leadership]}", "roles: [leadership], slack: U4}")
    .replace("channels: {local: support}", "channels: {local: support, slack: C1}")
)
CLICKS = ("ack {}", "ack {} for 5m", "escalate {} now", "handover {} ben")
TICKETS = ("T-1", "T-2", "T-3")


class Platform:
    """Shows each message once, by its number; fails, or dies after it has shown one, as it is told to."""

    platform = "slack"
    certain = True

    def __init__(self, seen: Any) -> None:
        self.troubles: list[str] = []
        self.down = False
        self.gone: set[str] = set()
        self._seen = seen
        self._lines: set[str] = set()

    def send(self, post: Post, now: int) -> str:
        if post.channel.removeprefix("@") in self.gone:
            raise DeliveryError("the account is gone", permanent=True)
        trouble = self.troubles.pop(0) if self.troubles else ""
        if trouble == "busy" or self.down:
            raise DeliveryError("try again", permanent=False)
        self._seen(post, [line for line in post.lines if line.id not in self._lines])
        self._lines.update(line.id for line in post.lines)
        if trouble == "dies":
            raise LedgerUnavailableError("the process ended here")
        return post.ref or f"m{post.id}"


class Walk(RuleBasedStateMachine):
    """The whole bot at a desk with three tickets."""

    @initialize()
    def begin(self) -> None:
        self.folder = TemporaryDirectory()
        self.slack = Platform(self.seen)
        self.here = desk(Path(self.folder.name), ON_SLACK, senders=[self.slack])
        self.clock = self.here.clock
        self.open: set[str] = set()
        self.wrong: list[str] = []
        self.at_once: dict[tuple[str, int], set[int]] = {}

    def teardown(self) -> None:
        if hasattr(self, "here"):
            self.finish()
            connect(self.here.url).dispose()
            self.here.app.ledger.close()
            self.folder.cleanup()

    # What happens

    @rule(ticket=st.sampled_from(TICKETS), priority=st.sampled_from(["urgent", "normal"]))
    def a_ticket_is_opened(self, ticket: str, priority: str) -> None:
        if ticket not in self.open:
            self.open.add(ticket)
            self.happens(opened(text(self.clock.now()), ticket, priority=priority))

    @rule(minutes=st.sampled_from([1, 3, 6, 10, 30, 90, 300]))
    def time_passes(self, minutes: int) -> None:
        self.go(self.clock.now() + minutes * MINUTE + 7)

    @rule(minutes=st.sampled_from([2, 20, 200]))
    def the_bot_is_away(self, minutes: int) -> None:
        self.clock.move(self.clock.now() + minutes * MINUTE + 7)
        self.settle()

    @precondition(lambda self: self.open)
    @rule(data=st.data(), kind=st.sampled_from(["reply", "assign", "solve", "reopen", "customer", "lower"]))
    def somebody_works(self, data: Any, kind: str) -> None:
        ticket, at = data.draw(st.sampled_from(sorted(self.open))), text(self.clock.now())
        self.happens(
            {
                "reply": lambda: answered(at, ticket),
                "assign": lambda: wire("ticket.updated", at, ticket, assignee=f"kim-{at}"),
                "solve": lambda: wire("ticket.updated", at, ticket, status="solved"),
                "reopen": lambda: wire("ticket.updated", at, ticket, status="open"),
                "customer": lambda: answered(at, ticket, author="customer"),
                "lower": lambda: wire("ticket.updated", at, ticket, priority="low"),
            }[kind]()
        )

    @precondition(lambda self: self.open)
    @rule(
        data=st.data(),
        who=st.sampled_from(PEOPLE),
        what=st.sampled_from(CLICKS),
    )
    def somebody_clicks(self, data: Any, who: str, what: str) -> None:
        ticket = data.draw(st.sampled_from(sorted(self.open)))
        self.clock.move(self.clock.now() + 1)
        self.here.app.handlers.answer(what.format(ticket), self.here.book.people[who])
        self.settle()

    @rule(troubles=st.lists(st.sampled_from(["busy", "dies", ""]), max_size=4))
    def the_platform_stumbles(self, troubles: list[str]) -> None:
        self.slack.troubles = troubles

    @precondition(lambda self: self.open)
    @rule(data=st.data(), who=st.sampled_from(PEOPLE), what=st.sampled_from([*CLICKS, "reply"]), minutes=st.integers(1, 12))
    def the_platform_is_down_for_a_while(self, data: Any, who: str, what: str, minutes: int) -> None:
        self.slack.down = True
        self.go(self.clock.now() + minutes * MINUTE)
        ticket = data.draw(st.sampled_from(sorted(self.open)))
        self.clock.move(self.clock.now() + 1)
        if what == "reply":
            self.happens(answered(text(self.clock.now()), ticket))
        else:
            self.here.app.handlers.answer(what.format(ticket), self.here.book.people[who])
        self.slack.down = False
        self.settle()

    @rule(who=st.sampled_from(PEOPLE))
    def somebody_leaves(self, who: str) -> None:
        self.slack.gone ^= {who}

    # What must hold

    def seen(self, post: Post, lines: list[Any]) -> None:
        """A message is shown: whoever is called by it is still needed."""
        if not post.channel.startswith("@"):
            return
        now, shown = self.clock.now(), {line.id for line in lines}
        said = [row for ticket in self.open for row in self.here.app.ledger.outbox.records(ticket=ticket, limit=1000)]
        if not shown <= {str(row.id) for row in said}:
            self.wrong.append(f"{shown} were not among the latest to be said")
        for row in said:
            decision = row.body.get("decision", {})
            if str(row.id) in shown and decision["kind"] in CALLS:
                page = self.page(row.ticket, decision["page"], now)
                self.judge(post.channel.removeprefix("@"), decision["step"], page, now)

    def judge(self, who: str, step: int, page: PageRow, now: int) -> None:
        """What is wrong is told at the end of the turn: delivery takes an error here for the platform's."""
        if page.state not in ("open", "exhausted"):
            self.wrong.append(f"{who} is called for {page}")
        if page.state == "open" and (who not in page.to or step != page.step):
            self.wrong.append(f"{who} is called by step {step} of {page}")
        steps = self.at_once.setdefault((page.page, now), set())
        steps.add(step)
        if len(steps) > 1 and page.state == "open":
            self.wrong.append(f"steps {steps} of {page} at once")

    def page(self, ticket: str, page: str, now: int) -> PageRow:
        """How a page stands by all that is in the ledger."""
        history = self.here.app.ledger.looks.histories([ticket])[0]
        found = look(ticket, history.events, self.here.book, NO_FACTS.remembering(history.recorded), now)
        return next(row for row in found.pages if row.page == page)

    def finish(self) -> None:
        """The platform is well again and time passes: everything is said, and whoever was needed was called."""
        self.slack.troubles, self.slack.gone, self.slack.down = [], set(), False
        self.go(self.clock.now() + 3 * HOUR)
        ledger = self.here.app.ledger
        assert ledger.reader.health(self.clock.now()).failing == []
        late = [row for row in ledger.outbox.records(state="waiting") if row.due_at < self.clock.now() - HOUR]
        assert late == []
        for page in ledger.reader.pages(open_only=False):
            told = ledger.outbox.records(ticket=page.ticket, limit=1000)
            calls = [row for row in told if row.audience == "person" and row.body["decision"].get("page") == page.page]
            assert calls or page.state in ("closed", "exhausted"), page
            assert all(row.state != "sending" for row in calls)
        for ticket in sorted(self.open):
            self.happens(wire("ticket.updated", text(self.clock.now()), ticket, status="closed"))
        self.go(self.clock.now() + HOUR)
        assert ledger.reader.pages() == []

    def happens(self, event: dict[str, Any]) -> None:
        self.clock.move(max(self.clock.now(), parse(event["time"])))
        assert self.here.client().post("/events", [event]).status_code == 202
        self.settle()

    def go(self, to: int) -> None:
        while (upcoming := self.here.upcoming()) is not None and upcoming <= to:
            self.clock.move(max(upcoming, self.clock.now()))
            self.settle()
        self.clock.move(max(to, self.clock.now()))
        self.settle()

    def settle(self) -> None:
        """Look and deliver; a process that dies is started again."""
        for _ in range(200):
            try:
                self.here.settle()
                assert self.wrong == []
                return
            except LedgerUnavailableError:
                self.here.app.ledger.looks.release()
                self.here.app.ledger.outbox.reopen()
        raise AssertionError("it does not end")


def test_a_random_walk_loses_no_page_and_calls_nobody_in_vain() -> None:
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    walks = settings(max_examples=RUNS, stateful_step_count=25, deadline=None, derandomize=RUNS < 100)
    run_state_machine_as_test(Walk, settings=settings(walks, suppress_health_check=checks))

"""Whatever dies, and whenever: nothing that had to be said is missing, and nothing is said twice."""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.ledger.engine import connect
from adapters.ledger.store import ledger_on
from bot.bundling import SPAN
from bot.messages import clipped
from bot.ports import Ledger
from escalation.book import Book
from escalation.effects import effects_of
from escalation.facts import NO_FACTS
from escalation.look import look
from rules.decisions import Decision
from rules.instants import text
from rules.ticket import TicketEvent
from tests.support.desk import PEOPLE, answered, load, opened
from tests.support.process import Process

_LATE = re.compile(r" \(\w+ late\)$")
KILLS = 14
TICKETS = 12

FAST = (
    PEOPLE
    + """\
agreements:
  gold:
    kind: sla
    version: "1"
    from: 2026-01-01
    calendar: always
    targets: {first_response: {default: 3s}, resolution: {default: 6s}}
    warn_at: [30%, 80%, 90%]
    after_breach: [150%, 200%]
    team: support
    ladder: support
    customer_updates: {every: 2s}
ladders:
  support:
    steps:
      - {page: {rota: support}, wait: 1s}
      - {page: {lead_of: team}, wait: 2s}
      - {page: {role: leadership}, wait: 1s, after: breach}
    repeat: 1
    acknowledgement: {lasts: 2s}
wording:
  breach: {en: "We promised to {{ promise }} by {{ due }}."}
"""
)


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Process]:
    (tmp_path / "desk.sla.yaml").write_text(FAST)
    words = ("run", "--config", str(tmp_path / "desk.sla.yaml"))
    process = Process(words, tmp_path / "log", {"DATABASE_URL": f"sqlite:///{tmp_path}/ledger.db"})
    yield process
    process.kill()


def now_text() -> str:
    return text(time.time_ns() // 1_000_000)


class Helpdesk:
    """Sends tickets and clicks until each was answered; what it does not know to have arrived it sends again."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.left = [f"T-{n}" for n in range(1, TICKETS + 1)]
        self.clicks = 5

    def work(self, url: str, until: float) -> None:
        """Go on until an instant of the monotonic clock; a refused connection is tried again."""
        with httpx.Client(base_url=url, timeout=5) as client:
            while time.monotonic() < until:
                if self.left and self.chance.random() < 0.5:
                    self.send(client)
                elif self.clicks and self.chance.random() < 0.3:
                    self.click(client)
                time.sleep(0.05)

    def send(self, client: httpx.Client) -> None:
        ticket = self.left[0]
        # The same id at each attempt; its time is that of the attempt, so that no event comes late.
        events = [opened(now_text(), ticket, id_=f"open-{ticket}", customer=f"c-{ticket}")]
        if int(ticket[2:]) % 4 == 0:
            events.append(answered(events[0]["time"], ticket, id_=f"answer-{ticket}"))
        events.append({"specversion": "1.0", "id": "bad"})
        response = client.post("/events", json=events)
        assert response.status_code == 202, response.text
        assert len(response.json()["quarantined"]) == 1
        if self.chance.random() < 0.8:
            self.left.pop(0)

    def click(self, client: httpx.Client) -> None:
        pages = client.get("/api/pages").json()["pages"]
        if pages:
            page = self.chance.choice(pages)["page"]
            client.post("/api/click", json={"action": "acknowledge", "value": page, "as": "ben"})
            self.clicks -= 1


def test_kill_9_at_any_moment_loses_nothing_and_says_nothing_twice(bot: Process, tmp_path: Path) -> None:
    chance = random.Random(20261105)  # noqa: S311
    desk = Helpdesk(chance)
    for n in range(KILLS):
        bot.start()
        if n % 5 == 4:
            time.sleep(chance.uniform(0.1, 0.9))  # in the middle of starting
        else:
            bot.ready()
            try:
                desk.work(bot.url, time.monotonic() + chance.uniform(0.0, 1.1))
            except httpx.HTTPError as error:
                raise AssertionError(bot.output()) from error
        time.sleep(chance.uniform(0.0, 0.03))
        bot.kill()
    bot.start().ready()
    while desk.left:
        desk.work(bot.url, time.monotonic() + 0.2)
    ledger = ledger_on(connect(f"sqlite:///{tmp_path}/ledger.db"))
    book = load(tmp_path / "desk.sla.yaml")
    wait_until_quiet(ledger)
    code = bot.interrupt()
    assert code == 0
    assert "Traceback" not in bot.output()
    compare(ledger, book)


def wait_until_quiet(ledger: Ledger) -> None:
    # A person who was called a moment ago is called once more when a span is over, for all that came meanwhile.
    end = time.monotonic() + (60_000 + SPAN) / 1000
    # A ticket that is being looked at, or a message on its way, is no rest yet.
    while ledger.looks.next_attention(2**62) is not None or ledger.reader.health(0).outbox_waiting:
        assert time.monotonic() < end, "it is never quiet"
        time.sleep(0.1)


def compare(ledger: Ledger, book: Book) -> None:
    """Ledger and chat against the one function, applied once to the events that arrived."""
    ids = [f"T-{n}" for n in range(1, TICKETS + 1)]
    health = ledger.reader.health(0)
    assert (health.failing, health.dead_letters, health.outbox_waiting) == ([], 0, 0)
    said = Counter[str]()
    for history in ledger.looks.histories(ids):
        assert history.events, history.ticket
        end = max(event.known_at for event in history.events) + 10 * 60 * 1000
        events = [on_time(event) for event in history.events]
        expected = look(history.ticket, events, book, NO_FACTS, end).decisions
        assert {d.kind for d in expected} >= {"clock.started", "clock.overdue", "page.opened", "page.exhausted"}
        recorded = Counter(named(decision) for decision in history.recorded)
        assert recorded == Counter(named(decision) for decision in expected)
        compare_chat(ledger, history.ticket, expected, book, said)
    assert said["support"] > 100
    assert said["customer"] >= TICKETS


def on_time(event: TicketEvent) -> TicketEvent:
    return replace(event, recorded=None)


def named(decision: Decision) -> tuple[Any, ...]:
    return (decision.kind, decision.at, decision.key)


def told(ledger: Ledger, ticket: str, channel: str) -> tuple[Counter[tuple[int, str]], Counter[tuple[int, str]]]:
    """What was said about a ticket in a channel, on a card or a list, and what was not, as it was not needed any more."""
    rows = {str(row.id): row for row in ledger.outbox.records(ticket=ticket, limit=10_000) if row.channel == channel}
    mine = (line for message in ledger.chat.messages(channel, 0, 10_000) for line in message.log if line.id in rows)
    lines = Counter((line.at, _LATE.sub("", line.text.removeprefix(f"{ticket}: "))) for line in mine)
    dropped = (row for row in rows.values() if row.state == "dropped" and row.line is not None)
    return lines, Counter((row.body["decision"]["at"], clipped(row.line, 500)) for row in dropped)


def compare_chat(ledger: Ledger, ticket: str, expected: list[Decision], book: Book, said: Counter[str]) -> None:
    effects = [effect for one in expected for effect in effects_of([one], expected, book, one.at) if effect.line is not None]
    for team in ("support", "leadership"):
        assert sum(message.ticket == ticket for message in ledger.chat.messages(team, 0, 10_000)) <= 1
        lines, needless = told(ledger, ticket, team)
        possible = Counter((e.decision.at, clipped(e.line, 500)) for e in effects if (e.audience, e.who) == ("team", team))
        # That a clock was met is only added where the team has heard of the ticket; all else must be there.
        wanted = Counter(
            (e.decision.at, clipped(e.line, 500))
            for e in effects
            if (e.audience, e.who) == ("team", team) and not e.decision.kind.startswith("clock.")
        )
        assert wanted - needless <= lines <= possible
        said[team] += lines.total()
    letters = ledger.chat.messages(f"customer:c-{ticket}", 0, 10_000)
    rows = ledger.outbox.records(ticket=ticket, limit=10_000)
    given_up = sum(row.audience == "customer" and row.state == "dropped" for row in rows)
    assert len(letters) + given_up == sum(effect.audience == "customer" for effect in effects)
    assert all("We promised to" in message.card.lines[0] for message in letters)
    said["customer"] += len(letters)
    wanted_calls = {(e.who, e.decision.at, clipped(e.line, 500)) for e in effects if e.audience == "person"}
    calls = Counter({(who, *line): n for who in book.people for line, n in told(ledger, ticket, f"@{who}")[0].items()})
    # Steps that passed while the bot was away are not called out one by one, but the last one always is.
    assert set(calls.values()) <= {1}
    last = max(e.decision.at for e in effects if e.audience == "person")
    assert any(at == last for _, at, _ in calls)
    assert set(calls) <= wanted_calls

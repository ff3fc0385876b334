"""Random days of one ticket, with late events, clicks and outages: record and messages agree with the one function."""

import random
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from adapters.helpdesk.cloudevents import ticket_event
from adapters.ledger.engine import connect
from bot.records import History
from bot.simulation.replay import replay
from escalation.facts import NO_FACTS
from escalation.reconcile import live
from rules.decisions import Decision
from rules.instants import HOUR, MINUTE, parse
from tests.support.counted import counted, differences, every_clock
from tests.support.desk import NINE, Desk, desk, opened, wire

START = parse(NINE)
CHANGES: list[tuple[str, dict[str, Any]]] = (
    [("ticket.updated", {"status": status}) for status in ("open", "pending", "solved")]
    + [("ticket.updated", {"priority": priority}) for priority in ("urgent", "high")]
    + [("ticket.updated", {"tier": tier}) for tier in ("gold", "tin")]
    + [("ticket.replied", {"author": author, "public": True}) for author in ("agent", "customer")]
    + [("ticket.rated", {"score": 1})]
)
# Off the round minutes: what happens at the very instant of a crossing may be seen before or after it.
GAPS = [0, MINUTE + 3, 5 * MINUTE + 3, 9 * MINUTE + 3, 30 * MINUTE + 3, 2 * HOUR + 3]
LATENESS = [0, 0, 0, 3 * MINUTE + 7, 20 * MINUTE + 7, 3 * HOUR + 7]


class Day:
    """A day at a desk whose bot may be away for a while, from `off` to `back`."""

    def __init__(self, here: Desk, dice: random.Random) -> None:
        self.here, self.dice = here, dice
        away = dice.choice([0, 0, 7 * MINUTE, HOUR])
        self.off = START + dice.randint(1, 3 * 60) * MINUTE if away else 0
        self.back = self.off + away

    def go(self, to: int) -> bool:
        """Let the time pass; whether the bot is there at the end."""
        clock = self.here.clock
        if clock.now() < self.back and to >= self.off:
            if clock.now() < self.off:
                self.here.go(self.off)
            if to < self.back:
                clock.move(max(to, clock.now()))
                return False
            clock.move(self.back)
            self.here.settle()
        self.here.go(to)
        return True

    def events(self) -> Iterable[tuple[int, dict[str, Any]]]:
        """Events in the order in which they arrive, each with the instant of its arrival."""
        at, arrivals = START, [(START, opened(START))]
        for _ in range(self.dice.randint(1, 7)):
            at += self.dice.choice(GAPS)
            kind, data = self.dice.choice(CHANGES)
            arrivals.append((at + self.dice.choice(LATENESS), wire(kind, at, **data)))
        return sorted(arrivals, key=lambda arrival: arrival[0])

    def play(self) -> None:
        """Events, looks and clicks, until everything is over."""
        for known_at, event in self.events():
            there = self.go(known_at)
            self.here.app.ledger.intake.append([ticket_event(event)], [], known_at)
            if there:
                self.here.settle()
                self.go(known_at + 1)
                if (pages := self.here.app.ledger.reader.pages()) and self.dice.random() < 0.3:
                    self.here.say(f"/sla ack {pages[0].page}", "ben")
                    self.here.settle()
        self.go(max(self.here.clock.now(), self.back) + 5 * HOUR)


def told(decisions: Iterable[Decision]) -> Counter[tuple[Any, ...]]:
    return Counter((decision.kind, decision.at, decision.key) for decision in decisions)


def history_of(here: Desk) -> History:
    return here.app.ledger.looks.histories(["T-1"])[0]


@pytest.mark.parametrize("seed", range(40))
def test_a_random_day_is_recorded_and_told_as_the_one_function_says(tmp_path: Path, seed: int) -> None:
    here = desk(tmp_path)
    day = Day(here, random.Random(seed))  # noqa: S311
    day.play()
    history, now = history_of(here), here.clock.now()
    here.app.watch.look_now("T-1")
    here.settle()
    assert history_of(here).recorded == history.recorded, "another look changes nothing"
    health = here.app.ledger.reader.health(now)
    assert (health.failing, health.dead_letters, health.outbox_waiting) == ([], 0, 0)

    last, record, _ = replay("T-1", list(history.events), here.book, NO_FACTS, now)
    standing = {key: entry.at for key, entry in live(history.recorded).items() if entry.kind.startswith("clock.")}
    assert standing == {decision.key: decision.at for decision in last.decisions if decision.kind.startswith("clock.")}
    engine = connect(here.url)
    rows = every_clock(engine)
    for at in (now, now + HOUR, now + 9 * HOUR):
        told_now = [tally for tally in counted(rows, at, {}, None, ["tier"]) if tally.metric != "promise"]
        assert here.app.ledger.reader.tally(at, {}, by=["tier"]) == told_now
    assert differences(engine) == []
    engine.dispose()
    if not day.off:
        assert told(history.recorded) == told(record)

    letters = sorted(message.created_at for message in here.chat("customer:acme"))
    assert all(later - earlier >= 4 * HOUR for earlier, later in pairwise(letters))
    for person in here.book.people:
        calls = Counter((line.at, line.text) for message in here.chat(f"@{person}") for line in message.log)
        assert set(calls.values()) <= {1}, "nobody is called twice for the same"

"""Delivery and rate limits: what a platform does not take yet waits in its place, without an attempt; other channels go on."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bot.records import notice
from bot.shared_ports import Rate
from rules.instants import SECOND, parse
from tests.support.desk import NINE, Recorder, desk


@dataclass
class Slow(Recorder):
    """A platform that takes one message a minute in each channel."""

    platform: str = "slow"
    rate: Rate = field(default_factory=lambda: Rate(1, 60.0))

    def rate_keys(self, channel: str) -> Sequence[str]:
        return (f"slow/{channel}",)


def test_what_the_platform_does_not_take_yet_waits_in_its_place(tmp_path: Path) -> None:
    slow = Slow()
    here = desk(tmp_path, senders=[slow])
    now = parse(NINE)
    rows = [notice(f"n{n}", f"Notice {n}", (), "slow", channel, now) for n, channel in enumerate(("a", "a", "b", "a"))]
    here.app.ledger.outbox.add(rows, now)
    here.deliver()
    assert [(channel, card.title) for channel, card, _, _ in slow.sent] == [("a", "Notice 0"), ("b", "Notice 2")]
    due = here.app.ledger.outbox.next_due()
    assert due is not None
    assert now + 50 * SECOND < due <= now + 60 * SECOND
    assert here.deliver() == 0
    here.clock.move(due)
    waiting = here.app.ledger.outbox.claim(due, 10)
    assert [(row.body["title"], row.attempts) for row in waiting] == [("Notice 1", 1), ("Notice 3", 1)]

"""A message is counted where it goes, or told when to come back."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from adapters.wall_clock import WallClock
from bot.pace import held_until
from bot.sending import Post
from bot.shared_ports import Rate

CHANNEL = "C1"


class Plain:
    platform = "local"

    certain = True

    def send(self, post: Post, now: int) -> str:
        """Says nothing."""
        return ""


class Slow(Plain):
    platform = "slack"
    rate = Rate(1, 1.0)

    def rate_keys(self, channel: str) -> Sequence[str]:
        return ["slack/T1", f"slack/T1/{channel}"]


class Stopped(WallClock):
    def __init__(self, speed: float) -> None:
        self.speed = speed

    def now(self) -> int:
        return 1_000_000


@dataclass
class Answering:
    """Limits that give one answer."""

    seconds: float
    asked: list[tuple[Sequence[str], Rate]] = field(default_factory=list)

    def wait(self, keys: Sequence[str], rate: Rate) -> float:
        self.asked.append((keys, rate))
        return self.seconds


def test_a_sender_without_a_rate_is_never_held_up() -> None:
    limits = Answering(5.0)
    assert held_until(CHANNEL, Plain(), limits, Stopped(1.0)) is None
    assert limits.asked == []


def test_a_message_counts_in_its_workspace_and_its_channel() -> None:
    limits = Answering(0.0)
    assert held_until(CHANNEL, Slow(), limits, Stopped(1.0)) is None
    assert limits.asked == [(["slack/T1", "slack/T1/C1"], Rate(1, 1.0))]


@pytest.mark.parametrize(("speed", "later"), [(1.0, 250), (60.0, 15_000)])
def test_a_message_that_must_wait_is_told_its_next_try_by_the_clock_that_the_ledger_goes_by(speed: float, later: int) -> None:
    assert held_until(CHANNEL, Slow(), Answering(0.25), Stopped(speed)) == 1_000_000 + later


def test_a_next_try_is_never_too_early() -> None:
    assert held_until(CHANNEL, Slow(), Answering(0.0001), Stopped(1.0)) == 1_000_001

"""How fast messages leave.

Decided here: which messages are counted, and that one which must wait is told the instant of its next try, so that it holds
up only its own channel. Not decided here: how fast a platform takes them (its sender's `rate`), who counts (`Limits`).
"""

import math
from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from bot.ports import WallClockPort
from bot.sending import Sender
from bot.shared_ports import Limits, Rate
from rules.instants import SECOND


@runtime_checkable
class Paced(Protocol):
    """What a sender also has whose platform takes only so many messages."""

    rate: Rate

    def rate_keys(self, channel: str) -> Sequence[str]:
        """Where a message to a channel counts, as workspace and channel: `slack/T1`, `slack/T1/C1`."""


def held_until(channel: str, sender: Sender, limits: Limits, clock: WallClockPort) -> int | None:
    """The instant at which to try a message to a channel again; None: it may be sent now, and is counted."""
    if not isinstance(sender, Paced):
        return None
    wait = limits.wait(sender.rate_keys(channel), sender.rate)
    return clock.now() + math.ceil(wait * SECOND * clock.speed) if wait else None

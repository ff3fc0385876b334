"""Moments: what a ticket was right after each of its events.

Decided here: that a ticket's facts at an instant are those after the last event up to then. Not decided here: what follows.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from rules.ticket import TicketEvent


class Moment:
    """A ticket's facts right after one of its events."""

    def __init__(self, event: TicketEvent, facts: dict[str, Any]) -> None:
        self.at, self.event, self.facts = event.time, event, facts


def facts_at(moments: Sequence[Moment], at: int) -> Mapping[str, Any]:
    """A ticket's facts at an instant, that instant's events included; before the first event, those after it."""
    found = bisect_right(moments, at, key=attrgetter("at"))
    return moments[max(found - 1, 0)].facts if moments else {}

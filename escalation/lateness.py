"""Lateness: calls and letters that could not go out when they were due, as after an outage.

Decided here: that this enters the ticket's history as an event of ours, so that every look says the same; people are called as
soon as that is possible again, step by step, nobody is said to have been called when nobody was, and a customer gets one
letter and not all that were missed. Not decided here: who is called (`pages`).
"""

from collections.abc import Iterable, Sequence

from rules.decisions import Decision
from rules.instants import SECOND, parse, text
from rules.moments import Moment
from rules.ticket import TicketEvent

DELAYED = "page.delayed"
"""What was to be done from `since` on could only be done at the event's time."""
SOURCE = "slakeeper"
_DEEDS = ("page.opened", "page.stepped", "page.reminded", "page.expired", "page.exhausted", "message.customer")
_SOON_ENOUGH = 15 * SECOND


class Delays:
    """The times of one ticket's history in which nothing could be done."""

    def __init__(self, moments: Iterable[Moment]) -> None:
        self._known = [(_since(moment.event), moment.at) for moment in moments if moment.event.type == DELAYED]

    def over(self, at: int) -> int:
        """When what is due at `at` is done."""
        for since, until in self._known:
            if since <= at < until:
                at = until
        return at


def _since(event: TicketEvent) -> int:
    try:
        return parse(str(event.data.get("since")))
    except ValueError:
        return event.time  # a file may hold anything: then nothing was delayed


def delay(new: Sequence[Decision], now: int, id: str) -> TicketEvent | None:
    """The event that has to enter the history, under an id, where deeds among new decisions should have been done long ago."""
    late = [deed for deed in new if deed.kind in _DEEDS and (deed.done_at or deed.at) < now - _SOON_ENOUGH]
    if not late:
        return None
    since = min(deed.done_at or deed.at for deed in late)
    return TicketEvent(late[0].ticket, DELAYED, now, {"since": text(since)}, id, SOURCE, recorded=now)

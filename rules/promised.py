"""Promises given in a message: "you will hear from us by 14:30" becomes a clock of its own.

Decided here: the clock runs in wall time from the message to the instant that was named, under the agreement that the message
was written for; it is met by the next public reply of a person, or by the next such message; a ticket that is done or gone
cancels it, and no exception moves it. Not decided here: what is promised, and when (the floors above).
"""

from collections.abc import Callable
from typing import Any

from rules.agreement import Agreement, Target
from rules.calendar import BusinessCalendar
from rules.causes import short
from rules.clock import Clock
from rules.decisions import Decision
from rules.durations import spoken
from rules.exemptions import no_waiver
from rules.instants import InstantError, parse
from rules.metrics import Cycle
from rules.promises import Promises
from rules.ticket import DONE, TicketEvent

GIVEN = "clock.promised"
"""The event: `until` an instant, under an `agreement` in a `version`, in the words of `by`."""
METRIC = "promise"
_WALL = BusinessCalendar("always", None)


class Promised:
    """The promises of one ticket, one running at a time."""

    def __init__(self, ticket: str, promises: Promises, say: Callable[[Decision], None]) -> None:
        self.clocks: list[Clock] = []
        self._ticket, self._promises, self._say = ticket, promises, say
        self._running: Clock | None = None

    def give(self, event: TicketEvent) -> None:
        """A message has promised something; it keeps what an earlier one promised."""
        agreement, lasts = self._agreement(event.data), _until(event.data) - event.time
        if agreement is None or lasts <= 0:
            return
        by = short(event.data.get("by"))
        self._end(event.time, "stop", f"kept by {by}")
        target = Target(lasts, _WALL, spoken(lasts))
        clock = Clock(self._ticket, agreement, len(self.clocks) + 1, METRIC, self._say, no_waiver)
        clock.base, clock.began_at = target, event.time
        cycle = Cycle(clock.number, event.time, active_since=event.time)
        clock.start(cycle, [], target, event.time, since=0, reason=f"{by} promised to write within {spoken(lasts)}")
        self.clocks.append(clock)
        self._running = clock

    def follow(self, event: TicketEvent, facts: dict[str, Any]) -> None:
        """Something happened to the ticket."""
        if self._running is None:
            return
        if facts["answer"]:
            self._end(event.time, "stop", f"answered by {event.type} {event.id[:60]}")
        elif facts["gone"] or facts.get("status") in DONE:
            self._end(event.time, "cancel", f"nothing is left to say: {event.type} {event.id[:60]}")

    def _end(self, at: int, how: Any, reason: str) -> None:
        if self._running is not None:
            self._running.end(at, how, reason)
            self._running = None

    def _agreement(self, data: Any) -> Agreement | None:
        name, version = data.get("agreement"), data.get("version")
        found = self._promises.agreement(name, version) if isinstance(name, str) and isinstance(version, str) else None
        versions = self._promises.versions.get(name, ()) if isinstance(name, str) else ()
        return found or (versions[-1] if versions else None)


def _until(data: Any) -> int:
    try:
        return parse(str(data.get("until")))
    except InstantError:
        return 0

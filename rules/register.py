"""The register: all exceptions, as their events tell.

Decided here: how events make it, and that a step which is not possible changes nothing. Not decided here: what an exception
does to a ticket (`exemptions`), where events are kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rules.exceptions import MOVES, REQUESTED, ExceptionTermsError, SlaException
from rules.ticket import TicketEvent


@dataclass(frozen=True)
class Register:
    """Exceptions by their ids, in the order in which they were requested."""

    exceptions: dict[str, SlaException] = field(default_factory=dict)

    @staticmethod
    def of(events: Iterable[TicketEvent]) -> "Register":
        """The register that events make, in their order."""
        found: dict[str, SlaException] = {}
        for event in events:
            try:
                if event.type == REQUESTED:
                    found.setdefault(event.ticket, SlaException.of(event))
                elif (known := found.get(event.ticket)) is not None and event.type in MOVES:
                    by, comment = event.data.get("by"), str(event.data.get("comment") or "")
                    by = by if isinstance(by, str) else ""
                    found[event.ticket] = known.move(MOVES[event.type], event.time, by, comment)
            except ExceptionTermsError:
                continue  # twice, too late, by nobody or by the requester: it stands as it stood
        return Register(found)

    def touching(self, first: int, now: int) -> Sequence[SlaException]:
        """What was ever approved by `now` and can concern a ticket whose first event lies at `first`."""
        return [
            exception
            for exception in self.exceptions.values()
            if exception.end > first and (changes := exception.changes) and changes[0] <= now
        ]

    def active(self, now: int) -> list[SlaException]:
        """What holds now or will hold."""
        return [exception for exception in self.exceptions.values() if exception.state_at(now) == "approved"]


EMPTY = Register()

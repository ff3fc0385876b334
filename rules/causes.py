"""Causes: why something about a clock changes, in words.

Decided here: how an event, or what people decided, reads as a reason. Not decided here: what follows from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rules.ticket import TicketEvent


@dataclass(slots=True)
class Cause:
    """What changes something at an instant: an event of the ticket, or what people decided about promises; `known` is up to
    when decisions about exceptions are known: at one instant events come first.
    """

    at: int
    words: str
    known: int

    @staticmethod
    def of(event: TicketEvent) -> "Cause":
        """An event as a cause."""
        return Cause(event.time, because(event), event.time - 1)


def because(event: TicketEvent, facts: Mapping[str, Any] | None = None) -> str:
    """The event that caused something, for people: what it says, its type and id."""
    cause = f"{event.type} {short(event.id)}".rstrip()
    if facts is None:
        return cause
    if facts["gone"]:
        return f"the ticket was {event.type.removeprefix('ticket.')} ({cause})"
    if facts["answer"]:
        return f"a person replied publicly ({cause})"
    status = facts.get("status")
    return f"status is {short(status)} ({cause})" if status is not None else cause


def short(value: object) -> str:
    """A value of a ticket within a sentence."""
    text = "not set" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"

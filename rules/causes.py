"""Causes: why something about a clock changes, in words.

Decided here: how an event, or what people decided, reads as a reason. Not decided here: what follows from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from rules.conditions import Condition, fields_of
from rules.ticket import DERIVED, TicketEvent


class Asked(NamedTuple):
    """What a condition asks for: whether a person of ours replied, and fields of the ticket's own."""

    answer: bool
    fields: tuple[str, ...]

    @staticmethod
    def by(condition: Condition) -> "Asked":
        """What a condition asks for."""
        fields = fields_of(condition)
        return Asked(not fields.isdisjoint(("answer", "first_answer", "answered")), tuple(sorted(fields - DERIVED)))


NOTHING_ASKED = Asked(answer=False, fields=())


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


def because(event: TicketEvent, facts: Mapping[str, Any] | None = None, asked: Asked = NOTHING_ASKED) -> str:
    """The event that caused something, for people: what it says of what was asked for, its type and id."""
    cause = f"{event.type} {short(event.id)}".rstrip()
    if facts is None:
        return cause
    if facts["gone"]:
        return f"the ticket was {event.type.removeprefix('ticket.')} ({cause})"
    if asked.answer and facts["answer"]:
        return f"a person replied publicly ({cause})"
    field = ""
    for name in asked.fields:
        if facts.get(name) is not None and (not field or name in event.data):
            field = name
    return f"{field} is {short(facts[field])} ({cause})" if field else cause


def short(value: object) -> str:
    """A value of a ticket within a sentence."""
    text = "not set" if value is None else str(value)
    return text if len(text) <= 60 else text[:59] + "…"

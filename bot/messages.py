"""Neutral messages: cards that know no platform.

Decided here: what a card has. Each platform draws it in its own way, and escapes every text: they come from tickets and are
hostile. Not decided here: what stands on which card (`cards`).
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from rules.instants import text_or_none

CardVerdict = Literal["on_track", "at_risk", "overdue", "met", "missed", "excused", "cancelled", "info"]
Style = Literal["primary", "danger", "plain"]


class _Neutral(BaseModel):
    model_config = ConfigDict(frozen=True)


class Button(_Neutral):
    """Something to press; `value` is what it is about."""

    action: Literal[
        "acknowledge",
        "acknowledge_all",
        "extend",
        "handover",
        "handover_to",
        "escalate",
        "escalate_now",
        "why",
        "approve",
        "refuse",
        "revoke",
        "send_letter",
        "drop_letter",
        "review",
        "review_cause",
        "review_done",
        "review_close",
    ]
    label: str
    value: str
    style: Style = "plain"


class Field(_Neutral):
    """A named value."""

    label: str
    value: str


class Card(_Neutral):
    """A title and what belongs to it. `due_at` is an instant, counted down to where that can be shown, `due_text` the
    same in words.
    """

    title: str
    verdict: CardVerdict = "info"
    lines: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    due_at: int | None = None
    due_text: str | None = None
    due_label: str | None = None
    why: str | None = None
    columns: tuple[str, ...] | None = None
    rows: tuple[tuple[str, ...], ...] | None = None
    buttons: tuple[Button, ...] = ()

    def public(self) -> dict[str, Any]:
        """The card as JSON has it, with the due instant as text."""
        return self.model_dump(mode="json") | {"due_at": text_or_none(self.due_at)}


class Answer(_Neutral):
    """What a command or a click is answered with: for the asker alone, or for the channel."""

    cards: tuple[Card, ...]
    private: bool = True
    refused: bool = False


def said(text: str, verdict: str = "info") -> Answer:
    """A change of state: for the whole channel."""
    return Answer(cards=(Card.model_validate({"title": text, "verdict": verdict}),), private=False)


def refusal(text: str) -> Answer:
    """Nothing was done, and why."""
    return Answer(cards=(Card(title=text),), refused=True)


def stamped(looked_at: int | None, value: str) -> str:
    """A button's value that tells how much of the ticket was known when it was drawn."""
    return value if looked_at is None else f"{looked_at}|{value}"


def unstamped(value: str) -> tuple[int | None, str]:
    """When what a button showed was known, and the rest of its value."""
    stamp, bar, rest = value.partition("|")
    return (int(stamp), rest) if bar and stamp.isascii() and stamp.isdigit() and len(stamp) < 19 else (None, value)


def clipped(value: object, length: int = 200) -> str:
    """A text from a ticket on one line, without control characters and not too long."""
    text = "" if value is None else str(value)
    if len(text) > 4 * length:
        text = text[: 4 * length]
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return text if len(text) <= length else text[: length - 1] + "…"


def counted(number: int, noun: str) -> str:
    """A number of things: `1 ticket`, `2,303 tickets`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"

"""CloudEvents 1.0 JSON → ticket events.

Decided here: which events are understood, which are refused and why (DESIGN 6), and which of their fields are personal. The
shape is checked by one pydantic model for live events and files alike: the CloudEvents SDK has no batch mode and would need
each event of an array written out again as text. Not decided here: where the events go.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from math import inf
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from adapters.helpdesk.event_data import MOST_CHARACTERS, EventError, NestingError, array_items, check_data
from bot.records import Batch, BodyError, Refused
from rules.exceptions import MOVES, REQUESTED, ExceptionTermsError, SlaException
from rules.instants import MINUTE, InstantError, parse, text
from rules.promised import GIVEN
from rules.ticket import TicketEvent

OURS = ("page.", "clock.", "letter.", "review.", "exception.", "ledger.")
IN_FILES = (
    *("page.acknowledged", "page.escalated", "page.handed_over", "page.unreached", "page.delayed"),
    *(GIVEN, "letter.approved", "letter.refused"),
    *("review.caused", "review.added", "review.done", "review.handed_over", "review.closed"),
    *(REQUESTED, *MOVES),
)
"""What people of ours do, as a file has it that is simulated."""
MOST_AHEAD = 5 * MINUTE


class _Wire(BaseModel):
    """The attributes of a CloudEvent that matter here; other extensions are left aside."""

    model_config = ConfigDict(extra="ignore", strict=True)

    specversion: str
    id: str = Field(min_length=1, max_length=300)
    source: str = Field(min_length=1, max_length=1_000)
    type: str = Field(min_length=1, max_length=200)
    subject: str = Field(min_length=1, max_length=200)
    time: str
    sequence: str | int | None = None
    recordedtime: str | None = None
    data: dict[str, Any] | None = None
    data_base64: str | None = None


def decode(body: bytes | str) -> Any:
    """JSON of a body or line; half characters and NUL in the data, which cannot be stored or shown, become question marks.

    Raises EventError where it is none: also NaN, Infinity and endless nesting.
    """
    try:
        decoded = from_json(body, allow_inf_nan=False)  # twice as fast, and stricter: what it refuses is read again below
        return _with_mended_data(decoded) if _has_nul(body) else decoded
    except ValueError:
        pass
    try:
        text = body.decode() if isinstance(body, bytes) else body
        decoded = _DECODER.decode(text)
        return _with_mended_data(decoded) if "\\ud" in text or "\\uD" in text or _has_nul(text) else decoded
    except UnicodeDecodeError as error:
        raise EventError(f"no text in UTF-8: byte {error.start + 1} is {error.object[error.start]:#04x}") from None
    except RecursionError:
        raise NestingError("no JSON that can be read: it is nested without end") from None
    except ValueError as error:
        raise EventError(f"no JSON: {_first_line(error)}") from None


def ticket_event(raw: object, *, in_file: bool = False) -> TicketEvent:
    """The ticket event of a decoded CloudEvent. In a file, what people of ours did may stand too: clicks and exceptions.

    Raises EventError with the reason.
    """
    if not isinstance(raw, Mapping):
        raise EventError("an event is a JSON object")
    try:
        wire = _Wire.model_validate(raw)
    except ValidationError as error:
        raise EventError(_said(error)) from None
    if wire.specversion != "1.0":
        raise EventError(f"specversion is {wire.specversion[:20]!r}, expected '1.0'")
    if wire.data_base64 is not None:
        raise EventError("data_base64 is not understood: send data as a JSON object")
    if not f"{wire.id}{wire.source}{wire.type}{wire.subject}".isprintable():
        name = next(name for name in ("id", "source", "type", "subject") if not getattr(wire, name).isprintable())
        raise EventError(f"{name} has characters that cannot be printed")
    if wire.type.startswith(OURS) and not (in_file and wire.type in IN_FILES):
        raise EventError(f"type {wire.type!r} is ours to say, not the helpdesk's")
    if not wire.subject.strip():
        raise EventError("subject is blank: it names the ticket")
    data = wire.data or {}
    check_data(data)
    event = TicketEvent(
        ticket=wire.subject,
        type=wire.type,
        time=_instant("time", wire.time),
        data=data,
        id=wire.id,
        source=wire.source,
        sequence=None if wire.sequence is None else str(wire.sequence)[:100],
        recorded=None if wire.recordedtime is None else _instant("recordedtime", wire.recordedtime),
    )
    if wire.type == REQUESTED:
        try:
            SlaException.of(event)
        except ExceptionTermsError as error:
            raise EventError(str(error)) from None
    return event


def batch_of(body: bytes, now: int) -> Batch:
    """The events of a request's body, one CloudEvent or an array of them. Raises BodyError where it is neither."""
    events: list[tuple[int, TicketEvent]] = []
    refused: list[tuple[int, Refused]] = []
    for index, raw in enumerate(_items(body)):
        try:
            event = ticket_event(decode(raw) if isinstance(raw, _Unread) else raw)
            if event.time > now + MOST_AHEAD:
                raise EventError(f"time {text(event.time)} is more than five minutes ahead of the clock, {text(now)}")
            events.append((index, event if event.recorded is None else replace(event, recorded=None)))
        except EventError as error:
            kept = raw if isinstance(raw, _Unread) else json.dumps(raw)
            refused.append((index, Refused(str(error), kept[:MOST_CHARACTERS])))
    return Batch(events, refused)


class _Unread(str):
    """An item of a body that is still to be decoded."""


def _items(body: bytes) -> list[Any]:
    """What a body holds, decoded; where one of its items is nested without end, all as text, so that it fails no other."""
    try:
        decoded = decode(body)
    except NestingError as error:
        if not (items := array_items(body.decode())):
            raise BodyError(str(error)) from None
        return [_Unread(item) for item in items]
    except EventError as error:
        raise BodyError(str(error)) from None
    if not isinstance(decoded, dict | list):
        raise BodyError("a body is one CloudEvent or an array of them")
    return decoded if isinstance(decoded, list) else [decoded]


def wire_form(event: TicketEvent) -> dict[str, Any]:
    """A ticket event as a CloudEvent, with `recordedtime` where it was heard of later."""
    wire: dict[str, Any] = {
        "specversion": "1.0",
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.ticket,
        "time": text(event.time),
    }
    if event.sequence is not None:
        wire["sequence"] = event.sequence
    if event.recorded is not None:
        wire["recordedtime"] = text(event.recorded)
    return wire | {"data": dict(event.data)}


def _instant(name: str, found: str) -> int:
    try:
        at = parse(found)
    except InstantError as error:
        raise EventError(f"{name}: {error}") from None
    if not EARLIEST <= at <= LATEST:
        raise EventError(f"{name} {found!r} lies outside the years 1970 to 2200")
    return at


EARLIEST = 0
LATEST = parse("2200-01-01T00:00:00Z")


def _said(error: ValidationError) -> str:
    parts = []
    for detail in error.errors(include_url=False, include_input=False)[:3]:
        name = ".".join(map(str, detail["loc"])).replace(".str", "").replace(".int", "")
        what = "is missing" if detail["type"] == "missing" else detail["msg"].replace("Input s", "s").replace("String s", "s")
        parts.append(f"{name} {what}")
    return "; ".join(dict.fromkeys(parts))


def _whole(digits: str) -> int | float:
    """A whole number; one of thousands of digits becomes infinite, which the event's data may not be."""
    return int(digits) if len(digits) < 1_000 else inf


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _with_mended_data(decoded: Any) -> Any:
    if isinstance(decoded, list):
        return [_with_mended_data(item) for item in decoded]
    return {**decoded, "data": _mended(decoded["data"])} if isinstance(decoded, dict) and "data" in decoded else decoded


def _has_nul(text: bytes | str) -> bool:
    return b"\\u0000" in text if isinstance(text, bytes) else "\\u0000" in text


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "?")
    if isinstance(value, dict):
        return {_mended(name): _mended(item) for name, item in value.items()}
    return [_mended(item) for item in value] if isinstance(value, list) else value


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:120]


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_int=_whole)

"""Entries: the canonical form of events and decisions.

Decided here: canonical bytes (JSON, sorted keys, ASCII), the unique keys, which fields of a ticket are personal, and that
these stand in the entry only as a salted hash. Not decided here: the chain of hashes over entries.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping, Set
from functools import lru_cache
from typing import Any

import orjson
from pydantic_core import from_json

from rules.decisions import Decision
from rules.instants import parse, text
from rules.ticket import TicketEvent

OURS = ("page.", "clock.", "letter.", "review.")
"""How types of events begin that are about no person outside."""
WRITTEN = ("what", "note")
"""Fields of these in which people write what they like."""
PUBLIC = frozenset(
    {
        *("priority", "customer", "tier", "region", "service", "group", "status", "opened_by", "assignee", "tags"),
        *("author", "public", "score", "url", "page", "by", "for", "since"),
    }
)
"""Fields of an event's data that are not personal; title, text, requester and every unknown field are, but for those that the
configuration's conditions ask for."""

_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def canonical(value: Any) -> str:
    """The one JSON text of a value."""
    try:
        text = orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()  # in a fifth of the time
    except orjson.JSONEncodeError:  # huge numbers and half characters, which it does not write
        return _ENCODER.encode(value)
    return text if text.isascii() else _ENCODER.encode(value)


def storable(text: str) -> str:
    """A text as both databases can hold it: half characters and NUL become question marks."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "replace").decode().replace("\0", "?")


def event_key(event: TicketEvent) -> str:
    """(source, id) makes an event unique."""
    return "e" + _digest(f"{event.source}\0{event.id}")


def decision_key(decision: Decision) -> str:
    """A decision is recorded once for its instant."""
    return "d" + _digest(f"{decision.ticket}\0{decision.entry}")


def event_entry(event: TicketEvent, now: int, public: Set[str] = PUBLIC) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """The row of an event, and that of its personal fields, which are all that are not `public`, where it has some. What people
    of ours do has none but what they wrote: promises and pages hang on it.
    """
    ours = event.type.startswith(OURS)
    hidden = {name: value for name, value in event.data.items() if (name in WRITTEN if ours else name not in public)}
    body: dict[str, Any] = {
        "id": event.id,
        "source": event.source,
        "type": event.type,
        "subject": event.ticket,
        "time": text(event.time),
        "recordedtime": text(now if event.recorded is None else event.recorded),
        "data": {name: value for name, value in event.data.items() if name not in hidden},
    }
    if event.sequence is not None:
        body["sequence"] = event.sequence
    personal = None
    if hidden:
        salt, content = secrets.token_bytes(16), canonical(hidden)
        body["personal"] = hashlib.sha256(salt + content.encode()).hexdigest()
        personal = {"salt": salt, "body": content}
    row = {"kind": event.type, "ticket": event.ticket, "key": event_key(event), "is_event": True, "at": event.time}
    return {**row, "recorded_at": now, "body": canonical(body)}, personal


def event_of(seq: int, body: str, personal: str | None) -> TicketEvent:
    """The event of an entry."""
    wire = from_json(body)
    data: Mapping[str, Any] = wire["data"] | from_json(personal) if personal else wire["data"]
    time, recorded = _instant(wire["time"]), _instant(wire["recordedtime"])
    # By position: looks make a great many, and names cost as much as the rest.
    return TicketEvent(
        wire["subject"], wire["type"], time, data, wire["id"], wire["source"], wire.get("sequence"), seq, recorded
    )


_instant = lru_cache(10_000)(parse)
"""Events that came together were recorded together."""


def decision_entry(decision: Decision, now: int) -> dict[str, Any]:
    """The row of a decision; what does not apply is left out."""
    row = {"kind": decision.kind, "ticket": decision.ticket, "key": decision_key(decision), "is_event": False}
    return {**row, "at": decision.at, "recorded_at": now, "body": canonical(decision.plain())}


def decision_of(body: str) -> Decision:
    """The decision of an entry."""
    return Decision.of(orjson.loads(body))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=20).hexdigest()

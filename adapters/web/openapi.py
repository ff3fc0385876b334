"""The API's description, at /openapi.json.

Decided here: what each route takes and answers, in OpenAPI 3.1. A test walks all routes: none is without a description. Not
decided here: what they do.
"""

from typing import Any

from adapters.web.chat_page import Login, Pressed, TypedLine
from bot.messages import Answer, Card
from rules.exceptions import STATES

_INSTANT: dict[str, Any] = {"type": "string", "format": "date-time"}
_MAYBE_INSTANT: dict[str, Any] = {"type": ["string", "null"], "format": "date-time"}
_TEXT: dict[str, Any] = {"type": "string"}
_WHOLE: dict[str, Any] = {"type": "integer"}
_ANYTHING: dict[str, Any] = {"type": "object"}


def description(version: str) -> dict[str, Any]:
    """The OpenAPI document."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Slakeeper",
            "version": version,
            "description": "Ticket events in; how their agreements stand out. Instants are RFC 3339, UTC, with milliseconds.",
        },
        "paths": _paths(),
        "components": {"schemas": _schemas(), "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _paths() -> dict[str, Any]:
    ticket = _parameter("ticket", "path", _TEXT, required=True)
    verdict = _parameter("verdict", "query", {"type": "array", "items": {"$ref": "#/components/schemas/Verdict"}})
    limit = _parameter("limit", "query", {"type": "integer", "minimum": 1, "maximum": 500, "default": 100})
    state = _parameter("state", "query", {"enum": ["open", "all"]})
    approved = _parameter("state", "query", {"enum": list(STATES)})
    channel, since = _parameter("channel", "query", _TEXT), _parameter("since", "query", {"type": "integer", "minimum": 0})
    return {
        "/events": {"post": _events()},
        "/healthz": {"get": _open("The process is up.", _ANYTHING)},
        "/readyz": {"get": _open("The ledger answers.", _ANYTHING) | {"responses": _ready()}},
        "/metrics": {"get": _figures()},
        "/openapi.json": {"get": _open("This description.", _ANYTHING)},
        "/api/tickets/{ticket}": {"get": _read("A ticket: facts, clocks, pages, timeline.", "Ticket", [ticket], missing=True)},
        "/api/clocks": {"get": _read("Clocks, soonest due first.", "Clocks", [verdict, limit])},
        "/api/pages": {"get": _read("Pages, latest first.", "Pages", [state, limit])},
        "/api/messages": {"get": _read("Messages of the local chat after a revision.", "Messages", [channel, since])},
        "/api/exceptions": {"get": _read("The register of exceptions.", "Exceptions", [approved])},
        "/api/status": {"get": _read("Clocks by agreement, metric and verdict; the bot's own health.", "Status", [])},
        "/api/page": {"get": _read("What the chat page needs to begin.", "Start", [])},
        "/api/stream": {"get": _stream(since)},
        "/api/complete": {"get": _read("How a typed line can go on.", "Completions", [_parameter("text", "query", _TEXT)])},
        "/api/command": {"post": _write("A typed line, such as /sla status.", "TypedLine", "Answer")},
        "/api/click": {"post": _write("A button of a card.", "Pressed", "Answer")},
        "/api/login": {"post": _login()},
    }


def _schemas() -> dict[str, Any]:
    verdicts = ["on track", "at risk", "overdue", "met", "missed", "excused", "cancelled"]
    clock: dict[str, Any] = dict.fromkeys(("ticket", "agreement", "version", "metric", "state"), _TEXT)
    clock |= dict.fromkeys(("cycle", "target_ms", "elapsed_ms", "wall_elapsed_ms", "paused_ms"), _WHOLE)
    clock |= {"verdict": {"$ref": "#/components/schemas/Verdict"}, "started_at": _INSTANT}
    clock |= dict.fromkeys(("due_at", "stopped_at", "breached_at"), _MAYBE_INSTANT)
    page: dict[str, Any] = {
        "page": _TEXT,
        "ticket": _TEXT,
        "ladder": _TEXT,
        "state": _TEXT,
        "step": _WHOLE,
        "opened_at": _INSTANT,
    }
    page |= {"to": _list(_TEXT), "next_to": _list(_TEXT), "acknowledged_by": {"type": ["string", "null"]}}
    page |= {"next_step": {"type": ["integer", "null"]}}
    page |= dict.fromkeys(("next_at", "acknowledged_until", "closed_at"), _MAYBE_INSTANT)
    message: dict[str, Any] = {
        "id": _TEXT,
        "rev": _WHOLE,
        "channel": _TEXT,
        "kind": _TEXT,
        "ticket": {"type": ["string", "null"]},
    }
    message |= {"card": {"$ref": "#/components/schemas/Card"}, "log": _list(_ANYTHING), "created_at": _INSTANT}
    event: dict[str, Any] = dict.fromkeys(("id", "source", "type", "subject", "sequence"), _TEXT)
    event |= {"specversion": {"const": "1.0"}, "time": _INSTANT, "recordedtime": _INSTANT, "data": _ANYTHING}
    models: dict[str, Any] = {}
    for model in (Card, Answer, TypedLine, Pressed, Login):
        schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
        models |= schema.pop("$defs", {})
        models[model.__name__] = schema
    models["Card"]["properties"]["due_at"] = _MAYBE_INSTANT
    return models | {
        "Verdict": {"enum": verdicts},
        "Event": _object(event, required=["specversion", "id", "source", "type", "subject", "time"]),
        "Accepted": _object({"accepted": _WHOLE, "duplicates": _WHOLE, "quarantined": _list(_ANYTHING)}),
        "Error": _object({"error": _TEXT}),
        "Clock": _object(clock),
        "Clocks": _object({"clocks": _list({"$ref": "#/components/schemas/Clock"})}),
        "Page": _object(page),
        "Pages": _object({"pages": _list({"$ref": "#/components/schemas/Page"})}),
        "Ticket": _object(
            {
                "ticket": _TEXT,
                "facts": _ANYTHING,
                "clocks": _list({"$ref": "#/components/schemas/Clock"}),
                "pages": _list({"$ref": "#/components/schemas/Page"}),
                "timeline": _list(_ANYTHING),
            }
        ),
        "Exceptions": _object({"exceptions": _list(_ANYTHING)}),
        "Message": _object(message),
        "Messages": _object({"messages": _list({"$ref": "#/components/schemas/Message"}), "next": _WHOLE}),
        "Status": _object({"now": _INSTANT, "clocks": _list(_ANYTHING), "health": _ANYTHING}),
        "Start": _object(
            {"now": _INSTANT, "speed": {"type": "number"}, "people": _list(_ANYTHING), "channels": _list(_ANYTHING)}
        ),
        "Completions": _object({"options": _list(_ANYTHING)}),
    }


def _events() -> dict[str, Any]:
    one = {"$ref": "#/components/schemas/Event"}
    headers = [_parameter(name, "header", _TEXT) for name in ("X-Slakeeper-Timestamp", "X-Slakeeper-Signature")]
    content = {
        "application/cloudevents+json": {"schema": one},
        "application/cloudevents-batch+json": {"schema": _list(one)},
        "application/json": {"schema": {"oneOf": [one, _list(one)]}},
    }
    responses = {"202": _json("Stored: how many are new, known already, and in quarantine with the reason.", "Accepted")}
    for status, text in (
        ("400", "The body is no CloudEvents JSON."),
        ("401", "The signature does not fit."),
        ("413", "The body is too large."),
        ("429", "Too many requests at once: Retry-After says when to come back."),
    ):
        responses[status] = _json(text, "Error")
    summary = "Ticket events, one or an array of them; signed with HMAC-SHA256 over timestamp.body where a secret is set."
    return {
        "summary": summary,
        "parameters": headers,
        "requestBody": {"required": True, "content": content},
        "responses": responses,
    }


def _read(summary: str, schema: str, parameters: list[Any], *, missing: bool = False) -> dict[str, Any]:
    responses = {"200": _json(summary, schema), "401": _json("A bearer token is needed.", "Error")}
    responses["400"] = _json("A parameter cannot be understood.", "Error")
    if missing:
        responses["404"] = _json("There is no such ticket.", "Error")
    return {"summary": summary, "parameters": parameters, "security": [{"token": []}], "responses": responses}


def _write(summary: str, takes: str, gives: str) -> dict[str, Any]:
    responses = {"200": _json("The answer.", gives), "400": _json("The body cannot be understood.", "Error")}
    responses |= {"401": _json("A bearer token is needed.", "Error"), "413": _json("Too long.", "Error")}
    return {"summary": summary, "security": [{"token": []}], "requestBody": _takes(takes), "responses": responses}


def _login() -> dict[str, Any]:
    responses = {"204": {"description": "A cookie is set."}, "401": _json("That is not the token.", "Error")}
    responses |= {"400": _json("The body cannot be understood.", "Error"), "413": _json("Too long.", "Error")}
    return {"summary": "The API's token, for a cookie.", "requestBody": _takes("Login"), "responses": responses}


def _stream(since: dict[str, Any]) -> dict[str, Any]:
    answer = {"description": "Server-sent events: message, clock.", "content": {"text/event-stream": {"schema": _TEXT}}}
    responses = {"200": answer, "401": _json("A bearer token is needed.", "Error")}
    return {
        "summary": "Messages as they come and change.",
        "parameters": [since],
        "security": [{"token": []}],
        "responses": responses,
    }


def _open(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"summary": summary, "responses": {"200": {"description": summary, "content": content}}}


def _figures() -> dict[str, Any]:
    answer = {"description": "The process's figures, for Prometheus.", "content": {"text/plain": {"schema": _TEXT}}}
    responses = {"200": answer, "401": _json("A bearer token is needed.", "Error")}
    return {"summary": "What the process measures of itself.", "security": [{"token": []}], "responses": responses}


def _ready() -> dict[str, Any]:
    content = {"application/json": {"schema": _ANYTHING}}
    return {
        "200": {"description": "The ledger answers.", "content": content},
        "503": {"description": "It does not.", "content": content},
    }


def _takes(schema: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _json(text: str, schema: str) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


def _parameter(name: str, where: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": where, "required": required, "schema": schema}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required or list(properties)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}

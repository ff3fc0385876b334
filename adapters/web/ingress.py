"""POST /events: events in.

Decided here: how a request is answered: 202 after its commit, with what was accepted, known already or put in quarantine; 400
only for a body that is no CloudEvents JSON; 401, 413, 429; 503 where nothing could be stored. Not decided here: which events
are understood, and how requests share a transaction.
"""

import json
from collections.abc import Awaitable, Callable, Mapping
from operator import itemgetter
from typing import Any

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from adapters.web.security import HEADERS, Security
from bot.figures import Figures
from bot.ports import LedgerUnavailableError, WallClockPort
from bot.records import Batch, BodyError, Refused, Stored

MOST_BYTES = 8 * 1024 * 1024
MOST_READ = 8 * MOST_BYTES
MOST_AT_ONCE = 1_000
MOST_BYTES_AT_ONCE = 16 * MOST_BYTES
AT_ONCE_BYTES = 64 * 1024
"""A body up to this size is read between two others; a larger one would hold them up and is read in a thread."""
RETRY_SECONDS = "1"

_HEADERS = [*HEADERS, (b"content-type", b"application/json")]
_FIRST = itemgetter(0)
_AGAIN = [(b"retry-after", RETRY_SECONDS.encode())]

log = structlog.get_logger()

Translate = Callable[[bytes, int], Batch]
Store = Callable[[Batch], Awaitable[list[Stored]]]


class Ingress:
    """Takes events from helpdesks; `nudge` wakes the watch. An ASGI application of its own: a framework's request, routing and
    response would take as long as all that is done here.
    """

    def __init__(
        self,
        store: Store,
        translate: Translate,
        clock: WallClockPort,
        security: Security,
        figures: Figures,
        nudge: Callable[[], None],
    ) -> None:
        self._store, self._translate, self._clock = store, translate, clock
        self._security, self._figures, self._nudge = security, figures, nudge
        self._requests = self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            status, answer = await self._post(headers, receive)
        except Exception:
            log.exception("a request with events failed")
            status, answer = 500, {"error": "something went wrong here; it is in the log"}
        if status >= 500:
            self._figures.failed("event")
        body = json.dumps(answer).encode()
        sent = [*_HEADERS, (b"content-length", str(len(body)).encode()), *(_AGAIN if status in (429, 503) else ())]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": body})

    async def _post(self, headers: Mapping[str, str], receive: Receive) -> tuple[int, dict[str, Any]]:
        declared = _declared(headers)
        size = min(MOST_BYTES if declared is None else declared, MOST_BYTES)
        if self._requests >= MOST_AT_ONCE or self._bytes + size > MOST_BYTES_AT_ONCE:
            return 429, {"error": "too many requests at once: try again in a second"}
        self._requests, self._bytes = self._requests + 1, self._bytes + size
        try:
            body = None if declared is not None and declared > MOST_READ else await _body(receive)
            if body is None:
                return 413, {"error": f"a body holds at most {MOST_BYTES:,} bytes: send the events in several requests"}
            refusal = self._security.event_refusal(headers, body, self._clock.real_seconds())
            return (401, {"error": refusal}) if refusal is not None else await self._stored(body)
        finally:
            self._requests, self._bytes = self._requests - 1, self._bytes - size

    async def _stored(self, body: bytes) -> tuple[int, dict[str, Any]]:
        now = self._clock.now()
        try:
            if len(body) <= AT_ONCE_BYTES:
                batch = self._translate(body, now)
            else:
                batch = await run_in_threadpool(self._translate, body, now)
        except BodyError as error:
            return 400, {"error": f"no CloudEvents JSON: {error}"}
        try:
            stored = await self._store(batch)
        except LedgerUnavailableError as error:
            return 503, {"error": f"nothing was stored: {error}"}
        self._nudge()
        pairs = zip(batch.events, stored, strict=True)
        late = [(index, found) for (index, _), found in pairs if isinstance(found, Refused)]
        quarantined = [
            {"index": index, "reason": refused.reason} for index, refused in sorted([*batch.refused, *late], key=_FIRST)
        ]
        return 202, {"accepted": stored.count(True), "duplicates": stored.count(False), "quarantined": quarantined}


def _declared(headers: Mapping[str, str]) -> int | None:
    """How many bytes a request says it brings; None where it does not say."""
    declared = headers.get("content-length", "")
    return int(declared) if declared.isascii() and declared.isdigit() else None


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None where it is too large; no more than that is ever held.

    A body that is too large is still read to its end, within reason: who is still sending would not hear the answer.
    """
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        part = message.get("body", b"")
        size += len(part)
        if size <= MOST_BYTES:
            parts.append(part)
        elif size <= MOST_READ:
            parts.clear()
        else:
            return None
        if not message.get("more_body", False):
            return b"".join(parts) if size <= MOST_BYTES else None

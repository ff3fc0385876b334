"""POST /events: events in.

Decided here: how a request is answered: 202 after its commit, with what was accepted, known already or put in quarantine; 400
only for a body that is no CloudEvents JSON; 401, 413, 429; 503 where nothing could be stored. Not decided here: which events
are understood, and how requests share a transaction.
"""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from adapters.web.security import Security
from bot.ports import LedgerUnavailableError, WallClockPort
from bot.records import Batch, BodyError

MOST_BYTES = 8 * 1024 * 1024
MOST_READ = 8 * MOST_BYTES
MOST_AT_ONCE = 1_000
MOST_BYTES_AT_ONCE = 16 * MOST_BYTES
AT_ONCE_BYTES = 64 * 1024
"""A body up to this size is read between two others; a larger one would hold them up and is read in a thread."""
RETRY_SECONDS = "1"

Translate = Callable[[bytes, int], Batch]
Store = Callable[[Batch], Awaitable[list[bool]]]


class Ingress:
    """Takes events from helpdesks; `nudge` wakes the watch."""

    def __init__(
        self, store: Store, translate: Translate, clock: WallClockPort, security: Security, nudge: Callable[[], None]
    ) -> None:
        self._store, self._translate, self._clock = store, translate, clock
        self._security, self._nudge = security, nudge
        self._requests = self._bytes = 0

    async def post(self, request: Request) -> JSONResponse:
        """Answer one request."""
        size = _declared(request)
        if self._requests >= MOST_AT_ONCE or self._bytes + size > MOST_BYTES_AT_ONCE:
            return _error(429, "too many requests at once: try again in a second", {"Retry-After": RETRY_SECONDS})
        self._requests, self._bytes = self._requests + 1, self._bytes + size
        try:
            return await self._post(request)
        finally:
            self._requests, self._bytes = self._requests - 1, self._bytes - size

    async def _post(self, request: Request) -> JSONResponse:
        body = await _body(request)
        if body is None:
            return _error(413, f"a body holds at most {MOST_BYTES:,} bytes: send the events in several requests")
        refusal = self._security.event_refusal(request.headers, body, self._clock.real_seconds())
        if refusal is not None:
            return _error(401, refusal)
        now = self._clock.now()
        try:
            if len(body) <= AT_ONCE_BYTES:
                batch = self._translate(body, now)
            else:
                batch = await run_in_threadpool(self._translate, body, now)
        except BodyError as error:
            return _error(400, f"no CloudEvents JSON: {error}")
        try:
            news = await self._store(batch)
        except LedgerUnavailableError as error:
            return _error(503, f"nothing was stored: {error}", {"Retry-After": RETRY_SECONDS})
        self._nudge()
        quarantined = [{"index": index, "reason": refused.reason} for index, refused in batch.refused]
        answer = {"accepted": sum(news), "duplicates": len(news) - sum(news), "quarantined": quarantined}
        return JSONResponse(answer, status_code=202)


def _declared(request: Request) -> int:
    """How many bytes a request says it brings; as many as any may, where it does not say."""
    declared = request.headers.get("content-length", "")
    return min(int(declared), MOST_BYTES) if declared.isascii() and declared.isdigit() else MOST_BYTES


async def _body(request: Request) -> bytes | None:
    """The whole body, or None where it is too large; no more than that is ever held.

    A body that is too large is still read to its end, within reason: who is still sending would not hear the answer.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isascii() and declared.isdigit() and int(declared) > MOST_READ:
        return None
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size <= MOST_BYTES:
            parts.append(part)
        elif size <= MOST_READ:
            parts.clear()
        else:
            return None
    return b"".join(parts) if size <= MOST_BYTES else None


def _error(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"error": message}, status_code=status, headers=headers)

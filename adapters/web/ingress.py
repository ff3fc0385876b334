"""POST /events: events in.

Decided here: how a request is answered: 202 after the commit, with what was accepted, known already or put in quarantine;
400 only for a body that is no CloudEvents JSON; 401, 413, 429. Not decided here: which events are understood.
"""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from adapters.web.security import Security
from bot.ports import Intake, WallClockPort
from bot.records import Batch, BodyError

MOST_BYTES = 8 * 1024 * 1024
MOST_READ = 8 * MOST_BYTES
MOST_AT_ONCE = 64
RETRY_SECONDS = "1"

Translate = Callable[[bytes, int], Batch]


class Ingress:
    """Takes events from helpdesks; `nudge` wakes the watch."""

    def __init__(
        self, intake: Intake, translate: Translate, clock: WallClockPort, security: Security, nudge: Callable[[], None]
    ) -> None:
        self._intake, self._translate, self._clock = intake, translate, clock
        self._security, self._nudge = security, nudge
        self._places = MOST_AT_ONCE

    async def post(self, request: Request) -> JSONResponse:
        """Answer one request."""
        if self._places <= 0:
            return _error(429, "too many requests at once: try again in a second", {"Retry-After": RETRY_SECONDS})
        self._places -= 1
        try:
            return await self._post(request)
        finally:
            self._places += 1

    async def _post(self, request: Request) -> JSONResponse:
        body = await _body(request)
        if body is None:
            return _error(413, f"a body holds at most {MOST_BYTES:,} bytes: send the events in several requests")
        refusal = self._security.event_refusal(request.headers, body, self._clock.real_seconds())
        if refusal is not None:
            return _error(401, refusal)
        try:
            answer = await run_in_threadpool(self._store, body)
        except BodyError as error:
            return _error(400, f"no CloudEvents JSON: {error}")
        self._nudge()
        return JSONResponse(answer, status_code=202)

    def _store(self, body: bytes) -> dict[str, object]:
        now = self._clock.now()
        batch = self._translate(body, now)
        news = self._intake.append([event for _, event in batch.events], [refused for _, refused in batch.refused], now)
        quarantined = [{"index": index, "reason": refused.reason} for index, refused in batch.refused]
        return {"accepted": sum(news), "duplicates": len(news) - sum(news), "quarantined": quarantined}


async def _body(request: Request) -> bytes | None:
    """The whole body, or None where it is too large; no more than that is ever held.

    A body that is too large is still read to its end, within reason: who is still sending would not hear the answer.
    """
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > MOST_READ:
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

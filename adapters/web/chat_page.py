"""The local chat page's own calls: start, stream, commands, clicks, completion.

Decided here: how the page follows the chat (server-sent events, caught up by revision). Not decided here: what is said, and
what a command answers.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from adapters.web.api import MOST, message_json
from adapters.web.security import COOKIE, Security
from bot.commands import VERBS, completions
from bot.messages import Answer
from bot.ports import Commands, Ledger, WallClockPort
from escalation.book import Book
from escalation.people import Person
from rules.instants import text

Model = TypeVar("Model", bound=BaseModel)

CLOCK_SECONDS = 5.0
_MOST_BODY = 64 * 1024


class TypedLine(BaseModel):
    """A line typed into the page."""

    model_config = ConfigDict(extra="ignore", strict=True)

    text: str = Field(max_length=2_000)
    act: str | None = Field(default=None, alias="id", max_length=100)
    person: str | None = Field(default=None, alias="as", max_length=200)
    channel: str | None = Field(default=None, max_length=400)


class Pressed(BaseModel):
    """A button pressed on the page."""

    model_config = ConfigDict(extra="ignore", strict=True)

    action: str = Field(max_length=40)
    value: str = Field(max_length=300)
    act: str | None = Field(default=None, alias="id", max_length=100)
    person: str | None = Field(default=None, alias="as", max_length=200)
    channel: str | None = Field(default=None, max_length=400)


class Login(BaseModel):
    """The API's token, for a cookie."""

    model_config = ConfigDict(extra="ignore", strict=True)

    token: str = Field(max_length=500)


class ChatPage:
    """Serves one page's needs; `said` wakes its streams."""

    def __init__(self, ledger: Ledger, book: Book, clock: WallClockPort, commands: Commands, security: Security) -> None:
        self._ledger, self._book, self._clock, self._commands = ledger, book, clock, commands
        self._security = security
        self._streams: set[asyncio.Event] = set()
        self._ending = False

    def wake(self) -> None:
        """Something was said: every stream looks for it."""
        for stream in self._streams:
            stream.set()

    def end(self) -> None:
        """The server stops: every stream ends."""
        self._ending = True
        self.wake()

    async def start(self, _request: Request) -> JSONResponse:
        """GET /api/page: what the page needs to begin."""
        people = [{"id": p.id, "name": p.name, "roles": list(p.roles)} for p in self._book.people.values()]
        commands = [{"verb": v.name, "usage": v.usage, "help": v.help} for v in VERBS.values()]
        zone = next((a.calendar.zone.key for a in self._book.promises.agreements), "UTC")
        channels = await run_in_threadpool(self._channels)
        demo = self._clock.speed != 1
        return JSONResponse(
            {**self._time(), "zone": zone, "people": people, "channels": channels, "commands": commands, "demo": demo}
        )

    async def stream(self, request: Request) -> StreamingResponse:
        """GET /api/stream?since=REV: messages as they come and change."""
        since = request.headers.get("last-event-id") or request.query_params.get("since", "0")
        start = int(since) if since.isascii() and since.isdigit() and len(since) < 19 else 0
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._follow(start), media_type="text/event-stream", headers=headers)

    async def command(self, request: Request) -> JSONResponse:
        """POST /api/command: a typed line."""
        line = await _read(request, TypedLine)
        if isinstance(line, JSONResponse):
            return line
        return _answered(await run_in_threadpool(self._commands.answer, line.text, self._person(line.person), _act(line.act)))

    async def click(self, request: Request) -> JSONResponse:
        """POST /api/click: a button."""
        pressed = await _read(request, Pressed)
        if isinstance(pressed, JSONResponse):
            return pressed
        person = self._person(pressed.person)
        return _answered(
            await run_in_threadpool(self._commands.click, pressed.action, pressed.value, person, _act(pressed.act))
        )

    async def complete(self, request: Request) -> JSONResponse:
        """GET /api/complete?text=…: how a line can go on."""
        line = request.query_params.get("text", "")[:200]
        words = line.split()
        typed = words[-1] if words else ""
        tickets = await run_in_threadpool(self._ledger.reader.like, "" if line.endswith(" ") else typed, 25)
        pages = await run_in_threadpool(lambda: self._ledger.reader.pages(limit=25))
        found = completions(line, tickets, [page.page for page in pages])
        return JSONResponse({"options": [{"text": option, "help": help} for option, help in found]})

    async def login(self, request: Request) -> Response:
        """POST /api/login: the token, kept in a cookie that scripts cannot read."""
        login = await _read(request, Login)
        if isinstance(login, JSONResponse):
            return login
        if not self._security.is_token(login.token):
            return JSONResponse({"error": "that is not the token"}, status_code=401)
        response = Response(status_code=204)
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, login.token, httponly=True, samesite="strict", secure=secure, max_age=30 * 24 * 3600)
        return response

    async def _follow(self, since: int) -> AsyncIterator[str]:
        changed = asyncio.Event()
        self._streams.add(changed)
        loop = asyncio.get_running_loop()
        clock_at = loop.time()
        try:
            while not self._ending:
                if loop.time() >= clock_at:
                    yield f"event: clock\ndata: {json.dumps(self._time())}\n\n"
                    clock_at = loop.time() + CLOCK_SECONDS
                changed.clear()
                found = await run_in_threadpool(self._ledger.chat.messages, None, since, MOST)
                for message in found:
                    since = message.rev
                    yield f"event: message\nid: {since}\ndata: {json.dumps(message_json(message))}\n\n"
                if not found:
                    await _waited(changed, 1.0)
        finally:
            self._streams.discard(changed)

    def _channels(self) -> list[dict[str, str]]:
        teams = [{"id": t.channels["local"], "title": t.id, "kind": "team"} for t in self._book.teams.values()]
        people = [{"id": f"@{p.id}", "title": p.name, "kind": "person"} for p in self._book.people.values()]
        names = [channel for channel in self._ledger.chat.channels() if channel.startswith("customer:")]
        customers = [{"id": name, "title": name.partition(":")[2], "kind": "customer"} for name in names]
        return teams + people + customers

    def _person(self, id: str | None) -> Person | None:
        return self._book.people.get(id) if id else None

    def _time(self) -> dict[str, Any]:
        return {"now": text(self._clock.now()), "speed": self._clock.speed}


def _act(id: str | None) -> str | None:
    """What the page calls a press, apart from what other platforms do."""
    return f"local/{id}" if id else None


async def _waited(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def _read(request: Request, model: type[Model]) -> Model | JSONResponse:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BODY:
            return JSONResponse({"error": "that is too long"}, status_code=413)
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "body"
        return JSONResponse({"error": f"{where}: {first['msg']}"}, status_code=400)


def _answered(answer: Answer) -> JSONResponse:
    return JSONResponse(
        {"private": answer.private, "refused": answer.refused, "cards": [card.public() for card in answer.cards]}
    )

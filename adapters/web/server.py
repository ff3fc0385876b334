"""The web server's routes.

Decided here: which path leads where, which need the API's token, and the headers that keep a browser from running anything
but the page's own scripts. Not decided here: what the answers hold.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.web.api import Api
from adapters.web.chat_page import ChatPage
from adapters.web.ingress import RETRY_SECONDS, Ingress
from adapters.web.metrics import LEDGER_SILENT, Metrics
from adapters.web.openapi import description
from adapters.web.security import COOKIE, HEADERS, Security
from bot.ports import Ledger, LedgerError

STATIC = Path(__file__).parent / "static"
Handler = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")

PROBED_SECONDS = 1.0
"""For so long a supervisor or Prometheus waits for the database."""
_SLOW = f"the database has not answered within {PROBED_SECONDS:g} s"


def web_server(routes: Sequence[BaseRoute]) -> Starlette:
    """The application that answers over HTTP."""
    handlers: dict[Any, Any] = {HTTPException: _refused, LedgerError: _unavailable, Exception: _failed}
    return Starlette(routes=routes, middleware=[Middleware(_Headers)], exception_handlers=handlers)


class EventsFirst:
    """Hands what is posted to /events to its own application, and everything else to the web server."""

    def __init__(self, ingress: Ingress, others: Starlette) -> None:
        self._ingress, self.others = ingress, others

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "http" and scope["path"] == "/events" and scope["method"] == "POST":
            await self._ingress(scope, receive, send)
        else:
            await self.others(scope, receive, send)


def monitoring_routes(ledger: Ledger, metrics: Metrics, security: Security) -> list[BaseRoute]:
    """What supervisors and Prometheus ask of every process."""

    # A thread each of their own: what waits for a database that is away must not hold up those that work, nor the other one.
    readiness, measuring = ThreadPoolExecutor(1, "readiness"), ThreadPoolExecutor(1, "measuring")

    async def soon(thread: ThreadPoolExecutor, asked: Callable[[], T]) -> T:
        """What the database answers; TimeoutError where that takes longer than a supervisor waits."""
        return await asyncio.wait_for(asyncio.get_running_loop().run_in_executor(thread, asked), PROBED_SECONDS)

    async def ready(_request: Request) -> Response:
        try:
            await soon(readiness, partial(ledger.looks.next_attention, 0))
        except LedgerError as error:
            return JSONResponse({"ready": False, "error": str(error)}, status_code=503)
        except TimeoutError:
            return JSONResponse({"ready": False, "error": _SLOW}, status_code=503)
        return JSONResponse({"ready": True})

    async def healthy(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def measured(_request: Request) -> Response:
        try:
            standing = await soon(measuring, metrics.standing)
        except TimeoutError:
            standing = LEDGER_SILENT
        return Response(metrics.own() + standing, media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthy), Route("/readyz", ready), Route("/metrics", _guarded(security, measured))]


def page_routes(ingress: Ingress, page: ChatPage, api: Api, security: Security) -> list[BaseRoute]:
    """Where events come in, the local chat page, and the API."""

    async def openapi(_request: Request) -> Response:
        return JSONResponse(description(version("slakeeper")))

    async def index(_request: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    asked = {
        "/api/tickets/{ticket:path}": api.ticket,
        "/api/clocks": api.clocks,
        "/api/pages": api.pages,
        "/api/messages": api.messages,
        "/api/exceptions": api.exceptions,
        "/api/status": api.status,
        "/api/page": page.start,
        "/api/stream": page.stream,
        "/api/complete": page.complete,
    }
    done = {"/api/command": page.command, "/api/click": page.click}
    return [
        Route("/", index),
        Route("/events", ingress, methods=["POST"]),
        Route("/openapi.json", openapi),
        *(Route(path, _guarded(security, handler)) for path, handler in asked.items()),
        *(Route(path, _guarded(security, handler), methods=["POST"]) for path, handler in done.items()),
        Route("/api/login", page.login, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


def _guarded(security: Security, handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        in_path = "\0" in request.scope["path"]
        if in_path or b"%00" in request.scope["query_string"]:
            refused = {"error": "the address has a NUL in it: no id and no text has one"}
            return JSONResponse(refused, status_code=404 if in_path else 400)
        refusal = security.api_refusal(request.headers, request.cookies.get(COOKIE))
        return await handler(request) if refusal is None else JSONResponse({"error": refusal}, status_code=401)

    return answer


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail.lower()}, status_code=error.status_code, headers=error.headers)


async def _unavailable(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, status_code=503, headers={"Retry-After": RETRY_SECONDS})


async def _failed(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "something went wrong here; it is in the log"}, status_code=500)


class _Headers:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *HEADERS]
            await send(message)

        await self._app(scope, receive, sending)

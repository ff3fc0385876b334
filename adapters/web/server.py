"""The web server's routes.

Decided here: which path leads where, which need the API's token, and the headers that keep a browser from running anything
but the page's own scripts. Not decided here: what the answers hold.
"""

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.web.api import Api
from adapters.web.chat_page import ChatPage
from adapters.web.ingress import Ingress
from adapters.web.openapi import description
from adapters.web.security import COOKIE, Security
from bot.ports import Ledger

STATIC = Path(__file__).parent / "static"
Handler = Callable[[Request], Awaitable[Response]]

_HEADERS = [
    (b"content-security-policy", b"default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]


def web_server(ledger: Ledger, ingress: Ingress, page: ChatPage, api: Api, security: Security) -> Starlette:
    """The application that answers over HTTP."""

    def guarded(handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            refusal = security.api_refusal(request.headers, request.cookies.get(COOKIE))
            return await handler(request) if refusal is None else JSONResponse({"error": refusal}, status_code=401)

        return answer

    async def ready(_request: Request) -> Response:
        try:
            await run_in_threadpool(ledger.looks.next_attention, 0)
        except SQLAlchemyError as error:
            return JSONResponse({"ready": False, "error": type(error).__name__}, status_code=503)
        return JSONResponse({"ready": True})

    async def healthy(_request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def openapi(_request: Request) -> Response:
        return JSONResponse(description(version("slakeeper")))

    async def index(_request: Request) -> Response:
        return FileResponse(STATIC / "index.html", headers={"Cache-Control": "no-cache"})

    routes: list[BaseRoute] = [
        Route("/", index),
        Route("/events", ingress.post, methods=["POST"]),
        Route("/healthz", healthy),
        Route("/readyz", ready),
        Route("/openapi.json", openapi),
        Route("/api/tickets/{ticket:path}", guarded(api.ticket)),
        Route("/api/clocks", guarded(api.clocks)),
        Route("/api/pages", guarded(api.pages)),
        Route("/api/messages", guarded(api.messages)),
        Route("/api/exceptions", guarded(api.exceptions)),
        Route("/api/status", guarded(api.status)),
        Route("/api/page", guarded(page.start)),
        Route("/api/stream", guarded(page.stream)),
        Route("/api/complete", guarded(page.complete)),
        Route("/api/command", guarded(page.command), methods=["POST"]),
        Route("/api/click", guarded(page.click), methods=["POST"]),
        Route("/api/login", page.login, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
    handlers: dict[Any, Any] = {HTTPException: _refused, Exception: _failed}
    return Starlette(routes=routes, middleware=[Middleware(_Headers)], exception_handlers=handlers)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return JSONResponse({"error": error.detail.lower()}, status_code=error.status_code, headers=error.headers)


async def _failed(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"error": "something went wrong here; it is in the log"}, status_code=500)


class _Headers:
    """Adds the security headers to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        await self._app(scope, receive, sending)

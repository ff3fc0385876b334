"""A client of the web application, without a server: what a helpdesk or a browser would send, and what comes back."""

import asyncio
import json
from typing import Any

import httpx

from bot.app import App


class Client:
    """Sends requests one after the other and keeps cookies. An exception inside the application fails the test."""

    def __init__(self, app: App, host: str = "127.0.0.1:8080", **headers: str) -> None:
        self._app = app.server.config.app
        self._base = f"http://{host}"
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.cookies = httpx.Cookies()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request and read the whole answer."""
        return asyncio.run(self._request(method, path, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> httpx.Response:
        """Post JSON, or bytes as they are."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", **options.pop("headers", {})}
        return self.request("POST", path, content=content, headers=headers, **options)

    async def _request(self, method: str, path: str, **options: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app)  # type: ignore[arg-type]
        headers = {**self.headers, **options.pop("headers", {})}
        async with httpx.AsyncClient(transport=transport, base_url=self._base, cookies=self.cookies) as client:
            response = await client.request(method, path, headers=headers, **options)
            self.cookies = client.cookies
            return response

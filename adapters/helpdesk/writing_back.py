"""What the bot decides about a ticket, handed back to the helpdesk.

Decided here: each change is one CloudEvent, posted to an address of the owner's and signed as our own are; it keeps its id
when it is sent again, so the receiver can take it once. Not decided here: which changes there are (`bot.changes`), and what
the helpdesk makes of them.
"""

import asyncio
import json
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp
from pydantic import SecretStr

from adapters.signing import SIGNATURE, TIMESTAMP, signature
from bot.sending import DeliveryError, Post
from bot.shared_ports import Rate, SenderSettingsError
from rules.instants import text

_TIMEOUT = aiohttp.ClientTimeout(total=15.0)
_LOCAL = ("127.0.0.1", "::1", "localhost")
_MAY_PASS = (408, 425, 429)
_LONGEST_WAIT = 3_600.0


class HelpdeskSender:
    """Posts changes to one address."""

    platform = "helpdesk"
    certain = True
    rate = Rate(10, 1.0)

    def __init__(self, url: str, secret: SecretStr | None) -> None:
        try:
            parts = urlsplit(url)
            valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid:
            raise SenderSettingsError("HELPDESK_URL is no address: write https://helpdesk.example/hooks/slakeeper")
        self._url, self._host, self._secret = url, str(parts.hostname), secret
        if secret is None and self._host not in _LOCAL:
            raise SenderSettingsError(
                "HELPDESK_URL is set without HELPDESK_SECRET: the receiver could not tell our events from anybody's. Set the "
                "same secret here and there"
            )

    def __repr__(self) -> str:
        return f"HelpdeskSender({self._host})"

    def rate_keys(self, channel: str) -> Sequence[str]:  # noqa: ARG002 - one receiver, whichever ticket it is about
        """All changes count on the one receiver."""
        return (f"helpdesk/{self._host}",)

    def send(self, post: Post, now: int) -> str:
        """Post one change; its id. Raises DeliveryError."""
        event = {
            "specversion": "1.0",
            "source": "slakeeper",
            "subject": post.about,
            "time": text(now),
            "datacontenttype": "application/json",
            **post.change,
        }
        asyncio.run(self._post(json.dumps(event).encode()))
        return str(event["id"])

    async def _post(self, body: bytes) -> None:
        headers = {"Content-Type": "application/cloudevents+json; charset=utf-8"}
        if self._secret is not None:
            stamp = str(int(time.time()))
            headers |= {TIMESTAMP: stamp, SIGNATURE: signature(self._secret.get_secret_value(), stamp, body)}
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as session,
                session.post(self._url, data=body, headers=headers, allow_redirects=False) as response,
            ):
                _check(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise DeliveryError(f"the helpdesk does not answer: {type(error).__name__}", permanent=False) from None


def _check(response: aiohttp.ClientResponse) -> None:
    """Raises DeliveryError for any answer but that it was taken."""
    status = response.status
    if 200 <= status < 300:
        return
    passes = status in _MAY_PASS or status >= 500
    raise DeliveryError(
        f"the helpdesk answered {status}", permanent=not passes, retry_after=_wait(response) if passes else None
    )


def _wait(response: aiohttp.ClientResponse) -> float | None:
    """What it asks for in seconds; a date is left to our own pauses."""
    said = response.headers.get("Retry-After", "")
    return min(float(said), _LONGEST_WAIT) if said.isascii() and said.isdigit() else None

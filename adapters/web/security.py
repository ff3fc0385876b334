"""Who may ask.

Decided here: the signature on POST /events, the bearer token of the API and the page, what is open on loopback, and that a
strange website in a user's browser can reach neither. Comparisons take constant time. Not decided here: roles of people.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from adapters.signing import signature

LOOPBACK = ("127.0.0.1", "::1", "localhost")
WINDOW_SECONDS = 300
COOKIE = "sla_token"
HEADERS = [
    (b"content-security-policy", b"default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
"""With every answer: a browser runs nothing but the page's own scripts."""


@dataclass(frozen=True)
class Security:
    """What protects this server; `host` is the address it is bound to."""

    host: str
    webhook_secret: SecretStr | None = field(default=None, repr=False)
    api_token: SecretStr | None = field(default=None, repr=False)

    def event_refusal(self, headers: Mapping[str, str], body: bytes, now_seconds: float) -> str | None:
        """Why a request to POST /events is not to be trusted, or None where it is."""
        if self.webhook_secret is None:
            if self.host not in LOOPBACK:
                return "no webhook secret is set: unsigned events are taken on loopback only"
            return self.strange(headers)
        stamp, given = headers.get("x-slakeeper-timestamp", ""), headers.get("x-slakeeper-signature", "")
        if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            return "X-Slakeeper-Timestamp must be the time in whole seconds"
        if abs(now_seconds - int(stamp)) > WINDOW_SECONDS:
            return "X-Slakeeper-Timestamp is more than five minutes away from the clock here"
        expected = signature(self.webhook_secret.get_secret_value(), stamp, body)
        if not hmac.compare_digest(expected.encode(), given.encode("utf-8", "replace")):
            return "X-Slakeeper-Signature does not fit: v1= and the hex HMAC-SHA256 of timestamp.body"
        return None

    def api_refusal(self, headers: Mapping[str, str], cookie: str | None) -> str | None:
        """Why a request to the API or page is not to be answered, or None where it is."""
        if self.api_token is None:
            if self.host not in LOOPBACK:
                return "no SLA_API_TOKEN is set: the API is open on loopback only"
            return self.strange(headers)
        scheme, _, given = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return None if self.is_token(given.strip()) else "the bearer token does not fit"
        if cookie is not None and self.is_token(cookie):
            return self.cross_site(headers)
        return "a bearer token is needed"

    def is_token(self, given: str) -> bool:
        """Whether a text is the API's token."""
        token = self.api_token.get_secret_value() if self.api_token else ""
        return bool(token) and hmac.compare_digest(token.encode(), given.encode("utf-8", "replace"))

    def strange(self, headers: Mapping[str, str]) -> str | None:
        """Without a secret, only loopback by its own name: a website may not point its name here, nor send from its pages."""
        if _host(f"//{headers.get('host', '')}").hostname not in LOOPBACK:
            return "without a secret, this server answers on loopback by that name only"
        return self.cross_site(headers)

    @staticmethod
    def cross_site(headers: Mapping[str, str]) -> str | None:
        """A browser says from which site a request comes: it must be this one."""
        origin = headers.get("origin")
        if origin is not None and _host(origin).netloc != headers.get("host"):
            return "requests from other sites' pages are refused"
        return None


@lru_cache(1_000)
def _host(address: str) -> SplitResult:
    """The parts of an address; of one that cannot be read, none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")

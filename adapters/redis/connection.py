"""The way to Redis, or to Valkey, which answers alike.

Decided here: what REDIS_URL may say; that no answer is waited for longer than a moment; what is wrong, in words; that the
keys of two bots on one server differ. Not decided here: what is done while Redis is away (`outage.py`).
"""

import hashlib
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

import redis.asyncio
from redis import AuthenticationError, Redis, RedisError, ResponseError
from redis import TimeoutError as SlowError
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from bot.shared_ports import RedisUrlError

PATIENCE = 0.3
"""Seconds for connecting, and for each answer: a Redis that hangs must not hold up what works without it."""

_FORMS = "write redis://[user:password@]host:6379/0, rediss://… for TLS, or unix:///path"
_TLS = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs", "ssl_check_hostname")
_OPTIONS = {"redis": ("db",), "rediss": ("db", *_TLS), "unix": ("db", "password")}
_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


class Connection:
    """The server at a URL, for the bot of a name. Connects when it is first asked. Raises RedisUrlError."""

    def __init__(self, url: str, name: str) -> None:
        self._url, parts = url, _checked(url)
        self.where = parts.path if parts.scheme == "unix" else f"{parts.hostname}:{parts.port or 6379}"
        self.prefix = f"slakeeper:{hashlib.blake2b(name.encode(), digest_size=6).hexdigest()}:"
        self._tls = parts.scheme == "rediss"
        # RESP 2: its handshake has nothing that older servers, or users with few rights, are refused.
        self._options: dict[str, Any] = {
            "socket_timeout": PATIENCE,
            "socket_connect_timeout": PATIENCE,
            "decode_responses": True,
            "protocol": 2,
        }
        try:
            self.client = Redis.from_url(url, **self._options, retry=Retry(NoBackoff(), 0))
            self.client.connection_pool.make_connection()  # connects to nothing, but refuses wrong options
        except (RedisError, TypeError, ValueError) as error:
            raise RedisUrlError(f"REDIS_URL cannot be used: {error}") from None

    def listening(self) -> "redis.asyncio.Redis":
        """A client for the running event loop; whoever asked for it closes it."""
        return redis.asyncio.Redis.from_url(self._url, **self._options, retry=AsyncRetry(NoBackoff(), 0))

    def check(self) -> str | None:
        """What is wrong, in words; None where Redis answers."""
        try:
            self.client.ping()
        except (RedisError, OSError) as error:
            return self._words(error)
        return None

    def close(self) -> None:
        """Let go of all connections."""
        self.client.close()

    def _words(self, error: Exception) -> str:
        refusal = error.__context__
        if isinstance(error, AuthenticationError):
            asked = "Authentication required" in str(error)
            what = "asks for a password: write it into REDIS_URL" if asked else "refuses the user or the password of REDIS_URL"
            return f"Redis at {self.where} {what}"
        if isinstance(refusal, ssl.SSLCertVerificationError):
            what = f"has a certificate that is not trusted ({refusal.verify_message}): name its authority in ssl_ca_certs"
            return f"Redis at {self.where} {what}"
        if isinstance(error, SlowError):
            port = "; perhaps it does not speak TLS there" if self._tls else ""
            return f"Redis at {self.where} does not answer within {PATIENCE} s{port}"
        if isinstance(error, ResponseError):
            return f"Redis at {self.where} refuses: {error}"
        reason = getattr(refusal, "strerror", None) or error
        return f"Redis at {self.where} cannot be reached: {reason}"


def _checked(url: str) -> SplitResult:
    """The parts of a URL that redis-py would otherwise take for something else, without a word."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises where it is no number
    except ValueError:
        raise RedisUrlError(
            "REDIS_URL cannot be read: its port is a number, and a password's @ : / # ? [ ] are %40 %3A %2F %23 %3F %5B %5D"
        ) from None
    if parts.scheme not in _OPTIONS:
        raise RedisUrlError(f"REDIS_URL is no Redis URL: {_FORMS}")
    if parts.fragment:
        raise RedisUrlError("REDIS_URL has a # in it: a # of the password is written %23")
    if not (parts.path if parts.scheme == "unix" else parts.hostname):
        raise RedisUrlError(f"REDIS_URL names no {'path' if parts.scheme == 'unix' else 'host'}: {_FORMS}")
    database = parts.path.strip("/")
    if parts.scheme != "unix" and database and not database.isdecimal():
        raise RedisUrlError("REDIS_URL ends in a database that is no number: write it as in redis://host:6379/0")
    for option, value in parse_qsl(parts.query, keep_blank_values=True):
        if option not in _OPTIONS[parts.scheme]:
            known = ", ".join(_OPTIONS[parts.scheme])
            raise RedisUrlError(f"REDIS_URL has an option that {parts.scheme}:// does not know here: it knows {known}")
        if option in _FILES and not Path(value).is_file():
            raise RedisUrlError(f"REDIS_URL: there is no file {value} for {option}")
    return parts

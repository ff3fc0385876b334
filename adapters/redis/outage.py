"""What happens while Redis is away.

Decided here: that nobody fails for it; that after a failure it is left alone for a second, so that one that hangs holds up
little; that an outage is told once, and its end. Not decided here: what is done instead.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from redis import RedisError

PAUSE_SECONDS = 1.0
FAILURES = (RedisError, OSError)

Found = TypeVar("Found")
log = structlog.get_logger()


class Outage:
    """Of one use of Redis; `meanwhile` says what holds while it is away."""

    def __init__(self, meanwhile: str) -> None:
        self._meanwhile = meanwhile
        self._lock = threading.Lock()
        self._away = False
        self._again_at = 0.0

    def ask(self, question: Callable[[], Found]) -> Found | None:
        """The answer; None while Redis is away."""
        if time.monotonic() < self._again_at:
            return None
        try:
            found = question()
        except FAILURES as error:
            self.failed(error)
            return None
        self.answered()
        return found

    def failed(self, error: Exception) -> None:
        """Leave it alone for a while; at the first failure, say so."""
        with self._lock:
            known, self._away = self._away, True
            self._again_at = time.monotonic() + PAUSE_SECONDS
        if not known:
            log.warning("Redis is away", meanwhile=self._meanwhile, error=f"{type(error).__name__}: {error}")

    def answered(self) -> None:
        """It is there; after an outage, say so."""
        with self._lock:
            known, self._away = self._away, False
        if known:
            log.info("Redis is back", no_longer=self._meanwhile)

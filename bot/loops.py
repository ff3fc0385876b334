"""Loops that must not end.

Decided here: that a loop outlives an error, which is told and followed by a pause. Not decided here: what the loops do.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from bot.ports import LedgerError, WallClockPort

PAUSE_SECONDS = 1.0
LONGEST_SLEEP = 1.0
SHORTEST_SLEEP = 0.005

log = structlog.get_logger()


async def go_on(turn: Callable[[], Awaitable[None]]) -> None:
    """Take turn after turn for ever; after one that fails, as when the database does not answer, wait and go on."""
    while True:
        try:
            await turn()
        except LedgerError as error:
            log.error("a turn failed; the next one comes in a second", error=str(error))
            await asyncio.sleep(PAUSE_SECONDS)
        except Exception:
            log.exception("a turn failed; the next one comes in a second")
            await asyncio.sleep(PAUSE_SECONDS)


class Wake:
    """Wakes a loop that waits, from any thread."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def set(self) -> None:
        """There is something to do."""
        if self._loop is None:
            self._event.set()
            return
        with suppress(RuntimeError):  # the process is ending
            self._loop.call_soon_threadsafe(self._event.set)

    def clear(self) -> None:
        """What there is to do is being looked for: from now on it would be news."""
        self._loop = asyncio.get_running_loop()
        self._event.clear()

    async def until(self, upcoming: int | None, clock: WallClockPort) -> None:
        """Wait for news or until the instant `upcoming`, but not longer than a second: another process may have written."""
        sleep = LONGEST_SLEEP if upcoming is None else min(LONGEST_SLEEP, clock.seconds_until(upcoming))
        with suppress(TimeoutError):
            async with asyncio.timeout(max(sleep, SHORTEST_SLEEP)):
                await self._event.wait()

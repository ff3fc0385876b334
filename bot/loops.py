"""Loops that must not end.

Decided here: that a loop outlives an error, which is told and followed by a pause. Not decided here: what the loops do.
"""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from bot.ports import WallClockPort

PAUSE_SECONDS = 1.0
LONGEST_SLEEP = 1.0
SHORTEST_SLEEP = 0.005

log = structlog.get_logger()


async def go_on(turn: Callable[[], Awaitable[None]]) -> None:
    """Take turn after turn for ever; after one that fails, as when the database does not answer, wait and go on."""
    while True:
        try:
            await turn()
        except Exception:
            log.exception("a turn failed; the next one comes in a second")
            await asyncio.sleep(PAUSE_SECONDS)


async def waited(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, but not longer than `seconds`."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


async def waited_until(event: asyncio.Event, upcoming: int | None, clock: WallClockPort) -> None:
    """Wait for an event or until the instant `upcoming`, but not longer than a second: another process may have written."""
    sleep = LONGEST_SLEEP if upcoming is None else min(LONGEST_SLEEP, clock.seconds_until(upcoming))
    await waited(event, max(sleep, SHORTEST_SLEEP))

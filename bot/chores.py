"""Chores: what is done now and then, by one process for all.

Decided here: when each is done, that a long one holds up no other, and that one which fails is told and soon done again, after
growing pauses. Every process has its turn; a lease sees to it that one of them does it, and another one where that dies. Not
decided here: what is done, and under which lease.
"""

import asyncio
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from bot.figures import Figures
from bot.loops import go_on
from bot.ports import LedgerError, WallClockPort
from rules.instants import MINUTE

STEP_SECONDS = 1.0
AGAIN, LONGEST = MINUTE, 15 * MINUTE
"""What has failed is tried again after the first, then after twice as long each time, and never later than after the other."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Chore:
    """Something whose turn comes every so many milliseconds; `turn` is given the name under which this process takes leases."""

    name: str
    every: int
    turn: Callable[[str], object]


class Chores:
    """Does what is due."""

    def __init__(self, clock: WallClockPort, figures: Figures, chores: Sequence[Chore]) -> None:
        self._clock, self._figures, self._chores = clock, figures, chores
        self._me = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
        self._next = {chore.name: 0 for chore in chores}
        self._failures = {chore.name: 0 for chore in chores}

    async def run(self) -> None:
        """For ever."""
        await asyncio.gather(*(go_on(partial(self._turn, chore)) for chore in self._chores))

    async def _turn(self, chore: Chore) -> None:
        await asyncio.to_thread(self._done, chore)
        await asyncio.sleep(STEP_SECONDS)

    def step(self) -> None:
        """Give each chore its turn whose time has come."""
        for chore in self._chores:
            self._done(chore)

    def _done(self, chore: Chore) -> None:
        now = self._clock.now()
        if now < self._next[chore.name] <= now + chore.every:  # further ahead only where the clock was set back
            return
        self._next[chore.name] = now + chore.every
        try:
            chore.turn(self._me)
        except (LedgerError, OSError) as error:
            log.error("a chore failed; its turn comes again", chore=chore.name, error=str(error))
            self._failed(chore, now, str(error))
        except Exception:
            log.exception("a chore failed; its turn comes again", chore=chore.name)
            self._failed(chore, now, "its log says why")
        else:
            self._failures[chore.name] = 0
            self._figures.troubled(chore.name, None)

    def _failed(self, chore: Chore, now: int, why: str) -> None:
        wait = min(AGAIN << min(self._failures[chore.name], 10), LONGEST)
        self._failures[chore.name] += 1
        self._next[chore.name] = now + min(chore.every, wait)
        self._figures.failed("chore")
        self._figures.troubled(chore.name, f"its chore {chore.name!r} fails and is tried again: {why}")

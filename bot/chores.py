"""Chores: what is done now and then, by one process for all.

Decided here: that a chore is done under a lease, so that of several processes one does it, and another one where that dies;
that one which fails is told, and done again when its time comes next. Not decided here: what is done.
"""

import asyncio
import os
import socket
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from bot.loops import go_on
from bot.ports import Leases, WallClockPort
from rules.instants import MINUTE, SECOND

STEP_SECONDS = 1.0
HELD = 15 * SECOND
"""A chore's lease lasts for so long beyond its next time; then another process takes it."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Chore:
    """Something to do every so many milliseconds; `work` is given the lease's fencing number and the instant."""

    name: str
    every: int
    work: Callable[[int, int], object]


class Chores:
    """Does what is due. `every` is in the clock's time, as instants are."""

    def __init__(self, leases: Leases, clock: WallClockPort, chores: Sequence[Chore]) -> None:
        self._leases, self._clock, self._chores = leases, clock, chores
        self._me = f"{socket.gethostname()}/{os.getpid()}/{uuid.uuid4().hex[:8]}"
        self._next = {chore.name: 0 for chore in chores}

    async def run(self) -> None:
        """For ever."""
        await go_on(self._turn)

    async def _turn(self) -> None:
        await asyncio.to_thread(self.step)
        await asyncio.sleep(STEP_SECONDS)

    def step(self) -> None:
        """Do each chore whose time has come, where no other process does it."""
        for chore in self._chores:
            now = self._clock.now()
            if now < self._next[chore.name] <= now + chore.every:  # further ahead only where the clock was set back
                continue
            self._next[chore.name] = now + chore.every
            fence = self._leases.take(chore.name, self._me, now, min(chore.every, MINUTE) + HELD)
            if fence is not None:
                self._do(chore, fence, now)

    def end(self) -> None:
        """Let another process do them at once."""
        for chore in self._chores:
            self._leases.give_back(chore.name, self._me)

    def _do(self, chore: Chore, fence: int, now: int) -> None:
        try:
            chore.work(fence, now)
        except Exception:
            log.exception("a chore failed; it is done again when its time comes next", chore=chore.name)

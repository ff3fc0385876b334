"""What a process says of itself while it works.

Decided here: that it stands on the board of processes, renewed every few seconds, until it stops in order; that the log has a
line a minute with what was done since the last one. Not decided here: what is measured (`Figures`).
"""

import asyncio
import os
import socket
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.metadata import version

import structlog

from bot.figures import Figures
from bot.ports import WallClockPort
from bot.shared_ports import Board, ProcessState

EVERY_SECONDS = 5.0
LOGGED_EVERY = 12
"""So many times `EVERY_SECONDS`."""

log = structlog.get_logger()


async def reporting(board: Board, figures: Figures, clock: WallClockPort, role: str) -> None:
    """For ever; when it is ended, the process leaves the board."""
    before, times = dict(figures.doing()), 0
    me = ProcessState(role, socket.gethostname(), os.getpid(), version("slakeeper"), clock.now(), clock.now(), {})
    asking = ThreadPoolExecutor(1, "board")  # one after the other: nothing is posted after leaving
    ask = partial(asyncio.get_running_loop().run_in_executor, asking)
    try:
        while True:
            doing = figures.doing()
            await ask(board.post, replace(me, seen_at=clock.now(), doing=doing, troubles=figures.troubles()))
            times += 1
            if times % LOGGED_EVERY == 0:
                _log(role, before, doing)
                before = dict(doing)
            await asyncio.sleep(EVERY_SECONDS)
    finally:
        await ask(board.leave, me)
        asking.shutdown(wait=False)


def _log(role: str, before: Mapping[str, int], after: Mapping[str, int]) -> None:
    done = {name: number - before.get(name, 0) for name, number in after.items() if not name.endswith(" ms")}
    if any(done.values()):
        late = {name: number for name, number in after.items() if name.endswith(" ms")}
        log.info("worked", role=role, **{name.replace(" ", "_"): number for name, number in (done | late).items()})

"""Group commit: events of requests that come at the same time are stored in one transaction.

Decided here: that while one transaction runs, what comes in meanwhile gathers for the next one, so nobody waits for company
when little comes in; that each request is answered only after its own commit; that one which cannot be stored, or whose ticket
is held by another process, fails no other.
Not decided here: how events are stored (`Intake`).
"""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bot.figures import Figures
from bot.ports import Intake, LedgerBusyError, LedgerUnavailableError, WallClockPort
from bot.records import Batch, Stored

MOST_EVENTS = 500
"""In one transaction; a request with more of them has one of its own."""


@dataclass(frozen=True)
class _Waiting:
    batch: Batch
    news: "asyncio.Future[list[Stored]]"


class GroupCommit:
    """Stores what concurrent requests bring. To be used from one event loop."""

    def __init__(self, intake: Intake, clock: WallClockPort, figures: Figures) -> None:
        self._intake, self._clock, self._figures = intake, clock, figures
        self._waiting: list[_Waiting] = []
        self._storing: asyncio.Task[None] | None = None
        self._thread, self._aside = ThreadPoolExecutor(1, "intake"), ThreadPoolExecutor(4, "intake alone")
        self._settling: set[asyncio.Task[None]] = set()

    async def append(self, batch: Batch) -> list[Stored]:
        """Store a request's events; for each, whether it is new, or why it was refused. Raises LedgerUnavailableError, and
        nothing is stored then.
        """
        waiting = _Waiting(batch, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._storing is None or self._storing.done():
            self._storing = asyncio.create_task(self._store())
        return await waiting.news

    async def _store(self) -> None:
        while self._waiting:
            group = self._next()
            try:
                news = await asyncio.get_running_loop().run_in_executor(self._thread, self._write, group)
            except Exception as error:
                self._settle(group, error)
            else:
                _answer(group, news)

    def _next(self) -> list[_Waiting]:
        """The oldest requests, as many as one transaction takes."""
        events = taken = 0
        for waiting in self._waiting:
            events += len(waiting.batch.events) + len(waiting.batch.refused)
            if taken and events > MOST_EVENTS:
                break
            taken += 1
        group, self._waiting = self._waiting[:taken], self._waiting[taken:]
        return group

    def _write(self, group: Sequence[_Waiting]) -> list[Stored]:
        events = [event for waiting in group for _, event in waiting.batch.events]
        refused = [refused for waiting in group for _, refused in waiting.batch.refused]
        news = self._intake.append(events, refused, self._clock.now())
        self._figures.batch("events", len(events))
        return news

    def _settle(self, group: Sequence[_Waiting], error: Exception) -> None:
        """After a transaction failed: where the database does not answer, all have failed; else one of them is to blame, and
        each is tried alone, while the next group is stored.
        """
        down = isinstance(error, LedgerUnavailableError) and not isinstance(error, LedgerBusyError)
        for waiting in group:
            if down or len(group) == 1:
                _fail(waiting, error)
                continue
            task = asyncio.create_task(self._alone(waiting))
            self._settling.add(task)
            task.add_done_callback(self._settling.discard)

    async def _alone(self, waiting: _Waiting) -> None:
        try:
            news = await asyncio.get_running_loop().run_in_executor(self._aside, self._write, [waiting])
        except Exception as error:
            _fail(waiting, error)
        else:
            _answer([waiting], news)


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.news.done():
        waiting.news.set_exception(error)


def _answer(group: Sequence[_Waiting], news: Sequence[Stored]) -> None:
    """Give each request its part; who has hung up meanwhile is not told."""
    position = 0
    for waiting in group:
        end = position + len(waiting.batch.events)
        if not waiting.news.done():
            waiting.news.set_result(list(news[position:end]))
        position = end

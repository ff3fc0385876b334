"""The running process: an error of the database that passes does not end it, and one that ends it is never silent."""

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from tests.support.desk import NINE, Desk, desk, opened


def running(here: Desk, then: Callable[[], bool], seconds: float = 10) -> bool:
    """Run the bot on a free port until something holds; False where it ended before, or it never held."""

    async def run() -> bool:
        with socket.socket() as listening:
            listening.bind(("127.0.0.1", 0))
            listening.listen()
            task = asyncio.create_task(here.app.run(listening))
            end = asyncio.get_running_loop().time() + seconds
            held = False
            while not held and not task.done() and asyncio.get_running_loop().time() < end:
                await asyncio.sleep(0.05)
                held = then()
            ended = task.done()
            here.app.server.should_exit = True
            await asyncio.wait_for(task, 10)
            return held and not ended

    return asyncio.run(run())


def test_the_bot_looks_and_delivers_until_it_is_stopped(tmp_path: Path) -> None:
    here = desk(tmp_path)
    here.client().post("/events", [opened(NINE)])
    here.clock.move("2026-01-05T09:08:00Z")
    assert running(here, lambda: bool(here.chat("support")))


@pytest.mark.parametrize("part", ["looks", "outbox"])
def test_a_database_error_that_passes_does_not_end_the_bot(tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    here = desk(tmp_path)
    here.client().post("/events", [opened(NINE)])
    here.clock.move("2026-01-05T09:08:00Z")
    source: Any = getattr(here.app.ledger, part)
    real, left = source.claim, [2]

    def claim(*asked: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise OperationalError("claim", {}, Exception("disk I/O error"))
        return real(*asked)

    monkeypatch.setattr(source, "claim", claim)
    assert running(here, lambda: bool(here.chat("support")))

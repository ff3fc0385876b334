"""What processes share, under contract: by one process alone, and through a real Valkey."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import pytest

from adapters.redis import connection
from adapters.redis.shared import open_redis
from bot.alone import alone
from bot.shared_ports import Bell, Shared, Topic
from tests.support.valkey import Valkey

TOPICS: tuple[Topic, ...] = ("events", "outbox", "chat")
PATIENCE = 10.0

Opener = Callable[..., Shared]
Following = Callable[[Bell], AbstractAsyncContextManager["Heard"]]


class Heard:
    """What has woken a process."""

    def __init__(self) -> None:
        self._woken: asyncio.Queue[Topic] = asyncio.Queue()

    def wake(self, topic: Topic) -> None:
        self._woken.put_nowait(topic)

    async def next(self) -> Topic:
        """The next topic to wake it; it must come."""
        return await asyncio.wait_for(self._woken.get(), PATIENCE)

    async def all(self) -> set[Topic]:
        """After a connecting each topic wakes once, in some order."""
        return {await self.next() for _ in TOPICS}

    def nothing_more(self) -> bool:
        return self._woken.empty()


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server that runs."""
    server = Valkey(tmp_path).start()
    yield server
    server.kill()


@pytest.fixture
def opened(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> Iterator[Opener]:
    """Opens what one process shares through the server, with patience: the machine that tests may be busy."""
    monkeypatch.setattr(connection, "PATIENCE", PATIENCE)
    all_opened: list[Shared] = []

    def open_one(url: str | None = None, name: str = "desk") -> Shared:
        all_opened.append(open_redis(url or valkey.url, name, alone()))
        return all_opened[-1]

    yield open_one
    for one in all_opened:
        one.close()


@pytest.fixture(params=["alone", "redis"])
def shared(request: pytest.FixtureRequest) -> Shared:
    """What one process has, of either kind."""
    if request.param == "alone":
        return alone()
    return request.getfixturevalue("opened")()  # type: ignore[no-any-return]


@pytest.fixture
def following() -> Following:
    """Follow a bell, for as long as the block lasts."""

    @asynccontextmanager
    async def follow(bell: Bell) -> AsyncIterator[Heard]:
        heard = Heard()
        task = asyncio.create_task(bell.follow({topic: lambda topic=topic: heard.wake(topic) for topic in TOPICS}))
        try:
            yield heard
        finally:
            assert not task.done(), "it follows for ever"
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return follow

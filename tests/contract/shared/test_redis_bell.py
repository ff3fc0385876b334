"""A ring in one process wakes the others, whatever becomes of Redis in between."""

import asyncio
from collections.abc import AsyncIterator, Collection

import pytest

from adapters.redis import bell
from adapters.redis.bell import RedisBell
from bot.shared_ports import Topic
from tests.contract.shared.conftest import TOPICS, Following, Opener
from tests.support.valkey import Valkey


async def test_a_ring_wakes_another_process_and_not_the_one_that_rang(opened: Opener, following: Following) -> None:
    here, there = opened().bell, opened().bell
    async with following(here) as heard_here, following(there) as heard_there:
        assert await heard_here.all() == await heard_there.all() == set(TOPICS)
        here.ring("outbox")
        assert await heard_there.next() == "outbox"
        there.ring("chat")
        assert await heard_here.next() == "chat"
        here.ring("events")
        assert await heard_there.next() == "events", "its own ring came before, and was not heard"


async def test_a_ring_is_there_soon(opened: Opener, following: Following) -> None:
    here, there = opened().bell, opened().bell
    async with following(there) as heard, asyncio.timeout(10):
        await heard.all()
        async with asyncio.timeout(2):
            here.ring("events")
            await heard.next()


async def test_many_rings_are_few(opened: Opener, following: Following) -> None:
    here, there = opened().bell, opened().bell
    async with following(there) as heard:
        await heard.all()
        for _ in range(10_000):
            here.ring("events")
        here.ring("chat")
        woken = 1
        while await heard.next() != "chat":
            woken += 1
        assert woken < 5_000


async def test_a_flush_of_redis_changes_nothing(opened: Opener, following: Following, valkey: Valkey) -> None:
    here, there = opened().bell, opened().bell
    async with following(there) as heard:
        await heard.all()
        with valkey.client() as client:
            client.flushall()
        here.ring("events")
        assert await heard.next() == "events"


async def test_after_a_restart_everything_is_woken_since_rings_may_have_been_missed(
    opened: Opener, following: Following, valkey: Valkey
) -> None:
    here, there = opened().bell, opened().bell
    async with following(there) as heard:
        await heard.all()
        valkey.kill()
        here.ring("events")  # nobody hears it
        await asyncio.sleep(0.2)
        assert heard.nothing_more()
        valkey.start()
        assert await heard.all() == set(TOPICS)


async def test_one_may_follow_before_redis_is_there(opened: Opener, following: Following, valkey: Valkey) -> None:
    valkey.kill()
    async with following(opened().bell) as heard:
        await asyncio.sleep(0.1)
        valkey.start()
        assert await heard.all() == set(TOPICS)


async def test_a_connection_on_which_nothing_comes_any_more_is_made_again(
    opened: Opener, following: Following, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bell, "QUIET", 0.05)
    monkeypatch.setattr(bell, "PATIENCE", 0.5)
    async with following(opened().bell) as heard:
        await heard.all()
        await asyncio.sleep(0.3)
        assert heard.nothing_more(), "a quiet connection that answers is kept"
        valkey.hold()
        await asyncio.sleep(1.0)
        valkey.go_on()
        assert await heard.all() == set(TOPICS)


async def test_a_connection_that_is_closed_while_it_is_made_is_made_again(
    opened: Opener, following: Following, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = opened().bell
    assert isinstance(there, RedisBell)
    rings, closed = (
        there._rings,
        [RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")],
    )

    async def closed_at_first(topics: Collection[Topic]) -> AsyncIterator[Topic]:
        if closed:
            raise closed.pop()
        async for topic in rings(topics):
            yield topic

    monkeypatch.setattr(there, "_rings", closed_at_first)
    async with following(there) as heard:
        assert await heard.all() == set(TOPICS)


async def test_another_bot_on_the_same_server_is_not_woken(opened: Opener, following: Following) -> None:
    here, stranger, there = opened().bell, opened(name="other").bell, opened().bell
    async with following(there) as heard:
        await heard.all()
        stranger.ring("events")
        await asyncio.sleep(0.1)
        here.ring("chat")
        assert await heard.next() == "chat"

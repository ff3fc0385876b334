"""Wake-ups by Redis' publish and subscribe.

Decided here: that a ring goes out from a thread of its own; that one's own rings are not heard; that a connection that was
lost, or is silent, is made again. A ring that nobody heard costs the second until the database is asked. Not decided here:
who rings, and who is woken.
"""

import asyncio
import random
import time
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from redis import ConnectionError as LostError

from adapters.redis.connection import PATIENCE, Connection
from adapters.redis.outage import FAILURES, Outage
from bot.shared_ports import Topic

GATHERING = 0.002
QUIET = 5.0
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 2.0


class RedisBell:
    """Rings in the other processes of the same bot."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._me = uuid.uuid4().hex
        self._due: set[Topic] = set()
        self._ringer = ThreadPoolExecutor(1, "bell")
        self._ringing = Outage("the other processes ask the database once a second")
        self._hearing = Outage("this process asks the database once a second")

    def ring(self, topic: Topic) -> None:
        """Hand it to the thread that rings, unless it is going to ring for this topic anyway."""
        if topic not in self._due:
            self._due.add(topic)
            with suppress(RuntimeError):  # the process is ending
                self._ringer.submit(self._ring, topic)

    def close(self) -> None:
        """Ring no more."""
        self._ringer.shutdown(cancel_futures=True)

    async def follow(self, woken: Mapping[Topic, Callable[[], None]]) -> None:
        """Listen for ever, connecting again after growing pauses."""
        pause = SHORTEST_PAUSE
        while True:
            try:
                async for topic in self._rings(woken):
                    pause = SHORTEST_PAUSE
                    self._hearing.answered()
                    woken[topic]()
            except (*FAILURES, RuntimeError) as error:  # uvloop raises the latter from a connection that is closed under it
                self._hearing.failed(error)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads processes, guards nothing
            pause = min(2 * pause, LONGEST_PAUSE)

    def _ring(self, topic: Topic) -> None:
        time.sleep(GATHERING)
        self._due.discard(topic)  # before it goes out: what is written from now on rings again
        self._ringing.ask(lambda: self._connection.client.publish(self._channel(topic), self._me))

    async def _rings(self, topics: Collection[Topic]) -> AsyncIterator[Topic]:
        """Each topic when it is listened to, then as others ring."""
        named = {self._channel(topic): topic for topic in topics}
        async with self._connection.listening() as client, client.pubsub() as heard:
            await heard.subscribe(*named)
            asked = False
            while True:
                message = await heard.get_message(timeout=PATIENCE if asked else QUIET)
                if message is None and asked:
                    raise LostError("the connection is silent")
                if message is None:
                    await heard.ping()
                elif message["type"] == "subscribe" or (message["type"] == "message" and message["data"] != self._me):
                    yield named[message["channel"]]
                asked = message is None

    def _channel(self, topic: Topic) -> str:
        return f"{self._connection.prefix}bell:{topic}"

"""What processes share, through Redis.

Decided here: that all of it goes through one connection. Not decided here: anything a part does.
"""

from adapters.redis.bell import RedisBell
from adapters.redis.board import RedisBoard
from adapters.redis.connection import Connection
from adapters.redis.limits import RedisLimits
from bot.shared_ports import Shared


def open_redis(url: str, name: str, meanwhile: Shared) -> Shared:
    """All through the Redis at a URL, for the bot of a name; another bot there has another name. `meanwhile` is for the time in
    which Redis is away. Raises RedisUrlError.
    """
    connection = Connection(url, name)
    bell = RedisBell(connection)

    def close() -> None:
        bell.close()
        connection.close()

    limits, board = RedisLimits(connection, meanwhile.limits), RedisBoard(connection, meanwhile.board)
    return Shared(bell, limits, board, seen=True, check=connection.check, close=close)

"""Rate limits that all processes share.

Decided here: that in no span of a rate's seconds more than its messages go out on a key, by the server's clock; that a message
counts on all its keys or on none. Not decided here: what a message's keys are, how fast they may be.

The library `limits` was not taken: it asks for one key at a time, so that a message that waits for its channel would use up its
workspace; it counts by each host's own clock, in whole seconds.
"""

import math
from collections.abc import Sequence
from typing import cast

from adapters.redis.connection import Connection
from adapters.redis.outage import Outage
from bot.shared_ports import Limits, Rate

# A key is the list of the instants, in ms, of the last messages, newest first.
_TAKE = """
local most, span = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local wait = 0
for _, key in ipairs(KEYS) do
  local oldest = redis.call('LINDEX', key, most - 1)
  local rest = oldest and oldest + span - now or 0
  if rest > span then
    redis.call('DEL', key)  -- the server's clock was set back, or another server took over
  elseif rest > wait then
    wait = rest
  end
end
if wait == 0 then
  for _, key in ipairs(KEYS) do
    redis.call('LPUSH', key, string.format('%.0f', now))
    redis.call('LTRIM', key, 0, most - 1)
    redis.call('PEXPIRE', key, span)
  end
end
return wait
"""


class RedisLimits:
    """Limits kept in Redis; while it is away, `meanwhile` keeps those of each process."""

    def __init__(self, connection: Connection, meanwhile: Limits) -> None:
        self._prefix = f"{connection.prefix}limit:"
        self._take = connection.client.register_script(_TAKE)
        self._meanwhile = meanwhile
        self._outage = Outage("each process keeps its own rate limits")

    def wait(self, keys: Sequence[str], rate: Rate) -> float:
        """Real seconds until one more message may go out on all these keys; 0.0: it may now, and is counted on each."""
        names, span = [self._prefix + key for key in keys], math.ceil(rate.seconds * 1000)
        wait = self._outage.ask(lambda: cast(int, self._take(names, [rate.messages, span])))
        return self._meanwhile.wait(keys, rate) if wait is None else wait / 1000

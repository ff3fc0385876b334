"""One process alone: nobody to wake, its own rate limits, a board of itself.

Decided here: that in no span of a rate's seconds more than its messages go out. Not decided here: how several processes
share this (`adapters/redis`), and fall back on it while they cannot.
"""

import asyncio
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence

from bot.shared_ports import ProcessState, Rate, Shared, Topic


class OwnBell:
    """Nobody hears it: a process wakes its own parts without it."""

    def ring(self, topic: Topic) -> None:
        """Nothing to do."""

    async def follow(self, woken: Mapping[Topic, Callable[[], None]]) -> None:  # noqa: ARG002 - nobody rings
        """Wait for ever."""
        await asyncio.Event().wait()


class OwnLimits:
    """Remembers of each key when its last messages went out."""

    def __init__(self) -> None:
        self._sent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def wait(self, keys: Sequence[str], rate: Rate) -> float:
        """Real seconds until one more message may go out on all these keys; 0.0: it may now, and is counted on each."""
        with self._lock:
            now = time.monotonic()
            longest = max((self._rest(key, rate, now) for key in keys), default=0.0)
            if longest > 0:
                return longest
            for key in keys:
                self._sent[key].append(now)
        return 0.0

    def _rest(self, key: str, rate: Rate, now: float) -> float:
        """Seconds until the oldest message that still counts is a span ago; 0 or less where there is room."""
        sent = self._sent[key]
        while sent and sent[0] + rate.seconds <= now:
            sent.popleft()
        return sent[-rate.messages] + rate.seconds - now if len(sent) >= rate.messages else 0.0


class OwnBoard:
    """What this process posted."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str, int], ProcessState] = {}

    def post(self, state: ProcessState) -> None:
        """Keep it in the place of the earlier one."""
        self._states[state.role, state.host, state.pid] = state

    def leave(self, state: ProcessState) -> None:
        """Forget it."""
        self._states.pop((state.role, state.host, state.pid), None)

    def read(self) -> list[ProcessState]:
        """By role, host and pid."""
        return [state for _, state in sorted(self._states.items())]

    def silent(self, now: int) -> list[ProcessState]:  # noqa: ARG002 - it knows of no other one
        """None."""
        return []


def alone(*, seen: bool = False) -> Shared:
    """What a process has that shares nothing; `seen`: it is known that there is no other one."""
    return Shared(OwnBell(), OwnLimits(), OwnBoard(), seen=seen, check=lambda: None, close=lambda: None)

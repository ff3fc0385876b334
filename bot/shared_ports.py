"""What processes share with one another, and what may be lost: wake-ups, rate limits, the live board.

Decided here: the questions, as Protocols. Nothing here keeps anything that must not be lost; that is the ledger's
(`bot/ports.py`). Not decided here: who answers (`adapters/redis`, or `bot/alone.py` for one process).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Topic = Literal["events", "outbox", "chat"]
"""What there is news of: events for the watches, rows for the deliveries, messages for the pages' streams."""


class SenderSettingsError(Exception):
    """What is set up to send with cannot be used; the message says why, and shows no password."""


class RedisUrlError(Exception):
    """REDIS_URL cannot be used; the message says why and what to write, and shows no password."""


class Bell(Protocol):
    """Tells the other processes that there is something to do, sooner than they would ask the database."""

    def ring(self, topic: Topic) -> None:
        """Wake the others. From any thread, at once, never raising; rings that follow closely may become one."""

    async def follow(self, woken: Mapping[Topic, Callable[[], None]]) -> None:
        """For ever: call `woken[topic]` in the event loop when another process rings, and each of them after every
        connecting, since rings may have been missed before.
        """


@dataclass(frozen=True)
class Rate:
    """At most so many messages in any span of so many seconds."""

    messages: int
    seconds: float


class Limits(Protocol):
    """How fast messages may go out, from all processes together."""

    def wait(self, keys: Sequence[str], rate: Rate) -> float:
        """Real seconds until one more message may go out on all these keys; 0.0: it may now, and is counted on each."""


@dataclass(frozen=True)
class ProcessState:
    """One process as it says it is; `doing` are figures such as looks a second, or how late they are in ms; `troubles` keep it
    from its work.
    """

    role: str
    host: str
    pid: int
    version: str
    started_at: int
    seen_at: int
    doing: Mapping[str, float | int | str]
    troubles: tuple[str, ...] = ()


class Board(Protocol):
    """Which processes there are now."""

    def post(self, state: ProcessState) -> None:
        """Say how a process is; when it has said nothing for half a minute, it is silent. Never raises."""

    def leave(self, state: ProcessState) -> None:
        """A process stops in order: it is forgotten at once. Never raises."""

    def read(self) -> list[ProcessState]:
        """The processes by role, host and pid; those of this process only, where the others cannot be asked."""

    def silent(self, now: int) -> list[ProcessState]:
        """Processes that fell silent within a day and did not stop in order, as they were last; none where nobody knows."""


@dataclass(frozen=True)
class Shared:
    """All that processes share, a part for each need."""

    bell: Bell
    limits: Limits
    board: Board
    seen: bool
    """Whether the board shows other processes too."""
    check: Callable[[], str | None]
    """What is wrong with what the processes share it through, in words without secrets; None: nothing."""
    close: Callable[[], None]

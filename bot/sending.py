"""Sending: what delivery asks of the world, beside the ledger's other parts.

Decided here: the questions, as Protocols, and the form of one message. Not decided here: who answers (`adapters`), what is sent
and when (`delivery`), what is put together (`bundling`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from bot.messages import Card
from bot.records import ChatEntry, ChatMessage, OutboxRow

PostKind = Literal["card", "list", "letter", "notice", "change"]
"""A card of one ticket or exception, one list of several tickets, what a customer reads, what is about no ticket; a change that
the helpdesk is asked for.
"""


@dataclass(frozen=True)
class Post:
    """One message as a platform is asked to say it: a new one, or, where it stands there under `ref`, its present state with
    more `lines` for its thread. `id` is the message's own, and the same when it is sent again after a crash; `to` is the
    e-mail address that a letter is for, `change` what the helpdesk is told.
    """

    id: int
    channel: str
    kind: PostKind
    card: Card
    lines: tuple[ChatEntry, ...] = ()
    ref: str | None = None
    about: str | None = None
    to: str | None = None
    change: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Posted:
    """A message that stands on a platform: how that calls it, when it was posted, last added to and last drawn; `bundle` is
    the number of a list.
    """

    ref: str
    posted_at: int
    said_at: int
    drawn_at: int
    bundle: int | None = None


@dataclass(frozen=True)
class Standing:
    """What stands in one channel: the messages of some tickets, how many tickets came to stand there lately, when something was
    said there last, and the list that was begun lately.
    """

    posts: Mapping[str, Posted] = field(default_factory=dict)
    fresh: int = 0
    said_at: int | None = None
    begun: Posted | None = None


class Outbox(Protocol):
    """What is to be said, and what became of it."""

    def add(self, rows: Sequence[OutboxRow], now: int) -> None:
        """What no look brought about; a row whose key is known is left as it is."""

    def claim(self, now: int, channels: int, platforms: Sequence[str] | None = None) -> list[OutboxRow]:
        """What is due in some channels of some platforms, or of all, what is most pressing first, marked as being sent."""

    def sent(self, rows: Sequence[OutboxRow], now: int, posted: Posted | None = None) -> None:
        """They were said, and stand in one message."""

    def failed(self, rows: Sequence[OutboxRow], error: str, retry_at: int | None) -> None:
        """Not sent: again at `retry_at`, or never."""

    def dropped(self, rows: Sequence[OutboxRow], why: str, now: int) -> None:
        """Not sent, as that is no longer needed."""

    def release(self, rows: Sequence[OutboxRow], again_at: int = 0, *, held: bool = False) -> None:
        """Not tried after all: they are tried from an instant on. What is `held` holds up what is less pressing in its channel,
        and what came after it.
        """

    def reopen(self) -> None:
        """After a crash of the only process: what was being sent was lost on the way."""

    def serve(self, names: Sequence[str]) -> None:
        """From now on these are the platforms that are sent to: what waits for any other one can never be sent."""

    def served(self) -> list[str]:
        """The platforms that whoever delivers sends to; none where nobody has ever delivered."""

    def next_due(self, platforms: Sequence[str] | None = None) -> int | None: ...

    def records(self, *, state: str | None = None, ticket: str | None = None, limit: int = 100) -> list[OutboxRow]:
        """What was to be said, latest first, with its state."""

    def again(self, ids: Sequence[int]) -> list[int]:
        """Send what failed, or was dropped, once more; the ids of what that was."""


class Posts(Protocol):
    """What stands on the platforms."""

    def standing(self, platform: str, channel: str, tickets: Sequence[str], since: int) -> Standing:
        """What stands in a channel; `lately` is since an instant."""

    def bundled(self, bundle: int) -> list[str]:
        """The tickets on a list."""


class DeliveryError(Exception):
    """A message was not delivered; `permanent` tells whether it ever will be, `retry_after` how many seconds the platform wants
    to be left alone.
    """

    def __init__(self, message: str, *, permanent: bool, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.permanent, self.retry_after = permanent, retry_after


class Sender(Protocol):
    """Says something on one platform. `certain` tells whether a message may be sent again that was lost on the way, because
    the platform then shows it once, or twice does no harm.
    """

    platform: str
    certain: bool

    def send(self, post: Post, now: int) -> str:
        """Post a message, or edit it and add to its thread; how the platform calls it. Raises DeliveryError."""


class Chat(Sender, Protocol):
    """The local chat: it is said there, and read from there."""

    def messages(self, channel: str | None, since: int, limit: int) -> list[ChatMessage]:
        """Messages changed after revision `since`, oldest change first."""

    def channels(self) -> list[str]: ...

"""Sending: what delivery asks of the world, beside the ledger's other parts.

Decided here: the questions, as Protocols. Not decided here: who answers (`adapters`), what is sent and when (`delivery`).
"""

from collections.abc import Sequence
from typing import Protocol

from bot.messages import Card
from bot.records import ChatEntry, ChatMessage, OutboxRow


class Outbox(Protocol):
    """What is to be said, and what became of it."""

    def add(self, rows: Sequence[OutboxRow], now: int) -> None:
        """What no look brought about; a row whose key is known is left as it is."""

    def claim(self, now: int, limit: int) -> list[OutboxRow]: ...

    def sent(self, row: OutboxRow, now: int) -> None: ...

    def failed(self, row: OutboxRow, error: str, retry_at: int | None) -> None:
        """Not sent: again at `retry_at`, or never."""

    def release(self, rows: Sequence[OutboxRow], again_at: int = 0) -> None:
        """Not tried after all: they keep their places, and are tried from an instant on."""

    def reopen(self) -> None:
        """After a crash: what was being sent is to be sent again."""

    def next_due(self) -> int | None: ...


class DeliveryError(Exception):
    """A message was not delivered; `permanent` tells whether it ever will be."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class Sender(Protocol):
    """Says something on one platform."""

    platform: str

    def send(self, row: OutboxRow, card: Card, kind: str, line: ChatEntry | None, now: int) -> None:
        """Post or edit a card and add a line to its thread. Raises DeliveryError."""


class Chat(Sender, Protocol):
    """The local chat: it is said there, and read from there."""

    def messages(self, channel: str | None, since: int, limit: int) -> list[ChatMessage]:
        """Messages changed after revision `since`, oldest change first."""

    def channels(self) -> list[str]: ...

"""Ports: what the application asks of the world.

Decided here: the questions, as Protocols, and the plain records that they exchange. Not decided here: who answers
(`adapters`). Ports are synchronous; the application calls them in a thread, a transaction at a time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bot.messages import Answer, Card
from escalation.look import Look
from escalation.page import PageRow
from escalation.people import Person
from rules.calendar import BusinessCalendar
from rules.clock_row import ClockRow
from rules.decisions import Decision
from rules.ticket import TicketEvent


@dataclass(frozen=True)
class Refused:
    """Something that came in and could not be understood; it is kept with the reason."""

    reason: str
    raw: str


@dataclass(frozen=True)
class Batch:
    """What came in with one request: events and what was refused, each with its position."""

    events: Sequence[tuple[int, TicketEvent]]
    refused: Sequence[tuple[int, Refused]]


class BodyError(ValueError):
    """A request's body as a whole cannot be understood; the message says why."""


@dataclass(frozen=True)
class History:
    """All that the ledger knows of one ticket; `seen` tells whether an event has come since."""

    ticket: str
    seen: int
    events: Sequence[TicketEvent]
    recorded: Sequence[Decision]


@dataclass(frozen=True)
class OutboxRow:
    """Something to be said on one channel of one platform, once, under a unique key."""

    key: str
    ticket: str
    platform: str
    channel: str
    body: Mapping[str, Any]
    due_at: int
    id: int = 0
    attempts: int = 0


@dataclass(frozen=True)
class Written:
    """What one look leaves behind, in one transaction; `event` is one of ours that it had to add to the history."""

    look: Look
    seen: int
    new: Sequence[Decision]
    outbox: Sequence[OutboxRow]
    teams: Mapping[str, str | None]
    now: int
    event: TicketEvent | None = None


@dataclass(frozen=True)
class TicketView:
    """A ticket as it was looked at last."""

    ticket: str
    facts: Mapping[str, Any]
    clocks: Sequence[ClockRow]
    pages: Sequence[PageRow]
    looked_at: int | None = None

    def at(self, now: int, calendars: Mapping[str, BusinessCalendar]) -> "TicketView":
        """The ticket with its clocks as they stand now."""
        return replace(self, clocks=[clock.at(now, calendars) for clock in self.clocks])


@dataclass(frozen=True)
class ChatEntry:
    """A line in the thread of a message."""

    id: str
    at: int
    text: str
    mentions: Sequence[str] = ()


@dataclass(frozen=True)
class ChatMessage:
    """A message of the local chat; `rev` grows with every change of any message."""

    id: str
    rev: int
    channel: str
    kind: str
    ticket: str | None
    card: Card
    created_at: int
    edited_at: int | None = None
    log: Sequence[ChatEntry] = ()


@dataclass(frozen=True)
class Health:
    """What the ledger says of the bot's own state."""

    tickets: int
    overdue_looks: int
    failing: Sequence[tuple[str, str]]
    outbox_waiting: int
    oldest_waiting: int | None
    dead_letters: int
    quarantined: int


@dataclass(frozen=True)
class Sweep:
    """Tickets that are to be looked at because of one decision: how many have been noted, of those with running clocks."""

    cause: str
    swept: int
    open_tickets: int
    started_at: int


@dataclass(frozen=True)
class Tally:
    """How many clocks of an agreement's metric stand where."""

    agreement: str
    kind: str
    metric: str
    verdicts: Mapping[str, int] = field(default_factory=dict)


class WallClockPort(Protocol):
    """What time it is."""

    speed: float

    def now(self) -> int: ...

    def real_seconds(self) -> float: ...

    def seconds_until(self, at: int) -> float: ...


class Intake(Protocol):
    """Where events come in."""

    def append(self, events: Sequence[TicketEvent], refused: Sequence[Refused], now: int) -> list[bool]:
        """Store events and what was refused in one transaction; for each event, whether it is new."""


class Looks(Protocol):
    """What the watch reads and writes."""

    def claim(self, now: int, limit: int) -> list[str]:
        """Tickets that need a look now, taken for a minute."""

    def release(self) -> None:
        """After a crash of the only process: nobody holds a ticket."""

    def next_attention(self, now: int) -> int | None:
        """When the next ticket needs a look that nobody has taken."""

    def histories(self, ids: Sequence[str]) -> list[History]: ...

    def breaches(self, customers: Sequence[str], but: str, since: int) -> Mapping[str, Sequence[int]]:
        """By customer, when its SLAs went overdue in other tickets."""

    def write(self, looks: Sequence[Written]) -> list[bool]:
        """Write looks in one transaction; False for one whose ticket has had an event since it was read."""

    def postpone(self, ticket: str, now: int, error: str) -> None:
        """A look has failed: try again later."""


class Outbox(Protocol):
    """What is to be said, and what became of it."""

    def add(self, rows: Sequence[OutboxRow], now: int) -> None:
        """What no look brought about; a row whose key is known is left as it is."""

    def claim(self, now: int, limit: int) -> list[OutboxRow]: ...

    def sent(self, id: int, now: int) -> None: ...

    def failed(self, id: int, error: str, retry_at: int | None) -> None:
        """Not sent: again at `retry_at`, or never."""

    def release(self, ids: Sequence[int]) -> None:
        """Not tried after all: they keep their places."""

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


class Reader(Protocol):
    """What queries ask."""

    def ticket(self, ticket: str) -> TicketView | None: ...

    def clocks(
        self, now: int, *, verdicts: Sequence[str] = (), limit: int = 100, filters: Mapping[str, str] | None = None
    ) -> list[ClockRow]:
        """Clocks with a verdict that holds now, as of their last look; soonest due first."""

    def breached(self, now: int, since: int, limit: int) -> list[ClockRow]:
        """Clocks that went overdue by now, at or after an instant, latest first."""

    def pages(self, *, open_only: bool = True, limit: int = 100) -> list[PageRow]: ...

    def page(self, page: str) -> PageRow | None: ...

    def tally(self, now: int, filters: Mapping[str, str]) -> list[Tally]: ...

    def like(self, prefix: str, limit: int) -> list[str]:
        """Ids of tickets that begin with a text."""

    def health(self, now: int) -> Health: ...


class RegisterEvents(Protocol):
    """The register of exceptions, as events."""

    def revision(self) -> int:
        """Grows with every event."""

    def events(self) -> Sequence[TicketEvent]: ...

    def append(self, event: TicketEvent, since: int | None, now: int) -> bool:
        """Store an event, and have the tickets looked at whose clocks ran at `since` or later; False where it is known."""


class Sweeps(Protocol):
    """Having many tickets looked at because of one decision."""

    def begin(self, cause: str, since: int, now: int) -> None: ...

    def step(self, now: int) -> int:
        """Go on with the oldest sweep; 0 where there is none."""

    def under_way(self) -> Sequence[Sweep]: ...


@dataclass(frozen=True)
class Ledger:
    """The ledger, a part for each need."""

    intake: Intake
    looks: Looks
    outbox: Outbox
    chat: Chat
    reader: Reader
    register: RegisterEvents
    sweeps: Sweeps


class Commands(Protocol):
    """What a platform hands on: a typed line, or a button pressed."""

    def answer(self, text: str, who: Person | None) -> Answer: ...

    def click(self, action: str, value: str, who: Person | None) -> Answer: ...

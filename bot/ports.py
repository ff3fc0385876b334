"""Ports: what the application asks of the world.

Decided here: the questions, as Protocols. Not decided here: who answers (`adapters`). Ports are synchronous; the application
calls them in a thread, a transaction at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from bot.messages import Answer
from bot.records import (
    Case,
    Health,
    History,
    Kept,
    Moved,
    OutboxRow,
    Refused,
    Seal,
    Stored,
    Sweep,
    Tally,
    TicketView,
    Written,
)
from bot.sending import Chat, Outbox, Posts
from escalation.page import PageRow
from escalation.people import Person
from escalation.reviews import ReviewRow
from rules.clock_row import VERDICTS, ClockRow
from rules.ticket import TicketEvent


class LedgerError(Exception):
    """The ledger's database cannot be used; the message says why and what to do."""


class LedgerUnavailableError(LedgerError):
    """The ledger's database does not answer, or cannot be written now; nothing of what was asked is stored."""


class LedgerBusyError(LedgerUnavailableError):
    """Something that this asks for is held by another transaction, for longer than is waited; the rest may well be done."""


class StaleError(Exception):
    """A ticket has changed since it was read; nothing was stored."""


class WallClockPort(Protocol):
    """What time it is."""

    speed: float

    def now(self) -> int: ...

    def real_seconds(self) -> float: ...

    def seconds_until(self, at: int) -> float: ...


class Intake(Protocol):
    """Where events come in."""

    def append(self, events: Sequence[TicketEvent], refused: Sequence[Refused], now: int) -> list[Stored]:
        """Store events and what was refused in one transaction; for each event, whether it is new, or why it went to
        quarantine.
        """

    def act(self, event: TicketEvent, clock: Callable[[], int], seen: int | None = None) -> bool:
        """Store what just happened, at the instant at which it is stored; False where it is known already. Raises StaleError
        where the ticket has changed since it was `seen`.
        """


class Looks(Protocol):
    """What the watch reads and writes."""

    def claim(self, now: int, limit: int) -> Mapping[str, int]:
        """Tickets that need a look now, taken for some seconds, each with the instant since which it needs it."""

    def release(self) -> None:
        """After a crash of the only process: nobody holds a ticket."""

    def next_attention(self, now: int) -> int | None:
        """When the next ticket needs a look that nobody has taken."""

    def histories(self, ids: Sequence[str]) -> list[History]: ...

    def breaches(self, customers: Sequence[str], but: str, since: int) -> Mapping[str, Sequence[int]]:
        """By customer, when its SLAs went overdue in other tickets."""

    def write(self, looks: Sequence[Written]) -> list[bool]:
        """Write looks in one transaction; False for one whose ticket has changed since it was read."""

    def postpone(self, ticket: str, seen: int, now: int, error: str) -> None:
        """A look has failed: try again later, or at once where something has come since."""


class Reader(Protocol):
    """What queries ask."""

    def ticket(self, ticket: str) -> TicketView | None: ...

    def tickets(self, ids: Sequence[str]) -> dict[str, TicketView]:
        """Some tickets, those that are known, in their order."""

    def clocks(self, now: int, *, verdicts: Sequence[str] = VERDICTS, limit: int = 100) -> list[ClockRow]:
        """Clocks with a verdict that holds now, as of their last look; soonest due first, paused ones last."""

    def breached(self, now: int, since: int, limit: int) -> list[ClockRow]:
        """Clocks that went overdue by now, at or after an instant, latest first."""

    def pages(self, *, open_only: bool = True, limit: int = 100) -> list[PageRow]: ...

    def page(self, page: str) -> PageRow | None: ...

    def reviews(self, *, unfinished: bool, limit: int) -> list[ReviewRow]:
        """Reviews, latest first; of those in which something is still to be done, the oldest first."""

    def review(self, review: str) -> ReviewRow | None: ...

    def causes(self, since: int) -> Mapping[str, int]:
        """What breaches since an instant were put down to, and how often."""

    def tally(
        self, now: int, filters: Mapping[str, str], *, within: tuple[int, int] | None = None, by: Sequence[str] = ()
    ) -> list[Tally]:
        """Clocks by agreement, metric, verdict and some fields; `within`: those judged or ended in a span, and the
        running ones where it holds the present.
        """

    def last_judged(self, filters: Mapping[str, str]) -> int | None:
        """When such a clock was judged, or ended, last."""

    def remaining(self, agreement: str, metric: str, priority: object, elapsed: int) -> tuple[int, int]:
        """How many milliseconds like clocks still ran after so many, the median, and how many clocks that says of."""

    def open_tickets(self, after: str, limit: int) -> list[str]:
        """Ids of tickets with a running clock, or with none at all, in order, from after an id on."""

    def known(self, after: str, limit: int) -> list[str]:
        """Ids of all tickets, in order, from after an id on."""

    def like(self, prefix: str, limit: int) -> list[str]:
        """Ids of tickets that begin with a text."""

    def health(self, now: int) -> Health: ...


class RegisterEvents(Protocol):
    """What people decide about promises: exceptions and published configurations, as events."""

    def revision(self) -> int:
        """Grows with every event."""

    def events(self) -> Sequence[TicketEvent]: ...

    def append(self, event: TicketEvent, now: int, *, sweep: bool, since: int | None = None) -> bool:
        """Store an event; with a sweep, open tickets are looked at and those whose clocks ended at `since` or later."""


class Sweeps(Protocol):
    """Having many tickets looked at because of one decision."""

    def step(self, now: int) -> int:
        """Go on with the oldest sweep; 0 where nothing is left to do."""

    def under_way(self) -> Sequence[Sweep]: ...


class Leases(Protocol):
    """Work that one process does for all."""

    def take(self, name: str, holder: str, now: int, lasts: int) -> int | None:
        """Take or renew a lease; its fencing number, or None where another process has it."""

    def give_back(self, name: str, holder: str) -> None: ...


class SealFile(Protocol):
    """Keeps seals outside the ledger's database. Reading and adding raise OSError."""

    def read(self) -> list[Seal]: ...

    def unwritable(self) -> str | None:
        """Why nothing could be added to it now, in words; None: it could be. Nothing is written."""

    def append(self, seals: Sequence[Seal]) -> None:
        """Add seals; when this ends they are on the disk."""


SEALING = "seal"
"""The lease under which the ledger is sealed."""


class Seals(Protocol):
    """The ledger's seals."""

    def last(self) -> Seal | None: ...

    def refusal(self, keys: Sequence[bytes], file: SealFile | None) -> str | None:
        """Why nothing would be sealed under these keys now, in words; None: it would be. Raises OSError."""

    def seal(
        self,
        now: int,
        keys: Sequence[bytes],
        fence: int,
        file: SealFile | None,
        said: Callable[[Seal], Sequence[OutboxRow]],
        *,
        new_key: bool = False,
    ) -> Seal:
        """Seal all chains as they stand, under the first key and the lease SEALING; what is `said` of it goes into the outbox
        with it.
        """


ARCHIVING = "archive"
"""The lease under which entries are archived."""


class Archive(Protocol):
    """Where entries go that were kept long enough."""

    def move(self, folder: Path, before: int, now: int, fence: int) -> Moved:
        """Move the entries of some tickets that have ended before an instant, under the lease ARCHIVING."""


class Quarantine(Protocol):
    """What was refused and is kept."""

    def kept(self, ids: Sequence[int] = ()) -> list[Kept]:
        """What has not been replayed yet, oldest first; of some ids only, where there are any."""

    def replayed(self, id: int, now: int) -> None:
        """It was understood after all."""


class Knowledge(Protocol):
    """Articles and solved tickets, to be found by their words."""

    def keep(self, cases: Sequence[Case]) -> None:
        """Add cases, or take in what has changed about them."""

    def remove(self, refs: Sequence[str]) -> int:
        """Take out articles; how many there were."""

    def counts(self) -> Mapping[str, int]:
        """How many there are of each kind."""

    def find(self, words: Sequence[str], limit: int) -> list[Case]:
        """Cases in which some of the words stand, those that fit best first."""


class Rollups(Protocol):
    """Counts that answer queries; what looks change about them is added up by one process at a time."""

    def fold(self) -> int:
        """Add up some of what looks have written down; 0 where nothing is left to do."""


@dataclass(frozen=True)
class Ledger:
    """The ledger, a part for each need."""

    intake: Intake
    looks: Looks
    outbox: Outbox
    posts: Posts
    chat: Chat
    reader: Reader
    register: RegisterEvents
    sweeps: Sweeps
    leases: Leases
    seals: Seals
    archive: Archive
    quarantine: Quarantine
    rollups: Rollups
    knowledge: Knowledge
    alone: bool
    """Whether it is a file, which one process has alone."""
    close: Callable[[], None]


class Commands(Protocol):
    """What a platform hands on: a typed line, or a button pressed. `act` is the platform's own name for it, where it has one:
    what is delivered twice is done once.
    """

    def answer(self, text: str, who: Person | None, act: str | None = None) -> Answer: ...

    def click(self, action: str, value: str, who: Person | None, act: str | None = None) -> Answer: ...

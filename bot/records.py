"""Records: what the application and the world exchange, plain and immutable.

Decided here: their fields. Not decided here: who asks for them (`ports`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from bot.messages import Card
from bot.shared_ports import ProcessState
from escalation.look import Look
from escalation.page import PageRow
from escalation.reviews import ReviewRow
from rules.calendar import BusinessCalendar
from rules.clock_row import ClockRow
from rules.decisions import Decision
from rules.ticket import TicketEvent


@dataclass(frozen=True)
class Refused:
    """Something that came in and could not be understood; it is kept with the reason."""

    reason: str
    raw: str


Stored = bool | Refused
"""Of an event: whether it is new, or why it was refused when it was to be stored."""


@dataclass(frozen=True)
class Batch:
    """What came in with one request: events and what was refused, each with its position."""

    events: Sequence[tuple[int, TicketEvent]]
    refused: Sequence[tuple[int, Refused]]


class BodyError(ValueError):
    """A request's body as a whole cannot be understood; the message says why."""


@dataclass(frozen=True)
class History:
    """All that the ledger knows of one ticket; `seen` tells whether an event has come since, `recorded_at` when each decision
    was recorded.
    """

    ticket: str
    seen: int
    events: Sequence[TicketEvent]
    recorded: Sequence[Decision]
    recorded_at: Sequence[int]


PRESSING, SPOKEN, SILENT = 0, 1, 2
"""How soon something is said: what calls people, what is said to somebody, and all else."""


@dataclass(frozen=True)
class OutboxRow:
    """Something to be said on one channel of one platform, once, under a unique key. `lost`: it was being sent before, and
    nobody knows what came of that; `sent_at` and `why` tell what became of it.
    """

    key: str
    ticket: str
    platform: str
    channel: str
    body: Mapping[str, Any]
    due_at: int
    id: int = 0
    attempts: int = 0
    created_at: int = 0
    priority: int = SPOKEN
    lost: bool = False
    state: str = "pending"
    sent_at: int | None = None
    why: str | None = None

    @property
    def audience(self) -> str:
        """Whom it is for."""
        return str(self.body.get("audience", ""))

    @property
    def line(self) -> str | None:
        """What is said; None where only a card is drawn anew."""
        return self.body.get("line")


NOTICE = "notice"
"""In the outbox: what is said about no ticket and no exception, with a title and lines of its own."""

ALONE = (NOTICE, "customer", "draft", "helpdesk")
"""Audiences of what stands each on its own, so that no later word belongs to it."""


def notice(name: str, title: str, lines: Sequence[str], platform: str, channel: str, now: int) -> OutboxRow:
    """Something to be said once under a name."""
    body = {"audience": NOTICE, "title": title, "lines": list(lines), "at": now}
    return OutboxRow(f"notice/{name}/{platform}/{channel}", name, platform, channel, body, now, priority=SILENT)


class Case(NamedTuple):
    """What is known and may help: an `article` by its name, or a solved `ticket` by its id."""

    kind: str
    ref: str
    title: str
    body: str
    url: str | None = None


@dataclass(frozen=True)
class Written:
    """What one look leaves behind, in one transaction; `event` is one of ours that it had to add to the history, `case` what is
    kept of a solved ticket, so that it is found for others.
    """

    look: Look
    seen: int
    new: Sequence[Decision]
    outbox: Sequence[OutboxRow]
    teams: Mapping[str, str | None]
    now: int
    event: TicketEvent | None = None
    case: Case | None = None


@dataclass(frozen=True)
class TicketView:
    """A ticket as it was looked at last."""

    ticket: str
    facts: Mapping[str, Any]
    clocks: Sequence[ClockRow]
    pages: Sequence[PageRow]
    reviews: Sequence[ReviewRow] = ()
    looked_at: int | None = None
    attention_at: int | None = None

    def clock_of(self, decision: Decision) -> ClockRow | None:
        """The clock that a decision is about."""
        return next((c for c in self.clocks if (c.agreement, c.metric, c.cycle) == decision.clock), None)

    def page_of(self, decision: Decision) -> PageRow | None:
        """The page that a decision is about."""
        return next((page for page in self.pages if page.page == decision.page), None)

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


class Seal(NamedTuple):
    """What was sealed at an instant, as canonical JSON, and the proof of it."""

    number: int
    at: int
    body: str
    mac: str


@dataclass(frozen=True)
class Moved:
    """What was moved to the archive: tickets, their entries, and the files."""

    tickets: int
    entries: int
    files: tuple[str, ...]

    def and_(self, more: "Moved") -> "Moved":
        """This and more."""
        return Moved(self.tickets + more.tickets, self.entries + more.entries, self.files + more.files)


@dataclass(frozen=True)
class Kept:
    """What was refused and is kept, as it came in."""

    id: int
    received_at: int
    reason: str
    raw: str


@dataclass(frozen=True)
class Sweep:
    """Tickets that are to be looked at because of one decision: how many were noted, how many open ones there are."""

    cause: str
    swept: int
    open_tickets: int
    started_at: int


@dataclass(frozen=True)
class Health:
    """The bot's own state: what the ledger says of it, which processes say that they work, and what keeps them from sharing.
    `began_at` and `newest_at` are the recordings of its first and last entries; `room`: bytes left on the disk of its file;
    `sealing`: there is a key to seal it with; `unsealable`: why it cannot be sealed all the same; `shared`: `processes` are all
    that there are; `silent` ones did not stop in order.
    """

    tickets: int
    overdue_looks: int
    failing: Sequence[tuple[str, str]]
    outbox_waiting: int
    oldest_waiting: int | None
    dead_letters: int
    quarantined: int
    sealed_at: int | None
    began_at: int | None
    newest_at: int | None
    room: int | None = None
    sealing: bool = False
    unsealable: str | None = None
    shared: bool = False
    sweeps: Sequence[Sweep] = ()
    processes: Sequence[ProcessState] = ()
    silent: Sequence[ProcessState] = ()
    unshared: str | None = None


@dataclass(frozen=True)
class Tally:
    """How many clocks of an agreement's metric stand where; `groups`: values of the fields that tell them apart further."""

    agreement: str
    kind: str
    metric: str
    groups: tuple[str | None, ...] = ()
    verdicts: Mapping[str, int] = field(default_factory=dict)

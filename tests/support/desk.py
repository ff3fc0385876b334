"""A small desk for tests of the whole bot: its configuration, events as the helpdesk sends them, and the bot under a clock in
our hands."""

import itertools
import json
import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.erasing import erase
from adapters.ledger.migrating import migrate
from bot.app import App, build_app
from bot.delivery import by_channel
from bot.messages import Answer, Card
from bot.records import ChatEntry, ChatMessage
from bot.sending import Post
from config.load import examine
from config.settings import Settings
from escalation.book import Book
from rules.instants import parse, text
from tests.support.web import Client

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared"
NINE = "2026-01-05T09:00:00Z"
"""A Monday; Ana is on call."""

PEOPLE = """\
people:
  ana:  {name: Ana Costa,  email: ana@desk.example,  roles: [agent]}
  ben:  {name: Ben Osei,   email: ben@desk.example,  roles: [agent, lead]}
  cleo: {name: Cleo Marsh, email: cleo@desk.example, roles: [escalation_manager, approver]}
  dana: {name: Dana Reyes, email: dana@desk.example, roles: [leadership]}
teams:
  support: {lead: ben, rota: support, channels: {local: support}}
  leadership: {channels: {local: leadership}}
customers:
  acme: {tier: gold}
  globex: {tier: silver, updates: none}
rotas:
  support:
    zone: Europe/London
    shifts: [{who: [ana, ben], from: "2026-01-05T09:00", hand_over: {every: week, day: mon, at: "09:00"}}]
calendars:
  always: {hours: 24x7}
"""

DESK = (
    PEOPLE
    + """\
agreements:
  gold:
    kind: sla
    version: "1"
    from: 2026-01-01
    when: {tier: gold}
    calendar: always
    targets:
      first_response: {urgent: 10m, default: 1h}
      resolution: {urgent: 2h, default: 1d}
    team: support
    ladder: support
    customer_updates: {every: 4h}
ladders:
  support:
    steps:
      - {page: {rota: support}, wait: 6m}
      - {page: {lead_of: team}, wait: 10m}
      - {page: {role: leadership}, wait: 30m, after: breach}
    repeat: 1
    acknowledgement: {lasts: 30m}
  leadership:
    steps: [{page: {role: leadership}, wait: 30m}]
wording:
  breach:
    en: "We promised to {{ promise }} by {{ due }}. I am sorry. {{ next_step }} More by {{ next_update }}."
"""
)

_NUMBERS = itertools.count(1)


def wire(type: str, when: str | int, ticket: str = "T-1", /, **data: Any) -> dict[str, Any]:
    """A CloudEvent as a helpdesk sends it. `id_` and `source_` set what surrounds the data."""
    return {
        "specversion": "1.0",
        "id": data.pop("id_", f"evt-{next(_NUMBERS)}"),
        "source": data.pop("source_", "desk/test"),
        "type": type,
        "subject": ticket,
        "time": when if isinstance(when, str) else text(when),
        "data": data,
    }


def opened(when: str | int, ticket: str = "T-1", /, **data: Any) -> dict[str, Any]:
    """A customer's urgent gold ticket, unless `data` says otherwise."""
    usual = {"title": "Cannot pay", "priority": "urgent", "customer": "acme", "status": "new", "opened_by": "customer"}
    return wire("ticket.opened", when, ticket, **(usual | data))


def answered(when: str | int, ticket: str = "T-1", /, **data: Any) -> dict[str, Any]:
    """A public reply by a person of ours."""
    return wire("ticket.replied", when, ticket, **({"author": "agent", "public": True, "text": "We are on it."} | data))


def lines(events: Iterable[Mapping[str, Any]]) -> str:
    """Events as JSON lines."""
    return "".join(json.dumps(event) + "\n" for event in events)


class HandClock:
    """A clock that stands still until it is moved."""

    speed = 1.0

    def __init__(self, now: str | int = NINE) -> None:
        self._now = parse(now) if isinstance(now, str) else now

    def now(self) -> int:
        return self._now

    def real_seconds(self) -> float:
        return time.time()

    def seconds_until(self, at: int) -> float:
        return max(0.0, (at - self._now) / 1000)

    def move(self, to: str | int) -> None:
        self._now = parse(to) if isinstance(to, str) else to


@dataclass
class Recorder:
    """A sender that keeps what it is given; it fails as often as it is told to."""

    platform: str = "terminal"
    certain: bool = True
    sent: list[tuple[str, Card, str, ChatEntry | None]] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)

    def send(self, post: Post, now: int) -> str:
        if self.failures:
            raise self.failures.pop(0)
        self.posts.append(post)
        self.sent.append((post.channel, post.card, post.kind, post.lines[0] if post.lines else None))
        return post.ref or f"{self.platform}-{len(self.posts)}"


@dataclass
class Desk:
    """The whole bot, carried out step by step: events in, looks and deliveries as the clock is moved."""

    app: App
    clock: HandClock
    book: Book
    url: str

    def take(self, *events: Mapping[str, Any]) -> dict[str, Any]:
        """Hand events in over HTTP at the present instant, then look and deliver."""
        response = self.client().post("/events", list(events))
        assert response.status_code == 202, response.text
        self.settle()
        answer: dict[str, Any] = response.json()
        return answer

    def settle(self) -> None:
        """Look and deliver until nothing is due."""
        while self.app.watch.batch() + self.deliver():
            pass

    def deliver(self) -> int:
        """Send what is due, one channel after the other; how many rows there were."""
        rows = self.app.ledger.outbox.claim(self.clock.now(), 100)
        for own in by_channel(rows):
            self.app.delivery.deliver(own)
        return len(rows)

    def go(self, to: str | int) -> None:
        """Move the clock on; on the way, whatever becomes due is done at its instant, as the loop would."""
        end = parse(to) if isinstance(to, str) else to
        while (upcoming := self.upcoming()) is not None and upcoming <= end:
            self.clock.move(max(upcoming, self.clock.now()))
            self.settle()
        self.clock.move(end)
        self.settle()

    def upcoming(self) -> int | None:
        """When the next look or delivery is due."""
        due = (self.app.ledger.looks.next_attention(self.clock.now()), self.app.ledger.outbox.next_due())
        return min((at for at in due if at is not None), default=None)

    def play(self, events: Sequence[Mapping[str, Any]], until: str | int) -> None:
        """Hand in each event when the clock comes to it; a click is handed to the ledger as a person's act would be."""
        from adapters.helpdesk.cloudevents import ticket_event

        for event in sorted(events, key=lambda event: str(event["time"])):
            at = parse(str(event["time"]))
            while (upcoming := self.upcoming()) is not None and upcoming < at:
                self.clock.move(max(upcoming, self.clock.now()))
                self.settle()
            self.clock.move(at)
            self.app.ledger.intake.append([ticket_event(event, in_file=True)], [], at)
            self.settle()
        self.go(until)

    def client(self, host: str = "127.0.0.1:8080", **headers: str) -> Client:
        """A client on loopback."""
        return Client(self.app, host, **headers)

    def say(self, line: str, who: str | None = "ana") -> Answer:
        """Type a line in chat, then look and deliver."""
        answer = self.app.handlers.answer(line, self.book.people[who] if who else None)
        self.settle()
        return answer

    def chat(self, channel: str | None = None) -> list[ChatMessage]:
        """What stands in a channel of the local chat."""
        return self.app.ledger.chat.messages(channel, 0, 1000)

    def log(self, channel: str, ticket: str = "T-1") -> list[str]:
        """The lines of a ticket's thread in a channel."""
        return [entry.text for message in self.chat(channel) if message.ticket == ticket for entry in message.log]

    def erase(self, *tickets: str) -> None:
        """Forget what is personal of some tickets."""
        engine = connect(self.url)
        erase(Database(engine), tickets, [], "dana", "asked for", self.clock.now())
        engine.dispose()

    def recorded(self, ticket: str = "T-1") -> list[dict[str, Any]]:
        """The decisions on record, as `sla simulate` writes them, in the order of their instants."""
        found = self.app.ledger.looks.histories([ticket])[0].recorded
        return [decision.public() for decision in sorted(found, key=lambda decision: decision.at)]


def load(path: Path) -> Book:
    """The book of a configuration in which nothing is wrong."""
    book, problems = examine(path)
    assert book is not None, problems
    return book


def book_of(folder: Path, config: str = DESK) -> Book:
    """The book of a configuration text."""
    path = folder / "desk.sla.yaml"
    path.write_text(config, encoding="utf-8")
    return load(path)


@cache
def empty_ledger() -> bytes:
    """The file of an empty ledger of this version; migrating takes longer than most tests."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        migrate(f"sqlite:///{path}")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("pragma wal_checkpoint(truncate)")
        return path.read_bytes()


def desk(folder: Path, config: str = DESK, *, now: str | int = NINE, senders: Any = (), **settings: Any) -> Desk:
    """A desk on its own SQLite ledger."""
    book = book_of(folder, config)
    url = f"sqlite:///{folder}/ledger.db"
    (folder / "ledger.db").write_bytes(empty_ledger())
    clock = HandClock(now)
    app = build_app(Settings(**({"database_url": url} | settings)), book, clock=clock, senders=senders)
    return Desk(app, clock, book, url)


def words(answer: Answer) -> str:
    """Everything that stands on an answer's cards."""
    return "\n".join(card_words(card) for card in answer.cards)


def card_words(card: Card) -> str:
    """Everything that stands on a card."""
    parts = [card.title, *card.lines, *(f"{f.label}: {f.value}" for f in card.fields), card.why or "", card.due_label or ""]
    parts += [" | ".join(row) for row in card.rows or ()] + [button.label for button in card.buttons]
    return "\n".join(part for part in parts if part)

"""How soon messages are handed to a platform: a steady stream over 50 channels while 1,000 pages are open, and a storm of 5,000
breaches at one instant.

The whole bot runs in this process on an embedded ledger, with a stand-in for a platform that takes one message a second in each
channel and answers after a tenth of a second. Milliseconds are counted from the event, or the crossing, to the call that hands
the message over. The reference is a bare call of the stand-in, which is what a message costs in any case.
"""

import asyncio
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from adapters.wall_clock import WallClock
from benchmarks.report import line
from bot.app import App, build_app
from bot.sending import Post
from bot.shared_ports import Rate
from config.settings import Settings
from rules.instants import MINUTE, SECOND
from rules.ticket import TicketEvent
from tests.support.desk import book_of, empty_ledger

CHANNELS = 50
OPEN_PAGES = 1_000
A_SECOND = 20
SECONDS = 30
STORM = 5_000
ANSWER_SECONDS = 0.1
_STARTED = "  started: {when: {event: clock.started}, do: [{tell: team}]}"
_AHEAD = 20
"""Seconds from the first ticket of the storm to the instant at which all of them are due."""


@dataclass
class Platform:
    """Takes what is handed over, and notes when."""

    platform: str = "slack"
    certain: bool = True
    rate: Rate = field(default_factory=lambda: Rate(1, 1.0))
    taken: list[tuple[float, Post]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def rate_keys(self, channel: str) -> Sequence[str]:
        return (f"slack/{channel}",)

    def send(self, post: Post, now: int) -> str:  # noqa: ARG002 - as every sender
        with self.lock:
            self.taken.append((time.time(), post))
        time.sleep(ANSWER_SECONDS)
        return post.ref or f"m{post.id}"


def results() -> Iterator[dict[str, Any]]:
    """Milliseconds to the platform, and how a storm went out second by second."""
    began = time.perf_counter()
    Platform().send(Post(1, "C1", "card", None), 0)  # type: ignore[arg-type]
    bare = (time.perf_counter() - began) * SECOND
    with tempfile.TemporaryDirectory() as folder:
        yield from _steady(Path(folder), bare)
    with tempfile.TemporaryDirectory() as folder:
        yield from _storm(Path(folder), bare)


def _steady(folder: Path, bare: float) -> Iterator[dict[str, Any]]:
    app, platform = _app(folder, _STARTED)
    now = app.clock.now()
    paged = [_opened(f"P-{n}", n, now - 9 * MINUTE) for n in range(OPEN_PAGES)]
    app.ledger.intake.append(paged, [], now)
    while app.watch.batch():
        pass
    pages = len(app.ledger.reader.pages(limit=OPEN_PAGES))
    _empty(app)
    sent_at: dict[str, int] = {}

    async def feed() -> None:
        for n in range(A_SECOND * SECONDS):
            at = app.clock.now()
            ticket = f"S-{n}"
            sent_at[ticket] = at
            await asyncio.to_thread(app.ledger.intake.append, [_opened(ticket, n, at)], [], at)
            app.watch.nudge()
            await asyncio.sleep(max(0.0, (n + 1) / A_SECOND - (time.monotonic() - began)))

    began = time.monotonic()
    asyncio.run(_running(app, feed(), 3.0))
    by_row = {int(entry.id): at for at, post in platform.taken for entry in post.lines}
    rows = {row.id: row for row in app.ledger.outbox.records(limit=100_000) if row.platform == "slack"}
    late = sorted(at * SECOND - sent_at[rows[id].ticket] for id, at in by_row.items() if rows[id].ticket in sent_at)
    yield line("delivery_open_pages", pages, "pages", bare, OPEN_PAGES)
    yield line("delivery_p99", late[int(0.99 * len(late))], "ms", bare, 1_000, at_most=True)
    yield line("delivery_median", late[len(late) // 2], "ms", bare, 1_000, at_most=True)
    yield line("delivery_messages", len(late), "messages", A_SECOND * SECONDS, 1.0, by_ratio=True)


def _storm(folder: Path, bare: float) -> Iterator[dict[str, Any]]:
    app, platform = _app(folder)
    due = app.clock.now() + _AHEAD * SECOND
    tickets = [_opened(f"B-{n}", n, due - 9 * MINUTE) for n in range(STORM)]
    for start in range(0, STORM, 500):
        app.ledger.intake.append(tickets[start : start + 500], [], app.clock.now())
    while app.watch.batch():
        pass
    _empty(app)

    async def wait() -> None:
        end = due / SECOND + 120
        while time.time() < end:
            await asyncio.sleep(1)
            if time.time() > due / SECOND + 5 and not app.ledger.outbox.records(state="waiting", limit=1):
                return

    asyncio.run(_running(app, wait(), 0.0))
    taken = [(at - due / SECOND, post) for at, post in platform.taken]
    first: dict[str, float] = {}
    for at, post in taken:
        first.setdefault(post.channel, at)
    cards = sorted(at for channel, at in first.items() if not channel.startswith("@"))
    calls = sorted(at for channel, at in first.items() if channel.startswith("@"))
    rows = [row for row in app.ledger.outbox.records(limit=1_000_000) if row.platform == "slack"]
    unsaid = sum(row.state in ("failed", "pending", "held", "sending") for row in rows)
    yield line("storm_decided", len({row.ticket for row in rows}), "tickets", STORM, 1.0, by_ratio=True)
    yield line("storm_teams_with_a_card", len(cards), "teams", CHANNELS, 1.0, by_ratio=True)
    yield line("storm_last_team_sees_its_card", cards[-1] * SECOND, "ms", bare, 30_000, at_most=True)
    yield line("storm_last_person_is_paged", calls[-1] * SECOND, "ms", bare, 30_000, at_most=True)
    yield line("storm_not_said", unsaid, "rows", max(len(rows), 1), 0, at_most=True)
    yield line("storm_too_fast", _too_fast(taken), "messages", max(len(taken), 1), 0, at_most=True)
    yield line("storm_messages", len(taken), "messages", len(rows), 1.0, at_most=True, by_ratio=True)
    yield {"bench": "storm_schedule", "columns": ["second", "first calls", "first cards", "later"], "rows": _schedule(taken)}


def _schedule(taken: Sequence[tuple[float, Post]]) -> list[list[int]]:
    """Messages by second after the breach: the first that calls a person, the first of a team, and all others."""
    seen: set[str] = set()
    seconds: dict[int, Counter[str]] = defaultdict(Counter)
    for at, post in taken:
        what = "later" if post.channel in seen else "call" if post.channel.startswith("@") else "card"
        seen.add(post.channel)
        seconds[int(at)][what] += 1
    return [[second, counts["call"], counts["card"], counts["later"]] for second, counts in sorted(seconds.items())]


def _too_fast(taken: Sequence[tuple[float, Post]]) -> int:
    last: dict[str, float] = {}
    fast = 0
    for at, post in taken:
        fast += at - last.get(post.channel, float("-inf")) < 0.99
        last[post.channel] = at
    return fast


async def _running(app: App, doing: Any, then_seconds: float) -> None:
    """The loops of the bot while something is done, and for a while after it."""
    loops = [asyncio.create_task(part) for part in (app.watch.run(), app.delivery.run(), app.chores.run())]
    await doing
    await asyncio.sleep(then_seconds)
    for task in loops:
        task.cancel()
    await asyncio.gather(*loops, return_exceptions=True)


def _empty(app: App) -> None:
    """What the preparation has left to say is not measured."""
    while rows := app.ledger.outbox.claim(app.clock.now(), 1_000):
        app.ledger.outbox.sent(rows, app.clock.now())


def _opened(ticket: str, number: int, at: int) -> TicketEvent:
    team = number % CHANNELS
    data = {
        "status": "new",
        "priority": "high",
        "opened_by": "customer",
        "customer": f"c{number % 400}",
        "group": f"team{team}",
    }
    return TicketEvent(ticket, "ticket.opened", at, data, ticket, "bench", recorded=at)


def _app(folder: Path, rule: str = "") -> tuple[App, Platform]:
    """The bot for 50 teams, each with an agreement, a channel and somebody on call."""
    people = [f"  p{n}: {{name: Person {n}, roles: [agent], slack: U{n}}}" for n in range(CHANNELS)]
    teams = [f"  team{n}: {{lead: p{n}, channels: {{slack: C{n}}}}}" for n in range(CHANNELS)]
    agreements = [
        f"  a{n}: {{kind: sla, from: 2026-01-01, calendar: always, when: {{group: team{n}}}, team: team{n}, ladder: ladder, "
        "targets: {first_response: {default: 9m}}, warn_at: [99%]}"
        for n in range(CHANNELS)
    ]
    config = "\n".join(
        [
            "people:", *people, "teams:", *teams, "calendars: {always: {hours: 24x7}}", "agreements:", *agreements,
            "ladders: {ladder: {steps: [{page: {lead_of: team}, wait: 2h}]}}",
            "rules:",
            rule,
            "  late: {when: {crossing: 100%}, do: [{tell: team}, {page: ladder}]}",
        ]
    )  # fmt: skip
    (folder / "ledger.db").write_bytes(empty_ledger())
    platform = Platform()
    settings = Settings(database_url=f"sqlite:///{folder}/ledger.db")  # type: ignore[call-arg]
    return build_app(settings, book_of(folder, config), clock=WallClock(), senders=[platform]), platform

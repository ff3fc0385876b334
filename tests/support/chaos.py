"""Chaos: a helpdesk that sends and clicks, processes that are killed, servers that are flushed and restarted; and what must
be true afterwards. Used by the test, and by `python -m tests.support.chaos ROUNDS` for many rounds.
"""

import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text as sql

from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.store import ledger_on
from adapters.ledger.verification import verify
from bot.ports import Ledger
from bot.records import History
from escalation.book import Book
from escalation.effects import effects_of
from rules.instants import MINUTE, text
from tests.scenario.test_kill import FAST
from tests.support.desk import answered, load, opened, wire
from tests.support.postgres import Postgres
from tests.support.process import Process, sla
from tests.support.valkey import Valkey

WORKERS = 4
TICKETS = 20
KEY = "the seals' key"


@dataclass
class Cast:
    """All that plays: two servers, a web process, the workers; and where the ledger is."""

    folder: Path
    postgres: Postgres
    valkey: Valkey
    url: str
    web: Process
    workers: list[Process]


@contextmanager
def playing(folder: Path, postgres: Postgres, database: str) -> Iterator[Cast]:
    """Everything started, on an empty ledger."""
    (folder / "desk.sla.yaml").write_text(FAST)
    valkey = Valkey(folder).start()
    settings = {"DATABASE_URL": database, "REDIS_URL": valkey.url, "SEAL_KEY": KEY, "SEAL_FILE": str(folder / "seals.jsonl")}
    assert sla("migrate", **settings).returncode == 0
    config = ("--config", str(folder / "desk.sla.yaml"))
    web = Process(("web", *config), folder / "web", settings)
    workers = [Process(("worker", *config), folder / f"worker{n}", settings) for n in range(WORKERS)]
    cast = Cast(folder, postgres, valkey, database, web, workers)
    try:
        for process in (web, *workers):
            process.start()
        for process in (web, *workers):
            process.ready()
        yield cast
    finally:
        for process in (web, *workers):
            process.kill()
        valkey.kill()


@dataclass
class Helpdesk:
    """Sends events out of order and more than once, and clicks, each until it was answered."""

    cast: Cast
    chance: random.Random
    waiting: list[dict[str, Any]] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    tickets: int = 0

    def work(self, until: float) -> None:
        """Go on until an instant of the monotonic clock."""
        with httpx.Client(timeout=15) as client:
            while time.monotonic() < until:
                self._turn(client)
                time.sleep(self.chance.uniform(0.0, 0.05))

    def finish(self) -> None:
        """Send what has not been answered yet."""
        end = time.monotonic() + 60
        while self.waiting or self.tickets < TICKETS:
            assert time.monotonic() < end, "the events could not be sent"
            self.work(time.monotonic() + 0.2)

    def _turn(self, client: httpx.Client) -> None:
        what = self.chance.random()
        if what < 0.4 and self.tickets < TICKETS:
            self._open()
        elif what < 0.5:
            self._click(client)
        elif self.waiting:
            self._send(client)

    def _open(self) -> None:
        """A ticket, and what happens to it at once; all of it is sent at some time, in some order."""
        self.tickets += 1
        id, now = f"T-{self.tickets}", _now()
        events = [opened(text(now), id, id_=f"open-{id}", customer=f"c-{id}")]
        if self.tickets % 3 == 0:
            events.append(wire("ticket.updated", text(now + 1), id, id_=f"low-{id}", priority="low"))
        if self.tickets % 4 == 0:
            events.append(answered(text(now + 2), id, id_=f"answer-{id}"))
        if self.tickets % 5 == 0:
            events.append(wire("ticket.updated", text(now + 3), id, id_=f"solve-{id}", status="solved"))
        self.waiting.extend(events)
        self.chance.shuffle(self.waiting)

    def _send(self, client: httpx.Client) -> None:
        batch = self.waiting[: self.chance.randint(1, 4)]
        again = [self.chance.choice(self.sent)] if self.sent and self.chance.random() < 0.3 else []
        try:
            response = client.post(f"{self.cast.web.url}/events", json=[*batch, *again, {"specversion": "1.0"}])
        except httpx.HTTPError:
            return  # nobody knows whether it arrived: it is sent again
        if response.status_code == 202 and self.chance.random() < 0.8:
            self.sent.extend(batch)
            del self.waiting[: len(batch)]

    def _click(self, client: httpx.Client) -> None:
        try:
            pages = client.get(f"{self.cast.web.url}/api/pages").json().get("pages", [])
            if pages:
                press = {"action": "acknowledge", "value": self.chance.choice(pages)["page"], "as": "ben"}
                client.post(f"{self.cast.web.url}/api/click", json=press)
        except httpx.HTTPError:
            pass


def troubles(cast: Cast, chance: random.Random) -> list[Callable[[], None]]:
    """What may happen to them."""

    def kill_worker() -> None:
        worker = chance.choice(cast.workers)
        worker.kill()
        time.sleep(chance.uniform(0.0, 0.3))
        worker.start()

    def kill_web() -> None:
        cast.web.kill()
        cast.web.start().ready()

    def flush() -> None:
        with cast.valkey.client() as client:
            client.flushall()

    def restart_valkey() -> None:
        cast.valkey.kill()
        time.sleep(chance.uniform(0.0, 1.0))
        cast.valkey.start()

    def restart_postgres() -> None:
        from signal import SIGINT, SIGQUIT

        cast.postgres.stop(chance.choice([SIGINT, SIGQUIT]))
        time.sleep(chance.uniform(0.0, 0.5))
        cast.postgres.start()

    return [kill_worker, kill_worker, kill_worker, kill_worker, kill_web, flush, restart_valkey, restart_postgres]


def play(folder: Path, postgres: Postgres, database: str, seed: int, rounds: int) -> dict[str, int]:
    """Chaos for some rounds, then quiet; whatever is wrong afterwards fails. What there was is told."""
    chance = random.Random(seed)  # noqa: S311
    with playing(folder, postgres, database) as cast:
        desk = Helpdesk(cast, chance)
        for _ in range(rounds):
            desk.work(time.monotonic() + chance.uniform(0.1, 1.2))
            chance.choice(troubles(cast, chance))()
        desk.finish()
        engine = connect(database)
        ledger = ledger_on(engine)
        wait_until_quiet(ledger)
        for process in (cast.web, *cast.workers):
            process.ready()
            assert process.interrupt() == 0, process.output()
        book = load(folder / "desk.sla.yaml")
        found = compare(cast, ledger, book)
        found |= said_once(engine, ledger, book)
        found["entries"] = chain_holds(engine)
        ledger.close()
    return found


def wait_until_quiet(ledger: Ledger) -> None:
    """Until nothing is due within the next minutes and everything was said."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        upcoming = ledger.looks.next_attention(_now() + MINUTE)
        health = ledger.reader.health(_now())
        if (upcoming is None or upcoming > _now() + MINUTE) and not health.outbox_waiting:
            return
        time.sleep(0.2)
    raise AssertionError(f"never quiet: {upcoming} {health}")


def compare(cast: Cast, ledger: Ledger, book: Book) -> dict[str, int]:
    """Every ticket's clocks are those of a simulation of the exported events."""
    now = _now()
    simulated = _simulated(cast, now)
    ids = [f"T-{n}" for n in range(1, TICKETS + 1)]
    kinds = Counter[str]()
    for history in ledger.looks.histories(ids):
        view = ledger.reader.ticket(history.ticket)
        assert view is not None
        stored = [clock.public() for clock in view.at(now, book.promises.calendars).clocks]
        assert _plain(stored) == _plain(simulated.pop(history.ticket, []))
        kinds["clocks"] += len(stored)
        kinds.update(event.type for event in history.events)
        kinds.update(
            decision.kind for decision in history.recorded if decision.kind in ("clock.corrected", "page.acknowledged")
        )
    assert not simulated
    return dict(kinds)


def _simulated(cast: Cast, now: int) -> dict[str, list[dict[str, Any]]]:
    """By ticket, the clocks that `sla simulate` finds in the events that `sla ledger export` writes."""
    events = sla("ledger", "export", "--events", DATABASE_URL=cast.url)
    assert (events.returncode, events.stderr) == (0, "")
    words = ("--events", "-", "--config", cast.folder / "desk.sla.yaml", "--until", text(now), "--clocks", "-")
    done = sla("simulate", *words, stdin=events.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    clocks: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        clock = json.loads(line)
        clocks.setdefault(clock["ticket"], []).append(clock)
    return clocks


def _plain(clocks: Sequence[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(clock, sort_keys=True) for clock in clocks)


def said_once(engine: Any, ledger: Ledger, book: Book) -> dict[str, int]:
    """Everything that the looks had to say was said, once: in the outbox under its key, and in the local chat by its number."""
    with engine.connect() as connection:
        rows = connection.execute(sql("SELECT id, platform, channel, ticket, state, body FROM outbox")).all()
        lines = Counter(connection.execute(sql("SELECT outbox FROM chat_log")).scalars())
    assert {row.state for row in rows} <= {"sent"}
    bodies = {row.id: json.loads(row.body) for row in rows}
    assert lines == Counter(id for id, body in bodies.items() if body.get("line") is not None)
    said = Counter(
        (row.platform, row.channel, row.ticket, body["line"], json.dumps(body["decision"], sort_keys=True))
        for row in rows
        if (body := bodies[row.id]).get("line") is not None and "decision" in body
    )
    assert set(said.values()) == {1}, said.most_common(3)
    wanted = sum(_wanted(history, book) for history in ledger.looks.histories([f"T-{n}" for n in range(1, TICKETS + 1)]))
    assert wanted == sum(1 for body in bodies.values() if body.get("line") is not None and "decision" in body)
    return {"messages": sum(lines.values())}


def _wanted(history: History, book: Book) -> int:
    """How many lines the looks had to say: what each of them found new, given what was on record before it."""
    record: list[Any] = []
    lines = 0
    found = zip(history.recorded_at, history.recorded, strict=True)
    for now, group in groupby(found, key=lambda pair: pair[0]):
        new = [decision for _, decision in group]
        effects = effects_of(new, record, book, now)
        lines += sum(effect.line is not None and _heard(effect, book) for effect in effects)
        record.extend(new)
    return lines


def _heard(effect: Any, book: Book) -> bool:
    return effect.audience != "team" or book.teams[effect.who].channel_on("local") is not None


def chain_holds(engine: Any) -> int:
    """Nothing was altered, taken out or put in."""
    findings: list[Any] = []
    verified = verify(Database(engine), [], KEY.encode(), findings.append, lambda _: None, lambda _: None)
    assert findings == []
    return verified.entries


def _now() -> int:
    return time.time_ns() // 1_000_000


def main(rounds: int, seed: int) -> None:
    """Many rounds, each with a seed of its own; what each came to."""
    postgres = Postgres().start()
    try:
        for number in range(rounds):
            with tempfile.TemporaryDirectory(dir="/tmp") as folder:
                began = time.monotonic()
                found = play(Path(folder), postgres, postgres.database(), seed + number, 6)
                print(seed + number, found, f"{time.monotonic() - began:.1f} s", flush=True)
    finally:
        postgres.remove()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)

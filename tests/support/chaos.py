"""Chaos: a helpdesk that sends and clicks, processes that are killed, servers that are flushed and restarted; and what must
be true afterwards. Used by the test, and by `python -m tests.support.chaos ROUNDS` for many rounds.
"""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from adapters.ledger.engine import connect
from adapters.ledger.store import ledger_on
from rules.instants import text
from tests.scenario.test_kill import FAST
from tests.support.chaos_judged import KEY, at_present, clicked, judged, wait_until_quiet
from tests.support.desk import answered, opened, wire
from tests.support.postgres import Postgres
from tests.support.process import Process, sla
from tests.support.valkey import Valkey

WORKERS = 4
TICKETS = 20
KINDS = ("a worker is killed", "web is killed", "Redis is flushed", "Redis restarts", "the database restarts")


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
    presses: set[str] = field(default_factory=set)
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
        id, now = f"T-{self.tickets}", at_present()
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
                press["id"] = f"press-{self.chance.getrandbits(64):x}"
                self.presses.add(f"local/{press['id']}")
                for _ in range(self.chance.randint(1, 3)):
                    client.post(f"{self.cast.web.url}/api/click", json=press)
        except httpx.HTTPError:
            pass


def order(chance: random.Random, rounds: int) -> list[str]:
    """What happens in which round: each kind of trouble at least once, the kill of a worker most often."""
    more = chance.choices(KINDS, weights=[4, *[1] * (len(KINDS) - 1)], k=max(0, rounds - len(KINDS)))
    return chance.sample([*KINDS, *more], len(KINDS) + len(more))


def troubles(cast: Cast, chance: random.Random) -> dict[str, Callable[[], None]]:
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

    happening = (kill_worker, kill_web, flush, restart_valkey, restart_postgres)
    return dict(zip(KINDS, happening, strict=True))


def play(folder: Path, postgres: Postgres, database: str, seed: int, rounds: int) -> dict[str, int]:
    """Chaos for some rounds, then quiet; whatever is wrong afterwards fails. What there was is told."""
    chance = random.Random(seed)  # noqa: S311
    with playing(folder, postgres, database) as cast:
        desk = Helpdesk(cast, random.Random(seed))  # noqa: S311 - its own dice: it turns as often as the machine lets it
        ahead = order(chance, rounds)
        for name in ahead:
            desk.work(time.monotonic() + chance.uniform(0.1, 1.2))
            troubles(cast, chance)[name]()
        desk.finish()
        engine = connect(database)
        ledger = ledger_on(engine)
        wait_until_quiet(ledger)
        for process in (cast.web, *cast.workers):
            process.ready()
            assert process.interrupt() == 0, process.output()
        found = judged(engine, database, folder, [f"T-{n}" for n in range(1, TICKETS + 1)])
        presses = clicked(engine)
        assert len(set(presses)) == len(presses), "a press that is delivered twice is done once"
        assert set(presses) <= desk.presses
        ledger.close()
    return found


def main(rounds: int, seed: int) -> None:
    """Many rounds, each with a seed of its own; what each came to."""
    postgres = Postgres().start()
    try:
        for number in range(rounds):
            with tempfile.TemporaryDirectory(dir="/tmp") as folder:
                began = time.monotonic()
                found = play(Path(folder), postgres, postgres.database(), seed + number, 8)
                print(seed + number, found, f"{time.monotonic() - began:.1f} s", flush=True)
    finally:
        postgres.remove()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)

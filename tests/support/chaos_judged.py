"""What must be true after any chaos: clocks as the simulation of the exported events has them, each message once, whole
chains.
"""

import json
import time
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy import text as sql

from adapters.ledger.database import Database
from adapters.ledger.seal_file import JsonSealFile
from adapters.ledger.store import ledger_on
from adapters.ledger.verification import verify
from bot.ports import Ledger
from bot.records import History, Seal
from escalation.book import Book
from escalation.effects import effects_of
from rules.instants import MINUTE, text
from tests.support.desk import load
from tests.support.process import sla

KEY = "the seals' key"


def wait_until_quiet(ledger: Ledger) -> None:
    """Until nothing is due within the next minutes and everything was said."""
    end = time.monotonic() + 90
    while time.monotonic() < end:
        upcoming = ledger.looks.next_attention(at_present() + MINUTE)
        health = ledger.reader.health(at_present())
        if (upcoming is None or upcoming > at_present() + MINUTE) and not health.outbox_waiting:
            return
        time.sleep(0.2)
    raise AssertionError(f"never quiet: {upcoming} {health}")


def judged(engine: Engine, database: str, folder: Path, ids: Sequence[str]) -> dict[str, int]:
    """How much there was of each kind, where all of it is as it must be."""
    ledger, book = ledger_on(engine), load(folder / "desk.sla.yaml")
    simulated = _simulated(database, folder / "desk.sla.yaml", now := at_present())
    found = compared(ledger.looks.histories(ids), simulated, ledger, book, now)
    found |= said_once(engine, ledger.looks.histories(ids), book)
    found["entries"] = chain_holds(engine, JsonSealFile(folder / "seals.jsonl").read())
    return found


def compared(
    histories: Sequence[History], simulated: dict[str, list[dict[str, Any]]], ledger: Ledger, book: Book, now: int
) -> dict[str, int]:
    """Every ticket's clocks are those of a simulation of the exported events."""
    kinds = Counter[str]()
    for history in histories:
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


def _simulated(database: str, config: Path, now: int) -> dict[str, list[dict[str, Any]]]:
    """By ticket, the clocks that `sla simulate` finds in the events that `sla ledger export` writes."""
    events = sla("ledger", "export", "--events", DATABASE_URL=database)
    assert (events.returncode, events.stderr) == (0, "")
    words = ("--events", "-", "--config", config, "--until", text(now), "--clocks", "-")
    done = sla("simulate", *words, stdin=events.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    clocks: dict[str, list[dict[str, Any]]] = {}
    for line in done.stdout.splitlines():
        clock = json.loads(line)
        clocks.setdefault(clock["ticket"], []).append(clock)
    return clocks


def _plain(clocks: Sequence[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(clock, sort_keys=True) for clock in clocks)


def said_once(engine: Engine, histories: Sequence[History], book: Book) -> dict[str, int]:
    """Everything that the looks had to say was said, once: in the outbox under its key, and in the local chat by its number."""
    with engine.connect() as connection:
        rows = connection.execute(sql("SELECT id, platform, channel, ticket, state, body FROM outbox")).all()
        lines = Counter(connection.execute(sql("SELECT outbox FROM chat_log")).scalars())
    assert {row.state for row in rows} <= {"sent", "dropped"}
    bodies = {row.id: json.loads(row.body) for row in rows}
    needed = {row.id for row in rows if row.state == "sent"}
    assert lines == Counter(id for id, body in bodies.items() if id in needed and body.get("line") is not None)
    said = Counter(
        (row.platform, row.channel, row.ticket, body["line"], json.dumps(body["decision"], sort_keys=True))
        for row in rows
        if (body := bodies[row.id]).get("line") is not None and "decision" in body
    )
    assert set(said.values()) == {1}, said.most_common(3)
    wanted = sum(_wanted(history, book) for history in histories)
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
    if effect.audience == "helpdesk":  # where one is set up
        return False
    return effect.audience != "team" or book.teams[effect.who].channel_on("local") is not None


def chain_holds(engine: Engine, kept: Sequence[Seal]) -> int:
    """Nothing was altered, taken out or put in; the seals, of which there are some, say so too."""
    findings: list[Any] = []
    assert kept
    verified = verify(Database(engine), kept, [KEY.encode()], findings.append, lambda _: None, lambda _: None)
    assert findings == []
    return verified.entries


def clicked(engine: Engine) -> list[str]:
    """The presses that stand in the ledger."""
    with engine.connect() as connection:
        bodies = connection.execute(sql("SELECT body FROM entries WHERE kind = 'page.acknowledged' AND is_event")).scalars()
        return [json.loads(body)["id"] for body in bodies]


def at_present() -> int:
    """Now."""
    return time.time_ns() // 1_000_000

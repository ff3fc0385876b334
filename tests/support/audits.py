"""Ledgers to be verified: filled, sealed, tampered with."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import text

from adapters.ledger.chain import link, root
from adapters.ledger.database import Database
from adapters.ledger.findings import Finding
from adapters.ledger.seal_file import JsonSealFile
from adapters.ledger.verification import Verified, verify
from bot.records import Seal
from bot.sealing import Sealing
from rules.instants import parse
from rules.ticket import TicketEvent
from tests.support.desk import HandClock
from tests.support.ledgers import Opened

KEY = b"a key that is kept elsewhere"
KEYS = (KEY,)
NOW = parse("2026-01-05T09:00:00Z")


def fill(db: Opened, count: int, at: int = NOW, first: int = 0) -> None:
    """So many events, each with a personal field, two a transaction."""
    events = [
        TicketEvent(f"T-{n}", "ticket.opened", at, {"title": f"Cannot pay {n}", "priority": "high"}, f"e{n}", "desk")
        for n in range(first, first + count)
    ]
    for start in range(0, count, 2):
        db.ledger.intake.append(events[start : start + 2], [], at)


def sealing(db: Opened, at: int = NOW, file: Path | None = None, keys: Sequence[bytes] = KEYS) -> Sealing:
    """What seals it, at an instant."""
    return Sealing(db.ledger, HandClock(at), keys, JsonSealFile(file) if file else None, ("local", "audit"))


def seal(db: Opened, at: int = NOW, file: Path | None = None, keys: Sequence[bytes] = KEYS) -> Seal:
    made = sealing(db, at, file, keys).turn("a", asked=True)
    assert made is not None
    return made


def verified(db: Opened, kept: Sequence[Seal] = (), keys: Sequence[bytes] = KEYS) -> tuple[Verified, list[Finding]]:
    """What a verification finds."""
    found: list[Finding] = []
    done = verify(Database(db.engine), kept, keys, found.append, lambda total: None, lambda more: None)
    return done, found


def tamper(db: Opened, sql: str, **values: Any) -> None:
    """Change the database behind the bot's back, as somebody could who has all rights to it."""
    if "sqlite" in db.url:
        with closing(sqlite3.connect(db.url.removeprefix("sqlite:///"))) as file, file:  # foreign keys are off here
            file.execute(sql, values)
        return
    with db.engine.begin() as connection:
        connection.execute(text("SET LOCAL session_replication_role = replica"))
        connection.execute(text(sql), values)


def recount(db: Opened, mend_chains: bool = True) -> None:
    """Compute all hashes anew, as somebody would who knows how they are made."""
    rows = [dict(row._mapping) for row in db.rows("select * from entries where number is not null order by day, shard, number")]
    ends: dict[tuple[int, int], tuple[int, bytes]] = {}
    for row in rows:
        chain = row["day"], row["shard"]
        number, before = ends.get(chain, (0, root(*chain)))
        ends[chain] = number + 1, link(before, row)
        values = {"hash": ends[chain][1], "n": number + 1, "seq": row["seq"]}
        tamper(db, "update entries set hash = :hash, number = :n where seq = :seq", **values)
    if mend_chains:
        for (day, shard), (number, hash) in ends.items():
            values = {"hash": hash, "n": number, "day": day, "shard": shard}
            tamper(db, "update chains set number = :n, hash = :hash where day = :day and shard = :shard", **values)

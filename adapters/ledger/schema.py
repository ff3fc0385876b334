"""The ledger's tables.

Decided here: `entries` is the ledger itself, append-only: ticket events and decisions, each as canonical bytes under a unique
key and linked to the one before it in its chain, those of the register of exceptions under no ticket; `personal` holds, beside
it, what may have to be erased, so that an entry carries only its salted hash. Tickets, clocks, pages, reviews and the ends of
chains can be computed anew from these two, `cells`, `rollups` and the two series from `clocks`. Seals, leases, sweeps under
way and the quarantine are not in the entries. Instants are integers, milliseconds UTC. Not decided here: what is said
(`schema_said`), the migrations' steps.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text, text
from sqlalchemy.types import TypeEngine

metadata = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s"})
Serial = BigInteger().with_variant(Integer, "sqlite")


def text_of(length: int) -> TypeEngine[str]:
    """A text in the order of its bytes in both databases, as Python sorts it: rows are locked in that order everywhere."""
    return String(length).with_variant(Text(collation="C"), "postgresql")


def _only(condition: str) -> dict[str, Any]:
    """Of an index: it has only the rows for which a condition holds."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


UNBROKEN = "state = 'running' AND verdict <> 'overdue'"
"""Clocks that can have come to another verdict since their last look."""
UNFINISHED = "unfinished > 0"
"""Reviews in which something is still to be done."""
FAILING = "failures > 0"
"""Tickets whose last look has failed."""
FIGURES = ("running", "at_risk", "overdue", "met", "missed", "excused", "cancelled")
"""What a time series tells: three gauges, and how many were judged or ended."""

entries = Table(
    "entries",
    metadata,
    Column("seq", Serial, primary_key=True, autoincrement=True),
    Column("kind", text_of(200), nullable=False),
    Column("ticket", text_of(200), nullable=False),
    Column("key", text_of(64), nullable=False),
    Column("is_event", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("day", Integer),
    Column("shard", Integer),
    Column("number", BigInteger),
    Column("hash", LargeBinary),
    Index(None, "ticket", "seq"),
    Index("uq_entries_key", "key", unique=True),
    Index("uq_entries_chain", "day", "shard", "number", unique=True),
    sqlite_autoincrement=True,
)

chains = Table(
    "chains",
    metadata,
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("shard", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
)

seals = Table(
    "seals",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Column("mac", text_of(64), nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", text_of(100), primary_key=True),
    Column("holder", text_of(200), nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
)

personal = Table(
    "personal",
    metadata,
    Column("entry", Serial, ForeignKey("entries.seq"), primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", text_of(200), primary_key=True),
    Column("attention_at", BigInteger, index=True),
    Column("claimed_until", BigInteger, nullable=False, default=0),
    Column("seen", Integer, nullable=False),
    Column("looked_at", BigInteger),
    Column("failures", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("facts", Text, nullable=False, default="{}"),
    Column("archived_at", BigInteger),
    Index("ix_tickets_failing", "id", **_only(FAILING)),
)
_RESTING = tickets.c.attention_at.is_(None) & tickets.c.archived_at.is_(None)
Index("ix_tickets_resting", tickets.c.looked_at, sqlite_where=_RESTING, postgresql_where=_RESTING)

clocks = Table(
    "clocks",
    metadata,
    Column("ticket", text_of(200), primary_key=True),
    Column("agreement", text_of(200), primary_key=True),
    Column("metric", text_of(200), primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("version", text_of(200), nullable=False),
    Column("kind", text_of(10), nullable=False),
    Column("state", text_of(20), nullable=False),
    Column("verdict", text_of(20), nullable=False),
    Column("target_ms", BigInteger, nullable=False),
    Column("elapsed_ms", BigInteger, nullable=False),
    Column("wall_elapsed_ms", BigInteger, nullable=False),
    Column("paused_ms", BigInteger, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("stopped_at", BigInteger),
    Column("breached_at", BigInteger),
    Column("original_due_at", BigInteger),
    Column("next_at", BigInteger),
    Column("calendar", text_of(200), nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("suspended", Text, nullable=False, server_default="[]"),
    Column("judged_at", BigInteger),
    Column("risky_at", BigInteger),
    Column("customer", Text),
    Column("tier", Text),
    Column("region", Text),
    Column("service", Text),
    Column("priority", Text),
    Column("team", Text),
    Index("ix_clocks_verdict_due_at", "verdict", "due_at"),
    Index(None, "customer", "breached_at"),
    Index(None, "customer", "judged_at"),
    Index("ix_clocks_judged", "judged_at", "agreement", "kind", "metric", "verdict", **_only("judged_at IS NOT NULL")),
    Index("ix_clocks_unlooked", "next_at", **_only(UNBROKEN)),
)

cells = Table(
    "cells",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("whole", Boolean, nullable=False, index=True),
    Column("agreement", text_of(200), nullable=False),
    Column("kind", text_of(10), nullable=False),
    Column("metric", text_of(200), nullable=False),
    Column("tier", Text),
    Column("region", Text),
    Column("service", Text),
    Column("priority", Text),
    Column("team", Text),
)

rollups = Table(
    "rollups",
    metadata,
    Column("cell", BigInteger, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("verdict", text_of(20), primary_key=True),
    Column("n", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

rollup_changes = Table(
    "rollup_changes",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("body", Text, nullable=False),
)


def _series(name: str, unit: str) -> Table:
    figures = (Column(figure, BigInteger, nullable=False) for figure in FIGURES)
    keys = (Column(key, BigInteger, primary_key=True, autoincrement=False) for key in ("cell", unit))
    return Table(name, metadata, *keys, *figures, sqlite_with_rowid=False)


minutes = _series("series_minutes", "minute")
days = _series("series_days", "day")

pages = Table(
    "pages",
    metadata,
    Column("page", text_of(300), primary_key=True),
    Column("ticket", text_of(200), nullable=False, index=True),
    Column("ladder", text_of(200), nullable=False),
    Column("team", text_of(200)),
    Column("state", text_of(20), nullable=False, index=True),
    Column("step", Integer, nullable=False),
    Column("to", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("next_at", BigInteger),
    Column("acknowledged_by", Text),
    Column("acknowledged_until", BigInteger),
    Column("closed_at", BigInteger),
    Column("reasons", Text, nullable=False),
    Column("next_step", Integer),
    Column("next_to", Text, nullable=False, server_default="[]"),
)

reviews = Table(
    "reviews",
    metadata,
    Column("review", text_of(300), primary_key=True),
    Column("ticket", text_of(200), nullable=False, index=True),
    Column("team", text_of(200)),
    Column("state", text_of(20), nullable=False),
    Column("reviewer", text_of(200)),
    Column("opened_at", BigInteger, nullable=False),
    Column("due_at", BigInteger),
    Column("cause", text_of(200)),
    Column("note", Text),
    Column("closed_at", BigInteger),
    Column("breaches", Text, nullable=False),
    Column("actions", Text, nullable=False),
    Column("unfinished", Integer, nullable=False),
    Index("ix_reviews_unfinished", "opened_at", **_only(UNFINISHED)),
    Index(None, "opened_at", "cause"),
)

knowledge = Table(
    "knowledge",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("kind", text_of(20), nullable=False),
    Column("ref", text_of(300), nullable=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("url", Text),
    Index("uq_knowledge_ref", "kind", "ref", unique=True),
    Index(None, "kind", "id"),
)
"""The index of its words is each database's own: `migrations.full_text`."""

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("cause", text_of(300), nullable=False),
    Column("since", BigInteger),
    Column("phase", text_of(20), nullable=False, index=True),
    Column("cursor", text_of(200), nullable=False),
    Column("swept", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("received_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("key", text_of(64)),
    Column("replayed_at", BigInteger),
    Index("uq_quarantine_key", "key", unique=True),
    sqlite_autoincrement=True,
)

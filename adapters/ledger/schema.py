"""The ledger's tables.

Decided here: `entries` is the ledger itself, append-only: ticket events and decisions, each as canonical bytes under a unique
key, those of the register of exceptions under no ticket; `personal` holds, beside it, what may have to be erased, so that an
entry carries only its salted hash. All other tables can be computed anew from these two. Instants are integers, milliseconds
UTC. Not decided here: the migrations' steps.
"""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, MetaData, String, Table, Text

metadata = MetaData(naming_convention={"ix": "ix_%(table_name)s_%(column_0_N_name)s"})
_Serial = BigInteger().with_variant(Integer, "sqlite")

entries = Table(
    "entries",
    metadata,
    Column("seq", _Serial, primary_key=True, autoincrement=True),
    Column("kind", String(200), nullable=False),
    Column("ticket", String(200), nullable=False, index=True),
    Column("key", String(64), nullable=False),
    Column("is_event", Boolean, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index("uq_entries_key", "key", unique=True),
    sqlite_autoincrement=True,
)

personal = Table(
    "personal",
    metadata,
    Column("entry", _Serial, ForeignKey("entries.seq"), primary_key=True, autoincrement=False),
    Column("salt", LargeBinary, nullable=False),
    Column("body", Text, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    Column("id", String(200), primary_key=True),
    Column("attention_at", BigInteger, index=True),
    Column("claimed_until", BigInteger, nullable=False, default=0),
    Column("seen", Integer, nullable=False),
    Column("looked_at", BigInteger),
    Column("failures", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("facts", Text, nullable=False, default="{}"),
)

clocks = Table(
    "clocks",
    metadata,
    Column("ticket", String(200), primary_key=True),
    Column("agreement", String(200), primary_key=True),
    Column("metric", String(200), primary_key=True),
    Column("cycle", Integer, primary_key=True),
    Column("version", String(200), nullable=False),
    Column("kind", String(10), nullable=False),
    Column("state", String(20), nullable=False),
    Column("verdict", String(20), nullable=False, index=True),
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
    Column("calendar", String(200), nullable=False),
    Column("as_of", BigInteger, nullable=False),
    Column("suspended", Text, nullable=False, server_default="[]"),
    Column("judged_at", BigInteger, index=True),
    Column("customer", Text),
    Column("tier", Text),
    Column("region", Text),
    Column("service", Text),
    Column("priority", Text),
    Column("team", Text),
    Index(None, "customer", "breached_at"),
)

pages = Table(
    "pages",
    metadata,
    Column("page", String(300), primary_key=True),
    Column("ticket", String(200), nullable=False, index=True),
    Column("ladder", String(200), nullable=False),
    Column("team", String(200)),
    Column("state", String(20), nullable=False, index=True),
    Column("step", Integer, nullable=False),
    Column("to", Text, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("next_at", BigInteger),
    Column("acknowledged_by", Text),
    Column("acknowledged_until", BigInteger),
    Column("closed_at", BigInteger),
    Column("reasons", Text, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("key", String(64), nullable=False),
    Column("ticket", String(200), nullable=False),
    Column("platform", String(20), nullable=False),
    Column("channel", String(300), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Index("uq_outbox_key", "key", unique=True),
    Index(None, "platform", "channel", "state"),
    Index(None, "state", "due_at"),
    sqlite_autoincrement=True,
)

chat = Table(
    "chat",
    metadata,
    Column("id", String(600), primary_key=True),
    Column("rev", BigInteger, nullable=False),
    Column("channel", String(300), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("ticket", String(200)),
    Column("card", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    Index("uq_chat_rev", "rev", unique=True),
)

chat_log = Table(
    "chat_log",
    metadata,
    Column("outbox", _Serial, primary_key=True, autoincrement=False),
    Column("message", String(600), ForeignKey("chat.id"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("mentions", Text, nullable=False),
)

sweeps = Table(
    "sweeps",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("cause", String(300), nullable=False),
    Column("since", BigInteger),
    Column("phase", String(20), nullable=False, index=True),
    Column("cursor", String(200), nullable=False),
    Column("swept", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", _Serial, primary_key=True, autoincrement=True),
    Column("received_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Column("raw", Text, nullable=False),
    sqlite_autoincrement=True,
)

"""The ledger's tables of what is said: the outbox, what stands on which platforms, and the local chat.

Decided here: their columns. They are not in the entries: what was to be said can be computed anew, what became of it cannot.
Not decided here: the tables that entries are or bring about (`schema`).
"""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, Table, Text

from adapters.ledger.schema import Serial, metadata, text_of

outbox = Table(
    "outbox",
    metadata,
    Column("id", Serial, primary_key=True, autoincrement=True),
    Column("key", text_of(64), nullable=False),
    Column("ticket", text_of(200), nullable=False, index=True),
    Column("platform", text_of(20), nullable=False),
    Column("channel", text_of(300), nullable=False),
    Column("body", Text, nullable=False),
    Column("state", text_of(20), nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("error", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Column("priority", Integer, nullable=False, server_default="1"),
    Index("uq_outbox_key", "key", unique=True),
    Index(None, "platform", "channel", "state"),
    Index(None, "state", "due_at"),
    sqlite_autoincrement=True,
)

platforms = Table("platforms", metadata, Column("name", text_of(20), primary_key=True))

posts = Table(
    "posts",
    metadata,
    Column("platform", text_of(20), primary_key=True),
    Column("channel", text_of(300), primary_key=True),
    Column("ticket", text_of(200), primary_key=True),
    Column("ref", text_of(600), nullable=False),
    Column("bundle", BigInteger, index=True),
    Column("posted_at", BigInteger, nullable=False),
    Column("said_at", BigInteger, nullable=False),
    Column("drawn_at", BigInteger, nullable=False),
    Index(None, "platform", "channel", "said_at"),
    Index(None, "ticket"),
)

chat = Table(
    "chat",
    metadata,
    Column("id", text_of(600), primary_key=True),
    Column("rev", BigInteger, nullable=False),
    Column("channel", text_of(300), nullable=False, index=True),
    Column("kind", text_of(20), nullable=False),
    Column("ticket", text_of(200), index=True),
    Column("card", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger),
    Index("uq_chat_rev", "rev", unique=True),
)

chat_log = Table(
    "chat_log",
    metadata,
    Column("outbox", Serial, primary_key=True, autoincrement=False),
    Column("message", text_of(600), ForeignKey("chat.id"), nullable=False, index=True),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),
    Column("mentions", Text, nullable=False),
)

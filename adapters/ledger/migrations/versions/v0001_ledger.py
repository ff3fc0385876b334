"""The first ledger: entries, their personal fields, and the tables computed from them.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op

from adapters.ledger.schema import text_of

revision = "0001"
down_revision = None

_Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create all tables."""
    op.create_table(
        "entries",
        sa.Column("seq", _Serial, primary_key=True, autoincrement=True),
        sa.Column("kind", text_of(200), nullable=False),
        sa.Column("ticket", text_of(200), nullable=False),
        sa.Column("key", text_of(64), nullable=False),
        sa.Column("is_event", sa.Boolean, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("recorded_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "personal",
        sa.Column("entry", _Serial, sa.ForeignKey("entries.seq"), primary_key=True, autoincrement=False),
        sa.Column("salt", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "tickets",
        sa.Column("id", text_of(200), primary_key=True),
        sa.Column("attention_at", sa.BigInteger),
        sa.Column("claimed_until", sa.BigInteger, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("looked_at", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("facts", sa.Text, nullable=False),
    )
    op.create_table(
        "clocks",
        sa.Column("ticket", text_of(200), primary_key=True),
        sa.Column("agreement", text_of(200), primary_key=True),
        sa.Column("metric", text_of(200), primary_key=True),
        sa.Column("cycle", sa.Integer, primary_key=True),
        sa.Column("version", text_of(200), nullable=False),
        sa.Column("kind", text_of(10), nullable=False),
        sa.Column("state", text_of(20), nullable=False),
        sa.Column("verdict", text_of(20), nullable=False),
        sa.Column("target_ms", sa.BigInteger, nullable=False),
        sa.Column("elapsed_ms", sa.BigInteger, nullable=False),
        sa.Column("wall_elapsed_ms", sa.BigInteger, nullable=False),
        sa.Column("paused_ms", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("stopped_at", sa.BigInteger),
        sa.Column("breached_at", sa.BigInteger),
        sa.Column("original_due_at", sa.BigInteger),
        sa.Column("next_at", sa.BigInteger),
        sa.Column("calendar", text_of(200), nullable=False),
        sa.Column("as_of", sa.BigInteger, nullable=False),
        sa.Column("customer", sa.Text),
        sa.Column("tier", sa.Text),
        sa.Column("region", sa.Text),
        sa.Column("service", sa.Text),
        sa.Column("priority", sa.Text),
        sa.Column("team", sa.Text),
    )
    op.create_table(
        "pages",
        sa.Column("page", text_of(300), primary_key=True),
        sa.Column("ticket", text_of(200), nullable=False),
        sa.Column("ladder", text_of(200), nullable=False),
        sa.Column("team", text_of(200)),
        sa.Column("state", text_of(20), nullable=False),
        sa.Column("step", sa.Integer, nullable=False),
        sa.Column("to", sa.Text, nullable=False),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("next_at", sa.BigInteger),
        sa.Column("acknowledged_by", sa.Text),
        sa.Column("acknowledged_until", sa.BigInteger),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("reasons", sa.Text, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("id", _Serial, primary_key=True, autoincrement=True),
        sa.Column("key", text_of(64), nullable=False),
        sa.Column("ticket", text_of(200), nullable=False),
        sa.Column("platform", text_of(20), nullable=False),
        sa.Column("channel", text_of(300), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("state", text_of(20), nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("error", sa.Text),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("sent_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "chat",
        sa.Column("id", text_of(600), primary_key=True),
        sa.Column("rev", sa.BigInteger, nullable=False),
        sa.Column("channel", text_of(300), nullable=False),
        sa.Column("kind", text_of(20), nullable=False),
        sa.Column("ticket", text_of(200)),
        sa.Column("card", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("edited_at", sa.BigInteger),
    )
    op.create_table(
        "chat_log",
        sa.Column("outbox", _Serial, primary_key=True, autoincrement=False),
        sa.Column("message", text_of(600), sa.ForeignKey("chat.id"), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("mentions", sa.Text, nullable=False),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", _Serial, primary_key=True, autoincrement=True),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("raw", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_entries_ticket", "entries", ["ticket"])
    op.create_index("uq_entries_key", "entries", ["key"], unique=True)
    op.create_index("ix_tickets_attention_at", "tickets", ["attention_at"])
    op.create_index("ix_clocks_verdict", "clocks", ["verdict"])
    op.create_index("ix_clocks_customer_breached_at", "clocks", ["customer", "breached_at"])
    op.create_index("ix_pages_ticket", "pages", ["ticket"])
    op.create_index("ix_pages_state", "pages", ["state"])
    op.create_index("uq_outbox_key", "outbox", ["key"], unique=True)
    op.create_index("ix_outbox_platform_channel_state", "outbox", ["platform", "channel", "state"])
    op.create_index("ix_outbox_state_due_at", "outbox", ["state", "due_at"])
    op.create_index("uq_chat_rev", "chat", ["rev"], unique=True)
    op.create_index("ix_chat_channel", "chat", ["channel"])
    op.create_index("ix_chat_log_message", "chat_log", ["message"])

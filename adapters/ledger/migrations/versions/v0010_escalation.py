"""Pages say whom their next step calls, messages have a priority and a place, breaches are reviewed, words are searched.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op

from adapters.ledger.migrations.full_text import index_words
from adapters.ledger.schema import text_of

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Tickets with an open page or a breach are looked at again: their pages do not say it yet, and reviews were opened. The
    local chat's cards stand there.
    """
    op.add_column("pages", sa.Column("next_step", sa.Integer))
    op.add_column("pages", sa.Column("next_to", sa.Text, nullable=False, server_default="[]"))
    paged = "SELECT ticket FROM pages WHERE state <> 'closed'"
    broken = "SELECT ticket FROM clocks WHERE breached_at IS NOT NULL"
    op.execute(f"UPDATE tickets SET attention_at = 0 WHERE archived_at IS NULL AND id IN ({paged} UNION {broken})")  # noqa: S608
    op.add_column("outbox", sa.Column("priority", sa.Integer, nullable=False, server_default="1"))
    op.create_table("platforms", sa.Column("name", text_of(20), primary_key=True))
    op.create_table(
        "posts",
        sa.Column("platform", text_of(20), primary_key=True),
        sa.Column("channel", text_of(300), primary_key=True),
        sa.Column("ticket", text_of(200), primary_key=True),
        sa.Column("ref", text_of(600), nullable=False),
        sa.Column("bundle", sa.BigInteger),
        sa.Column("posted_at", sa.BigInteger, nullable=False),
        sa.Column("said_at", sa.BigInteger, nullable=False),
        sa.Column("drawn_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_posts_bundle", "posts", ["bundle"])
    op.create_index("ix_posts_ticket", "posts", ["ticket"])
    op.create_index("ix_posts_platform_channel_said_at", "posts", ["platform", "channel", "said_at"])
    op.execute(
        "INSERT INTO posts (platform, channel, ticket, ref, posted_at, said_at, drawn_at) "
        "SELECT 'local', channel, ticket, id, created_at, coalesce(edited_at, created_at), coalesce(edited_at, created_at) "
        "FROM chat WHERE kind = 'card' AND ticket IS NOT NULL"
    )
    op.execute("UPDATE chat SET kind = 'letter' WHERE kind = 'customer'")
    op.create_table(
        "reviews",
        sa.Column("review", text_of(300), primary_key=True),
        sa.Column("ticket", text_of(200), nullable=False),
        sa.Column("team", text_of(200)),
        sa.Column("state", text_of(20), nullable=False),
        sa.Column("reviewer", text_of(200)),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("cause", text_of(200)),
        sa.Column("note", sa.Text),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("breaches", sa.Text, nullable=False),
        sa.Column("actions", sa.Text, nullable=False),
        sa.Column("unfinished", sa.Integer, nullable=False),
    )
    op.create_index("ix_reviews_ticket", "reviews", ["ticket"])
    op.create_index("ix_reviews_opened_at_cause", "reviews", ["opened_at", "cause"])
    op.create_table(
        "knowledge",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("kind", text_of(20), nullable=False),
        sa.Column("ref", text_of(300), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("url", sa.Text),
    )
    op.create_index("uq_knowledge_ref", "knowledge", ["kind", "ref"], unique=True)
    op.create_index("ix_knowledge_kind_id", "knowledge", ["kind", "id"])
    index_words(op.get_bind())
    unfinished = sa.text("unfinished > 0")
    only = {"sqlite_where": unfinished, "postgresql_where": unfinished}
    op.create_index("ix_reviews_unfinished", "reviews", ["opened_at"], **only)  # type: ignore[arg-type]

"""Pages say whom their next step calls; messages have a priority, and where they stand is remembered.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op

from adapters.ledger.schema import text_of

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Tickets with an open page are looked at again, as their pages do not say it yet. The local chat's cards stand there."""
    op.add_column("pages", sa.Column("next_step", sa.Integer))
    op.add_column("pages", sa.Column("next_to", sa.Text, nullable=False, server_default="[]"))
    paged = "SELECT ticket FROM pages WHERE state <> 'closed'"
    op.execute(f"UPDATE tickets SET attention_at = 0 WHERE archived_at IS NULL AND id IN ({paged})")  # noqa: S608
    op.add_column("outbox", sa.Column("priority", sa.Integer, nullable=False, server_default="1"))
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

"""Archiving: which tickets' entries have gone to the archive, and finding the next ones.

Revision: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the mark, the index over tickets that wait for nothing, and those by which what was said of a ticket is found."""
    op.add_column("tickets", sa.Column("archived_at", sa.BigInteger))
    resting = sa.text("attention_at IS NULL AND archived_at IS NULL")
    op.create_index("ix_tickets_resting", "tickets", ["looked_at"], sqlite_where=resting, postgresql_where=resting)
    op.create_index("ix_outbox_ticket", "outbox", ["ticket"])
    op.create_index("ix_chat_ticket", "chat", ["ticket"])

"""Pages say whom their next step calls.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Tickets with an open page are looked at again, as their pages do not say it yet."""
    op.add_column("pages", sa.Column("next_step", sa.Integer))
    op.add_column("pages", sa.Column("next_to", sa.Text, nullable=False, server_default="[]"))
    paged = "SELECT ticket FROM pages WHERE state <> 'closed'"
    op.execute(f"UPDATE tickets SET attention_at = 0 WHERE archived_at IS NULL AND id IN ({paged})")  # noqa: S608

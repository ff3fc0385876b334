"""When what was quarantined was replayed.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column."""
    op.add_column("quarantine", sa.Column("replayed_at", sa.BigInteger))

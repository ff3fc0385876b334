"""What was refused can be replayed: when it was.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the instant; nothing that is there was replayed."""
    op.add_column("quarantine", sa.Column("replayed_at", sa.BigInteger))

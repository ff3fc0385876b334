"""A ticket's history in its order, and its last entry, by one index.

Revision: 0007
"""

from alembic import op

from adapters.ledger.migrations.indexes import add_index

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Without it PostgreSQL may go through all entries for the last one of the register."""
    add_index("ix_entries_ticket_seq", "entries", ["ticket", "seq"])
    op.drop_index("ix_entries_ticket", "entries", if_exists=True)

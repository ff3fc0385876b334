"""What people ask of a million tickets, by indexes: what is due next of a verdict, and which looks fail.

Revision: 0008
"""

from alembic import op

from adapters.ledger.migrations.indexes import add_index

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """The index over verdicts alone is a part of the new one."""
    add_index("ix_clocks_verdict_due_at", "clocks", ["verdict", "due_at"])
    add_index("ix_tickets_failing", "tickets", ["id"], where="failures > 0")
    op.drop_index("ix_clocks_verdict", "clocks", if_exists=True)

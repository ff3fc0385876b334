"""The chain over entries, its seals, and leases; what was quarantined is kept once.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

from adapters.ledger.schema import text_of

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what the chain needs. Entries that are there already, or that the version before still writes, are taken into it by
    `migrating`.
    """
    op.add_column("entries", sa.Column("day", sa.Integer))
    op.add_column("entries", sa.Column("shard", sa.Integer))
    op.add_column("entries", sa.Column("number", sa.BigInteger))
    op.add_column("entries", sa.Column("hash", sa.LargeBinary))
    op.create_index("uq_entries_chain", "entries", ["day", "shard", "number"], unique=True)
    op.create_table(
        "chains",
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("shard", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "seals",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("mac", text_of(64), nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("name", text_of(100), primary_key=True),
        sa.Column("holder", text_of(200), nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("fence", sa.BigInteger, nullable=False),
    )
    op.add_column("quarantine", sa.Column("key", text_of(64)))
    op.create_index("uq_quarantine_key", "quarantine", ["key"], unique=True)

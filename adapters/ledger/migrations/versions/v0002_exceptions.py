"""Exceptions: windows in which a clock's time does not count, sweeps over the tickets that a decision touches; and when
clocks were judged.

Revision: 0002
"""

import sqlalchemy as sa
from alembic import op

from adapters.ledger.schema import text_of

revision = "0002"
down_revision = "0001"

_Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add what exceptions need; rows that are there count in full."""
    op.add_column("clocks", sa.Column("suspended", sa.Text, nullable=False, server_default="[]"))
    op.add_column("clocks", sa.Column("judged_at", sa.BigInteger))
    op.execute("UPDATE clocks SET judged_at = COALESCE(breached_at, stopped_at)")
    op.create_index("ix_clocks_judged_at", "clocks", ["judged_at"])
    op.create_table(
        "sweeps",
        sa.Column("id", _Serial, primary_key=True, autoincrement=True),
        sa.Column("cause", text_of(300), nullable=False),
        sa.Column("since", sa.BigInteger),
        sa.Column("phase", text_of(20), nullable=False),
        sa.Column("cursor", text_of(200), nullable=False),
        sa.Column("swept", sa.Integer, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_sweeps_phase", "sweeps", ["phase"])

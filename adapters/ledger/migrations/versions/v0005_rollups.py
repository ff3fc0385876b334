"""Roll-ups and time series of clocks, and the views on them.

Revision: 0005
"""

import sqlalchemy as sa
from alembic import op

from adapters.ledger.migrations.views import create_views
from adapters.ledger.schema import text_of

revision = "0005"
down_revision = "0004"

_Serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_FIGURES = ("running", "at_risk", "overdue", "met", "missed", "excused", "cancelled")


def upgrade() -> None:
    """Add the tables; `migrating` counts the clocks that are there."""
    op.add_column("clocks", sa.Column("risky_at", sa.BigInteger))
    # Since when is not known; the next look says it.
    op.execute("UPDATE clocks SET risky_at = as_of WHERE verdict = 'at risk'")
    _indexes()
    op.create_table(
        "cells",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("agreement", text_of(200), nullable=False),
        sa.Column("kind", text_of(10), nullable=False),
        sa.Column("metric", text_of(200), nullable=False),
        *(sa.Column(name, sa.Text) for name in ("tier", "region", "service", "priority", "team")),
    )
    op.create_index("ix_cells_whole", "cells", ["whole"])
    op.create_table(
        "rollups",
        sa.Column("cell", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("day", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("verdict", text_of(20), primary_key=True),
        sa.Column("n", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "rollup_changes",
        sa.Column("id", _Serial, primary_key=True, autoincrement=True),
        sa.Column("body", sa.Text, nullable=False),
    )
    for name, unit in (("series_minutes", "minute"), ("series_days", "day")):
        op.create_table(
            name,
            *(sa.Column(key, sa.BigInteger, primary_key=True, autoincrement=False) for key in ("cell", unit)),
            *(sa.Column(figure, sa.BigInteger, nullable=False) for figure in _FIGURES),
            sqlite_with_rowid=False,
        )
    create_views(op.get_bind())


def _indexes() -> None:
    """What is asked of the clocks beside the roll-ups; the index that was there is a part of the new one."""
    op.drop_index("ix_clocks_judged_at", "clocks")
    op.create_index("ix_clocks_customer_judged_at", "clocks", ["customer", "judged_at"])
    for name, columns, only in (
        ("ix_clocks_judged", ["judged_at", "agreement", "kind", "metric", "verdict"], "judged_at IS NOT NULL"),
        ("ix_clocks_unlooked", ["next_at"], "state = 'running' AND verdict <> 'overdue'"),
    ):
        op.create_index(name, "clocks", columns, sqlite_where=sa.text(only), postgresql_where=sa.text(only))

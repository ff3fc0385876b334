"""Indexes over tables that are in use.

Decided here: that PostgreSQL builds them while others write. Such a build is no part of a transaction, and leaves an index
that is not valid where it is cut off; so a step that does this does only what may be done twice. Not decided here: which.
"""

from collections.abc import Sequence

from alembic import op
from sqlalchemy import text

SHORT_WAIT = text("SET lock_timeout = '2s'")
"""Whoever waits for a table holds up all that come to it later."""
_ANY_WAIT = text("SET lock_timeout = 0")
_INVALID = text("SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid")


def add_index(name: str, table: str, columns: Sequence[str], where: str | None = None) -> None:
    """Build an index, unless it is there; over all rows, or those for which a condition holds."""
    only = None if where is None else text(where)
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(name, table, columns, if_not_exists=True, sqlite_where=only)
        return
    with op.get_context().autocommit_block():
        op.get_bind().execute(_ANY_WAIT)  # it holds up nobody
        if op.get_bind().execute(_INVALID, {"name": name}).first():
            op.drop_index(name, table, postgresql_concurrently=True)
        op.create_index(name, table, columns, if_not_exists=True, postgresql_where=only, postgresql_concurrently=True)
        op.get_bind().execute(SHORT_WAIT)

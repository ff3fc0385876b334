"""The connection to the ledger's database.

Decided here: SQLite in WAL mode with synchronous=FULL, so that what is acknowledged is on the disk; write transactions take
the lock at their beginning. Migrations run forward from here. Not decided here: what is stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError


class LedgerError(Exception):
    """The ledger's database cannot be used; the message says why and what to do."""


def connect(url: str) -> Engine:
    """An engine for a database URL such as `sqlite:///slakeeper.db`. Raises LedgerError."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise LedgerError("DATABASE_URL is no database URL: write sqlite:///slakeeper.db") from None
    if parsed.get_backend_name() != "sqlite":
        name = parsed.get_backend_name()
        raise LedgerError(f"DATABASE_URL names {name!r}: this version keeps its ledger in SQLite, as sqlite:///slakeeper.db")
    if parsed.database in (None, "", ":memory:"):
        raise LedgerError("DATABASE_URL names no file, and a ledger in memory would be lost: write sqlite:///slakeeper.db")
    if not Path(str(parsed.database)).parent.is_dir():
        raise LedgerError(f"DATABASE_URL: there is no folder {Path(str(parsed.database)).parent} for the ledger's file")
    engine = create_engine(parsed, connect_args={"timeout": 30})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """A transaction that writes."""
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose unique key is already there are left as they are."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def migrate(url: str) -> None:
    """Bring the database to this version. Raises LedgerError where it is of a newer one or cannot be written."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    engine = connect(url)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    try:
        with writing(engine) as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except CommandError as error:
        raise LedgerError(f"the ledger is from a newer version of Slakeeper: install that one ({error})") from None
    except DatabaseError as error:
        raise LedgerError(f"the ledger at {engine.url.database} cannot be opened: {error.orig}") from None
    finally:
        engine.dispose()


def _prepare(connection: Any, _record: Any) -> None:
    # The driver's own transactions would begin too late to hold the lock from the first read on.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

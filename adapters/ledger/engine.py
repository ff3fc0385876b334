"""The connection to the ledger's database.

Decided here: that no error shows what was written; SQLite in WAL mode with synchronous=FULL, so that what is acknowledged is
on the disk, write transactions that take the lock at their beginning, and nothing left in the file of what was erased or
written over; PostgreSQL by psycopg, whose dead connections are noticed within seconds, and where nobody waits for ever for
what another one holds, nor holds it for ever; the connection used last is used next, as it remembers most. Not decided here:
what a failed transaction does (`database`), what is stored.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.ports import LedgerError

EXAMPLES = "sqlite:///slakeeper.db, or postgresql://USER:PASSWORD@HOST/DATABASE"
_POSTGRES = ("postgresql", "postgres")
_PRAGMAS = (
    *("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=30000", "secure_delete=ON"),
    "cache_size=-16384",  # KiB; with SQLite's own two MiB, a tenth of a look is reading the same pages again
)
_CONNECTING: Mapping[str, Any] = {
    "application_name": "slakeeper",
    "connect_timeout": 5,
    # A server that is gone without a word, as after a failover, is given up within these seconds, not after the system's hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}

_WAITING = (
    "lock_timeout = '5s'",
    "idle_in_transaction_session_timeout = '20s'",  # of a machine that was halted or lost with a row in its hands
)


def connect(url: str) -> Engine:
    """An engine for a database URL such as `sqlite:///slakeeper.db`. Raises LedgerError; nothing is connected yet."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise LedgerError(f"DATABASE_URL is no database URL: write {EXAMPLES}") from None
    backend = parsed.drivername.partition("+")[0]
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend in _POSTGRES:
        return _postgres(parsed)
    raise LedgerError(f"DATABASE_URL names {backend!r}: the ledger is kept in SQLite or PostgreSQL: write {EXAMPLES}")


def without_password(url: str) -> str:
    """A database URL as it may be shown: a password may stand in its query too."""
    return make_url(url).set(query={}).render_as_string(hide_password=True)


def database_name(url: str) -> str:
    """The name of the database at a URL, or the path of its file."""
    return make_url(url).database or ""


def file_of(engine: Engine) -> Path | None:
    """The file of a SQLite ledger; None for a server."""
    return Path(str(engine.url.database)) if engine.dialect.name == "sqlite" else None


def insert_new(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows; those whose unique key is already there are left as they are."""
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), list(rows))


def _sqlite(url: URL) -> Engine:
    if url.database in (None, "", ":memory:"):
        raise LedgerError("DATABASE_URL names no file, and a ledger in memory would be lost: write sqlite:///slakeeper.db")
    if not Path(str(url.database)).parent.is_dir():
        raise LedgerError(f"DATABASE_URL: there is no folder {Path(str(url.database)).parent} for the ledger's file")
    engine = create_engine(url, connect_args={"timeout": 30}, pool_use_lifo=True, hide_parameters=True)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _postgres(url: URL) -> Engine:
    if not url.database:
        raise LedgerError(f"DATABASE_URL names no database: write {EXAMPLES}")
    given = {name: value for name, value in _CONNECTING.items() if name not in url.query}
    driven = url.set(drivername="postgresql+psycopg")
    engine = create_engine(driven, connect_args=given, pool_size=6, max_overflow=6, pool_use_lifo=True, hide_parameters=True)
    event.listen(engine, "connect", _wait_briefly)
    return engine


def _wait_briefly(connection: Any, _record: Any) -> None:
    # Not as options of the connection: poolers between here and the server refuse those.
    connection.execute("; ".join(f"SET {setting}" for setting in _WAITING))
    connection.commit()


def _prepare(connection: Any, _record: Any) -> None:
    # The driver's own transactions would begin too late to hold the lock from the first read on.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in _PRAGMAS:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

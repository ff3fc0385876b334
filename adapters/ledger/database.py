"""Transactions: units of work on the ledger's database.

Decided here: that a transaction which failed for a reason that passes (a lost connection, a deadlock, a server that restarts
or hands over) is carried out again, for some seconds, and what is said where it still fails. So a unit of work must come to
the same when it is carried out twice: nobody knows whether a commit whose answer was lost has happened. Not decided here: the
work.
"""

import random
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TypeVar

import structlog
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.ports import LedgerBusyError, LedgerUnavailableError

T = TypeVar("T")

PATIENCE_SECONDS = 8.0
"""For so long a transaction is tried again, before what it was for is told that it failed."""
MOST_CONFLICTS = 5
_PASSING = frozenset({"40001", "40P01", "57P01", "57P02", "57P03", "25006", "53300"})
"""SQLSTATEs of what passes: serialization failure, deadlock, shutdown, crash, starting, read-only (a server
that has become a standby), too many connections. Source: PostgreSQL's manual, appendix A.
"""
_BUSY = "55P03"
"""A lock was waited for long enough (`engine`)."""
_REFUSED = "authentication failed"
"""Says a server to whom it does not let in; there is no SQLSTATE before a connection is made."""
_NO_TABLE = ("42P01", "42703")
_SQLITE = {
    "SQLITE_FULL": "the disk is full: make room; what was not acknowledged is not stored",
    "SQLITE_READONLY": "the ledger's file may not be written: give this user the right to write it and its folder",
    "SQLITE_IOERR": "the disk answers with errors: look at the disk",
    "SQLITE_CANTOPEN": "the ledger's file cannot be opened: are it and its folder there, and may both be written?",
    "SQLITE_CORRUPT": "the ledger's file is damaged: restore the last backup",
    "SQLITE_NOTADB": "the file is no ledger: set DATABASE_URL to another one",
    "SQLITE_BUSY": "another program has locked the ledger's file for half a minute: close it",
}

_POSTGRES = {
    "53100": "the database's disk is full: make room; what was not acknowledged is not stored",
    "53": "the database has run out of memory or connections: look at its settings; what was not acknowledged is not stored",
    "58": "the database's disk answers with errors: look at it",
    "57014": "the database has cancelled a statement: is its statement_timeout too short?",
    "42501": "the user in DATABASE_URL may not do this: take that of another role (docs/postgres-roles.sql)",
}
"""By the beginning of an SQLSTATE."""

log = structlog.get_logger()


class Database:
    """One engine, and how work is done on it. Safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        # A file has one writer at a time. Waiting for SQLite's own lock is asking again after pauses, so who asks most gets it.
        self._turn: AbstractContextManager[object] = threading.Lock() if self.alone else nullcontext()

    @property
    def alone(self) -> bool:
        """Whether the database is a file, which one process has alone."""
        return self.engine.dialect.name == "sqlite"

    def attempt(self, work: Callable[[], T]) -> T:
        """Do something, again where it fails for a reason that passes. Raises LedgerUnavailableError."""
        end = time.monotonic() + PATIENCE_SECONDS
        conflicts, pause, told = 0, 0.01, False
        while True:
            try:
                return work()
            except IntegrityError:
                # Two have written the same at once; who comes second finds it there now.
                conflicts += 1
                if conflicts > MOST_CONFLICTS:
                    raise
            except (DBAPIError, PoolTimeoutError) as error:
                if not _passes(error) or time.monotonic() + pause > end:
                    raise _told(error) from error
                if not told:
                    log.warning("the database failed and is asked again for some seconds", error=_first_line(error))
                told = True
            time.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads retries, guards nothing
            pause = min(2 * pause, 1.0)

    def read(self, work: Callable[[Connection], T], *, one_state: bool = False) -> T:
        """Ask; where `one_state`, all questions are answered as of one instant. Raises LedgerUnavailableError."""
        # By itself, a question needs no transaction: two messages less to a server and back.
        return self._done(work, isolation="REPEATABLE READ" if one_state else "AUTOCOMMIT")

    def write(self, work: Callable[[Connection], T]) -> T:
        """Carry out a unit of work in one transaction. Raises LedgerUnavailableError."""
        return self._done(work, writes=True)

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A connection to which everything is as of one instant, however long it is asked. What fails is not tried again.

        Raises LedgerUnavailableError.
        """
        try:
            with self._transaction(isolation="REPEATABLE READ") as connection:
                if not self.alone:  # who reads an export may take a break
                    connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
                yield connection
        except (DBAPIError, PoolTimeoutError) as error:
            raise _told(error) from error

    def _done(self, work: Callable[[Connection], T], *, writes: bool = False, isolation: str | None = None) -> T:
        def once() -> T:
            with self._turn if writes else nullcontext(), self._transaction(writes=writes, isolation=isolation) as connection:
                return work(connection)

        return self.attempt(once)

    @contextmanager
    def _transaction(self, *, writes: bool = False, isolation: str | None = None) -> Iterator[Connection]:
        isolated = {} if self.alone or isolation is None else {"isolation_level": isolation}
        with self.engine.connect().execution_options(writes=writes, **isolated) as connection, connection.begin():
            yield connection


def one_at_a_time(connection: Connection, name: str) -> None:
    """Until this transaction ends, no other one comes past here with the same name. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": zlib.crc32(name.encode())})


def _passes(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return True  # no connection was free in time
    if error.connection_invalidated:
        return True
    if error.statement is None and _REFUSED in str(error.orig):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return state in _PASSING or state.startswith("08")
    return type(error.orig).__module__.startswith("psycopg") and error.statement is None


def _told(error: Exception) -> Exception:
    """What is wrong with the database, in words; errors of the work itself as they are."""
    original = getattr(error, "orig", None)
    if getattr(original, "sqlstate", "") in _NO_TABLE or "no such table" in str(original):
        return LedgerUnavailableError("the database has no tables of this version: run sla migrate")
    if getattr(error, "statement", "") is None and _REFUSED in str(original):
        return LedgerUnavailableError("the database refuses the user: check user and password in DATABASE_URL")
    if getattr(original, "sqlstate", "") == _BUSY:
        return LedgerBusyError("another process holds what this needs for too long: try again")
    name = str(getattr(original, "sqlite_errorname", None) or getattr(original, "sqlstate", None) or "")
    said = next((words for code, words in (_SQLITE | _POSTGRES).items() if name.startswith(code)), None)
    if said:
        return LedgerUnavailableError(said)
    return LedgerUnavailableError(f"the database does not answer: {_first_line(error)}") if _passes(error) else error


def _first_line(error: Exception) -> str:
    return (str(getattr(error, "orig", None) or error) or type(error).__name__).splitlines()[0][:200]

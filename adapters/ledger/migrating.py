"""Bringing the ledger's database to this version.

Decided here: that migrations only go forward, one process at a time; on a server, where others work meanwhile, a step at a
time, each as a whole or not at all, and none waits for a table for longer than others can wait for it; a file, which nobody
else has, all at once. Which versions of the program may work on a database. Steps only add, so that processes of the version
before go on working while and after they run. Not decided here: the steps.
"""

import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, exists, select, text
from sqlalchemy.exc import DatabaseError

from adapters.ledger.chain import adopt
from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.migrations.indexes import SHORT_WAIT
from adapters.ledger.rollups import rebuild_rollups
from adapters.ledger.schema import cells, clocks, rollup_changes
from bot.ports import LedgerBusyError, LedgerError

NEWER = "the ledger is from a newer version of Slakeeper: install that one"
_TURN = text("SELECT pg_try_advisory_lock(:key)")
_PATIENCE_SECONDS = 60.0
_KEY = zlib.crc32(b"migrate")

log = structlog.get_logger()


def migrate(url: str) -> tuple[str | None, str | None]:
    """Bring the database to this version; the steps at which it was, None for an empty one, and is. Raises LedgerError where it
    is of a newer version or cannot be written.
    """
    engine = connect(url)
    database = Database(engine)
    try:
        before = _step(database)
        if database.alone:
            database.write(_all_at_once)
        else:
            _on_server(database)
        return before, _step(database)
    except LedgerBusyError:
        raise LedgerError(
            "something that takes long, such as an export or a backup, holds a table: run sla migrate again when it has ended"
        ) from None
    except CommandError:
        raise LedgerError(f"{NEWER} (it is at step {_step(database)})") from None
    except DatabaseError as error:
        raise LedgerError(f"the ledger at {engine.url.database} cannot be opened: {error.orig}") from None
    finally:
        engine.dispose()


def _all_at_once(connection: Connection) -> None:
    _steps(connection)
    _brought_up(connection)


def _on_server(database: Database) -> None:
    """Where an attempt fails, what it has done is done."""

    def remaining_steps() -> None:
        with database.engine.connect() as connection:
            connection.execute(SHORT_WAIT)
            connection.commit()
            _steps(connection)

    with _one_process(database):
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                database.attempt(remaining_steps)
                database.write(_brought_up)
                return
            except LedgerBusyError:
                if time.monotonic() > end:
                    raise
                log.info("a table is held by something that takes long; this waits for it, and lets others pass meanwhile")
                time.sleep(1)


@contextmanager
def _one_process(database: Database) -> Iterator[None]:
    """Let other processes wait until this one has migrated. They ask again and again: an index that is built while others
    write would wait for a transaction which waits for the lock.
    """
    with database.attempt(database.engine.connect).execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.execute(_TURN, {"key": _KEY}).scalar():
            log.info("another process brings the database to its version; this one waits for it")
            while not connection.execute(_TURN, {"key": _KEY}).scalar():
                time.sleep(0.2)
        try:
            yield
        finally:
            connection.invalidate()  # the lock goes with its session


def _steps(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _brought_up(connection: Connection) -> None:
    """What this version computes of what earlier ones have written."""
    adopted = adopt(connection)
    counted = exists(select(cells.c.id)) | exists(select(rollup_changes.c.id))
    if adopted or connection.execute(select(exists(select(clocks.c.ticket)) & ~counted)).scalar():
        rebuild_rollups(connection)


def check_version(database: Database) -> None:
    """Raises LedgerError where the database is not of this version."""
    found = _step(database)
    script = ScriptDirectory.from_config(_config())
    head = script.get_current_head()
    if found == head:
        return
    if found is None:
        raise LedgerError("the database has no ledger yet: run sla migrate first, or set DATABASE_URL to another one")
    if found in {step.revision for step in script.walk_revisions()}:
        raise LedgerError(f"the ledger is at step {found} and this version needs {head}: run sla migrate first")
    raise LedgerError(f"{NEWER} (it is at step {found}, this version knows {head})")


def _step(database: Database) -> str | None:
    """The step at which a database is; None where it is empty. Raises LedgerError."""
    try:
        return database.read(lambda connection: MigrationContext.configure(connection).get_current_revision())
    except CommandError:
        raise LedgerError(
            "the table alembic_version says that the ledger is at several steps at once: restore a backup, or leave the row of "
            "the step that it is at"
        ) from None


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config

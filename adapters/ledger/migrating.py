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
from sqlalchemy import Connection, Engine, exists, select, text
from sqlalchemy.exc import DatabaseError

from adapters.ledger.chain import adopt
from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.migrations.indexes import SHORT_WAIT
from adapters.ledger.rollups import rebuild_rollups
from adapters.ledger.schema import cells, clocks, rollup_changes
from bot.ports import LedgerError

NEWER = "the ledger is from a newer version of Slakeeper: install that one"
_TURN = text("SELECT pg_try_advisory_lock(:key)")
_KEY = zlib.crc32(b"migrate")

log = structlog.get_logger()


def migrate(url: str) -> None:
    """Bring the database to this version. Raises LedgerError where it is of a newer one or cannot be written."""
    engine = connect(url)
    database = Database(engine)
    try:
        if database.alone:
            database.write(_all_at_once)
        else:
            database.attempt(lambda: _on_server(engine))
    except CommandError as error:
        raise LedgerError(f"{NEWER} ({error})") from None
    except DatabaseError as error:
        raise LedgerError(f"the ledger at {engine.url.database} cannot be opened: {error.orig}") from None
    finally:
        engine.dispose()


def _all_at_once(connection: Connection) -> None:
    _steps(connection)
    _brought_up(connection)


def _on_server(engine: Engine) -> None:
    """What an attempt before this one has done is done."""
    with _one_process(engine):
        with engine.connect() as connection:
            connection.execute(SHORT_WAIT)
            connection.commit()
            _steps(connection)
        with engine.begin() as connection:
            _brought_up(connection)


@contextmanager
def _one_process(engine: Engine) -> Iterator[None]:
    """Let other processes wait until this one has migrated. They ask again and again: an index that is built while others
    write would wait for a transaction which waits for the lock.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
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
    adopt(connection)
    counted = exists(select(cells.c.id)) | exists(select(rollup_changes.c.id))
    if connection.execute(select(exists(select(clocks.c.ticket)) & ~counted)).scalar():
        rebuild_rollups(connection)


def check_version(database: Database) -> None:
    """Raises LedgerError where the database is not of this version."""
    found = database.read(lambda connection: MigrationContext.configure(connection).get_current_revision())
    script = ScriptDirectory.from_config(_config())
    head = script.get_current_head()
    if found == head:
        return
    if found is None or found in {step.revision for step in script.walk_revisions()}:
        raise LedgerError(f"the ledger is at step {found or 'none'} and this version needs {head}: run sla migrate first")
    raise LedgerError(f"{NEWER} (it is at step {found}, this version knows {head})")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config

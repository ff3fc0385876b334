"""Bringing the ledger's database to this version.

Decided here: that migrations only go forward, one process at a time, each as a whole or not at all; which versions of the
program may work on a database. Steps only add, so that processes of the version before go on working while and after they
run. Not decided here: the steps.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from adapters.ledger.chain import adopt
from adapters.ledger.database import Database, one_at_a_time
from adapters.ledger.engine import connect
from bot.ports import LedgerError

NEWER = "the ledger is from a newer version of Slakeeper: install that one"


def migrate(url: str) -> None:
    """Bring the database to this version. Raises LedgerError where it is of a newer one or cannot be written."""
    engine = connect(url)

    def steps(connection: Connection) -> None:
        one_at_a_time(connection, "migrate")
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        adopt(connection)

    try:
        Database(engine).write(steps)
    except CommandError as error:
        raise LedgerError(f"{NEWER} ({error})") from None
    except DatabaseError as error:
        raise LedgerError(f"the ledger at {engine.url.database} cannot be opened: {error.orig}") from None
    finally:
        engine.dispose()


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

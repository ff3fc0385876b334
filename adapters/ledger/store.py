"""The ledger in one database, put together from its parts.

Decided here: nothing but which parts there are.
"""

from collections.abc import Collection

from sqlalchemy import Engine

from adapters.ledger.archiving import SqlArchive
from adapters.ledger.chat import SqlChat
from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.intake import SqlIntake
from adapters.ledger.knowledge import SqlKnowledge
from adapters.ledger.leases import SqlLeases
from adapters.ledger.looks import SqlLooks
from adapters.ledger.outbox import SqlOutbox
from adapters.ledger.posts import SqlPosts
from adapters.ledger.quarantine import SqlQuarantine
from adapters.ledger.reader import SqlReader
from adapters.ledger.register import SqlRegister
from adapters.ledger.rollups import SqlRollups
from adapters.ledger.seals import SqlSeals
from adapters.ledger.sweeps import SqlSweeps
from bot.ports import Ledger


def open_ledger(url: str, in_the_open: Collection[str] = ()) -> Ledger:
    """The ledger at a database URL, as it stands; some fields of events are kept in the open there. Raises LedgerError."""
    return ledger_on(connect(url), in_the_open)


def ledger_on(engine: Engine, in_the_open: Collection[str] = ()) -> Ledger:
    """The ledger on an engine."""
    database = Database(engine)
    return Ledger(
        SqlIntake(database, in_the_open),
        SqlLooks(database),
        SqlOutbox(database),
        SqlPosts(database),
        SqlChat(database),
        SqlReader(database),
        SqlRegister(database),
        SqlSweeps(database),
        SqlLeases(database),
        SqlSeals(database),
        SqlArchive(database),
        SqlQuarantine(database),
        SqlRollups(database),
        SqlKnowledge(database),
        alone=database.alone,
        close=engine.dispose,
    )

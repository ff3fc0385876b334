"""The ledger in one database, put together from its parts.

Decided here: nothing but which parts there are.
"""

from sqlalchemy import Engine

from adapters.ledger.chat import SqlChat
from adapters.ledger.database import Database
from adapters.ledger.engine import connect
from adapters.ledger.intake import SqlIntake
from adapters.ledger.leases import SqlLeases
from adapters.ledger.looks import SqlLooks
from adapters.ledger.outbox import SqlOutbox
from adapters.ledger.quarantine import SqlQuarantine
from adapters.ledger.reader import SqlReader
from adapters.ledger.register import SqlRegister
from adapters.ledger.rollups import SqlRollups
from adapters.ledger.seals import SqlSeals
from adapters.ledger.sweeps import SqlSweeps
from bot.ports import Ledger


def open_ledger(url: str) -> Ledger:
    """The ledger at a database URL, as it stands. Raises LedgerError."""
    return ledger_on(connect(url))


def ledger_on(engine: Engine) -> Ledger:
    """The ledger on an engine."""
    database = Database(engine)
    return Ledger(
        SqlIntake(database),
        SqlLooks(database),
        SqlOutbox(database),
        SqlChat(database),
        SqlReader(database),
        SqlRegister(database),
        SqlSweeps(database),
        SqlLeases(database),
        SqlSeals(database),
        SqlQuarantine(database),
        SqlRollups(database),
        alone=database.alone,
        close=engine.dispose,
    )

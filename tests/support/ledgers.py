"""An open ledger, for tests that look beneath it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, text

from bot.ports import Ledger


@dataclass
class Opened:
    """A ledger, and the engine beneath it for looking at its tables."""

    ledger: Ledger
    engine: Engine
    url: str

    def rows(self, sql: str, **values: Any) -> list[Any]:
        """What a query finds."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(sql), values))


def undo_escalation(connection: Connection) -> None:
    """Take back what the migration of escalation and delivery has brought."""
    for column in ("next_step", "next_to"):
        connection.execute(text(f"alter table pages drop column {column}"))
    connection.execute(text("alter table outbox drop column priority"))
    words = ("knowledge_words",) if connection.dialect.name == "sqlite" else ()
    for table in (*words, "platforms", "posts", "reviews", "knowledge"):
        connection.execute(text(f"drop table {table}"))

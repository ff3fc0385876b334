"""An open ledger, for tests that look beneath it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, text

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

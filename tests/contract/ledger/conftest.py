"""The ledgers under contract. Another database joins by a line in `BACKENDS` that gives an empty, migrated URL."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.ledger.engine import connect, migrate
from adapters.ledger.store import ledger_on
from tests.support.ledgers import Opened


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder}/ledger.db"


BACKENDS: dict[str, Callable[[Path], str]] = {"sqlite": _sqlite}


@pytest.fixture(params=sorted(BACKENDS))
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of this version."""
    found = BACKENDS[request.param](tmp_path)
    migrate(found)
    return found


@pytest.fixture
def db(url: str) -> Iterator[Opened]:
    """An empty ledger."""
    engine = connect(url)
    yield Opened(ledger_on(engine), engine, url)
    engine.dispose()

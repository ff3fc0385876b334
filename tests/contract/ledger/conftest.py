"""The ledgers under contract: every test of this folder holds for each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.ledger.engine import connect
from adapters.ledger.store import ledger_on
from tests.support.desk import Desk, empty_ledger
from tests.support.ended import desk_at
from tests.support.ledgers import Opened
from tests.support.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database of this version."""
    if request.param == "postgresql":
        postgres: Postgres = request.getfixturevalue("postgres")
        return postgres.database(request.getfixturevalue("empty_database"))
    (tmp_path / "ledger.db").write_bytes(empty_ledger())
    return f"sqlite:///{tmp_path}/ledger.db"


@pytest.fixture
def db(url: str) -> Iterator[Opened]:
    """An empty ledger."""
    engine = connect(url)
    yield Opened(ledger_on(engine), engine, url)
    engine.dispose()


@pytest.fixture
def here(url: str, tmp_path: Path) -> Iterator[Desk]:
    yield from desk_at(url, tmp_path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"

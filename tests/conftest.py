"""What every test stands on: a clean environment, nothing but loopback, and what may be missing on a user's machine."""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:  # so that plain `pytest` finds `tests.support` as `python -m pytest` does
    sys.path.insert(0, str(ROOT))

from bot.cli.compiled import outdated  # noqa: E402 - found by the line above

if TYPE_CHECKING:
    from tests.support.postgres import Postgres

CHROMIUM = Path("/usr/bin/chromium")
SAMPLES = ROOT.parent / "shared"
_SETTINGS = (
    "DATABASE_URL",
    "REDIS_URL",
    "HOST",
    "PORT",
    "SLA_CONFIG",
    "SLA_WEBHOOK_SECRET",
    "SLA_API_TOKEN",
    "LOG_LEVEL",
    "SEAL_KEY",
    "SEAL_KEYS_BEFORE",
    "SEAL_FILE",
    "SEAL_CHANNEL",
    "ARCHIVE_FOLDER",
    "SLA_RETENTION_MONTHS",
    "SLA_RETENTION_BELOW_13_MONTHS",
)
_HERE = ("127.0.0.1", "::1", "localhost")


def pytest_sessionstart() -> None:
    """Tests judge the sources as they are, never what was compiled from earlier ones."""
    if source := outdated():
        pytest.exit(f"{source} was changed after it was compiled: run `make setup`", returncode=3)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What a user's machine may lack is skipped with the reason; in CI it must be there."""
    for marker, path, reason in (
        ("browser", CHROMIUM, f"there is no browser at {CHROMIUM}: apt-get install chromium"),
        ("samples", SAMPLES, f"there is no folder of real ticket logs at {SAMPLES}"),
    ):
        if item.get_closest_marker(marker) and not path.exists():
            if os.environ.get("CI"):
                pytest.fail(f"{reason}; in CI it must be there")
            pytest.skip(reason)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of the person who runs the tests do not reach them."""
    for name in _SETTINGS:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True, scope="session")
def nothing_but_loopback() -> Iterator[None]:
    """A test that reaches for the network fails."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in _HERE:
            raise AssertionError(f"a test reaches for {address}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign,assignment]
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def postgres() -> "Iterator[Postgres]":
    """A PostgreSQL server, for all tests of this process."""
    from tests.support.postgres import Postgres

    server = Postgres().start()
    yield server
    server.remove()


@pytest.fixture(scope="session")
def empty_database(postgres: "Postgres") -> str:
    """The name of an empty ledger on it, to be copied; migrating takes longer than most tests."""
    from adapters.ledger.migrating import migrate

    postgres.run("CREATE DATABASE empty TEMPLATE template0")
    migrate(postgres.url("empty"))
    return "empty"

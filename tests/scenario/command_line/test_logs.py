"""What commands say of trouble: lines of JSON on standard error, in the form of the bot's own log."""

import json
from collections.abc import Iterator

import pytest
import structlog
from typer.testing import CliRunner

from adapters.ledger import database
from bot.cli.main import app

NOBODY = "postgresql://bot:secret@127.0.0.1:1/slakeeper"
"""Nothing listens there."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(database, "PATIENCE_SECONDS", 0.2)
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("words", ["ledger verify", "ledger export", "ledger seal", "health", "quarantine", "outbox", "status"])
def test_every_command_tells_of_a_database_that_is_away_as_the_bot_does(words: str) -> None:
    done = CliRunner().invoke(app, words.split(), env={"DATABASE_URL": NOBODY, "SEAL_KEY": "a key"})
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    told = json.loads(line)
    assert (told["level"], told["event"]) == ("warning", "the database failed and is asked again for some seconds")
    assert "secret" not in line

"""What health says of the seals: when one is due and not made, and what is in the way."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.app import App, build_app
from config.settings import Settings
from rules.instants import DAY, HOUR, MINUTE, parse
from tests.support.desk import NINE, Desk, desk, opened, words

MORNING = parse(NINE)
MIDNIGHT = (MORNING // DAY + 1) * DAY


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    found = desk(tmp_path)
    found.take(opened(NINE))
    return found


def sealing(here: Desk, file: Path | None = None, key: str = "key") -> App:
    """The bot on the desk's ledger, with a key to seal it."""
    return build_app(Settings(database_url=here.url, seal_key=SecretStr(key), seal_file=file), here.book, clock=here.clock)


def told(app: App) -> str:
    return words(app.handlers.answer("health", None))


def test_a_ledger_that_was_never_sealed_is_told_after_a_quarter_of_an_hour(here: Desk) -> None:
    app = sealing(here)
    here.go(MORNING + 15 * MINUTE)
    assert "All is well." in told(app)
    here.go(MORNING + 16 * MINUTE)
    assert "Something needs you." in told(app)
    assert (
        "The ledger was never sealed. The first seal has been due for 16m: sla ledger seal makes it now, or says what is in "
        "the way."
    ) in told(app)
    app.chores.step()
    assert "The ledger was sealed 0s ago." in told(app)
    assert "All is well." in told(app)
    app.ledger.close()


def test_a_day_that_is_not_sealed_is_told_soon_after_midnight(here: Desk) -> None:
    app = sealing(here)
    app.chores.step()
    here.clock.move(MIDNIGHT + 15 * MINUTE)
    assert "seal has been due" not in told(app)
    here.clock.move(MIDNIGHT + HOUR)
    assert "The ledger was sealed 16h ago. The next seal has been due for 1h: sla ledger seal makes it now" in told(app)
    assert "Something needs you." in told(app)
    app.ledger.close()
    without = build_app(Settings(database_url=here.url), here.book, clock=here.clock)
    assert "The next seal has been due for 1h: SEAL_KEY is not set here." in told(without)
    without.ledger.close()


def test_what_keeps_a_seal_from_being_made_is_told_before_it_is_due(here: Desk, tmp_path: Path) -> None:
    app = sealing(here)
    app.chores.step()
    app.ledger.close()
    other = sealing(here, key="another key")
    assert "Something needs you." in told(other)
    assert "No seal can be made: seal 1 was altered, or its key is named neither by SEAL_KEY nor by" in told(other)
    other.ledger.close()
    for file, why in (
        (tmp_path / "no" / "seals.jsonl", f"there is no folder {tmp_path}/no. Make it writable, or name another file."),
        (tmp_path, "Is a directory. Make it writable"),
    ):
        unwritable = sealing(here, file)
        assert f"No seal can be made: SEAL_FILE {file} cannot be written: {why}" in told(unwritable)
        unwritable.ledger.close()


def test_asking_for_health_makes_no_file_of_seals(here: Desk, tmp_path: Path) -> None:
    app = sealing(here, tmp_path / "seals.jsonl")
    assert "No seal can be made" not in told(app)
    assert not (tmp_path / "seals.jsonl").exists()
    app.ledger.close()

"""What health says of the seals, when one is due and what is in the way, and of processes that are silent or cannot be seen."""

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.alone import OwnBoard, alone
from bot.app import App, build_app
from bot.shared_ports import ProcessState
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


# Processes

WORKER = ProcessState("worker", "host-a", 11, "0.1.0", MORNING, MORNING, {})


class Board(OwnBoard):
    """A board on which one process is silent."""

    def silent(self, now: int) -> list[ProcessState]:
        return [WORKER] if now > MORNING else []


def sharing(here: Desk, wrong: str | None = None) -> App:
    shared = replace(alone(seen=True), board=Board(), check=lambda: wrong)
    return build_app(Settings(database_url=here.url), here.book, clock=here.clock, shared=shared)


def test_a_process_that_died_is_told_as_silent_since_its_last_word_until_another_takes_its_place(here: Desk) -> None:
    app, now = sharing(here), MORNING + 3 * MINUTE
    app.shared.board.post(replace(WORKER, pid=7, started_at=MORNING - MINUTE, seen_at=now))
    here.clock.move(now)
    said = "Worker on host-a (process 11) has been silent for 3m, since 2026-01-05T09:00:00.000Z, and did not stop in order"
    assert said in told(app)
    assert "Something needs you." in told(app)
    for stranger in (replace(WORKER, role="web"), replace(WORKER, host="host-b")):
        app.shared.board.post(replace(stranger, pid=12, started_at=now, seen_at=now))
    assert said in told(app)
    app.shared.board.post(replace(WORKER, pid=12, started_at=now, seen_at=now))
    assert "silent" not in told(app)
    app.ledger.close()


def test_while_redis_is_away_nothing_is_said_of_a_redis_url_that_is_not_set(here: Desk) -> None:
    app = sharing(here, "Redis at 127.0.0.1:6379 cannot be reached")
    assert "without REDIS_URL" not in told(app)
    assert "No process is at work" not in told(app)
    assert "Which processes are at work is not seen from here while Redis is away: their logs and /metrics tell." in told(app)
    assert (
        "Processes do not share wake-ups and rate limits, each asks the database once a second, and keeps rate limits of its "
        "own: Redis at 127.0.0.1:6379 cannot be reached."
    ) in told(app)
    app.shared.board.post(WORKER)
    assert "Other processes are not seen from here while Redis is away" in told(app)
    app.ledger.close()

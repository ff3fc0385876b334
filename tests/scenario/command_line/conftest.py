"""What the tests of the command line share: a configuration, a broken one, a log of events."""

from pathlib import Path

import pytest

from tests.support.desk import DESK, NINE, answered, lines, opened, wire

EVENTS = [opened(NINE), answered("2026-01-05T09:20:00Z"), wire("ticket.updated", "2026-01-05T10:00:00Z", status="solved")]
BAD = "people:\n  ana: {nmae: Ana}\nteams: {support: {lead: zoe}}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "desk.sla.yaml"
    path.write_text(DESK)
    return path


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    path = tmp_path / "broken.yaml"
    path.write_text(BAD)
    return path


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "day.jsonl"
    path.write_text(lines(EVENTS))
    return path

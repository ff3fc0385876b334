"""What the tests of the web server share: a desk at which something has happened."""

from pathlib import Path

import pytest

from tests.support.desk import NINE, Desk, desk, opened


@pytest.fixture
def here(tmp_path: Path) -> Desk:
    """A desk half an hour after an urgent ticket came in: warned, paged, broken."""
    found = desk(tmp_path)
    found.take(opened(NINE, title="Cannot pay"))
    found.go("2026-01-05T09:30:00Z")
    return found

"""Chaos over a real PostgreSQL and Valkey, with four workers: nothing is lost, nothing is said twice, the chain holds."""

from pathlib import Path

from tests.support.chaos import play
from tests.support.postgres import Postgres


def test_whatever_dies_in_any_order_nothing_is_lost_or_said_twice(tmp_path: Path) -> None:
    server = Postgres().start()
    try:
        found = play(tmp_path, server, server.database(), seed=20261122, rounds=8)
        assert found["ticket.opened"] == 20
        assert found["messages"] > 100
    finally:
        server.remove()

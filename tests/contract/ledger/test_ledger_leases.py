"""Leases: one holder at a time, and who comes too late is refused."""

import pytest
from sqlalchemy import Connection

from adapters.ledger.database import Database
from adapters.ledger.leases import LeaseLostError, check_held
from tests.support.ledgers import Opened

NOW, LASTS = 1_000_000, 5_000


def test_one_process_has_it_until_it_ends_or_is_given_back(db: Opened) -> None:
    leases = db.ledger.leases
    assert leases.take("seal", "a", NOW, LASTS) == 1
    assert leases.take("seal", "b", NOW + LASTS - 1, LASTS) is None
    assert leases.take("seal", "a", NOW + 10, LASTS) == 1
    assert leases.take("seal", "b", NOW + 10 + LASTS, LASTS) == 2
    leases.give_back("seal", "a")
    assert leases.take("seal", "a", NOW + 20 + LASTS, LASTS) is None
    leases.give_back("seal", "b")
    assert leases.take("seal", "a", NOW + 20 + LASTS, LASTS) == 3
    assert leases.take("roll-ups", "b", NOW, LASTS) == 1


def test_a_lease_from_before_the_clock_was_set_back_holds_nobody_up(db: Opened) -> None:
    db.ledger.leases.take("seal", "a", NOW + 100 * LASTS, LASTS)
    assert db.ledger.leases.take("seal", "b", NOW, LASTS) == 2


def test_what_an_earlier_holder_writes_is_refused(db: Opened) -> None:
    first = db.ledger.leases.take("seal", "a", NOW, LASTS)
    second = db.ledger.leases.take("seal", "b", NOW + LASTS, LASTS)
    assert first is not None
    assert second is not None

    def held(fence: int) -> None:
        def work(connection: Connection) -> None:
            check_held(connection, "seal", fence)

        Database(db.engine).write(work)

    held(second)
    with pytest.raises(LeaseLostError, match="the lease seal has gone to another process"):
        held(first)

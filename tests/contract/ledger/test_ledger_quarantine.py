"""Quarantine: what was refused is kept as it came in, and counts until it is replayed."""

from bot.records import Refused
from tests.support.audits import NOW
from tests.support.ledgers import Opened


def test_what_was_refused_is_listed_until_it_was_replayed(db: Opened) -> None:
    db.ledger.intake.append([], [Refused("no JSON", "{"), Refused("no time", "{}")], NOW)
    first, second = db.ledger.quarantine.kept()
    assert (first.reason, first.raw, first.received_at) == ("no JSON", "{", NOW)
    assert db.ledger.quarantine.kept([second.id]) == [second]
    assert db.ledger.reader.health(NOW).quarantined == 2
    db.ledger.quarantine.replayed(first.id, NOW + 1)
    assert db.ledger.quarantine.kept() == [second]
    assert db.ledger.quarantine.kept([first.id]) == []
    assert db.ledger.reader.health(NOW).quarantined == 1

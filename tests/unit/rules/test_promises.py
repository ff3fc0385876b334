"""Which versions of which agreements apply: conditions, dates, replacement, and none at all."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.agreement import Agreement
from rules.ticket import Ticket
from tests.support.core import CUSTOMERS, agreement, at, gold, promises, targets
from tests.support.histories import random_history

CHANGES: list[tuple[str, dict[str, Any]]] = (
    [("ticket.updated", {"status": name}) for name in ("open", "Waiting", "on_hold", "solved", None)]
    + [("ticket.updated", {"customer": name}) for name in ("acme", "globex", "x", None)]
    + [("ticket.updated", {"tier": name}) for name in ("gold", "silver", None)]
    + [("ticket.updated", {"group": name, "answered": True}) for name in ("support", None)]
    + [("ticket.replied", {"author": name, "public": True}) for name in ("agent", "customer")]
    + [("ticket.opened", {"region": "emea"}), ("ticket.deleted", {}), ("ticket.rated", {"score": 1}), ("order.shipped", {})]
)
ASKED: list[dict[str, Any]] = [
    {"tier": "gold"},
    {"status": "on_hold"},
    {"status": "new", "region": "emea"},
    {"impact": "high"},
    {"helpdesk_status": "Waiting"},
    {"answered": True},
    {"event": "order.shipped"},
    {"score": {"<": 3}, "group": {"not": "support"}},
]
FACTS = {"tier": "gold", "service": "payments", "customer": "acme"}


def applying(facts: dict[str, Any], start: str, *agreements: Agreement) -> list[str]:
    found = promises(*agreements)
    return [a.key for a in found.applicable(found.matching(facts), at(start), at(start)).values()]


def test_all_agreements_that_match_apply_in_the_order_of_the_configuration() -> None:
    some = [agreement("z"), agreement("never", when={"tier": "tin"}), agreement("a", when={"tier": "gold"})]
    assert applying(FACTS, "2026-01-05T10:00:00Z", *some) == ["z 1", "a 1"]


def test_none_is_a_legal_outcome() -> None:
    assert applying({"tier": "tin"}, "2026-01-05T10:00:00Z", gold()) == []
    assert applying(FACTS, "2026-01-05T10:00:00Z") == []


@settings(max_examples=400, deadline=None)
@given(st.integers(0, 2**32), st.sets(st.integers(0, len(ASKED) - 1), max_size=3))
def test_an_event_that_concerns_no_agreement_changes_no_match(seed: int, chosen: set[int]) -> None:
    found = promises(*(agreement(f"a{n}", when=ASKED[n]) for n in chosen), customers=CUSTOMERS, statuses={"Waiting": "pending"})
    ticket = Ticket("T-1", found.customers, found.statuses)
    before = found.matching(ticket.facts)
    for happened in random_history(seed, 0, CHANGES, [0, 1, 2], 15)[seed % 2 :]:  # also without its opening
        ticket.apply(happened)
        if found.concerned(happened):
            before = found.matching(ticket.facts)
        assert found.matching(ticket.facts) == before


VERSIONS = (
    agreement("plain", version="2", since="2026-02-01T00:00:00Z"),
    agreement("plain", version="1", since="2026-01-01T00:00:00Z"),
    agreement("plain", version="3", since="2026-03-01T00:00:00Z"),
)


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("2025-12-31T23:59:59.999Z", []),
        ("2026-01-01T00:00:00Z", ["plain 1"]),
        ("2026-01-31T23:59:59.999Z", ["plain 1"]),
        ("2026-02-01T00:00:00Z", ["plain 2"]),
        ("2027-01-01T00:00:00Z", ["plain 3"]),
    ],
)
def test_a_version_holds_from_its_instant_until_the_next(start: str, expected: list[str]) -> None:
    assert applying(FACTS, start, *VERSIONS) == expected


def test_a_version_that_no_longer_matches_does_not_bring_back_the_old_one() -> None:
    old = agreement("plain", version="1", since="2026-01-01T00:00:00Z", when={"tier": "gold"})
    new = agreement("plain", version="2", since="2026-02-01T00:00:00Z", when={"tier": "platinum"})
    assert applying(FACTS, "2026-02-02T00:00:00Z", old, new) == []


def test_a_customers_own_contract_replaces_the_general_one_once_it_is_in_force() -> None:
    own = agreement("acme", when={"customer": "acme"}, since="2026-03-01T00:00:00Z", instead_of=("gold",))
    facts = FACTS | {"region": "emea"}
    assert applying(facts, "2026-02-28T00:00:00Z", gold(), own) == ["gold 2026-10"]
    assert applying(facts, "2026-03-01T00:00:00Z", gold(), own) == ["acme 1"]
    assert applying(facts | {"customer": "globex"}, "2026-03-01T00:00:00Z", gold(), own) == ["gold 2026-10"]


def test_only_what_some_agreement_promises_is_measured() -> None:
    found = promises(
        agreement(targets=targets(shipping="1h", resolution="4h")),
        metrics={"shipping": {"start": {"event": "order.taken"}}, "unused": {"start": {"event": "x"}}},
    )
    assert [metric.name for metric in found.promised] == ["resolution", "shipping"]

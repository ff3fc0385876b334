"""Counting a customer's breaches within a day."""

import pytest

from escalation.facts import NO_FACTS, Facts
from rules.instants import DAY
from tests.support.core import at

NOON = at("2026-01-05T12:00:00Z")


@pytest.mark.parametrize(
    ("elsewhere", "own", "count"),
    [
        ([], [], 0),
        ([NOON], [], 1),
        ([NOON - DAY], [], 0),
        ([NOON - DAY + 1, NOON, NOON + 1], [], 2),
        ([NOON - 5], [NOON - DAY, NOON, NOON + 1], 2),
    ],
)
def test_breaches_count_for_a_day_the_present_instant_included(elsewhere: list[int], own: list[int], count: int) -> None:
    assert Facts({"acme": elsewhere}).customer_breaches_24h("acme", own, NOON) == count


def test_where_all_tickets_are_counted_already_the_own_ones_are_not_added() -> None:
    assert Facts({"acme": [NOON]}, whole=True).customer_breaches_24h("acme", [NOON], NOON) == 1


@pytest.mark.parametrize("customer", [None, "globex", 7, ["acme"]])
def test_another_or_no_customer_has_no_breaches_elsewhere(customer: object) -> None:
    assert Facts({"acme": [NOON]}).customer_breaches_24h(customer, [], NOON) == 0
    assert NO_FACTS.customer_breaches_24h(customer, [], NOON) == 0


def test_a_count_is_confirmed_where_it_comes_to_the_same_with_all_breaches() -> None:
    whole = Facts({"acme": [NOON, NOON + 1]}, whole=True)
    assert whole.confirm([("acme", NOON, 1), ("acme", NOON + 1, 2), ("globex", NOON, 0)])
    assert not whole.confirm([("acme", NOON, 1), ("acme", NOON + 1, 1)])
    assert whole.confirm([])

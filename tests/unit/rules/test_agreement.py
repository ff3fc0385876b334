"""The terms of an agreement: limits by priority, thresholds, reasons."""

from dataclasses import replace
from typing import Any

import pytest

from rules.instants import HOUR
from tests.support.core import LONDON, agreement, amount, gold, target, targets, thresholds


@pytest.mark.parametrize(
    ("metric", "priority", "expected"),
    [
        ("first_response", "urgent", "15m"),
        ("first_response", "high", "1h"),
        ("first_response", "low", "4h"),
        ("first_response", None, "4h"),
        ("first_response", 3, "4h"),
        ("first_response", ["urgent"], "4h"),
        ("update", "high", "4h"),
        ("update", "low", None),
        ("assignment", "urgent", None),
    ],
)
def test_the_limit_is_that_of_the_priority_or_the_default(metric: str, priority: object, expected: str | None) -> None:
    found = gold().target(metric, priority)
    assert (found.text if found else None) == expected


def test_a_priority_can_have_no_promise_where_the_others_have() -> None:
    some = agreement(targets=targets(update={"low": None, "default": "4h"}))
    assert some.target("update", "low") is None
    assert some.target("update", "high") is not None


def test_a_limit_may_have_its_own_calendar() -> None:
    assert gold().target("resolution", "urgent") == target("4h")
    assert gold().target("resolution", "high") == target("1wd", LONDON)
    assert target("1wd", LONDON).milliseconds == amount("8h")


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ({}, ["80%", "90%", "100%"]),
        ({"after_breach": ("150%", "daily")}, ["80%", "90%", "100%", "150%", "daily"]),
        ({"warn_at": ("50%",)}, ["50%", "100%"]),
        ({"warn_at": ("30s before",), "after_breach": ("2h after",)}, ["30s before", "2h after", "100%"]),
        ({"warn_at": ()}, ["100%"]),
    ],
)
def test_the_breach_is_always_a_crossing(terms: dict[str, Any], expected: list[str]) -> None:
    some = agreement(**{name: thresholds(*texts) for name, texts in terms.items()})
    assert [threshold.text for threshold in some.thresholds] == expected


def test_an_agreement_written_anew_with_other_thresholds_crosses_those() -> None:
    some = agreement()
    assert [threshold.text for _, threshold in some.crossings(HOUR)] == ["80%", "90%", "100%"]
    other = replace(some, warn_at=thresholds("50%"))
    assert [threshold.text for _, threshold in other.crossings(HOUR)] == ["50%", "100%"]


def test_an_agreement_says_why_it_applies() -> None:
    expected = "gold 2026-10 applies: tier is gold and service is payments or login and region is not test"
    assert gold().reason == expected
    assert agreement("all").reason == "all 1 applies: every ticket"

"""The form of a decision, and the key under which it is recorded once."""

from dataclasses import replace
from typing import Any

import pytest

from rules.decisions import Decision
from tests.support.core import at

NOW = at("2026-01-05T10:00:00Z")
CROSSED = Decision(NOW, "clock.crossed", "T-1", "because", "gold", "1", "resolution", 1, threshold="80%", due_at=NOW + 60_000)


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "clock.overdue"},
        {"agreement": "silver"},
        {"version": "2"},
        {"metric": "update"},
        {"cycle": 2},
        {"threshold": "90%"},
        {"occurrence": 2},
        {"page": "P-1"},
        {"step": 2},
        {"team": "support"},
        {"tag": "sla-risk"},
        {"wording": "breach"},
        {"cause": "x"},
    ],
)
def test_what_tells_decisions_apart_is_in_the_key(other: dict[str, Any]) -> None:
    assert replace(CROSSED, **other).key != CROSSED.key


@pytest.mark.parametrize(
    "other", [{"at": NOW + 1}, {"reason": "another"}, {"due_at": None}, {"born": True}, {"facts": {"x": 1}}]
)
def test_what_may_be_corrected_is_not_in_the_key(other: dict[str, Any]) -> None:
    assert replace(CROSSED, **other).key == CROSSED.key


def test_a_slash_in_a_name_does_not_make_two_keys_one() -> None:
    assert replace(CROSSED, agreement="a/b", version="c").key != replace(CROSSED, agreement="a", version="b/c").key


def test_a_crossing_as_the_api_writes_it() -> None:
    assert CROSSED.public() == {
        "at": "2026-01-05T10:00:00.000Z",
        "kind": "clock.crossed",
        "ticket": "T-1",
        "agreement": "gold",
        "version": "1",
        "metric": "resolution",
        "cycle": 1,
        "reason": "because",
        "threshold": "80%",
        "due_at": "2026-01-05T10:01:00.000Z",
    }


@pytest.mark.parametrize(
    ("decision", "extras"),
    [
        (Decision(NOW, "clock.moved", "T-1", "r"), {"due_at": None, "was": None}),
        (Decision(NOW, "message.team", "T-1", "r", team="support"), {"team": "support"}),
        (Decision(NOW, "ticket.tagged", "T-1", "r", tag="sla-risk"), {"tag": "sla-risk"}),
        (
            Decision(NOW, "page.opened", "T-1", "r", page="P-1", ladder="support", step=1, to=["ana"]),
            {"page": "P-1", "ladder": "support", "step": 1, "to": ["ana"]},
        ),
        (Decision(NOW, "clock.started", "T-1", "r"), {}),
    ],
)
def test_each_kind_adds_what_belongs_to_it(decision: Decision, extras: dict[str, Any]) -> None:
    common = {"at", "kind", "ticket", "agreement", "version", "metric", "cycle", "reason"}
    assert {name: value for name, value in decision.public().items() if name not in common} == extras

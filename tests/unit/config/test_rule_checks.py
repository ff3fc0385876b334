"""Rules that are written, against what exists: what never matches is warned of, with its place."""

from pathlib import Path

import pytest

from rules.problems import Problem
from tests.support.configs import ALWAYS, told_of

DESK = (
    ALWAYS
    + """\
agreements:
  gold: {kind: sla, from: 2026-01-01, calendar: always, targets: {resolution: {default: 4h}}, after_breach: [daily]}
  team:
    kind: ola
    from: 2026-01-01
    calendar: always
    targets: {assignment: {default: 1h}}
    warn_at: [50%, 100.0%]
metrics: {shipped: {start: {event: order.shipped}}}
rules:
  all: {when: {crossing: {in: [50%, 80%, 90%, 100%, 100.0%, daily]}}, do: []}
"""
)


def warned_of_rules(folder: Path, rule: str, desk: str = DESK) -> list[Problem]:
    """What is told of a rule whose condition is given, after those that are right."""
    return [told for told in told_of(folder, f"{desk}  r: {{when: {rule}, do: []}}\n") if told.field.startswith("rules.r")]


@pytest.mark.parametrize(
    ("rule", "field", "found", "expected", "hint"),
    [
        ("{crossing: 85%}", "crossing", "'85%'", "a threshold of an agreement", "Did you mean 80%?"),
        ("{crossing: {in: [80%, 150%]}}", "crossing.in.1", "'150%'", "a threshold of an agreement", "so it never matches"),
        ("{crossing: 80}", "crossing", "80", "a threshold of an agreement", "80%"),
        ("{agreement: goldd}", "agreement", "'goldd'", "the name of an agreement", "Did you mean gold?"),
        ("{agreement: {not: goldd}}", "agreement.not", "'goldd'", "the name of an agreement", "Did you mean gold?"),
        ("{any: [{kind: slo}]}", "any.0.kind", "'slo'", "sla, ola or uc", "Did you mean sla?"),
        ("{metric: resolutoin}", "metric", "'resolutoin'", "a metric", "Did you mean resolution?"),
    ],
)
def test_a_name_that_nothing_has_is_told_at_its_place(
    tmp_path: Path, rule: str, field: str, found: str, expected: str, hint: str
) -> None:
    (told,) = warned_of_rules(tmp_path, rule)
    assert (told.line, told.field, told.warning) == (13, f"rules.r.when.{field}", True)
    assert found in told.found
    assert expected in told.expected
    assert hint in told.hint


@pytest.mark.parametrize(
    "rule",
    [
        "{crossing: 80%, kind: ola}",
        "{crossing: daily, agreement: team}",
        "{crossing: 100%, agreement: team}",
        "{agreement: gold, kind: ola}",
        "{agreement: gold, metric: assignment}",
        "{metric: first_response}",
        "{kind: uc}",
        "{crossing: 80%, event: clock.overdue}",
        "{crossing: 80%, event: ticket.opened}",
        "{event: ticket.replied, agreement: gold}",
        "{event: clock.crossed, crossing: {exists: false}}",
        "{event: clock.met, answer: true}",
        "{event: page.acknowledged}",
        "{agreement: 5, cycle: {'>': 0}}",
    ],
)
def test_a_rule_that_no_clock_and_no_event_can_fulfil_is_warned_of(tmp_path: Path, rule: str) -> None:
    desk = DESK.replace("  team:", '  "5": {kind: sla, from: 2026-01-01, calendar: always, targets: {}, when: {x: 1}}\n  team:')
    (told,) = warned_of_rules(tmp_path, rule, desk)
    assert (told.line, told.field, told.warning) == (14, "rules.r.when", True)
    assert "The rule does nothing" in told.hint


@pytest.mark.parametrize(
    "rule",
    [
        "{}",
        "{crossing: 80%, kind: sla}",
        "{crossing: 100.0%, agreement: team}",
        "{crossing: daily, metric: resolution, tier: gold, cycle: {'>': 2}}",
        "{crossing: {'>': '8'}, kind: sla}",
        "{event: clock.overdue, customer_breaches_24h: {'>=': 3}}",
        "{event: ticket.rated, score: {'<': 3}, crossing: {exists: false}}",
        "{event: order.shipped}",
        "{event: clocks.wound}",
        "{answer: true}",
        "{kind: {not: uc}, tags: {has: vip}}",
        "{any: [{agreement: gold}, {event: ticket.merged}]}",
        "{kind: {in: [sla, uc]}}",
    ],
)
def test_a_rule_that_something_can_fulfil_is_not_warned_of(tmp_path: Path, rule: str) -> None:
    assert warned_of_rules(tmp_path, rule) == []


def test_the_rules_that_hold_by_default_are_never_warned_of(tmp_path: Path) -> None:
    text = DESK[: DESK.index("rules:")]
    assert not [told for told in told_of(tmp_path, text) if told.field.endswith("when") or ".when." in told.field]


def test_without_agreements_a_rule_is_compared_with_nothing(tmp_path: Path) -> None:
    assert told_of(tmp_path, "rules: {r: {when: {crossing: 85%}, do: []}}\n") == []


def test_a_name_is_told_too_where_an_agreement_has_problems_and_nothing_is_said_of_what_is_not_known(tmp_path: Path) -> None:
    desk = DESK.replace("kind: ola", "kind: olla")
    assert [told.field for told in warned_of_rules(tmp_path, "{crossing: 85%}", desk)] == ["rules.r.when.crossing"]
    assert warned_of_rules(tmp_path, "{kind: ola}", desk) == []

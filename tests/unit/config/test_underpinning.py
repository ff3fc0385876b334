"""Warnings of what a team or a supplier has longer for than the customer was promised."""

import time
from pathlib import Path

import pytest

from tests.support.configs import agreement, relations, told

GOLD = agreement("gold", from_="2026-01-05", when="{tier: gold}", targets="{resolution: {urgent: 4h, default: 2wd}}")


def test_a_team_that_has_longer_is_told_with_both_names_the_priority_and_an_example(tmp_path: Path) -> None:
    (found,) = told(tmp_path, GOLD, agreement("team", kind="ola", targets="{resolution: {urgent: 1wd, default: 2wd}}"))
    assert (found.line, found.field, found.warning) == (6, "agreements.team.targets.resolution.urgent", True)
    assert (found.found, found.expected) == ("resolution 1wd", "no longer than gold has for resolution")
    assert found.hint == (
        "For a ticket of Mon 05 Jan 09:00 at priority urgent the team has until Mon 05 Jan 17:00, "
        "the customer was promised resolution by Mon 05 Jan 13:00 (Europe/London)."
    )


def test_a_supplier_that_has_longer_for_a_step_is_told_at_the_limit_that_holds_for_the_rest(tmp_path: Path) -> None:
    (found,) = told(tmp_path, GOLD, agreement("parts", kind="uc", targets="{assignment: {low: 1h, default: 1wd}}"))
    assert found.field == "agreements.parts.targets.assignment.default"
    assert "at priority urgent the supplier has until" in found.hint
    assert "the customer was promised resolution by" in found.hint


@pytest.mark.parametrize(
    "terms",
    [
        {"targets": "{resolution: {default: 4h}}"},
        {"when": "{tier: tin}"},
        {"when": "{tier: {not: gold}}"},
        {"targets": "{assignment: {default: 30m}}"},
        {"targets": "{resolution: {default: none}}"},
    ],
)
def test_what_is_short_enough_or_never_meets_the_customers_agreement_is_right(tmp_path: Path, terms: dict[str, str]) -> None:
    usual = {"kind": "ola", "targets": "{resolution: {default: 1wd}}", "when": "{group: x}"}
    assert relations(tmp_path, GOLD, agreement("team", **(usual | terms))) == []


def test_a_pair_is_told_once_a_metric_however_many_versions_it_has(tmp_path: Path) -> None:
    team = agreement(
        "team",
        kind="ola",
        targets="{resolution: {default: 9wd}, first_response: {default: 9wd}}",
        versions="[{from: 2027-01-01, targets: {resolution: {default: 8wd}}}]",
    )
    found = relations(tmp_path, GOLD, team)
    assert [field for _, field, _ in found] == [
        "agreements.team.targets.first_response.default",
        "agreements.team.targets.resolution.default",
    ]


def test_a_version_that_came_too_late_to_meet_the_other_is_not_compared(tmp_path: Path) -> None:
    gold = agreement("gold", when="{tier: gold}", versions="[{from: 2027-01-01, targets: {resolution: {default: 9wd}}}]")
    team = agreement("team", kind="ola", from_="2027-01-01", targets="{resolution: {default: 8h}}")
    assert relations(tmp_path, gold, team) == []


def test_an_agreement_that_is_replaced_wherever_the_teams_holds_is_not_compared(tmp_path: Path) -> None:
    acme = agreement("acme", when="{customer: acme}", instead_of="[gold]", targets="{resolution: {default: 9wd}}")
    team = agreement("team", kind="ola", when="{customer: acme, group: x}", targets="{resolution: {default: 8wd}}")
    assert relations(tmp_path, GOLD, acme, team) == []
    assert relations(tmp_path, GOLD, acme.replace("2026-01-01", "2026-02-01"), team) != []


def test_an_agreement_that_takes_its_limits_over_is_told_at_its_name(tmp_path: Path) -> None:
    team = agreement("team", kind="ola", when="{tier: tin}", targets="{resolution: {default: 9wd}}")
    heir = "  other: {extends: team, when: {group: x}}\n"
    assert relations(tmp_path, GOLD, team, heir) == [(7, "agreements.other", "resolution 9wd")]


def test_a_pair_is_told_where_other_agreements_have_problems(tmp_path: Path) -> None:
    team = agreement("team", kind="ola", targets="{resolution: {default: 9wd}}")
    found = told(tmp_path, GOLD, team, agreement("bad", calendar="offise"), agreement("worse", targets="{resolution: 4h}"))
    assert {p.field for p in found} == {
        "agreements.team.targets.resolution.default",
        "agreements.bad.calendar",
        "agreements.worse.targets.resolution",
    }


def test_a_hundred_agreements_are_compared_in_well_under_a_second(tmp_path: Path) -> None:
    limits = "{first_response: {urgent: 15m, default: 4h}, resolution: {urgent: {within: 4h, calendar: always}, default: 3wd}}"
    customers = [agreement(f"c{i}", when=f"{{customer: c{i}, region: {{in: [a, b]}}}}", targets=limits) for i in range(50)]
    teams = [agreement(f"t{i}", kind="ola", when=f"{{group: g{i}}}", targets=limits) for i in range(50)]
    told(tmp_path, *customers[:1])
    began = time.perf_counter()
    assert told(tmp_path, *customers, *teams) == []
    assert time.perf_counter() - began < 2  # a third of a second where nothing else runs; most of it is reading the YAML

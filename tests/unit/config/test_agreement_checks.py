"""What agreements do to each other, and to their own thresholds and limits: warned of with its place."""

from pathlib import Path

import pytest

from config.load import examine
from tests.support.configs import ANSWERED, agreement, relations, told, told_of


@pytest.mark.parametrize(
    ("gold", "acme"),
    [
        ("{tier: gold, region: emea}", "{tier: gold}"),
        ("{tier: gold}", "{tier: {in: [gold, silver]}}"),
        ("{score: 7}", '{score: {">": 5}}'),
        ("{tier: gold}", ""),
        ("", "{any: [{tier: gold}, {tier: {not: gold}}]}"),
    ],
)
def test_an_agreement_that_is_replaced_wherever_it_holds_is_warned_of(tmp_path: Path, gold: str, acme: str) -> None:
    agreements = agreement("gold", when=gold), agreement("acme", when=acme, instead_of="[gold]")
    (found,) = [p for p in told(tmp_path, *agreements) if p.field == "agreements.gold"]
    assert (found.line, found.found, found.warning) == (5, "replaced by acme wherever it holds", True)
    assert "It never applies" in found.hint


@pytest.mark.parametrize(
    ("gold", "acme"),
    [
        ({"when": "{tier: gold}"}, {"when": "{tier: gold, customer: acme}"}),
        ({"when": "{tier: gold}"}, {"when": "{tier: gold}", "from_": "2026-02-01"}),
        ({"when": "{tier: gold}"}, {"when": '{tier: {">": "g"}}', "instead_of": "[]"}),
        ({"when": "{tier: gold}", "applies_to": "open"}, {"when": "{any: [{tier: gold}, {x: 1}]}"}),
        (
            {"when": "{tier: gold}"},
            {"when": "{any: [{tier: gold}, {x: 1}]}", "versions": "[{from: 2027-01-01, when: {x: 1}}]"},
        ),
    ],
)
def test_an_agreement_to_which_something_is_left_is_not(tmp_path: Path, gold: dict[str, str], acme: dict[str, str]) -> None:
    assert relations(tmp_path, agreement("gold", **gold), agreement("acme", **({"instead_of": "[gold]"} | acme))) == []


def test_an_agreement_can_be_replaced_by_several_that_leave_nothing_between_them(tmp_path: Path) -> None:
    found = relations(
        tmp_path,
        agreement("gold", when="{tier: gold}"),
        agreement("vip", when="{tier: gold, vip: true}", instead_of="[gold]"),
        agreement("rest", when="{vip: {not: true}}", instead_of="[gold]"),
    )
    assert found == [(5, "agreements.gold", "replaced by vip and rest wherever it holds")]


def test_the_version_that_is_replaced_from_its_first_day_is_told_where_it_is_written(tmp_path: Path) -> None:
    gold = agreement("gold", when="{tier: gold}", versions="[{from: 2027-01-01, when: {tier: gold, region: emea}}]")
    other = agreement("emea", when="{region: emea}", instead_of="[gold]")
    assert relations(tmp_path, gold, other) == [(5, "agreements.gold.versions.0", "replaced by emea wherever it holds")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("", ""),
        ("{tier: {in: [gold, tin]}}", "{tier: {in: [tin, gold]}}"),
        ("{tier: gold, region: emea}", "{all: [{region: emea}, {tier: gold}]}"),
    ],
)
def test_two_agreements_that_promise_the_same_tickets_the_same_are_warned_of_once(tmp_path: Path, one: str, other: str) -> None:
    found = told(tmp_path, agreement("gold", when=one), agreement("again", when=other))
    assert [(p.line, p.field, p.warning) for p in found] == [(6, "agreements.again", True)]
    assert found[0].found == "the condition and kind of gold, and resolution promised in both"
    assert "two clocks" in found[0].hint


@pytest.mark.parametrize(
    "again",
    [
        {"kind": "ola"},
        {"when": "{tier: tin}"},
        {"targets": "{first_response: {default: 1h}}"},
        {"targets": "{resolution: {urgent: none}}"},
        {"instead_of": "[gold]", "when": "{tier: gold}", "from_": "2026-05-01"},
    ],
)
def test_agreements_that_differ_in_one_of_these_promise_nothing_twice(tmp_path: Path, again: dict[str, str]) -> None:
    assert (
        relations(tmp_path, agreement("gold", when="{tier: gold}"), agreement("again", **({"when": "{tier: gold}"} | again)))
        == []
    )


def test_versions_of_one_agreement_promise_nothing_twice(tmp_path: Path) -> None:
    assert relations(tmp_path, agreement("gold", versions="[{from: 2027-01-01}]")) == []


def test_what_agreements_do_to_each_other_is_told_where_other_sections_have_problems(tmp_path: Path) -> None:
    found = told(
        tmp_path, agreement("gold"), agreement("again"), agreement("bad", kind="slo"), rest=ANSWERED + "teams: {a: 5}\n"
    )
    assert {p.field for p in found} == {"agreements.again", "agreements.bad.kind", "teams.a"}


# Thresholds and limits


@pytest.mark.parametrize(
    ("terms", "field", "found", "hint"),
    [
        ({"warn_at": "[80%, 120%]"}, "warn_at.1", "'120%'", "after the breach all the same: write it under after_breach"),
        ({"warn_at": "[2h after]"}, "warn_at.0", "'2h after'", "write it under after_breach"),
        ({"warn_at": "[daily]"}, "warn_at.0", "'daily'", "write it under after_breach"),
        ({"warn_at": "[0%]"}, "warn_at.0", "'0%'", "crossed as the clock starts"),
        ({"warn_at": "[80%]", "after_breach": "[100%]"}, "after_breach.0", "'100%'", "write it under warn_at"),
        ({"after_breach": "[50%, 150%]"}, "after_breach.0", "'50%'", "by the time of the breach all the same"),
        ({"after_breach": "[5m before]"}, "after_breach.0", "'5m before'", "write it under warn_at"),
        ({"warn_at": "[4h before, 30m before]"}, "warn_at.0", "'4h before'", "crossed as such a clock starts"),
        ({"warn_at": "[5h before]"}, "warn_at.0", "'5h before'", "at risk at once"),
        ({"targets": "{resolution: {urgent: 0m, high: 1h}}"}, "targets.resolution.urgent", "'0m'", "Write none for no promise"),
        ({"targets": "{resolution: {default: 0wd}}"}, "targets.resolution.default", "'0wd'", "at the very instant"),
    ],
)
def test_a_threshold_or_limit_that_can_hardly_be_meant_is_warned_of(
    tmp_path: Path, terms: dict[str, str], field: str, found: str, hint: str
) -> None:
    (problem,) = told(tmp_path, agreement("gold", **terms))
    assert (problem.line, problem.field, problem.found, problem.warning) == (5, f"agreements.gold.{field}", found, True)
    assert hint in problem.hint


@pytest.mark.parametrize(
    "terms", [{"warn_at": "[1ms before, 3h59m before, 100%]"}, {"after_breach": "[100.5%, 1ms after, daily]"}]
)
def test_thresholds_on_their_own_side_are_right(tmp_path: Path, terms: dict[str, str]) -> None:
    assert relations(tmp_path, agreement("gold", **terms)) == []


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"warn_at": "[80%]", "after_breach": "[80%]"}, "after_breach.0"),
        ({"after_breach": "[100.0%]"}, "after_breach.0"),
        ({"warn_at": "[60s before, 1m before]"}, "warn_at.1"),
    ],
)
def test_a_threshold_that_would_be_crossed_twice_is_refused(tmp_path: Path, terms: dict[str, str], field: str) -> None:
    found = [p for p in told(tmp_path, agreement("gold", **terms)) if not p.warning]
    assert [p.field for p in found] == [f"agreements.gold.{field}"]


def test_a_threshold_that_an_heir_repeats_is_told_at_the_heir(tmp_path: Path) -> None:
    gold = agreement("gold", when="{tier: gold}", after_breach="[150%]")
    found = told(tmp_path, gold, "  acme: {extends: gold, when: {customer: acme}, warn_at: [80%, 150%]}\n")
    assert [p.field for p in found if not p.warning] == ["agreements.acme.warn_at.1"]


def test_a_limit_of_an_heir_that_is_shorter_than_the_time_before_it_is_told_at_the_limit(tmp_path: Path) -> None:
    gold = agreement("gold", when="{tier: gold}", warn_at="[30m before]")
    acme = "  acme: {extends: gold, when: {customer: acme}, targets: {resolution: {urgent: 20m}}}\n"
    assert relations(tmp_path, gold, acme) == [(6, "agreements.acme.targets.resolution.urgent", "'20m'")]


# How much is held


def test_rules_that_are_too_many_for_the_engine_are_refused_at_the_first_one_too_many(tmp_path: Path) -> None:
    values = ", ".join(f"v{i}" for i in range(1_000))
    lines = "".join(f"  r{i}: {{when: {{a: {{in: [{values}]}}, b: {i}, c: 1}}, do: []}}\n" for i in range(20))
    found = [p for p in told_of(tmp_path, "rules:\n" + lines) if not p.warning]
    assert [(p.line, p.field) for p in found] == [(18, "rules.r16")]
    assert "at most 50000 comparisons in all rules together" in found[0].expected


def test_ten_thousand_rules_are_read_and_answered(tmp_path: Path) -> None:
    lines = "".join(f"  r{i}: {{when: {{crossing: 80%, tier: t{i}}}, do: []}}\n" for i in range(10_000))
    path = tmp_path / "c.yaml"
    path.write_text("rules:\n" + lines)
    book, found = examine(path)
    assert book is not None
    assert all(p.warning for p in found)
    assert [rule.name for rule in book.rules_for({"crossing": "80%", "tier": "t7"})[0]] == ["r7"]

"""A configuration that is right: the example, folders, JSON, what is taken over by `extends`, what holds by default."""

import json
from pathlib import Path
from typing import Any

import pytest

from config.default_rules import DEFAULT_RULES
from config.load import examine
from escalation.book import Book
from rules.durations import parse_threshold
from rules.instants import HOUR, MINUTE, parse
from tests.support.configs import ALWAYS, GOLD
from tests.support.desk import DESK, ROOT, SHARED, load


def right(tmp_path: Path, text: str) -> Book:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    return load(path)


def agreement(book: Book, name: str) -> Any:
    return next(found for found in book.promises.agreements if found.name == name)


# The files that come with the project


@pytest.mark.samples
def test_the_example_is_right_as_it_stands() -> None:
    book, problems = examine(SHARED / "example.sla.yaml")
    assert problems == []
    assert book is not None
    assert [found.name for found in book.promises.agreements] == ["gold", "acme", "hand-over"]
    assert sorted(book.people) == ["ana", "ben", "cleo", "dana"]
    assert [rule.name for rule in book.rules] == list(DEFAULT_RULES)


@pytest.mark.samples
def test_the_rules_that_hold_by_default_are_those_of_the_example(tmp_path: Path) -> None:
    text = (SHARED / "example.sla.yaml").read_text()
    written = load(SHARED / "example.sla.yaml")
    start, end = text.index("\nrules:"), text.index("\nladders:")
    (tmp_path / "c.yaml").write_text(text[:start] + text[end:])
    assert load(tmp_path / "c.yaml").rules == written.rules


@pytest.mark.samples
def test_a_customers_own_contract_says_only_what_differs() -> None:
    book = load(SHARED / "example.sla.yaml")
    acme, gold = agreement(book, "acme"), agreement(book, "gold")
    assert acme.targets["first_response"]["urgent"].milliseconds == 10 * MINUTE
    assert acme.targets["first_response"]["high"] == gold.targets["first_response"]["high"]
    assert acme.targets["resolution"] == gold.targets["resolution"]
    assert (acme.ladder, acme.team, acme.after_breach) == (gold.ladder, gold.team, gold.after_breach)
    assert acme.instead_of == ("gold",)
    assert gold.instead_of == ()


@pytest.mark.parametrize("name", ["demo/desk.sla.yaml", "example"])
def test_the_projects_own_configurations_are_right(name: str) -> None:
    path = ROOT / "config" / name
    book, problems = examine(path)
    assert [str(problem) for problem in problems] == []
    assert book is not None
    assert book.promises.agreements


def test_the_desk_of_these_tests_is_right(tmp_path: Path) -> None:
    right(tmp_path, DESK)


# One file, several files


def test_a_folder_of_files_is_one_configuration(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text("people: {ana: {name: Ana}}\ncalendars: {always: {hours: 24x7}}\n")
    (tmp_path / "more.yml").write_text("people: {ben: {name: Ben}}\n")
    (tmp_path / "gold.json").write_text(
        json.dumps({"agreements": {"gold": {"kind": "sla", "from": "2026-01-01", "calendar": "always", "targets": {}}}})
    )
    (tmp_path / "readme.txt").write_text("not: [read")
    book, problems = examine(tmp_path)
    assert all(problem.warning for problem in problems)
    assert book is not None
    assert sorted(book.people) == ["ana", "ben"]
    assert agreement(book, "gold").calendar.always


def test_a_name_defined_in_two_files_is_told_with_both_places(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("\npeople:\n  ana: {name: Ana}\n")
    (tmp_path / "b.yaml").write_text("people:\n  ben: {name: Ben}\n  ana: {name: Anna}\n")
    (problem,) = examine(tmp_path)[1]
    assert (Path(problem.file).name, problem.line, problem.field) == ("b.yaml", 3, "people.ana")
    assert "a.yaml:3" in problem.hint


def test_a_problem_in_one_file_hides_none_in_another(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("people: {ana: {name: [\n")
    (tmp_path / "b.yaml").write_text("teams: {support: {lead: zoe}}\n")
    problems = examine(tmp_path)[1]
    assert {Path(problem.file).name for problem in problems} == {"a.yaml", "b.yaml"}


def test_the_same_configuration_may_be_written_as_json(tmp_path: Path) -> None:
    from ruamel.yaml import YAML

    plain = YAML(typ="safe", pure=True).load(DESK.replace("2026-01-01", '"2026-01-01"'))
    (tmp_path / "c.json").write_text(json.dumps(plain, indent=1))
    assert examine(tmp_path / "c.json")[1] == []
    (tmp_path / "c.yaml").write_text(DESK)
    written, as_json = load(tmp_path / "c.yaml"), load(tmp_path / "c.json")
    limits = [
        {m: {k: t.milliseconds for k, t in by.items()} for m, by in agreement(b, "gold").targets.items()}
        for b in (written, as_json)
    ]
    assert limits[0] == limits[1]
    assert as_json.people == written.people


# What may be left out, and how it may be written


def test_an_agreement_says_at_least_kind_start_calendar_and_targets(tmp_path: Path) -> None:
    gold = agreement(right(tmp_path, ALWAYS + GOLD + "    targets: {}\n"), "gold")
    assert [threshold.text for threshold in gold.warn_at] == ["80%", "90%", "100%"]
    assert (gold.after_breach, gold.on_change, gold.on_reopen) == ((), "carry", "resume")
    assert gold.since == parse("2026-01-01T00:00:00Z")


def test_an_agreement_begins_at_midnight_of_its_calendars_zone(tmp_path: Path) -> None:
    zoned = "calendars: {always: {zone: America/New_York, hours: {mon: ['09:00-17:00']}}}\n"
    assert agreement(right(tmp_path, zoned + GOLD + "    targets: {}\n"), "gold").since == parse("2026-01-01T05:00:00Z")


@pytest.mark.parametrize("date", ["2026-01-01", "'2026-01-01'", '"2026-01-01"'])
def test_dates_may_be_quoted_or_not(tmp_path: Path, date: str) -> None:
    text = ALWAYS + GOLD.replace("2026-01-01", date) + "    targets: {}\n"
    assert agreement(right(tmp_path, text), "gold").since == parse("2026-01-01T00:00:00Z")


@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_times_and_hours_may_be_quoted_or_not(tmp_path: Path, quote: str) -> None:
    q = quote
    book = right(
        tmp_path,
        "people: {ana: {name: Ana}}\n"
        f"calendars: {{c: {{hours: {{mon-fri: [{q}09:00-17:00{q}]}}, dates: {{{q}2026-12-24{q}: [{q}09:00-12:00{q}]}}}}}}\n"
        f"rotas: {{r: {{zone: UTC, shifts: [{{who: ana, from: {q}2026-01-05T09:00{q}, "
        f"hand_over: {{every: day, at: {q}09:00{q}}}}}]}}}}\n",
    )
    calendar = book.promises.calendars["c"]
    assert calendar.between(parse("2026-12-24T00:00:00Z"), parse("2026-12-25T00:00:00Z")) == 3 * HOUR
    assert book.rotas["r"].on_call(parse("2026-01-06T10:00:00Z")) == ["ana"]


def test_a_threshold_keeps_the_text_it_was_written_in(tmp_path: Path) -> None:
    text = ALWAYS + GOLD + "    targets: {}\n    warn_at: [80.0 %, 30s before]\n    after_breach: [daily, 2h after]\n"
    gold = agreement(right(tmp_path, text), "gold")
    assert [threshold.text for threshold in gold.warn_at] == ["80.0 %", "30s before"]
    assert gold.after_breach == (parse_threshold("daily"), parse_threshold("2h after"))


def test_the_norway_problem_does_not_arise(tmp_path: Path) -> None:
    book = right(tmp_path, "people: {no: {name: on}, off: {name: yes}}\n")
    assert [person.name for person in book.people.values()] == ["on", "yes"]


def test_a_working_day_counts_as_its_calendar_says(tmp_path: Path) -> None:
    office = "calendars: {always: {working_day: 7h30m, hours: {mon-fri: ['09:00-17:00']}}}\n"
    gold = agreement(right(tmp_path, office + GOLD + "    targets: {resolution: {default: 2wd}}\n"), "gold")
    assert gold.targets["resolution"]["default"].milliseconds == 15 * HOUR


def test_none_is_no_promise(tmp_path: Path) -> None:
    gold = agreement(right(tmp_path, ALWAYS + GOLD + "    targets: {update: {urgent: 1h, default: none}}\n"), "gold")
    assert gold.targets["update"]["default"] is None


# Rules


def test_rules_that_are_written_replace_those_that_hold_by_default(tmp_path: Path) -> None:
    book = right(tmp_path, "rules: {mine: {when: {crossing: 100%}, do: [{tag: late}]}}\n")
    assert [rule.name for rule in book.rules] == ["mine"]


def test_no_rules_at_all_may_be_written(tmp_path: Path) -> None:
    assert right(tmp_path, "rules: {}\n").rules == []


def test_the_rules_by_default_warn_of_nothing(tmp_path: Path) -> None:
    assert [rule.name for rule in right(tmp_path, ALWAYS).rules] == list(DEFAULT_RULES)


@pytest.mark.parametrize(
    ("action", "section"),
    [("{tell: nobody}", "teams"), ("{page: nowhere}", "ladders"), ("{update_customer: sorry}", "wording")],
)
def test_an_action_without_its_target_is_only_warned_of(tmp_path: Path, action: str, section: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(f"rules:\n  r:\n    when: {{crossing: 80%}}\n    do: [{action}]\n")
    book, problems = examine(path)
    assert book is not None
    (warning,) = problems
    assert warning.warning
    assert (warning.line, warning.field) == (4, "rules.r.do.0")
    assert section in warning.hint
    assert ": warning: " in str(warning)
    assert load(path).rules[0].name == "r"


@pytest.mark.parametrize(
    ("action", "meant"),
    [
        ("{hint: similar}", ("hint", "similar")),
        ("{reassign: queue}", ("reassign", "queue")),
        ("{reassign: {rota: day}}", ("reassign", "rota:day")),
        ("{reassign: {person: ana}}", ("reassign", "person:ana")),
        ("{reassign: {group: second-line}}", ("reassign", "group:second-line")),
    ],
)
def test_a_rule_may_hint_and_reassign(tmp_path: Path, action: str, meant: tuple[str, str]) -> None:
    known = "people: {ana: {name: Ana}}\nrotas: {day: {zone: UTC, shifts: [{who: ana, from: 2026-01-05T09:00}]}}\n"
    (rule,) = right(tmp_path, f"{known}rules: {{r: {{when: {{crossing: 80%}}, do: [{action}]}}}}\n").rules
    assert [(done.verb, done.target) for done in rule.actions] == [meant]


# extends


def extending(tmp_path: Path, above: str) -> Any:
    below = "    version: '7'\n    team: support\n    warn_at: [50%]\n    instead_of: [other]\n"
    below += "    targets: {first_response: {urgent: 15m, default: 4h}, resolution: {default: 1d}}\n"
    text = ALWAYS + "teams: {support: {}}\n" + GOLD + below + f"  acme: {{extends: gold, {above}}}\n"
    text += "  other: {kind: ola, from: 2026-01-01, calendar: always, targets: {}}\n"
    return agreement(right(tmp_path, text), "acme")


def test_what_an_agreement_does_not_say_the_extended_one_says(tmp_path: Path) -> None:
    acme = extending(tmp_path, "from: 2026-03-01")
    assert (acme.kind, acme.version, acme.team) == ("sla", "7", "support")
    assert [threshold.text for threshold in acme.warn_at] == ["50%"]
    assert acme.since == parse("2026-03-01T00:00:00Z")


def test_targets_are_laid_over_each_other_by_metric_and_priority(tmp_path: Path) -> None:
    acme = extending(tmp_path, "targets: {first_response: {urgent: 10m}, update: {default: 1h}}")
    limits = {m: {p: t.milliseconds for p, t in by.items()} for m, by in acme.targets.items()}
    assert limits == {
        "first_response": {"urgent": 10 * MINUTE, "default": 4 * HOUR},
        "resolution": {"default": 24 * HOUR},
        "update": {"default": HOUR},
    }


def test_whom_the_extended_agreement_replaces_is_its_own_affair(tmp_path: Path) -> None:
    assert extending(tmp_path, "from: 2026-03-01").instead_of == ()


def test_agreements_extend_each_other_over_several_levels_in_any_order(tmp_path: Path) -> None:
    text = ALWAYS + "agreements:\n  c: {extends: b, from: 2026-03-01}\n  b: {extends: a, kind: uc}\n"
    text += "  a: {kind: sla, from: 2026-01-01, calendar: always, targets: {resolution: {default: 1h}}}\n"
    c = agreement(right(tmp_path, text), "c")
    assert (c.kind, c.targets["resolution"]["default"].text) == ("uc", "1h")


def test_around_the_clock_leaves_out_the_days_that_are_closed(tmp_path: Path) -> None:
    text = "calendars: {c: {hours: 24x7, holidays: {closed: [2026-12-26]}, dates: {2026-12-25: ['09:00-12:00']}}}\n"
    calendar = right(tmp_path, text).promises.calendars["c"]
    assert calendar.between(parse("2026-12-24T00:00:00Z"), parse("2026-12-28T00:00:00Z")) == (24 + 3 + 0 + 24) * HOUR
    assert not calendar.always

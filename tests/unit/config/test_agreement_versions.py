"""Versions of agreements as they are written, and what they make of each other."""

from pathlib import Path
from typing import Any

import pytest

from bot.publication import rewritten
from config.load import examine
from escalation.book import Lasting
from rules.instants import parse
from tests.support.configs import ALWAYS, told_of

BASE = (
    ALWAYS
    + """\
agreements:
  gold:
    kind: sla
    version: "2026"
    from: 2026-01-01
    calendar: always
    targets: {first_response: {urgent: 1h, default: 4h}}
"""
)


def versions(folder: Path, text: str) -> dict[str, Any]:
    """By key: since when, for whom, and the limits of the first response."""
    path = folder / "c.yaml"
    path.write_text(text)
    book, problems = examine(path)
    assert book is not None, problems
    found = {}
    for a in book.promises.agreements:
        limits = {priority: target and target.text for priority, target in a.targets["first_response"].items()}
        found[a.key] = (a.since, a.applies_to, limits)
    return found


def test_a_version_says_only_what_changes(tmp_path: Path) -> None:
    later = "    versions: [{from: 2026-07-01, applies_to: open, targets: {first_response: {urgent: 30m}}}]\n"
    assert versions(tmp_path, BASE + later) == {
        "gold 2026": (parse("2026-01-01T00:00:00Z"), "new", {"urgent": "1h", "default": "4h"}),
        "gold 2026-07-01": (parse("2026-07-01T00:00:00Z"), "open", {"urgent": "30m", "default": "4h"}),
    }


def test_each_version_builds_on_the_one_before_it(tmp_path: Path) -> None:
    later = """\
    versions:
      - {from: 2026-07-01, targets: {first_response: {urgent: 30m}}}
      - {from: 2027-01-01, version: "2027", targets: {first_response: {default: 2h}}}
"""
    assert [limits for *_, limits in versions(tmp_path, BASE + later).values()][-1] == {"urgent": "30m", "default": "2h"}


def test_an_agreement_that_extends_another_follows_its_versions(tmp_path: Path) -> None:
    later = """\
    versions: [{from: 2026-07-01, applies_to: open, targets: {first_response: {urgent: 30m, default: 3h}}}]
  acme:
    extends: gold
    from: 2026-03-01
    when: {customer: acme}
    instead_of: [gold]
    targets: {first_response: {default: 2h}}
"""
    found = versions(tmp_path, BASE + later)
    assert found["acme 2026"] == (parse("2026-03-01T00:00:00Z"), "new", {"urgent": "1h", "default": "2h"})
    assert found["acme 2026-07-01"] == (parse("2026-07-01T00:00:00Z"), "open", {"urgent": "30m", "default": "2h"})


@pytest.mark.parametrize(
    ("later", "field", "found"),
    [
        ("versions: 3", "agreements.gold.versions", "3"),
        ("versions: [3]", "agreements.gold.versions.0", "3"),
        ("versions: [{from: 2025-01-01}]", "agreements.gold.versions.0.from", "2025-01-01"),
        ("versions: [{from: 2026-01-01}]", "agreements.gold.versions.0.from", "2026-01-01"),
        ("versions: [{from: soon}]", "agreements.gold.versions.0.from", "'soon'"),
        ("versions: [{}]", "agreements.gold.versions.0.from", "nothing"),
        ('versions: [{from: 2027-01-01, version: "2026"}]', "agreements.gold.versions.0.version", "'2026'"),
        ("versions: [{from: 2027-01-01, limits: {}}]", "agreements.gold.versions.0.limits", "an unknown field"),
        (
            "versions: [{from: 2027-01-01, targets: {first_response: {urgent: soon}}}]",
            "agreements.gold.versions.0.targets.first_response.urgent",
            "'soon'",
        ),
        ("versions: [{from: 2027-01-01, calendar: london}]", "agreements.gold.versions.0.calendar", "'london'"),
        ("applies_to: all", "agreements.gold.applies_to", "'all'"),
    ],
)
def test_what_is_wrong_with_a_version_is_told_where_it_stands(tmp_path: Path, later: str, field: str, found: str) -> None:
    problems = [p for p in told_of(tmp_path, BASE + f"    {later}\n") if not p.warning]
    assert [(p.field, p.found, p.line) for p in problems] == [(field, found, 9)]


def test_agreements_that_replace_each_other_are_refused(tmp_path: Path) -> None:
    text = BASE + "    instead_of: [acme]\n  acme: {extends: gold, from: 2026-03-01, instead_of: [gold]}\n"
    problems = [p for p in told_of(tmp_path, text) if not p.warning]
    assert {(p.field, p.found) for p in problems} == {
        ("agreements.gold.instead_of", "a circle: acme, gold"),
        ("agreements.acme.instead_of", "a circle: acme, gold"),
    }


def test_a_version_whose_limits_are_none_ends_the_promise(tmp_path: Path) -> None:
    later = """\
    versions:
      - {from: 2026-07-01, targets: {first_response: none}}
      - {from: 2027-01-01, targets: {first_response: {urgent: 1h}}}
"""
    found = versions(tmp_path, BASE + later)
    assert found["gold 2026-07-01"][2] == {"default": None}
    assert found["gold 2027-01-01"][2] == {"urgent": "1h"}


LONDON = 'calendars: {london: {zone: Europe/London, hours: {mon: ["09:00-17:00"]}}}\n'


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (LONDON.replace("Europe/London", "Europe/Paris"), "calendars.london"),
        (LONDON.replace("17:00", "18:00"), "calendars.london"),
        (LONDON.replace("]}}", "]}, dates: {2099-12-24: []}}"), None),
        (LONDON.replace("]}}", "]}, holidays: {country: GB}}"), "calendars.london"),
        (LONDON.replace("london: {", "london: {working_day: null, "), None),
        (LONDON.replace('mon: ["09:00-17:00"]', 'mon-mon: ["09:00-12:00", "11:00-17:00"]'), None),
        (LONDON.replace("]}}", ']}, versions: [{from: 2027-01-01, hours: {tue: ["09:00-17:00"]}}]}'), None),
    ],
    ids=["zone", "hours", "dates", "holidays", "another way to write it", "other windows for the same hours", "version"],
)
def test_weekly_hours_last_and_dates_may_be_added(tmp_path: Path, text: str, name: str | None) -> None:
    """What must not be written otherwise once it is published."""
    found = []
    for i, written in enumerate((LONDON, text)):
        path = tmp_path / f"{i}.yaml"
        path.write_text(written)
        book, problems = examine(path)
        assert book is not None, problems
        found.append(book.lasting)
    assert list(rewritten(found[0], found[1], parse("2026-12-01T00:00:00Z"))) == ([name] if name else [])


WHEN = """\
calendars: {always: {hours: 24x7}}
agreements:
  gold: {kind: sla, from: 2026-01-01, calendar: always, targets: {resolution: {default: 1h}}, when: %s}
"""


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("{tier: {in: [gold, vip]}, region: {not: [eu, us]}}", "{region: {not: [us, eu]}, tier: {in: [vip, gold, vip]}}", True),
        ("{any: [{tier: gold}, {region: eu}]}", "{any: [{region: eu}, {tier: gold}]}", True),
        ("{any: [{tier: gold}, {region: eu}]}", "{all: [{region: eu}, {tier: gold}]}", False),
        ("{tier: {in: [gold, vip]}}", "{tier: {in: [gold, silver]}}", False),
    ],
)
def test_a_condition_may_be_written_in_another_order(tmp_path: Path, one: str, other: str, alike: bool) -> None:
    found = []
    for when in (one, other):
        path = tmp_path / "c.yaml"
        path.write_text(WHEN % when)
        book, problems = examine(path)
        assert book is not None, problems
        found.append(book.lasting)
    assert (rewritten(found[0], found[1], PAST) == {}) is alike


PAST = parse("2026-12-26T00:00:00Z")


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        ("2026-12-24", "2026-12-27", {"calendars.london, 2026-12-24": "gone"}),
        ("2026-12-27", "2026-12-24", {"calendars.london, 2026-12-24": "added for days that are past"}),
        ("2026-12-27", "2026-12-26", {}),
        ("2026-12-27", "2026-12-28", {}),
    ],
    ids=["taken out of the past", "put into the past", "put into today", "moved in the future"],
)
def test_a_single_date_may_be_written_otherwise_until_it_is_over(
    tmp_path: Path, was: str, now: str, found: dict[str, str]
) -> None:
    lasting = []
    for day in (was, now):
        path = tmp_path / "c.yaml"
        path.write_text(LONDON.replace("]}}", f"]}}, dates: {{{day}: []}}}}"))
        book, problems = examine(path)
        assert book is not None, problems
        lasting.append(book.lasting)
    assert rewritten(lasting[0], lasting[1], PAST) == found
    assert rewritten(lasting[0], {}, PAST) == {}, "a calendar that nothing uses may go"


def test_a_version_may_be_mended_until_it_holds_and_none_is_put_into_a_calendars_past() -> None:
    """By what was published, what is written now, and when."""
    old, mended = Lasting(100, "a"), Lasting(100, "b")
    assert rewritten({"agreements.gold 2": old}, {"agreements.gold 2": mended}, 99) == {}
    assert rewritten({"agreements.gold 2": old}, {"agreements.gold 2": mended}, 100) == {"agreements.gold 2": "changed"}
    assert rewritten({"agreements.gold 2": old}, {}, 99) == {}
    base = {"calendars.x": Lasting(0, "a", "calendars.x")}
    later = {**base, "calendars.x from 2026-07-01": Lasting(100, "b", "calendars.x")}
    assert rewritten(base, later, 99) == {}
    assert list(rewritten(base, later, 100)) == ["calendars.x from 2026-07-01"]
    assert rewritten({}, later, 100) == {}

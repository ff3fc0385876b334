"""Words that are one slip away from a usual one are warned of; words of one's own are left alone."""

from pathlib import Path

import pytest

from rules.problems import slip_of
from tests.support.configs import told_of

BASE = """\
calendars:
  always: {hours: 24x7}
agreements:
  gold: {kind: sla, from: 2026-01-01, calendar: always, when: {%s: gold}, targets: {first_response: {%s: 1h}}}
customers:
  acme: {%s: gold}
metrics:
  resolution: {pause: {status: {in: [%s, on_hold]}}}
  shipped: {start: {event: order.placed}, stop: {%s: order.shipped}}
rules:
  r: {when: {any: [{%s: 80%%}]}, do: [{tag: late}]}
"""
RIGHT = ("tier", "urgent", "contact", "pending", "event", "crossing")
WRONG = ("teir", "urgnet", "contct", "pendng", "evnt", "crosing")


def hints(folder: Path, *words: str) -> list[tuple[int, str]]:
    found = told_of(folder, BASE % words)
    assert all(problem.warning for problem in found), found
    return [(problem.line, problem.hint) for problem in found if "Did you mean" in problem.hint]


def test_each_slip_is_pointed_out_where_it_stands(tmp_path: Path) -> None:
    lines = (4, 4, 6, 8, 9, 11)
    asked = {
        (line, f"Did you mean {word}? If it is a word of yours, leave it.") for line, word in zip(lines, RIGHT, strict=True)
    }
    assert set(hints(tmp_path, *WRONG)) == asked


def test_what_is_right_or_quite_another_word_is_not(tmp_path: Path) -> None:
    assert hints(tmp_path, *RIGHT) == []
    assert hints(tmp_path, "plan", "P1", "industry", "parked", "event", "crossing") == []


@pytest.mark.parametrize(("found", "meant"), [("teir", "tier"), ("tiers", "tier"), ("ter", "tier"), ("statis", "status")])
def test_a_slip_is_one_letter_left_out_added_swapped_or_changed(found: str, meant: str) -> None:
    assert slip_of(found, ("tier", "status")) == meant


@pytest.mark.parametrize("found", ["tier", "zone", "ti", "", "trie2", "stats2"])
def test_two_slips_short_words_and_other_words_are_none(found: str) -> None:
    assert slip_of(found, ("tier", "gone", "status")) is None


def test_a_metric_that_never_stops_is_warned_of(tmp_path: Path) -> None:
    (found,) = told_of(tmp_path, "metrics:\n  shipped: {start: {event: order.placed}}\n  resolution: {pause: none}\n")
    assert (found.line, found.found, found.warning) == (2, "no stop", True)


def test_targets_that_are_none_promise_nothing(tmp_path: Path) -> None:
    versions = "versions: [{from: 2027-01-01, targets: none}]"
    gold = "gold: {kind: sla, from: 2026-01-01, calendar: always, targets: {resolution: {default: 1h}}, " + versions + "}"
    assert [
        p for p in told_of(tmp_path, f"calendars:\n  always: {{hours: 24x7}}\nagreements:\n  {gold}\n") if not p.warning
    ] == []


def test_a_wrong_weekday_hides_no_wrong_window(tmp_path: Path) -> None:
    found = told_of(tmp_path, 'calendars:\n  c:\n    hours:\n      funday: ["09:00-17:00"]\n      mon: ["0900-17:00"]\n')
    assert [(problem.line, problem.found) for problem in found] == [(4, "'funday'"), (5, "'0900-17:00'")]

"""Files that are hardly a configuration, and values beyond all measure: told, never a traceback."""

import copy
import json
from collections.abc import Iterator
from functools import reduce
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from config.load import examine
from tests.support.configs import ALWAYS, GOLD, told_of
from tests.support.desk import DESK


def test_a_file_that_is_no_utf_8_is_told(tmp_path: Path) -> None:
    told = told_of(tmp_path, b"people:\n  ana: {name: Jos\xe9}\n")
    assert [(p.field, p.found, p.expected) for p in told] == [("file", "bytes that are no UTF-8", "text in UTF-8")]


def test_a_nul_byte_in_a_file_is_told(tmp_path: Path) -> None:
    told = told_of(tmp_path, b"people:\n  ana: {name: 'A\0na'}\n")
    assert [(p.field, p.expected) for p in told] == [("file", "YAML 1.2 or JSON")]


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    told = examine(tmp_path / "gone.yaml")[1]
    assert len(told) == 1
    assert "No such file" in told[0].found


def test_a_folder_without_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("people: {}")
    told = examine(tmp_path)[1]
    assert [(p.field, p.found) for p in told] == [("file", "no file")]


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "people:\n", "{}\n"])
def test_a_file_that_says_nothing_is_right(tmp_path: Path, text: str) -> None:
    assert told_of(tmp_path, text) == []


def test_a_file_of_aliases_of_aliases_is_refused_quickly(tmp_path: Path) -> None:
    bomb = "customers:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    bomb += "".join(f"  a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 12))
    told = told_of(tmp_path, bomb)
    assert any("200,000" in problem.found for problem in told)


def test_an_alias_that_holds_itself_is_told(tmp_path: Path) -> None:
    told = told_of(tmp_path, "people: &a\n  ana: *a\n")
    assert told
    assert all(not problem.warning for problem in told)


def test_an_anchor_may_be_used_again(tmp_path: Path) -> None:
    assert told_of(tmp_path, "people:\n  ana: &a {name: Ana}\n  ben: *a\n") == []


@pytest.mark.parametrize("number", ["1" + "0" * 5000, "-" + "9" * 5000, "1e999999", "0x" + "f" * 5000])
def test_a_number_beyond_all_measure_is_no_traceback(tmp_path: Path, number: str) -> None:
    for told in told_of(tmp_path, f"customers:\n  acme: {{fee: {number}}}\n"):
        assert len(str(told)) < 1000


@pytest.mark.parametrize(
    "deep",
    [
        "[" * 5_000 + "]" * 5_000,
        "{all: [" * 3_000 + "{a: 1}" + "]}" * 3_000,
        "{not: " * 5_000 + "1" + "}" * 5_000,
        "[" * 150 + "]" * 150,
        "[" * 5_000,
    ],
    ids=["lists", "conditions", "denials", "not so many", "left open"],
)
def test_what_is_nested_too_deeply_is_told_with_its_line(tmp_path: Path, deep: str) -> None:
    (told,) = told_of(tmp_path, "customers:\n  acme:\n    tree: " + deep)
    assert (told.line, told.found, told.expected) == (3, "values within values", "at most 100 levels")


def test_aliases_that_are_nested_too_deeply_are_told_with_their_line(tmp_path: Path) -> None:
    chain = "customers:\n  a0: &a0 [x]\n" + "".join(f"  a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 500))
    (told,) = told_of(tmp_path, chain)
    assert told.expected == "at most 100 levels"


@pytest.mark.parametrize("limit", ["999999999999w", "99999999h"])
def test_a_limit_beyond_all_measure_is_told_or_bearable(tmp_path: Path, limit: str) -> None:
    from escalation.facts import NO_FACTS
    from escalation.look import look
    from rules.instants import parse
    from rules.ticket import TicketEvent

    text = ALWAYS + GOLD + f"    targets: {{resolution: {{default: {limit}}}}}\n"
    path = tmp_path / "c.yaml"
    path.write_text(text)
    book, told = examine(path)
    if not told:
        at = parse("2026-01-05T09:00:00Z")
        assert book is not None
        found = look("T-1", [TicketEvent("T-1", "ticket.opened", at, {}, "1", "s")], book, NO_FACTS, at)
        assert all(row.public() for row in found.clocks)


ODD: list[Any] = [5, True, None, "", [], {}, "x", [1], {"a": 1}, -1, 1.5, "none", "1d", "09:00-17:00"]


def places(found: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The places of all values within a value."""
    inside = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, value in inside:
        yield (*place, key)
        yield from places(value, (*place, key))


@pytest.mark.parametrize("odd", ODD, ids=str)
def test_an_odd_value_in_any_place_is_no_traceback(tmp_path: Path, odd: Any) -> None:
    whole = YAML(typ="safe", pure=True).load(DESK.replace("2026-01-01", '"2026-01-01"'))
    path = tmp_path / "c.json"
    for *above, last in places(whole):
        changed = copy.deepcopy(whole)
        reduce(lambda value, key: value[key], above, changed)[last] = odd
        path.write_text(json.dumps(changed))
        book, told = examine(path)
        assert (book is None) == any(not problem.warning for problem in told)

"""A mapping says all its problems at once, each with its line."""

import json
from pathlib import Path

import pytest

from adapters.helpdesk.audit_export import MappingError, events_of, load_mapping
from tests.support.exports import MAPPING, MAPPINGS, Exports


@pytest.fixture
def desk(tmp_path: Path) -> Exports:
    return Exports(tmp_path)


def test_every_column_that_the_log_lacks_is_a_mapping_error_at_once_with_line_and_hint(desk: Exports) -> None:
    log = desk.folder / "log.csv"
    log.write_text("id,at,stat,prio\nT-1,2026-01-05T08:00Z,New,1\n")
    mapping = desk.mapping(MAPPING + "replied: [{author: agent, when: {comment: x}, text: words}]\n")
    with pytest.raises(MappingError) as caught:
        events_of(log, mapping, desk.note)
    assert [str(problem).removeprefix(f"{desk.folder}/") for problem in caught.value.problems] == [
        "mapping.yaml:7: fields.status: found `state`, expected a column of the log. Did you mean stat?",
        "mapping.yaml:9: fields.group: found `team`, expected a column of the log. The log has: id, at, stat, prio.",
        "mapping.yaml:13: replied[1].when.comment: found `comment`, expected a column of the log. "
        "The log has: id, at, stat, prio.",
        "mapping.yaml:13: replied[1].text: found `words`, expected a column of the log. The log has: id, at, stat, prio.",
    ]


def test_all_problems_of_a_mapping_are_told_at_once_each_with_its_line(desk: Exports) -> None:
    mapping = """\
name: My Desk
ticket:
time:
  column: at
  format: "%d/%m %H:%M"
  zone: Europe/Viena
  colour: red
fields:
  status: state
values:
  status: {Done: sovled}
  prio: {1: urgent}
opened: {with: {status: opn, x: {y: z}}}
replied:
  - author: agnt
    public: perhaps
    when: {state: [a, b]}
delimiter: ";;"
encoding: klingon
delimiter: ","
"""
    assert desk.problems(mapping) == [
        "mapping.yaml:1: name: found `My Desk`, expected a name of small letters, digits, - and _.",
        "mapping.yaml:2: ticket: found nothing, expected a word.",
        "mapping.yaml:5: time.format: found `%d/%m %H:%M`, expected `iso`, or a format of Python's strptime with year, "
        'month and day. Such as "%d/%m/%Y %H:%M".',
        "mapping.yaml:6: time.zone: found `Europe/Viena`, expected the IANA name of a time zone, such as Europe/Rome. "
        "Did you mean Europe/Vienna?",
        "mapping.yaml:7: time.colour: found `colour`, expected one of column, format, zone. Did you mean column?",
        "mapping.yaml:11: values.status.Done: found `sovled`, expected one of new, open, pending, on_hold, solved, closed, "
        "unchanged. Did you mean solved?",
        "mapping.yaml:12: values.prio: found `prio`, expected the name of one of `fields`. Known: status.",
        "mapping.yaml:13: opened.with.status: found `opn`, expected one of new, open, pending, on_hold, solved, closed. "
        "Did you mean open?",
        "mapping.yaml:13: opened.with.x: found a block, expected a word, a number, true, false, null or a list of these.",
        "mapping.yaml:15: replied[1].author: found `agnt`, expected customer, agent or bot.",
        "mapping.yaml:16: replied[1].public: found `perhaps`, expected true or false.",
        "mapping.yaml:17: replied[1].when.state: found a list, expected a word, {in: [words]} or {not: word}. "
        "Several words are written {in: [first, second]}.",
        "mapping.yaml:19: encoding: found `klingon`, expected a text encoding, such as utf-8 or cp1252.",
        "mapping.yaml:20: delimiter: found it a second time, expected each name once.",
    ]


def test_a_missing_part_is_told_with_the_line_to_add(desk: Exports) -> None:
    assert desk.problems("name: desk\nticket: id\nfields: {a: b}\ntime: {column: at}\n") == [
        "mapping.yaml:4: time.zone: found nothing, expected a value. Add a line `zone: …`."
    ]


@pytest.mark.parametrize("text", ["", "- a\n", "a: [1\n", "\ta: 1", "a: \x01", "a: &x [*x]\n", "? [a]\n: b\n", "x: *y"])
def test_a_file_that_is_no_mapping_is_one_plain_problem_and_never_a_traceback(desk: Exports, text: str) -> None:
    assert desk.problems(text)[0].startswith("mapping.yaml:")


@pytest.mark.parametrize("encoding", ["hex", "klingon", "utf\u00008"])
def test_an_encoding_that_is_not_of_text_is_a_problem(desk: Exports, encoding: str) -> None:
    quoted = json.dumps(encoding)
    assert "expected a text encoding" in desk.problems(f"{MAPPING}encoding: {quoted}\n")[0]


def test_a_mapping_file_that_cannot_be_read_is_a_mapping_error(desk: Exports) -> None:
    with pytest.raises(MappingError, match="No such file"):
        load_mapping(desk.folder / "none.yaml")


@pytest.mark.parametrize("path", sorted(MAPPINGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_shipped_mappings_are_in_order(path: Path) -> None:
    assert load_mapping(path).rules.name == path.stem

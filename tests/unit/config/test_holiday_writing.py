"""Closed dates put into a configuration file: nothing else of it changes."""

import os
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.holiday_writing import WritingError, draft_of
from config.load import examine

NEW = {date(2027, 12, 27): "Bridge day", date(2027, 12, 24): "Eve: all day"}
HEAD = "# ours\n\ncalendars:   # all of them\n"
REST = "\n# people come last\npeople:\n  ana:   {name: Ana}   # aligned\n"

# by what it is: the calendar as written, and what it becomes
WAYS = {
    "a flow mapping": (
        "  c: {hours: {mon: ['09:00-17:00']}, holidays: {closed: {2026-12-24: Eve}}}  # note\n",
        "  c: {hours: {mon: ['09:00-17:00']}, holidays: {closed: {2026-12-24: Eve,\n"
        + " " * 57
        + '2027-12-24: "Eve: all day",\n'
        + " " * 57
        + "2027-12-27: Bridge day}}}  # note\n",
    ),
    "an empty flow mapping": (
        "  c: {hours: 24x7, holidays: {closed: {}}}\n",
        '  c: {hours: 24x7, holidays: {closed: {2027-12-24: "Eve: all day", 2027-12-27: Bridge day}}}\n',
    ),
    "a flow list": (
        "  c: {hours: 24x7, holidays: {closed: [2026-12-24]}}\n",
        "  c: {hours: 24x7, holidays: {closed: [2026-12-24,\n" + " " * 39 + "2027-12-24,\n" + " " * 39 + "2027-12-27]}}\n",
    ),
    "a block mapping with comments": (
        "  c:\n    holidays:\n      closed:\n        2026-12-24: Eve   # early\n\n        # more to come\n    hours: 24x7\n",
        "  c:\n    holidays:\n      closed:\n        2026-12-24: Eve   # early\n"
        '        2027-12-24: "Eve: all day"\n        2027-12-27: Bridge day\n\n        # more to come\n    hours: 24x7\n',
    ),
    "a block list": (
        "  c:\n    hours: 24x7\n    holidays:\n      closed:\n      - 2026-12-24\n",
        "  c:\n    hours: 24x7\n    holidays:\n      closed:\n      - 2026-12-24\n"
        "      - 2027-12-24  # Eve: all day\n      - 2027-12-27  # Bridge day\n",
    ),
    "holidays without closed ones": (
        "  c:\n    hours: 24x7\n    holidays: {country: GB}\n",
        '  c:\n    hours: 24x7\n    holidays: {country: GB, closed: {2027-12-24: "Eve: all day", 2027-12-27: Bridge day}}\n',
    ),
    "holidays without closed ones in a block": (
        "  c:\n    holidays:\n      country: GB\n    hours: 24x7\n",
        "  c:\n    holidays:\n      country: GB\n      closed:\n"
        '        2027-12-24: "Eve: all day"\n        2027-12-27: Bridge day\n    hours: 24x7\n',
    ),
    "no holidays": (
        "  c:\n    hours:\n      mon: ['09:00-17:00']   # short week\n",
        "  c:\n    hours:\n      mon: ['09:00-17:00']   # short week\n"
        '    holidays:\n      closed:\n        2027-12-24: "Eve: all day"\n        2027-12-27: Bridge day\n',
    ),
    "a version that has its own": (
        "  c:\n    hours: 24x7\n    versions:\n      - from: 2027-12-25\n"
        "        holidays: {country: GB}\n      - from: 2028-01-01\n",
        "  c:\n    hours: 24x7\n    versions:\n      - from: 2027-12-25\n"
        "        holidays: {country: GB, closed: {2027-12-27: Bridge day}}\n      - from: 2028-01-01\n"
        '    holidays:\n      closed:\n        2027-12-24: "Eve: all day"\n',
    ),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_dates_are_put_in_as_the_file_is_written(tmp_path: Path, way: str, line_end: str) -> None:
    written, expected = WAYS[way]
    path = tmp_path / "c.yaml"
    path.write_bytes((HEAD + written + REST).replace("\n", line_end).encode())
    draft = draft_of(path, "c", NEW)
    assert draft.text == (HEAD + expected + REST).replace("\n", line_end)
    draft.write()
    book, problems = examine(path)
    assert problems == []
    assert book is not None
    days = book.promises.calendars["c"].days
    assert days is not None
    assert [days.on(day).closing_reason(day) is not None for day in NEW] == [True, True]


def test_json_stays_json(tmp_path: Path) -> None:
    import json

    path = tmp_path / "c.json"
    path.write_text('{"calendars": {"c": {"hours": "24x7", "holidays": {"country": "GB"}}}}')
    holidays = json.loads(draft_of(path, "c", NEW).text)["calendars"]["c"]["holidays"]
    assert holidays == {"country": "GB", "closed": {str(day): NEW[day] for day in sorted(NEW)}}


def test_only_the_file_that_defines_the_calendar_is_written(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("calendars:\n  a: {hours: 24x7}\n")
    (tmp_path / "b.yaml").write_text("calendars:\n  b: {hours: 24x7}\n")
    os.chmod(tmp_path / "b.yaml", 0o640)
    draft = draft_of(tmp_path, "b", NEW)
    assert draft.file == tmp_path / "b.yaml"
    draft.write()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["a.yaml", "b.yaml"]
    assert (tmp_path / "b.yaml").stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("calendars:\n  c: {hours: 24x7}\n")
    (tmp_path / "c.yaml").symlink_to(tmp_path / "real.yaml")
    draft_of(tmp_path / "c.yaml", "c", NEW).write()
    assert (tmp_path / "c.yaml").is_symlink()
    assert "Bridge day" in (tmp_path / "real.yaml").read_text()


@pytest.mark.parametrize(
    "text",
    [
        "calendars:\n  b: {hours: 24x7, holidays: &ours {country: GB}}\n  c: {hours: 24x7, holidays: *ours}\n",
        "calendars:\n  b: &b {hours: 24x7}\n  c: *b\n",
    ],
    ids=["holidays that are shared", "a calendar that is shared"],
)
def test_what_others_share_is_not_touched(tmp_path: Path, text: str) -> None:
    path = tmp_path / "c.yaml"
    path.write_text(text)
    assert examine(path)[0] is not None
    with pytest.raises(WritingError, match="by hand"):
        draft_of(path, "c", NEW)
    assert path.read_text() == text


@settings(max_examples=30, deadline=None)
@given(st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=30).filter(str.strip))
def test_any_name_is_read_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    path = tmp_path_factory.mktemp("names") / "c.yaml"
    for written in ("  c: {hours: 24x7}\n", "  c:\n    hours: 24x7\n"):
        path.write_text("calendars:\n" + written)
        draft_of(path, "c", {date(2027, 12, 24): name}).write()
        book, problems = examine(path)
        assert book is not None, problems
        days = book.promises.calendars["c"].days
        assert days is not None
        assert days.on(date(2027, 12, 24)).closing_reason(date(2027, 12, 24)) == name

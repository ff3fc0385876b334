"""iCalendar files of rotas: what of them counts, and files that nobody should have sent."""

from datetime import date
from pathlib import Path

import pytest

from config.load import examine
from config.rota_feed import MOST_BYTES
from escalation.book import Book
from rules.instants import parse

YEAR = date.today().year
"""What a file says is read for the years around this one."""
CONFIG = """\
people:
  ana: {name: Ana Costa, email: ana@desk.example}
  ben: {name: Ben Osei, email: ben@desk.example}
rotas:
  day: {zone: Europe/London, icalendar: rota.ics}
"""


def loaded(folder: Path, *events: str, raw: bytes | None = None) -> tuple[Book | None, list[str]]:
    """The book, and what is said of the file; events are given as lines divided by blanks, `_` stands for a blank."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test"]
    for event in events:
        lines += ["BEGIN:VEVENT", *(line.replace("_", " ") for line in event.split()), "END:VEVENT"]
    content = "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()
    (folder / "rota.ics").write_bytes(content if raw is None else raw)
    (folder / "desk.sla.yaml").write_text(CONFIG)
    book, problems = examine(folder / "desk.sla.yaml")
    return book, [str(problem) for problem in problems]


def on_call(folder: Path, when: str, *events: str) -> list[str]:
    book, _ = loaded(folder, *events)
    assert book is not None
    return book.rotas["day"].on_call(parse(f"{YEAR}-{when}"))


@pytest.mark.parametrize(
    "named",
    [
        "SUMMARY:Ana_Costa_on_call",
        "SUMMARY:on_call:_ANA",
        "SUMMARY:ana@desk.example",
        "SUMMARY:x ATTENDEE:mailto:Ana@Desk.example",
    ],
)
def test_an_event_is_for_whom_it_names_or_invites(tmp_path: Path, named: str) -> None:
    event = f"{named} DTSTART:{YEAR}0706T090000Z DTEND:{YEAR}0706T170000Z"
    assert on_call(tmp_path, "07-06T12:00:00Z", event) == ["ana"]
    assert on_call(tmp_path, "07-06T17:00:00Z", event) == []


def test_part_of_a_word_is_no_name(tmp_path: Path) -> None:
    book, said = loaded(tmp_path, f"SUMMARY:Banana_day DTSTART:{YEAR}0706T090000Z DTEND:{YEAR}0706T170000Z")
    assert book is not None
    (warning,) = [line for line in said if "nobody known" in line]
    assert "rotas.day.icalendar" in warning
    assert "'Banana day'" in warning


def test_times_are_read_in_utc_in_a_zone_and_by_the_rotas_own_clock(tmp_path: Path) -> None:
    utc = f"SUMMARY:ana DTSTART:{YEAR}0706T080000Z DTEND:{YEAR}0706T160000Z"
    zoned = f"SUMMARY:ana DTSTART;TZID=Asia/Tokyo:{YEAR}0706T170000 DTEND;TZID=Asia/Tokyo:{YEAR}0707T010000"
    floating = f"SUMMARY:ana DTSTART:{YEAR}0706T090000 DTEND:{YEAR}0706T170000"
    for event in (utc, zoned, floating):
        assert [on_call(tmp_path, f"07-06T{at}:00Z", event) for at in ("07:59", "08:00", "15:59", "16:00")] == [
            [],
            ["ana"],
            ["ana"],
            [],
        ]


def test_a_whole_day_is_from_midnight_to_midnight_of_the_rota(tmp_path: Path) -> None:
    event = f"SUMMARY:ana DTSTART;VALUE=DATE:{YEAR}0706 DTEND;VALUE=DATE:{YEAR}0707"
    assert on_call(tmp_path, "07-05T23:00:00Z", event) == ["ana"]
    assert on_call(tmp_path, "07-06T23:00:00Z", event) == []


def test_what_recurs_is_followed_with_its_exceptions(tmp_path: Path) -> None:
    weekly = (
        f"UID:1 SUMMARY:ana DTSTART:{YEAR}0106T090000Z DTEND:{YEAR}0106T170000Z RRULE:FREQ=WEEKLY EXDATE:{YEAR}0113T090000Z"
    )
    gone = f"UID:1 RECURRENCE-ID:{YEAR}0120T090000Z STATUS:CANCELLED SUMMARY:ana DTSTART:{YEAR}0120T090000Z"
    days = ("01-06", "01-13", "01-20", "01-27")
    assert [on_call(tmp_path, f"{day}T12:00:00Z", weekly, gone) for day in days] == [["ana"], [], [], ["ana"]]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "cannot be understood"),
        (b"\xff\xfe\x00", "cannot be understood"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:soon\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n", ""),
        (b"x" * (MOST_BYTES + 1), "more than 2 MiB"),
    ],
)
def test_a_file_that_is_no_calendar_is_told_with_its_place(tmp_path: Path, raw: bytes, said: str) -> None:
    book, problems = loaded(tmp_path, raw=raw)
    if said:
        assert book is None
        assert any("desk.sla.yaml:5: rotas.day.icalendar: found 'rota.ics'" in line and said in line for line in problems)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "desk.sla.yaml").write_text(CONFIG)
    _, problems = examine(tmp_path / "desk.sla.yaml")
    assert any("cannot be read (No such file or directory)" in str(problem) for problem in problems)

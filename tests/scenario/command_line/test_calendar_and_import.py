"""`sla calendar` and `sla import` as a person or a script meets them."""

from datetime import date
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from typer import Exit

from bot.cli.calendar_import import import_holidays
from config.load import examine
from rules.problems import Problem
from tests.support.desk import ROOT, SHARED
from tests.support.process import rows, sla

OFFICE = 'calendars: {office: {zone: Europe/London, hours: {mon-fri: ["09:00-17:00"]}}}\n'


def test_a_calendar_alone_answers_questions_and_goes_on_after_a_bad_line(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(OFFICE)
    questions = [
        '{"op":"add","start":"2026-01-05T16:00:00Z","ms":7200000}',
        "nonsense",
        '{"op":"sub","start":"2026-01-06T10:00:00Z","ms":7200000}',
        '{"op":"between","start":"2026-01-05T00:00:00Z","end":"2026-01-06T00:00:00Z"}',
        '{"op":"is_open","at":"2026-07-06T08:30:00+01:00"}',
        '{"op":"is_open","at":"2026-07-06T09:00:00+01:00"}',
        '{"op":"next_open","at":"2026-01-10T12:00:00Z"}',
        '{"op":"next_close","at":"2026-01-05T12:00:00Z"}',
        '{"op":"prev_open","at":"2026-01-05T12:00:00Z"}',
        '{"op":"prev_close","at":"2026-01-05T12:00:00Z"}',
        '{"op":"dance"}',
        '{"op":"add","start":"2026-01-05T16:00:00","ms":1}',
        '{"op":"add","start":"2026-01-05T16:00:00Z","ms":1.5}',
        '{"op":"add","start":"2026-01-05T16:00:00Z","ms":1e99}',
        '{"op":"add"}',
        '{"op":["add"]}',
        "[]",
        "",
        '{"op":"between","start":"2026-01-06T00:00:00Z","end":"2026-01-05T00:00:00Z"}',
    ]
    done = sla("calendar", "--config", tmp_path / "c.yaml", "office", "--queries", "-", stdin="\n".join(questions))
    assert done.returncode == 0
    answers = rows(done.stdout)
    hour = 3_600_000
    assert answers[0] == {"at": "2026-01-06T10:00:00.000Z"}
    assert answers[2] == {"at": "2026-01-05T16:00:00.000Z"}
    assert answers[3] == {"ms": 8 * hour}
    assert answers[4:6] == [{"open": False}, {"open": True}]
    assert [answer["at"] for answer in answers[6:10]] == [
        "2026-01-12T09:00:00.000Z",
        "2026-01-05T17:00:00.000Z",
        "2026-01-05T09:00:00.000Z",
        "2026-01-05T12:00:00.000Z",  # the time just before is open
    ]
    assert all(list(answer) == ["error"] for answer in [answers[1], *answers[10:17]])
    assert answers[17:] == [{"ms": -8 * hour}]


FAR = [
    '{"op":"add","start":"2026-01-05T16:00:00Z","ms":99999999999999}',
    '{"op":"next_open","at":"9999-12-31T23:59:59Z"}\n{"op":"is_open","at":"2026-01-05T16:00:00Z"}',
    '{"op":"prev_open","at":"0001-01-01T00:00:00Z"}\n{"op":"is_open","at":"2026-01-05T16:00:00Z"}',
]


@pytest.mark.parametrize("questions", FAR, ids=["add", "next_open", "prev_open"])
def test_a_question_beyond_all_measure_is_answered_soon(tmp_path: Path, questions: str) -> None:
    (tmp_path / "c.yaml").write_text(OFFICE)
    done = sla("calendar", "--config", tmp_path / "c.yaml", "office", "--queries", "-", stdin=questions, timeout=10)
    answers = rows(done.stdout)
    assert list(answers[0]) in (["error"], ["at"])
    assert answers[1:] in ([], [{"open": True}])


def test_a_calendar_shows_a_fortnight_to_a_person(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(OFFICE)
    done = sla("calendar", "--config", tmp_path / "c.yaml", "office")
    assert done.returncode == 0
    assert done.stdout.count("09:00–17:00") == 10
    assert "80 hours open" in done.stdout


YEAR = """\
calendars:
  office:
    zone: Europe/London
    hours: {mon-fri: ["09:00-17:00"]}
    holidays: {country: GB, subdivision: ENG, closed: {2026-12-24: "Eve [bold]"}}
    dates: {2026-12-31: ["09:00-12:00"]}
    versions: [{from: 2026-07-01, hours: {mon-sat: ["09:00-17:00"]}}]
"""


def test_a_calendar_lists_what_is_special_about_a_year(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(YEAR)
    done = sla("calendar", "--config", tmp_path / "c.yaml", "office", "--year", "2026")
    assert done.returncode == 0
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert lines[0] == "office · Europe/London · 2026"
    for expected in (
        "● Fri 25 Dec 2026 closed – Christmas Day country takes open hours",
        "Wed 01 Jul 2026 new version 09:00–17:00 version 2026-07-01 calendar other hours",
        "Thu 24 Dec 2026 closed – Eve [bold] calendar takes open hours",
        "● Sat 26 Dec 2026 closed – Boxing Day country takes open hours",
        "Thu 31 Dec 2026 own hours 09:00–12:00 hours by its date calendar other hours",
        "● 9 holidays of the country on open hours.",
        "277 working days, 2,211 open hours in 2026.",
    ):
        assert expected in lines


@pytest.mark.parametrize(
    "words", [("--year", "1599"), ("--year", "2600"), ("--year", "soon"), ("--year", "2026", "--queries", "-")]
)
def test_a_year_that_cannot_be_shown_is_wrong_usage(tmp_path: Path, words: tuple[str, ...]) -> None:
    (tmp_path / "c.yaml").write_text(OFFICE)
    done = sla("calendar", "--config", tmp_path / "c.yaml", "office", *words)
    assert done.returncode == 2
    assert "year" in done.stderr


def test_a_version_of_a_calendar_is_asked_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(YEAR)
    question = '{"op":"between","start":"2026-08-15T00:00:00Z","end":"2026-08-16T00:00:00Z"}'  # a Saturday
    for name in ("office", "office 2026-07-01"):
        done = sla("calendar", "--config", tmp_path / "c.yaml", name, "--queries", "-", stdin=question)
        assert rows(done.stdout) == [{"ms": 8 * 3_600_000}]
    assert "1 calendar" in sla("check", "--config", tmp_path / "c.yaml").stdout


def test_a_calendar_that_nobody_knows_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(OFFICE)
    done = sla("calendar", "--config", tmp_path / "c.yaml", "offise")
    assert done.returncode == 2
    assert "Did you mean office?" in done.stderr


HOLIDAYS = """\
BEGIN:VCALENDAR
BEGIN:VEVENT
DTSTART;VALUE=DATE:20950103
SUMMARY:Inventory [yearly]
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20950101
SUMMARY:New Year
END:VEVENT
BEGIN:VEVENT
DTSTART:20950104T090000Z
SUMMARY:Meeting
END:VEVENT
END:VCALENDAR
"""


def imported(folder: Path, feed: str, *more: str, calendar: str = OFFICE) -> CompletedProcess[str]:
    (folder / "c.yaml").write_text(calendar)
    (folder / "h.ics").write_text(feed)
    return sla("calendar", "--config", folder / "c.yaml", "office", "--import", folder / "h.ics", *more)


def test_holidays_are_shown_before_they_are_written(tmp_path: Path) -> None:
    done = imported(tmp_path, HOLIDAYS)
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert "+ Mon 03 Jan 2095 Inventory [yearly] would be closed" in lines
    assert "Sat 01 Jan 2095 New Year closed anyway" in lines
    assert "Left out: Meeting: is no whole day: it begins at 09:00" in lines
    assert "Nothing is written" in lines[-1]
    assert (tmp_path / "c.yaml").read_text() == OFFICE


def test_holidays_are_written_once(tmp_path: Path) -> None:
    assert "1 date written to" in imported(tmp_path, HOLIDAYS, "--write").stdout
    written = (tmp_path / "c.yaml").read_text()
    assert written == OFFICE.replace("}}}", '}, holidays: {closed: {2095-01-03: "Inventory [yearly]"}}}}')
    again = imported(tmp_path, HOLIDAYS, "--write", calendar=written)
    assert "Nothing would change." in again.stdout
    assert (tmp_path / "c.yaml").read_text() == written
    assert sla("check", "--config", tmp_path / "c.yaml").returncode == 0


def test_holidays_that_would_make_the_configuration_wrong_are_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Closed dates alone do so hardly ever: what `sla check` would say is put into its mouth."""
    (tmp_path / "c.yaml").write_text(OFFICE)
    (tmp_path / "h.ics").write_text(HOLIDAYS)
    book, _ = examine(tmp_path / "c.yaml")
    assert book is not None
    wrong = Problem("c.yaml", 1, "calendars.office.hours", "no open window", "at least one")
    monkeypatch.setattr("bot.cli.calendar_import.examine", lambda _path, _drafts: (None, [wrong]))
    office, today = book.promises.calendars["office"], date(2026, 11, 22)
    with pytest.raises(Exit) as ended:
        import_holidays(office, tmp_path / "h.ics", tmp_path / "c.yaml", today, write=True)
    assert ended.value.exit_code == 1
    assert "no open window" in capsys.readouterr().err
    assert (tmp_path / "c.yaml").read_text() == OFFICE


@pytest.mark.parametrize("feed", ["", "<html>", "BEGIN:VCALENDAR", "x" * 3_000_000], ids=["empty", "page", "cut off", "huge"])
def test_a_file_that_is_no_calendar_of_holidays_is_wrong_usage(tmp_path: Path, feed: str) -> None:
    done = imported(tmp_path, feed, "--write")
    assert done.returncode == 2
    assert "h.ics cannot be imported" in done.stderr


def test_an_import_that_cannot_be_meant_is_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(OFFICE)
    call = ("calendar", "--config", tmp_path / "c.yaml", "office")
    for words, said in (
        (("--write",), "--import FILE"),
        (("--import", tmp_path / "gone.ics"), "No such file"),
        (("--import", tmp_path), "directory"),
        (("--import", tmp_path / "gone.ics", "--year", "2027"), "give one of them"),
    ):
        done = sla(*call, *words)
        assert (done.returncode, said in done.stderr) == (2, True), done.stderr


MAPPING = """\
name: desk
ticket: id
time: {column: at, zone: UTC}
fields: {status: state, priority: prio}
values:
  status: {New: new, Done: solved}
  priority: {1: urgent}
"""


def test_a_log_is_imported_and_simulated(config: Path, tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING)
    (tmp_path / "log.csv").write_text(
        "id,at,state,prio\nA,2026-01-05 09:00:00,New,1\nA,never,New,1\nA,2026-01-05 10:00:00,Done,1\n"
    )
    done = sla("import", "--mapping", tmp_path / "m.yaml", tmp_path / "log.csv")
    assert done.returncode == 0
    assert rows(done.stdout)[0]["type"] == "ticket.opened"
    assert "row 3" in done.stderr
    assert "1 rows were refused" in done.stderr
    assert sla("simulate", "--config", config, "--events", "-", stdin=done.stdout).returncode == 0


def test_a_wrong_mapping_ends_with_1_and_a_missing_log_with_2(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text("name: [")
    (tmp_path / "log.csv").write_text("id\n")
    assert sla("import", "--mapping", tmp_path / "m.yaml", tmp_path / "log.csv").returncode == 1
    (tmp_path / "m.yaml").write_text(MAPPING)
    assert sla("import", "--mapping", tmp_path / "m.yaml", tmp_path / "gone.csv").returncode == 2


@pytest.mark.samples
def test_the_servicenow_log_goes_through_import_and_simulate(tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text(
        "calendars: {always: {hours: 24x7}}\n"
        "agreements: {all: {kind: sla, from: 2010-01-01, calendar: always, targets: {resolution: {default: 3d}}}}\n"
    )
    log = SHARED / "samples" / "servicenow_incidents_sample20.csv.xz"
    imported = sla("import", "--mapping", ROOT / "config/mappings/servicenow.yaml", log)
    assert (imported.returncode, imported.stderr) == (0, "")
    done = sla("simulate", "--config", tmp_path / "c.yaml", "--events", "-", stdin=imported.stdout)
    assert done.returncode == 0
    assert "4,939 tickets" in done.stdout

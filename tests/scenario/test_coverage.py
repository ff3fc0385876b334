"""Hours in which clocks run and nobody is on call are found before they come: at load, and each week."""

from pathlib import Path

from config.load import examine
from escalation.coverage import gaps
from rules.instants import DAY, HOUR, parse, text
from tests.support.desk import DESK, NINE, Desk, book_of, desk

OFFICE = DESK.replace(
    'shifts: [{who: [ana, ben], from: "2026-01-05T09:00", hand_over: {every: week, day: mon, at: "09:00"}}]',
    'shifts: [{who: ana, from: "2026-01-05T09:00", hours: {mon-fri: ["09:00-17:00"]}}]',
)
SAME_HOURS = (
    OFFICE.replace("calendar: always", "calendar: office")
    .replace(
        "calendars:\n", 'calendars:\n  office: {zone: Europe/London, hours: {mon-fri: ["09:00-17:00"]}, working_day: 8h}\n'
    )
    .replace("default: 1d", "default: 8h")
)


def said(here: Desk) -> list[str]:
    return [message.card.title for message in here.chat("support") if message.kind == "notice"]


def test_hours_without_anybody_are_found(tmp_path: Path) -> None:
    start = parse(NINE)
    found = gaps(book_of(tmp_path, OFFICE), start, start + DAY)
    assert [(gap.rota, gap.agreements, text(gap.start)[:16], text(gap.end)[:16]) for gap in found] == [
        ("support", ("gold",), "2026-01-05T17:00", "2026-01-06T09:00")
    ]


def test_a_rota_that_covers_the_hours_in_which_clocks_run_has_no_gap(tmp_path: Path) -> None:
    start = parse(NINE)
    assert gaps(book_of(tmp_path, SAME_HOURS), start, start + 14 * DAY) == []
    assert gaps(book_of(tmp_path), start, start + 14 * DAY) == []


def test_a_gap_ends_by_the_wall_clock_on_either_side_of_a_change(tmp_path: Path) -> None:
    book = book_of(tmp_path, OFFICE)
    ends = {}
    for sunday in ("2026-03-29", "2026-10-25"):
        start = parse(f"{sunday}T00:00:00Z")
        ends[sunday] = [text(gap.end)[:16] for gap in gaps(book, start, start + 40 * HOUR)]
    assert ends == {"2026-03-29": ["2026-03-30T08:00"], "2026-10-25": ["2026-10-26T09:00"]}


def test_a_configuration_with_a_gap_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "desk.sla.yaml"
    path.write_text(OFFICE)
    book, problems = examine(path)
    assert book is not None
    (warning,) = problems
    assert (warning.field, warning.warning) == ("rotas.support", True)
    assert "without anybody on call, first from" in warning.found
    assert "clocks of gold" in warning.expected


def test_each_week_the_team_hears_of_its_gaps_once(tmp_path: Path) -> None:
    here = desk(tmp_path, OFFICE)
    for _ in range(3):
        here.app.chores.step()
        here.settle()
    assert said(here) == ["In the coming week nobody is on call on support for 128 hours in which clocks run"]
    here.clock.move("2026-01-12T08:59:00Z")
    here.app.chores.step()
    here.settle()
    assert len(said(here)) == 1
    here.clock.move("2026-01-12T10:00:00Z")
    here.app.chores.step()
    here.settle()
    assert len(said(here)) == 2


def test_a_week_that_is_covered_is_not_spoken_of(tmp_path: Path) -> None:
    here = desk(tmp_path, SAME_HOURS)
    here.app.chores.step()
    here.settle()
    assert said(here) == []

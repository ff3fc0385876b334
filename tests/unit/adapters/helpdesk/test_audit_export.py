"""An audit export becomes ticket events: small logs for each promise."""

import gzip
import json
import lzma
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from adapters.helpdesk.audit_export import LogError, events_of
from tests.support.exports import HEADER, MAPPING, Event, Exports


@pytest.fixture
def desk(tmp_path: Path) -> Exports:
    return Exports(tmp_path)


def told(events: Iterable[Event]) -> list[tuple[str, str, Any]]:
    return [(event["type"].removeprefix("ticket."), event["time"][11:16], event["data"]) for event in events]


def test_the_first_row_opens_the_ticket_and_later_rows_tell_only_what_changed(desk: Exports) -> None:
    events = desk.events(HEADER + "T-1,2026-01-05T08:00:00Z,New,2,net\nT-1,2026-01-05T09:30:00Z,Working,2,web\n")
    assert events[0] == {
        "specversion": "1.0",
        "id": "T-1-1",
        "source": "import/desk",
        "type": "ticket.opened",
        "subject": "T-1",
        "time": "2026-01-05T08:00:00.000Z",
        "sequence": "000001",
        "data": {"status": "new", "priority": "high", "group": "net"},
    }
    assert told(events[1:]) == [("updated", "09:30", {"status": "open", "group": "web"})]


def test_solving_closing_and_reopening_are_changes_of_the_status(desk: Exports) -> None:
    states = ["New", "Done", "Working", "Done", "Shut"]
    log = "".join(f"T-1,2026-01-05T{8 + hour:02}:00Z,{state},2,\n" for hour, state in enumerate(states))
    said = [event["data"]["status"] for event in desk.events(HEADER + log)]
    assert said == ["new", "solved", "open", "solved", "closed"]


def test_a_row_that_changes_nothing_mapped_gives_no_event(desk: Exports) -> None:
    log = HEADER + "T-1,2026-01-05T08:00Z,New,2,net\n" + "T-1,2026-01-05T09:00Z,Working,2,net\n" * 3
    assert [kind for kind, _, _ in told(desk.events(log))] == ["opened", "updated"]


def test_an_unlisted_word_stays_as_it_is_unless_the_mapping_says_other(desk: Exports) -> None:
    log = HEADER + "T-1,2026-01-05T08:00Z,Odd,9,net\n"
    assert desk.events(log)[0]["data"]["status"] == "Odd"
    other = MAPPING.replace("Note: unchanged}", "other: open}").replace("2: high}", "2: high, other: low}")
    assert desk.events(log, other)[0]["data"] == {"status": "open", "priority": "low", "group": "net"}


def test_a_word_can_say_nothing_about_a_field(desk: Exports) -> None:
    log = "T-1,2026-01-05T08:00Z,Note,1,\nT-1,2026-01-05T09:00Z,Working,1,\nT-1,2026-01-05T10:00Z,Note,2,\n"
    assert [data for _, _, data in told(desk.events(HEADER + log))] == [
        {"priority": "urgent"},
        {"status": "open"},
        {"priority": "high"},
    ]


def test_null_words_are_left_out_at_the_opening_and_clear_a_field_later(desk: Exports) -> None:
    log = HEADER + "T-1,2026-01-05T08:00Z,New,?,net\nT-1,2026-01-05T09:00Z,New,1,-\n"
    events = desk.events(log, MAPPING + 'nulls: ["?", "-"]\n')
    assert [data for _, _, data in told(events)] == [
        {"status": "new", "group": "net"},
        {"priority": "urgent", "group": None},
    ]


def test_values_going_out_may_be_true_false_numbers_or_null(desk: Exports) -> None:
    mapping = MAPPING.replace("{1: urgent, 2: high}", "{1: true, 2: 7, 3: 0.5, 4: '8', 5: null, 007: .inf}")
    log = HEADER + "".join(f"T-{prio},2026-01-05T08:00Z,New,{prio},\n" for prio in ["1", "2", "3", "4", "5", "007"])
    found = [event["data"].get("priority") for event in desk.events(log, mapping)]
    assert found == [True, 7, 0.5, "8", None, ".inf"]


def test_the_opening_takes_its_time_from_another_column_and_its_facts_from_the_mapping(desk: Exports) -> None:
    mapping = MAPPING + "opened: {at: born, with: {status: new, opened_by: customer, vip: true}}\n"
    log = "id,at,state,prio,team,born\nT-1,2026-01-05T09:00Z,Working,1,net,2026-01-05T08:00Z\n"
    assert told(desk.events(log, mapping)) == [
        ("opened", "08:00", {"status": "new", "priority": "urgent", "group": "net", "opened_by": "customer", "vip": True}),
        ("updated", "09:00", {"status": "open"}),
    ]


def test_nothing_happens_to_a_ticket_before_it_is_opened(desk: Exports) -> None:
    mapping = MAPPING + "opened: {at: born}\n"
    rows = ["T-1,2026-01-05T07:00Z,New,1,,2026-01-05T08:00Z", "T-1,2026-01-05T07:30Z,Done,1,,2026-01-05T08:00Z"]
    events = desk.events("id,at,state,prio,team,born\n" + "\n".join(rows), mapping)
    assert [(kind, at) for kind, at, _ in told(events)] == [("opened", "08:00"), ("updated", "08:00")]


def test_an_opening_without_its_own_time_is_at_the_first_row(desk: Exports) -> None:
    mapping = MAPPING + "opened: {at: born}\n"
    events = desk.events("id,at,state,prio,team,born\nT-1,2026-01-05T07:00Z,New,1,,\n", mapping)
    assert [at for _, at, _ in told(events)] == ["07:00"]


def test_solving_takes_its_time_from_its_column_only_between_the_rows(desk: Exports) -> None:
    final = "2026-01-05T12:30Z"
    states = [("08", "New"), ("10", "Done"), ("11", "Working"), ("13", "Done"), ("14", "Shut")]
    log = "".join(f"T-1,2026-01-05T{hour}:00Z,{state},1,,{final}\n" for hour, state in states)
    events = desk.events("id,at,state,prio,team,done\n" + log, MAPPING + "solved: {at: done}\n")
    assert [at for _, at, _ in told(events)] == ["08:00", "10:00", "11:00", "12:30", "14:00"]


def test_a_reply_rule_makes_replies_and_the_answer_precedes_the_solving_of_its_row(desk: Exports) -> None:
    rule = "replied: [{author: agent, when: {state: {not: {in: [New, Note]}}}, once: true}]\n"
    log = "".join(f"T-1,2026-01-05T{hour}:00Z,{state},1,\n" for hour, state in [("08", "New"), ("09", "Note"), ("10", "Done")])
    assert told(desk.events(HEADER + log + "T-1,2026-01-05T11:00Z,Working,1,\n", MAPPING + rule)) == [
        ("opened", "08:00", {"status": "new", "priority": "urgent"}),
        ("replied", "10:00", {"author": "agent", "public": True}),
        ("updated", "10:00", {"status": "solved"}),
        ("updated", "11:00", {"status": "open"}),
    ]


def test_reply_rules_know_author_visibility_and_text_and_count_each_row(desk: Exports) -> None:
    rules = """\
replied:
  - {author: customer, when: {by: user, note: {not: null}}, text: note}
  - {author: agent, public: false, when: {by: {in: [staff, lead]}, note: {not: null}}, text: note}
"""
    rows = [",", "user,Help!", "staff,Ask Ann", "lead,", 'user,"Still, please"']
    log = "".join(f"T-1,2026-01-05T0{hour}:00Z,New,1,,{row}\n" for hour, row in enumerate(rows))
    replies = told(desk.events("id,at,state,prio,team,by,note\n" + log, MAPPING + rules))[1:]
    assert replies == [
        ("replied", "01:00", {"author": "customer", "public": True, "text": "Help!"}),
        ("replied", "02:00", {"author": "agent", "public": False, "text": "Ask Ann"}),
        ("replied", "04:00", {"author": "customer", "public": True, "text": "Still, please"}),
    ]


def test_parts_of_a_requester_go_out_together_and_lists_are_split(desk: Exports) -> None:
    mapping = MAPPING.replace("  group: team\n", "  requester.name: who\n  requester.email: mail\n  tags: team\n")
    log = "id,at,state,prio,team,who,mail\nT-1,2026-01-05T08:00Z,New,1,vip; ;new ,Ann,a@x.org\n"
    log += "T-1,2026-01-05T09:00Z,New,1,vip; ;new ,Ann,b@x.org\nT-1,2026-01-05T10:00Z,New,1,,,\n"
    assert [data for _, _, data in told(desk.events(log, mapping + 'split: {tags: ";"}\n'))] == [
        {
            "status": "new",
            "priority": "urgent",
            "requester": {"name": "Ann", "email": "a@x.org"},
            "tags": ["vip", "new"],
        },
        {"requester": {"name": "Ann", "email": "b@x.org"}},
        {"requester": None, "tags": None},
    ]


def test_columns_of_the_same_name_are_told_apart_by_number_and_any_by_position(desk: Exports) -> None:
    mapping = MAPPING.replace("group: team", "group: team\n  first: kind\n  second: kind#2\n  third: '#7'")
    data = desk.events("id,at,state,prio,team,kind,kind\nT-1,2026-01-05T08:00Z,New,1,,a,b\n", mapping)[0]["data"]
    assert (data["first"], data["second"], data["third"]) == ("a", "b", "b")


def test_rows_out_of_order_are_put_in_order_and_equal_times_keep_the_order_of_the_file(desk: Exports) -> None:
    log = "T-1,2026-01-05T10:00Z,Done,1,\nT-1,2026-01-05T08:00Z,New,1,\n"
    log += "T-1,2026-01-05T09:00Z,Waiting,1,\nT-1,2026-01-05T09:00Z,Working,1,\n"
    events = desk.events(HEADER + log)
    assert [event["data"]["status"] for event in events] == ["new", "pending", "open", "solved"]
    assert [event["sequence"] for event in events] == ["000001", "000002", "000003", "000004"]


def test_a_log_that_is_not_grouped_by_ticket_gives_the_same_events(desk: Exports) -> None:
    rows = [
        f"T-{ticket},2026-01-05T0{hour}:00Z,{state},1,"
        for ticket in range(5)
        for hour, state in enumerate(["New", "Working", "Done"])
    ]
    grouped = desk.events(HEADER + "\n".join(rows))
    mixed = desk.events(HEADER + "\n".join(sorted(rows, key=lambda row: row[4:])))
    assert mixed == grouped


def test_the_same_log_gives_the_same_bytes_and_every_id_once(desk: Exports) -> None:
    log = HEADER + "".join(f"T-{n % 3},2026-01-05T08:{n:02}Z,{'New' if n % 2 else 'Working'},1,\n" for n in range(60))
    once, again = desk.events(log), desk.events(log)
    assert json.dumps(once) == json.dumps(again)
    assert max(Counter((event["source"], event["id"]) for event in once).values()) == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("T-2,yesterday,New,1,", "The time `yesterday` in column `at` is not an ISO 8601 time."),
        ("T-2,2026-02-30T08:00Z,New,1,", "The time `2026-02-30T08:00Z` in column `at` is not an ISO 8601 time."),
        ("T-2,0001-01-01T00:00+14:00,New,1,", "The time `0001-01-01T00:00+14:00` in column `at` is not an ISO 8601 time."),
        ("T-2,,New,1,", "The row has no time in column `at`."),
        (" ,2026-01-05T08:00Z,New,1,", "The row has no ticket id in column `id`."),
        ("T-2,2026-01-05T08:00Z,New", "The row has 3 columns where the header has 5."),
        ("T-2,2026-01-05T08:00Z,New,1,net,more", "The row has 6 columns where the header has 5."),
        ("T\x002,2026-01-05T08:00Z,New,1,", "`T�2` is no ticket id: too long, or with characters that cannot be shown."),
        ("T-2,\x1b[31m,New,1,", "The time `�[31m` in column `at` is not an ISO 8601 time."),
    ],
)
def test_a_bad_row_is_refused_with_its_number_and_reason_and_its_neighbours_go_on(desk: Exports, row: str, reason: str) -> None:
    before, after = "T-1,2026-01-05T08:00Z,New,1,\n", "T-3,2026-01-05T08:00Z,New,1,\n"
    events = desk.events(HEADER + before + row + "\n" + after)
    assert desk.refused == [(3, reason)]
    assert [event["subject"] for event in events] == ["T-1", "T-3"]


def test_a_bad_row_costs_its_own_ticket_only_itself(desk: Exports) -> None:
    log = "T-1,2026-01-05T08:00Z,New,1,\nT-1,soon,Waiting,1,\nT-1,2026-01-05T10:00Z,Done,1,\nT-1,never,Shut,1,\n"
    assert [event["data"]["status"] for event in desk.events(HEADER + log)] == ["new", "solved"]
    assert [number for number, _ in desk.refused] == [3, 5]


def test_bytes_that_are_no_text_are_refused_only_where_they_matter(desk: Exports) -> None:
    rows = b"T-1,2026-01-05T08:00Z,New,1,\xff,\nT-2,2026-01-05T08:00Z,New,1,net,\xff\n"
    events = desk.events(b"id,at,state,prio,team,free\n" + rows)
    assert [event["subject"] for event in events] == ["T-2"]
    assert desk.refused == [(2, "The row has bytes that are not utf-8.")]


def test_a_huge_cell_is_refused_and_the_next_row_is_read(desk: Exports) -> None:
    log = f"T-1,2026-01-05T08:00Z,New,1,{'x' * 1_000_000}\nT-2,2026-01-05T08:00Z,New,1,\n"
    assert [event["subject"] for event in desk.events(HEADER + log)] == ["T-2"]
    assert desk.refused[0][0] == 2
    assert "field larger than field limit" in desk.refused[0][1]


def test_blank_lines_and_line_breaks_within_quotes_are_no_trouble(desk: Exports) -> None:
    log = '\ufeff"id",at,state,prio,team\r\n\r\nT-1,2026-01-05T08:00Z,New,1,"net\r\nwork"\r\n\r\n'
    assert desk.events(log)[0]["data"]["group"] == "net\r\nwork"
    assert desk.refused == []


def test_another_encoding_and_delimiter_are_read_as_the_mapping_says(desk: Exports) -> None:
    log = "id;at;state;prio;team\nT-1;2026-01-05T08:00Z;New;1;Köln\n".encode("cp1252")
    events = desk.events(log, MAPPING + 'encoding: cp1252\ndelimiter: ";"\n')
    assert events[0]["data"]["group"] == "Köln"


ROME = MAPPING.replace("column: at\n  zone: UTC", 'column: at\n  format: "%d/%m/%Y %H:%M"\n  zone: Europe/Rome')


def test_wall_clock_times_are_read_in_their_zone_summer_and_winter(desk: Exports) -> None:
    log = "T-1,5/1/2026 09:00,New,1,\nT-1,5/7/2026 09:00,Done,1,\n"
    assert [at for _, at, _ in told(desk.events(HEADER + log, ROME))] == ["08:00", "07:00"]


def test_a_time_that_the_clock_skipped_moves_on_by_the_skipped_hour(desk: Exports) -> None:
    log = "T-1,29/3/2026 01:59,New,1,\nT-1,29/3/2026 02:30,Working,1,\nT-1,29/3/2026 03:31,Done,1,\n"
    assert [at for _, at, _ in told(desk.events(HEADER + log, ROME))] == ["00:59", "01:30", "01:31"]


def test_a_time_that_the_clock_shows_twice_is_the_first_unless_the_row_before_is_later(desk: Exports) -> None:
    log = "T-1,25/10/2026 02:10,New,1,\nT-1,25/10/2026 02:50,Working,1,\nT-1,25/10/2026 02:20,Done,1,\n"
    assert told(desk.events(HEADER + log, ROME)) == [
        ("opened", "00:10", {"status": "new", "priority": "urgent"}),
        ("updated", "00:50", {"status": "open"}),
        ("updated", "01:20", {"status": "solved"}),
    ]


def test_a_time_with_its_own_offset_needs_no_zone(desk: Exports) -> None:
    rome = ROME.replace("%H:%M", "%H:%M%z")
    assert told(desk.events(HEADER + "T-1,5/7/2026 09:00-0500,New,1,\n", rome))[0][1] == "14:00"


@pytest.mark.parametrize("packed", [gzip.compress, lzma.compress])
def test_a_packed_log_is_read_as_the_plain_one(desk: Exports, packed: Callable[[bytes], bytes]) -> None:
    log = (HEADER + "T-1,2026-01-05T08:00Z,New,1,net\n").encode()
    assert desk.events(packed(log)) == desk.events(log)


@pytest.mark.parametrize("packed", [gzip.compress, lzma.compress])
def test_a_packed_log_that_breaks_off_gives_what_it_has_and_then_says_so(
    desk: Exports, packed: Callable[[bytes], bytes]
) -> None:
    log = HEADER + "".join(f"T-{n},2026-01-05T08:00:00.{n % 997:03}Z,New,{n * n % 7919},x{n * 7}\n" for n in range(20_000))
    path = desk.folder / "log.csv.gz"
    path.write_bytes(packed(log.encode())[:-20_000])
    events = events_of(path, desk.mapping(MAPPING), desk.note)
    got: list[Event] = []
    with pytest.raises(LogError, match=r"cannot be read beyond row \d+: it is damaged"):
        got.extend(events)
    assert len(got) > 100


def test_a_log_that_is_missing_empty_or_a_folder_is_told_at_once(desk: Exports) -> None:
    mapping, empty = desk.mapping(MAPPING), desk.folder / "empty.csv"
    empty.touch()
    for log, message in [(desk.folder / "no.csv", "not there"), (desk.folder, "no file"), (empty, "is empty")]:
        with pytest.raises(LogError, match=message):
            events_of(log, mapping, desk.note)


def test_a_log_with_nothing_but_its_header_has_no_events(desk: Exports) -> None:
    assert desk.events(HEADER) == []

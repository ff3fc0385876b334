"""iCalendar files of holidays: what of them counts, and files that nobody should have sent."""

import time
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.holiday_feed import MOST_BYTES, FeedError, read_feed
from config.holiday_plan import plan_of
from rules.calendar import BusinessCalendar
from tests.support.core import ALWAYS, days, english_holidays, hours

TODAY = date(2026, 11, 22)


def ics(*events: str) -> bytes:
    """A calendar with events, each given as lines divided by blanks; `_` stands for a blank."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test"]
    for event in events:
        lines += ["BEGIN:VEVENT", *(line.replace("_", " ") for line in event.split()), "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def dates(*events: str) -> list[tuple[str, str]]:
    return [(str(found.day), found.name) for found in read_feed(ics(*events), TODAY).dates]


def reasons(*events: str) -> list[str]:
    return [left_out.reason for left_out in read_feed(ics(*events), TODAY).left_out]


EVE = "UID:1 SUMMARY:Christmas_Eve DTSTART;VALUE=DATE:20261224"


def test_an_event_of_a_whole_day_is_a_date() -> None:
    assert (
        dates(EVE)
        == dates(f"{EVE} DTEND;VALUE=DATE:20261225")
        == dates(f"{EVE} DURATION:P1D")
        == [("2026-12-24", "Christmas Eve")]
    )


def test_an_event_of_several_days_is_each_of_them_from_today_on() -> None:
    assert dates("SUMMARY:Moving DTSTART;VALUE=DATE:20261120 DTEND;VALUE=DATE:20261124") == [
        ("2026-11-22", "Moving"),
        ("2026-11-23", "Moving"),
    ]
    assert dates("SUMMARY:Same_day DTSTART;VALUE=DATE:20261224 DTEND;VALUE=DATE:20261224") == [("2026-12-24", "Same day")]


def test_what_recurs_is_followed_for_this_year_and_two_more_with_its_exceptions() -> None:
    yearly = "UID:1 SUMMARY:Founders DTSTART;VALUE=DATE:20101224 RRULE:FREQ=YEARLY"
    assert [day for day, _ in dates(yearly)] == ["2026-12-24", "2027-12-24", "2028-12-24"]
    moved = "UID:1 RECURRENCE-ID;VALUE=DATE:20271224 SUMMARY:Founders_(moved) DTSTART;VALUE=DATE:20271223"
    gone = "UID:1 RECURRENCE-ID;VALUE=DATE:20281224 STATUS:CANCELLED DTSTART;VALUE=DATE:20281224"
    assert dates(f"{yearly} EXDATE;VALUE=DATE:20261224", moved, gone) == [("2027-12-23", "Founders (moved)")]
    assert dates("UID:1 SUMMARY:A DTSTART;VALUE=DATE:20200101 RDATE;VALUE=DATE:20270301") == [("2027-03-01", "A")]
    assert [
        day for day, _ in dates("SUMMARY:Last_Monday DTSTART;VALUE=DATE:20200127 RRULE:FREQ=YEARLY;BYMONTH=1;BYDAY=-1MO")
    ] == [
        "2027-01-25",
        "2028-01-31",
    ]


def test_a_change_of_an_event_that_is_not_there_stands_for_itself() -> None:
    assert dates("UID:9 RECURRENCE-ID;VALUE=DATE:20271224 SUMMARY:A DTSTART;VALUE=DATE:20271223") == [("2027-12-23", "A")]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (f"{EVE} STATUS:CANCELLED", "is cancelled"),
        (f"{EVE} STATUS:cancelled", "is cancelled"),
        ("SUMMARY:Meeting DTSTART:20261224T093000Z", "begins at 09:30"),
        ("SUMMARY:Meeting DTSTART;TZID=Mars/Base:20261224T093000", "begins at 09:30"),
        ("SUMMARY:Nothing", "no date"),
        ("SUMMARY:Bad DTSTART;VALUE=DATE:20269999", "cannot be understood: DTSTART is '20269999'"),
        ("SUMMARY:Twice DTSTART;VALUE=DATE:20261224 DTSTART;VALUE=DATE:20261225", "no date that can be read"),
        ("SUMMARY:Past DTSTART;VALUE=DATE:20260101", "lies before 2026-11-22"),
        ("SUMMARY:Past DTSTART;VALUE=DATE:00010101", "lies before"),
        (
            "SUMMARY:Over DTSTART;VALUE=DATE:20200101 RRULE:FREQ=YEARLY;UNTIL=20230101",
            "does not recur from 2026-11-22 to 2028-12-31",
        ),
        ("SUMMARY:Backward DTSTART;VALUE=DATE:20261224 DTEND;VALUE=DATE:20261220", "it begins on 2026-12-24 and ends"),
        ("SUMMARY:Mixed DTSTART;VALUE=DATE:20261224 DTEND:20261224T093000Z", "cannot be understood"),
        ("SUMMARY:Endless DTSTART;VALUE=DATE:20261224 DTEND;VALUE=DATE:99991231", "more than 366 days"),
        ("SUMMARY:Last DTSTART;VALUE=DATE:99991231", "cannot be understood"),
        ("SUMMARY:Old DTSTART;VALUE=DATE:00010101 RRULE:FREQ=DAILY", "before 1900"),
        (f"{EVE} RRULE:FREQ=SECONDLY", "more than once a day"),
        (f"{EVE} RRULE:FREQ=YEARLY;BYHOUR=1,2;BYMINUTE=1,2;BYSECOND=1,2", "more than once a day"),
        (f"{EVE} RRULE:FREQ=NEVER", "cannot be read"),
        (f"{EVE} RRULE:FREQ=DAILY;INTERVAL=0", "interval of nothing"),
        (f"{EVE} RRULE:FREQ=YEARLY RRULE:FREQ=DAILY", "several rules"),
        (f"{EVE} RRULE:FREQ=YEARLY;UNTIL=never", "cannot be read"),
    ],
)
def test_what_cannot_be_taken_is_left_out_with_its_reason_and_disturbs_nothing(event: str, reason: str) -> None:
    other = "UID:2 SUMMARY:Boxing_Day DTSTART;VALUE=DATE:20261226"
    (told,) = reasons(event, other)
    assert reason in told
    assert dates(event, other) == [("2026-12-26", "Boxing Day")]


def test_a_name_is_one_line_that_can_be_printed() -> None:
    assert dates("SUMMARY:A\\n\x07B\u202e DTSTART;VALUE=DATE:20261224") == [("2026-12-24", "A B")]
    assert dates("DTSTART;VALUE=DATE:20261224") == [("2026-12-24", "closed")]
    assert len(dates(f"SUMMARY:{'x' * 9_000} DTSTART;VALUE=DATE:20261224")[0][1]) == 120


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\1\2",
        b"\xff\xfe\x00",
        b"<html>no</html>",
        b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n",
        b"BEGIN:VTODO\r\nEND:VTODO\r\n",
        b"BEGIN:VEVENT\r\n" * 20_000 + b"END:VEVENT\r\n" * 20_000,
        b"x" * (MOST_BYTES + 1),
        b"BEGIN:VCALENDAR\r\n" + b"A;" * 10_000 + b":x\r\nEND:VCALENDAR\r\n",
    ],
    ids=["nothing", "binary", "no text", "a page", "cut off", "a task", "nested", "huge", "parameters"],
)
def test_a_file_that_is_no_calendar_is_a_plain_refusal(content: bytes) -> None:
    with pytest.raises(FeedError, match=r"export|save|complete"):
        read_feed(content, TODAY)


def test_a_file_of_rules_that_lead_nowhere_is_refused_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("config.holiday_feed._MOST_SECONDS", 0.5)
    impossible = "SUMMARY:Never DTSTART;VALUE=DATE:20200101 RRULE:FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30"
    began = time.monotonic()
    with pytest.raises(FeedError, match="takes longer than"):
        read_feed(ics(*[f"UID:{n} {impossible}" for n in range(2_000)]), TODAY)
    assert time.monotonic() - began < 10


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=300), st.text("BEGIN:VCALNDRT;=DATE0123456789\r\nRU \t", max_size=300))
def test_whatever_stands_in_an_event_is_read_or_refused(anything: str, nearly: str) -> None:
    for text in (anything, nearly):
        content = ics(EVE).replace(b"UID:1", text.encode("utf-8", "replace"))
        with suppress(FeedError):
            read_feed(content, TODAY)


# What would change


def office(**exceptions: object) -> BusinessCalendar:
    return BusinessCalendar("c", days("Europe/London", {"mon-fri": ["09:00-17:00"]}, **exceptions))


@pytest.mark.parametrize(
    ("calendar", "reason"),
    [
        (office(), ""),
        (ALWAYS, ""),
        (office(closed={date(2026, 12, 25): "Ours"}), "closed already: Ours"),
        (office(holidays=english_holidays), "closed already: Christmas Day"),
        (office(holidays=english_holidays, open=frozenset({date(2026, 12, 25)})), "is open by the calendar, which stays"),
        (office(dates={date(2026, 12, 25): hours("09:00-12:00")}), "has hours of its own, which stay"),
    ],
)
def test_a_date_is_closed_only_where_that_changes_something_and_overrules_nobody(
    calendar: BusinessCalendar, reason: str
) -> None:
    feed = read_feed(ics("SUMMARY:Christmas DTSTART;VALUE=DATE:20261225"), TODAY)
    plan = plan_of(feed.dates, calendar)
    if reason:
        assert (plan.closed, plan.kept) == ({}, {date(2026, 12, 25): ("Christmas", reason)})
    else:
        assert (plan.closed, plan.kept) == ({date(2026, 12, 25): "Christmas"}, {})


def test_a_day_without_hours_is_closed_anyway_and_several_names_of_a_date_are_kept() -> None:
    feed = read_feed(
        ics(*(f"SUMMARY:{name} DTSTART;VALUE=DATE:{day}" for name, day in (("B", 20261224), ("A", 20261224), ("S", 20261226)))),
        TODAY,
    )
    plan = plan_of(feed.dates, office())
    assert plan.closed == {date(2026, 12, 24): "A / B"}
    assert plan.kept == {date(2026, 12, 26): ("S", "closed anyway")}

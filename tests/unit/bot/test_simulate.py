"""A simulation: the same record as live, whatever the order of the lines and however little memory it may use."""

import random
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.simulation.simulate import Simulation
from bot.simulation.summary import Summary
from escalation.book import Book
from rules.instants import parse
from tests.support.desk import NINE, answered, book_of, lines, opened, wire
from tests.support.simulation import Rows, Stages, read, simulated


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return book_of(tmp_path)


def run(
    book: Book, events: Iterable[Mapping[str, Any]], until: str | None = "2026-01-06T09:00:00Z", **how: int
) -> tuple[Rows, Rows, Summary]:
    """Decisions, clocks and summary."""
    return simulated(book, events, until, **how)[:3]


def kinds(rows: Rows, *prefixes: str) -> list[str]:
    return [row["kind"] for row in rows if row["kind"].startswith(prefixes)]


def day(tickets: int = 30) -> list[dict[str, Any]]:
    """A day of tickets, some answered, some not, two customers, one with three breaches and more."""
    chance = random.Random(7)  # noqa: S311
    events = []
    for n in range(tickets):
        start = parse(NINE) + n * 60_000
        events.append(opened(start, f"T-{n}", priority=chance.choice(["urgent", "low"]), id_=f"o{n}"))
        if chance.random() < 0.6:
            events.append(answered(start + chance.randrange(1, 40) * 60_000, f"T-{n}", id_=f"a{n}"))
        if chance.random() < 0.3:
            events.append(wire("ticket.updated", start + 3_600_000, f"T-{n}", status="pending", id_=f"p{n}"))
        if chance.random() < 0.4:
            events.append(wire("ticket.updated", start + 9_000_000, f"T-{n}", status="solved", id_=f"s{n}"))
        if chance.random() < 0.3:
            events.append(wire("page.acknowledged", start + 700_000, f"T-{n}", by="ben", id_=f"k{n}"))
    return events


def test_decisions_come_in_the_order_of_the_instants_at_which_they_are_true(book: Book) -> None:
    decisions, _, _ = run(book, day())
    assert all(a["at"] <= b["at"] for a, b in pairwise(decisions))
    assert len(decisions) > 100


def test_the_output_is_the_same_whatever_the_order_of_the_lines(book: Book) -> None:
    events = day()
    expected = run(book, events)[:2]
    for seed in range(4):
        shuffled = events[:]
        random.Random(seed).shuffle(shuffled)  # noqa: S311
        assert run(book, shuffled)[:2] == expected


@pytest.mark.parametrize("held", [1, 3, 50])
def test_the_output_is_the_same_however_little_is_held_in_memory(book: Book, held: int) -> None:
    assert run(book, day(), held=held)[:2] == run(book, day())[:2]


def test_a_ticket_named_in_between_others_is_one_ticket(book: Book) -> None:
    _, clocks, summary = run(book, day(), held=2)
    assert summary.tickets == 30
    assert len({(row["ticket"], row["agreement"], row["metric"], row["cycle"]) for row in clocks}) == len(clocks)


def test_an_event_twice_counts_once(book: Book) -> None:
    events = day()
    assert run(book, [*events, *events])[:2] == run(book, events)[:2]


def test_until_is_inclusive_first_its_events_then_its_crossings(book: Book) -> None:
    events = [opened(NINE), answered("2026-01-05T09:10:00Z")]
    just_before, _, _ = run(book, events, "2026-01-05T09:09:59.999Z")
    assert "clock.overdue" not in kinds(just_before, "clock.")
    assert "clock.met" not in kinds(just_before, "clock.")
    at_it, clocks, _ = run(book, events, "2026-01-05T09:10:00Z")
    assert kinds(at_it, "clock.met", "clock.overdue") == ["clock.met"]
    assert {row["metric"]: row["state"] for row in clocks} == {"first_response": "met", "resolution": "running"}
    unanswered, _, _ = run(book, events[:1], "2026-01-05T09:10:00Z")
    assert kinds(unanswered, "clock.overdue") == ["clock.overdue"]


def test_events_after_until_have_not_happened(book: Book) -> None:
    events = [opened(NINE), opened("2026-01-05T12:00:00Z", "T-2"), answered("2026-01-05T12:00:00Z")]
    decisions, clocks, _ = run(book, events, "2026-01-05T10:00:00Z")
    assert {row["ticket"] for row in decisions} == {"T-1"}
    assert {row["ticket"] for row in clocks} == {"T-1"}


def test_without_until_it_ends_with_the_last_event(book: Book) -> None:
    decisions, _, summary = run(book, [opened(NINE), wire("note", "2026-01-05T09:09:00Z")], None)
    assert summary.until == parse("2026-01-05T09:09:00Z")
    assert decisions[-1]["at"] == "2026-01-05T09:09:00.000Z"
    assert [row["threshold"] for row in decisions if row["kind"] == "clock.crossed"] == ["80%", "90%"]


def test_a_click_in_the_file_stands_for_a_persons(book: Book) -> None:
    click = wire("page.acknowledged", "2026-01-05T09:12:00Z", by="ben", **{"for": "5m"})
    decisions, _, _ = run(book, [opened(NINE), click], "2026-01-05T09:20:00Z")
    pages = [row for row in decisions if row["kind"].startswith("page.")]
    assert [(row["kind"], row["at"][11:19], row["to"]) for row in pages] == [
        ("page.opened", "09:09:00", ["ana"]),
        ("page.acknowledged", "09:12:00", ["ben"]),
        ("page.expired", "09:17:00", ["ana"]),
        ("page.stepped", "09:17:00", ["ana"]),
    ]


def test_a_click_without_an_open_page_changes_nothing(book: Book) -> None:
    early = wire("page.acknowledged", "2026-01-05T09:01:00Z", by="ben")
    assert run(book, [opened(NINE, id_="o"), early])[0] == run(book, [opened(NINE, id_="o")])[0]


# Late events


def late(event: dict[str, Any], recorded: str) -> dict[str, Any]:
    return {**event, "recordedtime": recorded}


def test_an_event_that_was_heard_of_late_corrects_what_was_said_in_good_faith(book: Book) -> None:
    reply = late(answered("2026-01-05T09:05:00Z"), "2026-01-05T09:30:00Z")
    decisions, clocks, _ = run(book, [opened(NINE), reply], "2026-01-05T10:30:00Z")
    corrected = [row for row in decisions if row["kind"] == "clock.corrected"]
    assert {row["at"] for row in corrected} == {"2026-01-05T09:30:00.000Z"}
    assert len(corrected) == 4  # three crossings and the breach
    assert kinds(decisions, "clock.overdue") == ["clock.overdue"]
    assert kinds(decisions, "page.closed")
    (first,) = [row for row in clocks if row["metric"] == "first_response"]
    assert (first["state"], first["breached_at"], first["stopped_at"]) == ("met", None, "2026-01-05T09:05:00.000Z")


def test_the_same_event_without_a_recorded_time_was_there_in_time(book: Book) -> None:
    decisions, _, _ = run(book, [opened(NINE), answered("2026-01-05T09:05:00Z")], "2026-01-05T10:30:00Z")
    assert kinds(decisions, "clock.corrected", "clock.overdue") == []


def test_a_recorded_time_that_harms_nothing_corrects_nothing(book: Book) -> None:
    reply = late(answered("2026-01-05T09:05:00Z"), "2026-01-05T09:05:30Z")
    assert kinds(run(book, [opened(NINE), reply])[0], "clock.corrected") == []


def test_an_event_not_yet_heard_of_at_until_has_not_happened(book: Book) -> None:
    reply = late(answered("2026-01-05T09:05:00Z"), "2026-01-05T09:30:00Z")
    decisions, clocks, _ = run(book, [opened(NINE), reply], "2026-01-05T09:29:59Z")
    assert kinds(decisions, "clock.corrected", "clock.met") == []
    assert {row["verdict"] for row in clocks if row["metric"] == "first_response"} == {"overdue"}


# Counters over tickets


def test_three_breaches_of_a_customer_within_a_day_call_leadership_at_the_third(book: Book) -> None:
    events = [opened(f"2026-01-05T09:0{n}:00Z", f"T-{n}", priority="urgent") for n in range(3)]
    decisions, _, _ = run(book, events, "2026-01-05T10:59:00Z")
    calls = [row for row in decisions if row["kind"] == "page.opened" and row["ladder"] == "leadership"]
    assert [(row["ticket"], row["at"], row["to"]) for row in calls] == [("T-2", "2026-01-05T09:12:00.000Z", ["dana"])]


def test_breaches_of_other_customers_do_not_count(book: Book) -> None:
    events = [opened(NINE, f"T-{n}", customer=f"c{n}", tier="gold") for n in range(5)]
    decisions, _, _ = run(book, events, "2026-01-05T10:59:00Z")
    assert [row for row in decisions if row["kind"] == "page.opened" and row["ladder"] == "leadership"] == []


# The summary


def test_the_summary_counts_what_was_written(book: Book) -> None:
    decisions, clocks, summary = run(book, day())
    assert (summary.decisions, summary.clocks, summary.tickets) == (len(decisions), len(clocks), 30)
    assert sum(summary.kinds.values()) == len(decisions)
    assert sum(sum(verdicts.values()) for verdicts in summary.verdicts.values()) == len(clocks)


def test_the_summary_is_the_same_without_anything_written(book: Book) -> None:
    with Simulation(book, read) as simulation:
        simulation.read([lines(day()).encode().splitlines()], lambda *_: None, Stages())
        silent = simulation.run(parse("2026-01-06T09:00:00Z"), None, None, Stages())
    assert silent == run(book, day())[2]


def test_nothing_comes_of_nothing(book: Book) -> None:
    decisions, clocks, summary = run(book, [], None)
    assert (decisions, clocks, summary.tickets) == ([], [], 0)


def test_progress_is_told_of_each_stage_until_all_of_it_is_done(book: Book) -> None:
    stages = Stages()
    with Simulation(book, read) as simulation:
        simulation.read([lines(day()).encode().splitlines()], lambda *_: None, stages)
        summary = simulation.run(None, lambda _: None, lambda _: None, stages)
    assert [stage for stage, _, _ in stages.told] == [
        "Comparing events",
        "Looking at tickets",
        "Looking at others' breaches",
        "Writing",
    ]
    assert all(sum(done) == total for _, total, done in stages.told)
    totals = {stage: total for stage, total, _ in stages.told}
    assert (totals["Looking at tickets"], totals["Writing"]) == (len(day()), summary.decisions + summary.clocks)


def test_exceptions_in_the_file_hold_as_they_were_decided(book: Book) -> None:
    """A suspension approved after the fact excuses the breach; an event that could not be a step changes nothing."""
    asked = {"kind": "suspension", "scope": {"customer": "acme"}, "reason": "upgrade", "by": "ben"}
    asked |= {"from": "2026-01-05T09:00:00Z", "until": "2026-01-05T09:30:00Z"}
    events = [
        opened(NINE),
        answered("2026-01-05T09:20:00Z"),
        wire("exception.requested", "2026-01-06T09:00:00Z", "X-1", **asked),
        wire("exception.approved", "2026-01-06T09:30:00Z", "X-1", by="ben"),
        wire("exception.approved", "2026-01-06T10:00:00Z", "X-1", by="cleo"),
    ]
    decisions, clocks, summary = run(book, reversed(events), None)
    assert summary.read == 5
    assert [d["at"] for d in decisions if d["kind"] == "clock.excused"] == ["2026-01-06T10:00:00.000Z"]
    assert {c["verdict"] for c in clocks if c["metric"] == "first_response"} == {"excused"}

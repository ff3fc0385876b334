"""A simulation shared by processes comes to the same as one alone, in bounded memory, whatever the order of the lines."""

import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.simulation.crew import Crew, CrewError
from bot.simulation.simulate import Simulation
from bot.simulation.store import Store
from escalation.book import Book
from rules.instants import parse, text
from tests.support.desk import NINE, answered, book_of, lines, opened, wire
from tests.support.simulation import Stages, read, simulated

START = parse(NINE)
MINUTES = st.integers(0, 600)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    return book_of(tmp_path_factory.mktemp("desk"))


def event(ticket: int, minute: int, what: int, name: int, late: int) -> dict[str, Any]:
    """Something that happens to one of a few tickets, under one of a few names, perhaps heard of late."""
    at, subject = START + minute * 60_000, f"T-{ticket}"
    made = [
        lambda: opened(at, subject, customer=f"c{ticket % 2}", tier="gold"),
        lambda: answered(at, subject),
        lambda: wire("ticket.updated", at, subject, status="pending"),
        lambda: wire("ticket.updated", at, subject, status="solved"),
        lambda: wire("page.acknowledged", at, subject, by="ben"),
    ][what]()
    recorded = {"recordedtime": text(at + late * 60_000)} if late else {}
    return made | {"id": f"e{name}"} | recorded


EVENTS = st.builds(event, st.integers(0, 6), MINUTES, st.integers(0, 4), st.integers(0, 30), st.sampled_from([0, 0, 0, 25]))


@settings(max_examples=15, deadline=None)
@given(st.lists(EVENTS, max_size=40), st.integers(1, 15), st.integers(1, 20))
def test_processes_come_to_the_same_as_one_alone(book: Book, events: list[dict[str, Any]], block: int, held: int) -> None:
    alone = simulated(book, events)
    assert simulated(book, events, processes=2, block=block, held=held) == alone
    assert simulated(book, events, processes=1, block=block, held=held) == alone


def story(tickets: int = 60) -> list[dict[str, Any]]:
    """Tickets of two customers, half of them late; every third event is sent again, every fifth name also by another ticket."""
    chance = random.Random(3)  # noqa: S311
    events = []
    for n in range(tickets):
        start = START + n * 60_000
        events.append(opened(start, f"T-{n}", customer=f"c{n % 2}", tier="gold", id_=f"o{n}"))
        if n % 2:
            events.append(answered(start + 300_000, f"T-{n}", id_=f"a{n}"))
        if not n % 5:
            events.append(wire("ticket.updated", start + 600_000, f"T-{n}", status="solved", id_=f"o{n + 1}"))
    chance.shuffle(events)
    return [*events, *events[::3]]


def test_of_several_events_of_a_name_the_first_in_the_file_counts_under_whatever_ticket(book: Book) -> None:
    first, second = opened(NINE, "T-1", id_="same"), opened(NINE, "T-2", id_="same")
    for events in ([first, second], [second, first]):
        for processes in (1, 2):
            found = simulated(book, events, processes=processes, block=1)
            assert {row["ticket"] for row in found.clocks} == {events[0]["subject"]}
            assert found.summary.read == 1


def test_the_end_is_that_of_the_last_event_that_counts(book: Book) -> None:
    again = wire("note", "2026-01-09T09:00:00Z", "T-2", id_="o")
    assert simulated(book, [opened(NINE, id_="o"), again], None, processes=2, block=1).summary.until == START


def test_counters_over_other_tickets_are_the_same_in_all_processes(book: Book) -> None:
    alone, shared = simulated(book, story()), simulated(book, story(), processes=2, block=7, held=10)
    assert [row for row in alone.decisions if row.get("ladder") == "leadership"]
    assert alone == shared


def test_refused_lines_are_told_in_their_order(book: Book) -> None:
    broken = [b"{broken\n", b"\n", *([b'{"id": "x"}\n', b"[]\n"] * 20)]
    found = simulated(book, broken, processes=2, block=3)
    assert found == simulated(book, broken)
    assert [line for line, _ in found.refused] == [1, *range(3, 43)]
    assert (found.summary.refused, found.summary.read) == (41, 0)


# The crew


class Bench:
    """What the tasks below need: nothing."""

    def __init__(self) -> None:
        self.store = Store(3)


class Double:
    def __init__(self, number: int) -> None:
        self.number = number

    def run(self, _: Bench) -> int:
        return 2 * self.number


class Die(Double):
    def run(self, _: Bench) -> int:
        if self.number == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.number


class Fail(Double):
    def run(self, _: Bench) -> int:
        raise LookupError(f"nothing at {self.number}")


@pytest.fixture
def crew() -> Iterator[Crew[Bench]]:
    bench = Bench()
    crew = Crew(2, bench)
    yield crew
    crew.close()
    bench.store.close()


def processes(crew: Crew[Bench]) -> list[int | None]:
    return [process.pid for process in crew._workers.values()]


def test_results_come_in_the_order_of_the_tasks(crew: Crew[Bench]) -> None:
    assert list(crew.map(Double(n) for n in range(100))) == list(range(0, 200, 2))
    assert list(crew.map(Double(n) for n in range(3))) == [0, 2, 4]


def test_what_a_task_raises_is_raised_here(crew: Crew[Bench]) -> None:
    with pytest.raises(LookupError, match="nothing at 0"):
        list(crew.map([Fail(0)]))


def test_the_death_of_a_process_ends_the_work_and_is_told(crew: Crew[Bench]) -> None:
    with pytest.raises(CrewError, match="one of 2 processes was ended by SIGKILL"):
        list(crew.map(Die(n) for n in range(20)))


def test_no_process_outlives_its_crew(crew: Crew[Bench]) -> None:
    found = processes(crew)
    assert len(found) == 2
    crew.close()
    for pid in found:
        assert pid is not None
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_next_to_nothing_stays_in_memory_of_an_event_that_was_read(book: Book) -> None:
    import tracemalloc

    def kept(count: int) -> int:
        def block(start: int) -> list[bytes]:
            # Hostile: a ticket's events are as far apart as can be, and each name comes twice.
            numbers = [n % (count // 2) for n in range(start, start + 2_000)]
            return lines(wire("note", START, f"T-{n}", id_=f"e{n}") for n in numbers).encode().splitlines()

        with Simulation(book, read, processes=1, held=500) as simulation:
            simulation.read(map(block, range(0, count, 2_000)), lambda *_: None, Stages())
            assert simulation.summary.read == count // 2
            return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    kept(4_000)  # what is remembered once
    # An event in memory takes a thousand bytes, its name in a set two hundred. Real blocks are larger, and name fewer places.
    assert kept(12_000) - kept(4_000) < 80 * 8_000
    tracemalloc.stop()


def test_temporary_files_have_no_name(book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    seen: list[str] = []

    def watched() -> Iterator[dict[str, Any]]:
        for made in story():
            seen.extend(os.listdir(tmp_path))
            yield made

    simulated(book, watched(), processes=2, block=5, held=5)
    assert seen + os.listdir(tmp_path) == []

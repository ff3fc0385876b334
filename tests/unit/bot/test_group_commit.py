"""Group commit: who comes at the same time shares a transaction, and nobody pays for a neighbour."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from adapters.web.metrics import Metrics
from bot.group_commit import MOST_EVENTS, GroupCommit
from bot.ports import LedgerBusyError, LedgerUnavailableError
from bot.records import Batch, Refused
from rules.ticket import TicketEvent
from tests.support.desk import HandClock


@dataclass
class SlowIntake:
    """Keeps what each transaction brought, and takes its time until it is told to go on."""

    refuse: Callable[[Sequence[TicketEvent]], Exception | None] = lambda _: None
    go_on: threading.Event = field(default_factory=threading.Event)
    groups: list[list[str]] = field(default_factory=list)

    def append(self, events: Sequence[TicketEvent], refused: Sequence[Refused], now: int) -> list[bool]:
        self.go_on.wait(5)
        self.groups.append([event.id for event in events])
        if (error := self.refuse(events)) is not None:
            raise error
        return [not event.id.startswith("known") for event in events]

    def act(self, event: TicketEvent, clock: Callable[[], int]) -> bool:
        raise NotImplementedError


def batch(*ids: str) -> Batch:
    return Batch([(n, TicketEvent("T-1", "ticket.opened", 0, {}, id, "desk")) for n, id in enumerate(ids)], [])


def stored(intake: SlowIntake, *batches: Batch) -> list[list[bool] | BaseException]:
    """What each request is answered when all come while the first is being stored."""

    async def run() -> list[list[bool] | BaseException]:
        figures = Metrics(lambda: pytest.fail("nobody asks"), lambda: 0)
        commit = GroupCommit(intake, HandClock(0), figures)
        waiting = [asyncio.create_task(commit.append(one)) for one in batches]
        await asyncio.sleep(0.05)
        intake.go_on.set()
        return await asyncio.gather(*waiting, return_exceptions=True)

    return asyncio.run(run())


def test_what_comes_while_one_is_stored_is_stored_together_and_answered_apart() -> None:
    intake = SlowIntake()
    answers = stored(intake, *(batch(f"a{n}", f"known{n}") for n in range(50)))
    assert answers == [[True, False]] * 50
    assert len(intake.groups) <= 2
    assert sum(map(len, intake.groups)) == 100


def test_one_that_cannot_be_stored_fails_no_neighbour() -> None:
    intake = SlowIntake(lambda events: ValueError("odd") if any(event.id == "bad" for event in events) else None)
    first, second, third = stored(intake, batch("a"), batch("bad"), batch("c"))
    assert (first, third) == ([True], [True])
    assert isinstance(second, ValueError)


def test_where_the_database_does_not_answer_all_are_told_at_once() -> None:
    intake = SlowIntake(lambda _: LedgerUnavailableError("away"))
    answers = stored(intake, batch("a"), batch("b"), batch("c"))
    assert [type(answer) for answer in answers] == [LedgerUnavailableError] * 3
    assert len(intake.groups) <= 2  # nobody waits for a database that is away again and again


def test_a_ticket_that_is_held_elsewhere_fails_only_who_asked_for_it() -> None:
    intake = SlowIntake(lambda events: LedgerBusyError("held") if any(event.id == "held" for event in events) else None)
    first, second, third = stored(intake, batch("a"), batch("held"), batch("c"))
    assert (first, third) == ([True], [True])
    assert isinstance(second, LedgerBusyError)


def test_a_transaction_holds_no_more_than_so_many_events_but_for_one_large_request() -> None:
    intake = SlowIntake()
    large = batch(*(f"l{n}" for n in range(2 * MOST_EVENTS)))
    stored(intake, batch("a"), large, *(batch(*(f"{r}-{n}" for n in range(100))) for r in range(9)))
    sizes = [len(group) for group in intake.groups]
    assert 2 * MOST_EVENTS in sizes
    assert all(size <= MOST_EVENTS for size in sizes if size != 2 * MOST_EVENTS)
    assert sum(sizes) == 1 + 2 * MOST_EVENTS + 900


def test_who_hangs_up_holds_up_nobody() -> None:
    intake = SlowIntake()

    async def run() -> list[bool]:
        commit = GroupCommit(intake, HandClock(0), Metrics(lambda: pytest.fail("nobody asks"), lambda: 0))
        first, second = asyncio.create_task(commit.append(batch("a"))), asyncio.create_task(commit.append(batch("b")))
        await asyncio.sleep(0.05)
        first.cancel()
        intake.go_on.set()
        return await second

    assert asyncio.run(run()) == [True]

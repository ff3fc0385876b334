"""Chores: each when its time has come, whatever becomes of the others."""

import structlog

from bot.chores import Chore, Chores
from tests.support.desk import HandClock


def test_each_chore_is_done_when_its_time_has_come() -> None:
    clock, done = HandClock(1_000), list[str]()
    chores = Chores(
        clock, [Chore("often", 10, lambda _: done.append("often")), Chore("seldom", 100, lambda _: done.append("seldom"))]
    )
    chores.step()
    chores.step()
    assert done == ["often", "seldom"]
    clock.move(1_010)
    chores.step()
    assert done == ["often", "seldom", "often"]


def test_one_that_fails_holds_up_no_other_and_is_done_again() -> None:
    clock, done = HandClock(1_000), list[str]()

    def fails(me: str) -> None:
        done.append("tried")
        raise OSError(me)

    chores = Chores(clock, [Chore("fails", 10, fails), Chore("works", 10, lambda _: done.append("works"))])
    with structlog.testing.capture_logs() as logs:
        chores.step()
        clock.move(1_010)
        chores.step()
    assert done == ["tried", "works", "tried", "works"]
    assert [entry["chore"] for entry in logs] == ["fails", "fails"]


def test_a_clock_that_is_set_back_puts_nothing_off() -> None:
    clock, done = HandClock(1_000_000), list[str]()
    chores = Chores(clock, [Chore("often", 10, lambda _: done.append("often"))])
    chores.step()
    clock.move(5_000)
    chores.step()
    assert len(done) == 2

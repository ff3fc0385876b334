"""Chores: each when its time has come, whatever becomes of the others."""

import structlog

from adapters.web.metrics import Metrics
from bot.chores import Chore, Chores
from bot.ports import LedgerError
from bot.records import Health
from rules.instants import DAY, MINUTE
from tests.support.desk import HandClock


def figures() -> Metrics:
    return Metrics(lambda: (Health(0, 0, [], 0, None, 0, 0, None, None, None), []), lambda: 0)


def test_each_chore_is_done_when_its_time_has_come() -> None:
    clock, done = HandClock(1_000), list[str]()
    chores = Chores(
        clock,
        figures(),
        [Chore("often", 10, lambda _: done.append("often")), Chore("seldom", 100, lambda _: done.append("seldom"))],
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
        raise RuntimeError(me)

    own = figures()
    chores = Chores(clock, own, [Chore("fails", 10, fails), Chore("works", 10, lambda _: done.append("works"))])
    with structlog.testing.capture_logs() as logs:
        chores.step()
        clock.move(1_010)
        chores.step()
    assert done == ["tried", "works", "tried", "works"]
    assert [entry["chore"] for entry in logs] == ["fails", "fails"]
    assert own.troubles() == ("its chore 'fails' fails and is tried again: its log says why",)


def test_what_fails_no_longer_is_no_trouble_any_more() -> None:
    clock, own, broken = HandClock(1_000), figures(), [True]

    def turn(_: str) -> None:
        if broken:
            raise LedgerError("the disk is full")

    chores = Chores(clock, own, [Chore("seal", 10, turn)])
    chores.step()
    assert own.troubles() == ("its chore 'seal' fails and is tried again: the disk is full",)
    assert b"slakeeper_troubles 1.0" in own.own()
    broken.clear()
    clock.move(1_010)
    chores.step()
    assert own.troubles() == ()


def test_what_fails_is_tried_again_after_growing_pauses_and_well_before_its_next_day() -> None:
    clock, own, broken, tried = HandClock(0), figures(), [True], list[int]()

    def turn(_: str) -> None:
        tried.append(clock.now() // MINUTE)
        if broken:
            raise OSError("the folder cannot be written")

    chores = Chores(clock, own, [Chore("archive", DAY, turn)])
    for minute in range(60):
        clock.move(minute * MINUTE)
        chores.step()
    assert tried == [0, 1, 3, 7, 15, 30, 45]
    broken.clear()
    clock.move(60 * MINUTE)
    chores.step()
    assert own.troubles() == (), "it is well again a quarter of an hour after the cause is mended, at the latest"
    broken.append(True)
    for later in (0, 1, 3):
        clock.move(60 * MINUTE + DAY + later * MINUTE)
        chores.step()
    assert [at - (DAY // MINUTE) for at in tried[-3:]] == [60, 61, 63], "each outage begins anew"


def test_a_clock_that_is_set_back_puts_nothing_off() -> None:
    clock, done = HandClock(1_000_000), list[str]()
    chores = Chores(clock, figures(), [Chore("often", 10, lambda _: done.append("often"))])
    chores.step()
    clock.move(5_000)
    chores.step()
    assert len(done) == 2

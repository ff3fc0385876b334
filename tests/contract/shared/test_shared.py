"""What holds for one process alone and for many: limits are kept, the board shows who posted, a bell never fails."""

import asyncio
import time
from dataclasses import replace

from bot.shared_ports import ProcessState, Rate, Shared
from tests.contract.shared.conftest import Following

WATCH = ProcessState("watch", "host-a", 11, "0.1.0", 1_000, 2_000, {"looks": 17, "lateness_ms": 3.5, "step": "sweep"})


def test_as_many_messages_as_the_rate_says_go_out_at_once_and_the_next_one_waits(shared: Shared) -> None:
    rate = Rate(3, 60.0)
    assert [shared.limits.wait(["slack/T1"], rate) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 0 < shared.limits.wait(["slack/T1"], rate) <= 60.0


def test_one_places_limit_holds_no_other_place_back(shared: Shared) -> None:
    rate = Rate(1, 60.0)
    assert shared.limits.wait(["slack/T1/C1"], rate) == 0.0
    assert shared.limits.wait(["slack/T1/C1"], rate) > 0
    assert shared.limits.wait(["slack/T1/C2"], rate) == 0.0


def test_a_message_that_waits_for_one_place_is_counted_on_none(shared: Shared) -> None:
    rate = Rate(2, 60.0)
    for _ in range(2):
        assert shared.limits.wait(["slack/T1/C1"], rate) == 0.0
    assert shared.limits.wait(["slack/T1", "slack/T1/C1"], rate) > 0
    assert [shared.limits.wait(["slack/T1"], rate) for _ in range(2)] == [0.0, 0.0]
    assert shared.limits.wait(["slack/T1"], rate) > 0


def test_a_message_without_places_never_waits(shared: Shared) -> None:
    assert [shared.limits.wait([], Rate(1, 60.0)) for _ in range(2)] == [0.0, 0.0]


def test_in_no_span_more_messages_go_out_than_the_rate_says(shared: Shared) -> None:
    rate, sent = Rate(4, 0.1), []
    while len(sent) < 20:
        before = time.monotonic()
        wait = shared.limits.wait(["discord/G1"], rate)
        if wait == 0.0:
            sent.append((before, time.monotonic()))
        assert 0 <= wait <= rate.seconds
        time.sleep(wait)
    # A message counted between two readings of this clock; the limit counts whole milliseconds.
    assert all(later[1] - earlier[0] > rate.seconds - 0.002 for earlier, later in zip(sent, sent[4:], strict=False))


def test_the_board_shows_a_process_as_it_posted_itself_last(shared: Shared) -> None:
    assert shared.board.read() == []
    shared.board.post(WATCH)
    later = replace(WATCH, seen_at=3_000, doing={"looks": 18})
    shared.board.post(later)
    assert shared.board.read() == [later]


def test_the_board_is_in_the_order_of_role_host_and_pid(shared: Shared) -> None:
    others = [replace(WATCH, pid=2), replace(WATCH, role="delivery"), replace(WATCH, host="host-b", pid=1)]
    for state in others:
        shared.board.post(state)
    assert [(s.role, s.host, s.pid) for s in shared.board.read()] == [
        ("delivery", "host-a", 11),
        ("watch", "host-a", 2),
        ("watch", "host-b", 1),
    ]


def test_a_process_that_stops_in_order_is_forgotten_at_once(shared: Shared) -> None:
    other = replace(WATCH, pid=12)
    shared.board.post(WATCH)
    shared.board.post(other)
    shared.board.leave(replace(WATCH, seen_at=9_000))
    assert shared.board.read() == [other]
    assert shared.board.silent(10_000) == []
    shared.board.leave(WATCH)


async def test_one_follows_for_ever_and_may_ring_meanwhile(shared: Shared, following: Following) -> None:
    async with following(shared.bell):
        for _ in range(100):
            shared.bell.ring("events")
            await asyncio.sleep(0)


def test_nothing_is_wrong(shared: Shared) -> None:
    assert shared.check() is None


def test_a_bell_that_was_closed_rings_no_more_and_does_not_fail(shared: Shared) -> None:
    shared.close()
    shared.bell.ring("events")

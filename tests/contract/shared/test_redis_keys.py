"""What lies in Redis: shared by the processes of one bot, apart from another's, and gone by itself."""

import time
from dataclasses import replace

from bot.shared_ports import Rate
from rules.instants import HOUR
from tests.contract.shared.conftest import Opener
from tests.contract.shared.test_shared import WATCH
from tests.support.valkey import Valkey


def test_processes_share_their_limits(opened: Opener) -> None:
    here, there = opened().limits, opened().limits
    assert here.wait(["slack/T1", "slack/T1/C1"], Rate(2, 60.0)) == 0.0
    assert there.wait(["slack/T1", "slack/T1/C2"], Rate(2, 60.0)) == 0.0
    assert here.wait(["slack/T1", "slack/T1/C3"], Rate(2, 60.0)) > 0


def test_two_bots_on_one_server_do_not_meet(opened: Opener) -> None:
    here, there = opened(name="desk"), opened(name="other")
    assert here.limits.wait(["slack/T1"], Rate(1, 60.0)) == 0.0
    assert there.limits.wait(["slack/T1"], Rate(1, 60.0)) == 0.0
    here.board.post(WATCH)
    assert there.board.read() == []


def test_processes_see_one_another_on_the_board(opened: Opener) -> None:
    here, there = opened().board, opened().board
    here.post(WATCH)
    there.post(replace(WATCH, host="host-b"))
    assert [state.host for state in here.read()] == [state.host for state in there.read()] == ["host-a", "host-b"]


def test_a_process_that_is_silent_leaves_the_board(opened: Opener, valkey: Valkey) -> None:
    board = opened().board
    board.post(WATCH)
    with valkey.client() as client:
        (name,) = client.keys("*watch/host-a/11")
        assert 0 < int(client.ttl(name)) <= 30
        client.delete(name)  # what its time does to it
        assert board.read() == []
        board.post(WATCH)
        assert board.read() == [WATCH]


def test_a_process_that_fell_silent_is_known_for_a_day(opened: Opener, valkey: Valkey) -> None:
    board, other = opened().board, opened().board
    board.post(WATCH)
    board.post(replace(WATCH, pid=12))
    assert other.silent(3_000) == []
    with valkey.client() as client:
        client.delete(*client.keys("*watch/host-a/11"))  # what its time does to it
    assert other.silent(3_000) == [WATCH]
    assert other.silent(WATCH.seen_at + 24 * HOUR) == [WATCH]
    assert other.silent(WATCH.seen_at + 24 * HOUR + 1) == other.silent(3_000) == [], "then it is forgotten"
    board.post(WATCH)
    assert [state.pid for state in other.read()] == [11, 12]


def test_a_process_in_a_version_that_cannot_be_read_is_not_shown(opened: Opener, valkey: Valkey) -> None:
    board = opened().board
    board.post(WATCH)
    board.post(replace(WATCH, pid=12))
    with valkey.client() as client:
        (name,) = client.keys("*watch/host-a/11")
        client.set(name, '{"role": "watch"}')
    assert [state.pid for state in board.read()] == [12]


def test_every_key_bears_the_bots_name_and_goes_by_itself(opened: Opener, valkey: Valkey) -> None:
    here = opened()
    here.board.post(WATCH)
    here.limits.wait(["slack/T1"], Rate(1, 60.0))
    with valkey.client() as client:
        keys = client.keys("*")
        assert len(keys) == 3
        assert all(key.startswith("slakeeper:") and client.ttl(key) > 0 for key in keys)


def test_a_flush_forgets_limits_and_board_and_nothing_fails(opened: Opener, valkey: Valkey) -> None:
    here = opened()
    here.board.post(WATCH)
    assert here.limits.wait(["slack/T1"], Rate(1, 60.0)) == 0.0
    with valkey.client() as client:
        client.flushall()
        client.script_flush()
    assert here.limits.wait(["slack/T1"], Rate(1, 60.0)) == 0.0
    assert here.limits.wait(["slack/T1"], Rate(1, 60.0)) > 0
    assert here.board.read() == []
    here.board.post(WATCH)
    assert here.board.read() == [WATCH]


def test_a_server_whose_clock_was_set_back_holds_nothing_up(opened: Opener, valkey: Valkey) -> None:
    limits = opened().limits
    limits.wait(["slack/T1"], Rate(1, 60.0))
    with valkey.client() as client:
        (key,) = client.keys("*slack/T1")
        client.lset(key, 0, str(int(time.time() * 1000) + 3_600_000))
    assert limits.wait(["slack/T1"], Rate(1, 60.0)) == 0.0

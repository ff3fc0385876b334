"""Without Redis each process goes on by itself, says so once, and comes back by itself."""

import time

import pytest
from structlog.testing import capture_logs

from adapters.redis import connection, outage
from bot.shared_ports import Rate
from tests.contract.shared.conftest import PATIENCE, Opener
from tests.contract.shared.test_shared import WATCH
from tests.support.valkey import Valkey

RATE = Rate(1, 60.0)


def test_without_redis_a_process_keeps_its_own_limits_and_comes_back(
    opened: Opener, valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outage, "PAUSE_SECONDS", 0.05)
    here, there = opened().limits, opened().limits
    with capture_logs() as said:
        valkey.kill()
        assert here.wait(["slack/T1"], RATE) == 0.0
        assert here.wait(["slack/T1"], RATE) > 0
        assert there.wait(["slack/T1"], RATE) == 0.0, "each has its own"
        time.sleep(0.1)
        assert here.wait(["slack/T1"], RATE) > 0
        assert [entry["event"] for entry in said] == ["Redis is away", "Redis is away"], "once for each process"
        valkey.start()
        end = time.monotonic() + PATIENCE
        while said[-1]["event"] != "Redis is back" and time.monotonic() < end:
            here.wait(["slack/T2"], RATE)
            time.sleep(0.02)
        assert said[-1]["event"] == "Redis is back"
    assert here.wait(["slack/T1"], RATE) == 0.0, "Redis knows of none"


def test_without_redis_the_board_shows_the_process_itself(opened: Opener, valkey: Valkey) -> None:
    here = opened().board
    valkey.kill()
    with capture_logs():
        here.post(WATCH)
        assert here.read() == [WATCH]
        assert here.silent(WATCH.seen_at) == []
        here.leave(WATCH)


def test_a_redis_that_hangs_holds_nothing_up_for_long(opened: Opener, valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PATIENCE", 0.3)
    here = opened()
    valkey.hold()
    began = time.monotonic()
    with capture_logs():
        for turn in range(1_000):
            here.bell.ring("events")
            here.limits.wait([f"slack/T{turn}"], RATE)
            here.board.post(WATCH)
    assert time.monotonic() - began < 5
    valkey.go_on()


def test_after_a_failure_redis_is_left_alone_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fail() -> None:
        asked.append(1)
        raise ConnectionResetError

    monkeypatch.setattr(outage, "PAUSE_SECONDS", 60.0)
    line = outage.Outage("nothing")
    with capture_logs():
        assert [line.ask(fail) for _ in range(5)] == [None] * 5
    assert len(asked) == 1


def test_what_is_wrong_in_a_question_itself_is_not_taken_for_an_outage() -> None:
    with pytest.raises(ZeroDivisionError):
        outage.Outage("nothing").ask(lambda: 1 // 0)

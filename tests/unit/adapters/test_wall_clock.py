"""What time it is: the real one, and one that runs faster."""

import time

from adapters.wall_clock import FastClock, WallClock


def test_the_real_clock_tells_milliseconds_since_the_epoch() -> None:
    clock = WallClock()
    before, now, after = time.time(), clock.now(), time.time()
    assert int(before * 1000) <= now <= after * 1000
    assert clock.speed == 1


def test_seconds_until_an_instant_are_never_negative() -> None:
    clock = WallClock()
    assert clock.seconds_until(clock.now() - 10_000) == 0
    assert 9 < clock.seconds_until(clock.now() + 10_000) <= 10


def test_a_fast_clock_begins_where_it_is_told_and_runs_as_fast_as_it_is_told() -> None:
    clock = FastClock(1_000_000, 1_000)
    first = clock.now()
    time.sleep(0.02)
    assert first >= 1_000_000
    assert 20_000 <= clock.now() - first < 2_000_000
    assert 0.5 < clock.seconds_until(clock.now() + 1_000_000) <= 1

"""A spool gives its rows in order, however few of them it may hold."""

import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.simulation.spool import Spool, merged
from bot.simulation.store import Store


@pytest.fixture
def store() -> Iterator[Store]:
    store = Store()
    yield store
    store.close()


@pytest.mark.parametrize("held", [1, 2, 7, 1_000, 1_001])
@pytest.mark.parametrize("count", [0, 1, 999, 1_500])
def test_rows_come_back_in_order_as_often_as_wanted(store: Store, held: int, count: int) -> None:
    rows = [(f"T-{n % 50}", n, {"n": n}) for n in range(count)]
    random.Random(1).shuffle(rows)  # noqa: S311
    spool: Spool[tuple[str, int, dict[str, int]]] = Spool(store, held)
    spool.extend(rows)
    assert list(spool) == sorted(rows, key=lambda row: row[:2])
    assert list(spool) == sorted(rows, key=lambda row: row[:2])


@given(st.lists(st.integers()), st.integers(1, 5))
def test_nothing_is_lost_and_nothing_doubled(numbers: list[int], held: int) -> None:
    store = Store()
    spool: Spool[tuple[int]] = Spool(store, held)
    spool.extend((number,) for number in numbers)
    assert [number for (number,) in spool] == sorted(numbers)
    assert [number for (number,) in merged(store, spool.runs())] == sorted(numbers)
    store.close()


def test_what_is_held_is_bounded(store: Store) -> None:
    spool: Spool[tuple[int]] = Spool(store, 10)
    for n in range(1_000):
        spool.add((n,))
        assert len(spool._rows) < 10


def test_two_readers_do_not_disturb_each_other(store: Store) -> None:
    spool: Spool[tuple[int]] = Spool(store, 3)
    spool.extend((n,) for n in range(2_000))
    pairs = list(zip(spool, spool, strict=True))
    assert pairs == [((n,), (n,)) for n in range(2_000)]


def test_rows_added_after_reading_are_read_next_time(store: Store) -> None:
    spool: Spool[tuple[int]] = Spool(store, 3)
    spool.extend((n,) for n in (5, 3, 1, 4))
    assert [n for (n,) in spool] == [1, 3, 4, 5]
    spool.add((2,))
    assert [n for (n,) in spool] == [1, 2, 3, 4, 5]


def test_memory_does_not_grow_with_the_number_of_rows() -> None:
    import tracemalloc

    def peak(count: int) -> int:
        store = Store()
        spool: Spool[tuple[int, str]] = Spool(store, 10_000)
        tracemalloc.start()
        for n in range(count):
            spool.add(((n * 7_919) % count, f"a row of some length, number {n}"))
        assert sum(1 for _ in spool) == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        store.close()
        return found

    assert peak(200_000) < 2 * peak(50_000)

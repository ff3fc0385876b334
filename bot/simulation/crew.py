"""A crew: processes that share the work.

Decided here: how tasks go out and results come back in the order of the tasks, each process busy with one at a time; that
processes are forked, so that each has the book without reading it again; that none outlives its crew, and that the death of
one ends the work. Where there is nobody to share with, the same tasks are done here. Not decided here: what the tasks are.
"""

import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, Protocol, TypeAlias, TypeVar

from bot.simulation.store import Store


class Bench(Protocol):
    """What all tasks need; it is not sent with them."""

    store: Store


B = TypeVar("B", bound=Bench)
R = TypeVar("R")
_Pipe: TypeAlias = "Connection[Any, Any]"
_B = TypeVar("_B", contravariant=True)
_R = TypeVar("_R", covariant=True)


class Task(Protocol[_B, _R]):
    """Something to do with what lies on the bench."""

    def run(self, bench: _B, /) -> _R:
        """Do it."""


class CrewError(Exception):
    """A process of the crew has died."""


def cores() -> int:
    """How many processes can work at once; one where none can be forked."""
    if "fork" not in get_all_start_methods():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Crew(Generic[B]):
    """`size` processes around one bench, until it is closed; with a size of one, this process alone."""

    def __init__(self, size: int, bench: B) -> None:
        self._bench = bench
        self._workers: dict[_Pipe, BaseProcess] = {}
        if size > 1:
            # Ctrl-C waits until each has learnt to leave it to us.
            before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            for number in range(1, size + 1):
                self._hire(number)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _hire(self, number: int) -> None:
        fork = get_context("fork")
        ours, theirs = fork.Pipe()
        # It lets go of our ends of all pipes, which it inherits: so it hears when we are gone, whatever the cause.
        inherited = [*self._workers, ours]
        process = fork.Process(target=_work, args=(number, theirs, inherited, self._bench), daemon=True)
        process.start()
        theirs.close()
        self._workers[ours] = process

    def close(self) -> None:
        """Nobody works any more, also not on what was begun."""
        for process in self._workers.values():
            process.kill()
        for connection, process in self._workers.items():
            process.join()
            connection.close()
        self._workers = {}

    def map(self, tasks: Iterable[Task[B, R]]) -> Iterator[R]:
        """The results of tasks, in their order. Raises what a task raises, and CrewError where a process dies."""
        if not self._workers:
            for task in tasks:
                yield task.run(self._bench)
            return
        remaining = enumerate(tasks)
        idle = deque(self._workers)
        busy: dict[_Pipe, int] = {}
        early: dict[int, R] = {}
        turn = 0
        while True:
            while idle and (following := next(remaining, None)) is not None:
                busy[idle[0]] = following[0]
                self._send(idle.popleft(), following[1])
            if not busy:
                return
            for connection in self._answered():
                result = self._receive(connection)
                early[busy.pop(connection)] = result
                idle.append(connection)
            while turn in early:
                yield early.pop(turn)
                turn += 1

    def _answered(self) -> list[_Pipe]:
        return [found for found in wait(list(self._workers)) if isinstance(found, Connection)]

    def _send(self, connection: _Pipe, task: Task[B, Any]) -> None:
        try:
            connection.send(task)
        except OSError:
            raise CrewError(self._death(connection)) from None

    def _receive(self, connection: _Pipe) -> Any:
        try:
            result, error = connection.recv()
        except (EOFError, OSError):
            raise CrewError(self._death(connection)) from None
        if error is not None:
            raise error
        return result

    def _death(self, connection: _Pipe) -> str:
        process = self._workers[connection]
        process.join(timeout=1)
        code = process.exitcode or 0
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else "ended unexpectedly"
        return f"one of {len(self._workers)} processes {how}" + (", as when memory runs out" if code == -signal.SIGKILL else "")


def _work(number: int, connection: _Pipe, inherited: list[_Pipe], bench: Bench) -> None:
    """Do tasks until there is nobody to give any. Ctrl-C reaches every process of a terminal: here it is left to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for other in inherited:
        other.close()
    bench.store.writer = number
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer: tuple[Any, Exception | None] = task.run(bench), None
        except Exception as error:  # told to the parent, which raises it
            answer = None, error
        connection.send(answer)

"""How far long work has come, on a terminal.

Decided here: a bar for each stage, with the time that is left of it; where standard error is no terminal, nothing is said.
Not decided here: which stages there are.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

_EVERY = 0.1
_COLUMNS = ("{task.description}", "{task.percentage:>3.0f} %")


class Stages:
    """A bar for each stage; the earlier ones stay until the end. Drawn when told, at most ten times a second."""

    def __init__(self, bars: Progress | None) -> None:
        self._bars = bars
        self._stage: TaskID | None = None
        self._drawn = 0.0

    def begin(self, stage: str, total: int | None) -> None:
        """A stage begins; what came before is done."""
        if self._bars:
            self._finish()
            self._stage = self._bars.add_task(stage, total=total)
            self._bars.refresh()

    def advance(self, done: int) -> None:
        """So much more of the stage is done."""
        if self._bars and self._stage is not None:
            self._bars.advance(self._stage, done)
            if time.monotonic() > self._drawn + _EVERY:
                self._bars.refresh()
                self._drawn = time.monotonic()

    def _finish(self) -> None:
        if self._bars and self._stage is not None:
            task = next(task for task in self._bars.tasks if task.id == self._stage)
            self._bars.update(self._stage, total=task.completed or 1, completed=task.completed or 1)


@contextmanager
def stages() -> Iterator[Stages]:
    """Bars on standard error, if that is a terminal, gone at the end."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Stages(None)
        return
    columns = (TextColumn(_COLUMNS[0]), BarColumn(), TextColumn(_COLUMNS[1]), TimeElapsedColumn(), TimeRemainingColumn())
    # Drawn by no thread of its own: processes are forked while it is shown.
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as bars:
        yield Stages(bars)

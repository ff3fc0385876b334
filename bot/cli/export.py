"""`sla ledger export`: entries of a period, for auditors and for replaying.

Decided here: how a period is named, and which file's ending stands for which format. Not decided here: what is exported
(`adapters/ledger/exporting.py`), and an event's form (`adapters/helpdesk/cloudevents.py`).
"""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import typer
from pydantic_core import to_json

from adapters.wall_clock import WallClock
from bot.cli.options import read_settings, reason_of, usage_error
from bot.cli.progress import Stages, stages
from rules.periods import PeriodError, period

if TYPE_CHECKING:
    from adapters.ledger.exporting import Span

T = TypeVar("T")

_UTC = ZoneInfo("UTC")
_LINES = (".jsonl", ".jsonl.gz")
_PARQUET = ".parquet"


def export(
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[PERIOD]", help="2026-10, last month, 2026-10-01..2026-10-15; all without.")
    ] = None,
    events: Annotated[
        bool, typer.Option("--events", help="Events as CloudEvents, with personal fields: what sla simulate replays.")
    ] = False,
    personal: Annotated[bool, typer.Option("--personal", help="Entries with their personal fields.")] = False,
    to: Annotated[Path | None, typer.Option(help="A file .jsonl, .jsonl.gz or .parquet; otherwise standard output.")] = None,
) -> None:
    """Export entries that were recorded in a period (UTC), one JSON object a line or as Parquet, in the order of arrival."""
    from adapters.helpdesk.cloudevents import wire_form
    from adapters.ledger.exporting import exported_entries, exported_events
    from adapters.ledger.parquet import write_parquet
    from bot.cli.ledger import read_only

    span = _span(" ".join(words)) if words else None
    if to is not None and not to.name.endswith((*_LINES, _PARQUET)):
        raise usage_error(f"--to {to}: a file's name ends in .jsonl, .jsonl.gz or .parquet")
    columns = to is not None and to.name.endswith(_PARQUET)
    if events and columns:
        raise usage_error("--events are JSON lines: give --to a file that ends in .jsonl or .jsonl.gz")
    database = read_only(read_settings())
    try:
        with stages() as progress:
            begin = partial(progress.begin, "Exporting")
            if events:
                _write_lines(to, map(wire_form, _told(exported_events(database, span, begin), progress)))
                return
            entries = _told(exported_entries(database, span, with_personal=personal, begin=begin), progress)
            if to is not None and columns:
                write_parquet(to, entries, with_personal=personal)
            else:
                _write_lines(to, entries)
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(0) from None
    except OSError as error:
        if to is None:
            raise
        raise usage_error(f"--to {to} cannot be written: {reason_of(error)}") from None


def _span(said: str) -> Span:
    """The instants of a period, or from the first of two up to the end of the second."""
    first, dots, last = said.partition("..")
    if dots and not (first.strip() and last.strip()):
        raise usage_error(f"{said!r} has one end only: write both, as in 2026-10-01..2026-10-15, or one period, as in 2026-10")
    now = WallClock().now()
    try:
        start = period(first.strip(), now, _UTC)
        end = period(last.strip(), now, _UTC) if dots else start
    except PeriodError as error:
        raise usage_error(f"{error}, or two of them as 2026-10-01..2026-10-15") from None
    if end.end <= start.start:
        raise usage_error(f"{said} ends before it begins")
    return start.start, end.end


def _write_lines(to: Path | None, rows: Iterable[Any]) -> None:
    with _opened(to) as write:
        for row in rows:
            write(to_json(row) + b"\n")


@contextmanager
def _opened(to: Path | None) -> Iterator[Callable[[bytes], object]]:
    if to is None:
        yield sys.stdout.buffer.write
        sys.stdout.buffer.flush()
        return
    with gzip.open(to, "wb") if to.suffix == ".gz" else to.open("wb") as file:
        yield file.write


def _told(rows: Iterable[T], progress: Stages) -> Iterator[T]:
    for number, row in enumerate(rows, 1):
        if number % 1_000 == 0:
            progress.advance(1_000)
        yield row

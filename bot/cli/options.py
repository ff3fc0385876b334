"""What the commands share: options, loading the configuration, and how wrong usage ends.

Decided here: exit code 1 for a wrong configuration, 2 for wrong usage. Not decided here: what the commands do.
"""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from config.load import examine
from escalation.book import Book
from rules.problems import Problem

if TYPE_CHECKING:
    from config.settings import Settings

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="The configuration: a file or a folder. Otherwise SLA_CONFIG, otherwise config/example."),
]


PLAIN_WIDTH = 160
"""Characters a line where no terminal says how wide it is."""


def plain_console() -> Console:
    """As wide as the terminal; elsewhere wide enough that no line is broken."""
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=PLAIN_WIDTH)


def usage_error(message: str) -> typer.Exit:
    """Say what is wrong with the call, on standard error; the exit code is 2."""
    return _ending(message, 2)


def settings_error(message: str) -> typer.Exit:
    """Say what is wrong with the environment's settings, on standard error; they are configuration: the exit code is 1."""
    return _ending(message, 1)


def reason_of(error: OSError) -> str:
    """Why a file cannot be used, as the system says it: what libraries make of it names the file again."""
    return os.strerror(error.errno) if error.errno else str(error)


def _ending(message: str, code: int) -> typer.Exit:
    typer.echo(f"sla: {message}", err=True)
    return typer.Exit(code)


def read_settings() -> Settings:
    """The settings, or the end with what is wrong in the environment."""
    from config.settings import Settings  # imported where they are asked for: the other commands start sooner without them

    try:
        return Settings()
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, d['loc'])).upper()}: {_said(d['msg'])}" for d in error.errors(include_url=False)]
        raise settings_error("; ".join(wrong)) from None


def _said(message: str) -> str:
    """A validator's message as a sentence's end: what to write."""
    return message.removeprefix("Value error, ").replace("Input should be", "it should be").partition(", unable")[0]


def config_path(config: Path | None) -> Path:
    """Where the configuration is. Ends with a usage error where it is not there."""
    path = config or read_settings().sla_config
    if not path.exists():
        raise usage_error(f"there is no configuration at {path}: name one with --config or SLA_CONFIG")
    return path


def load_book(config: Path | None, *, warn: bool = False) -> Book:
    """The book, or the end with every problem on standard error and exit code 1; warnings are told where asked for."""
    book, problems = examine(config_path(config))
    tell([problem for problem in problems if warn or not problem.warning])
    if book is None:
        raise typer.Exit(1)
    return book


def tell(problems: list[Problem]) -> None:
    """Problems on standard error, a line each."""
    for problem in problems:
        typer.echo(str(problem), err=True)


def rarely_search_for_garbage() -> None:
    """For long work: what is held is much and free of circles, and searching it again and again costs a tenth of the time."""
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)


def take_turns_often() -> None:
    """For a process that answers people while it works: a question that waits for its turn a dozen times, as often as it asks
    the database, waits a millisecond each time and not Python's five.
    """
    sys.setswitchinterval(0.001)

"""`sla check`: is the configuration right?

Decided here: how problems are shown on a terminal and elsewhere. Not decided here: what is a problem.
"""

import sys

import typer
from rich.console import Console
from rich.markup import escape

from bot.cli.options import ConfigOption, config_path
from bot.messages import counted
from config.load import examine
from escalation.book import Book
from rules.problems import Problem


def check(config: ConfigOption = None) -> None:
    """Check a configuration and report every problem at once.

    On a terminal each problem is laid out; elsewhere it is one line: FILE:LINE: FIELD: found X, expected Y. Hint.
    The exit code is 1 where there is a problem; warnings alone leave it 0.
    """
    path = config_path(config)
    book, problems = examine(path)
    errors = sum(not problem.warning for problem in problems)
    for problem in problems:
        _tell(problem)
    if book is None:
        typer.echo(f"{counted(errors, 'problem')} in {path}.", err=True)
        raise typer.Exit(1)
    nothing = "" if book.promises.agreements else " Nothing is promised yet: write agreements:."
    typer.echo(f"{path} is right: {_contents(book)}.{nothing}")


def _tell(problem: Problem) -> None:
    if not sys.stdout.isatty():
        typer.echo(str(problem))
        return
    colour, word = ("yellow", "warning") if problem.warning else ("red", "problem")
    console = Console(highlight=False)
    console.print(f"[{colour}]{word}[/] [bold]{escape(problem.field)}[/] [dim]{escape(problem.file)}:{problem.line}[/]")
    console.print(f"  found {escape(problem.found)}, expected {escape(problem.expected)}")
    if problem.hint:
        console.print(f"  [green]{escape(problem.hint)}[/]")


def _contents(book: Book) -> str:
    counts = {
        "agreement": len({agreement.name for agreement in book.promises.agreements}),
        "calendar": len({calendar.base for calendar in book.promises.calendars.values()}),
        "rule": len(book.rules),
        "ladder": len(book.ladders),
        "rota": len(book.rotas),
        "team": len(book.teams),
    }
    named = [counted(count, name) for name, count in counts.items() if count]
    return ", ".join(named) or "it says nothing yet"

"""`sla simulate`: what a configuration makes of a file of events.

Decided here: how lines are refused, results written and what is said where it is broken off. Not decided here: the simulation.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import IO, Annotated

import typer
from rich.table import Table

from adapters.helpdesk.cloudevents import EARLIEST, LATEST, decode, ticket_event
from adapters.helpdesk.event_data import EventError
from bot.cli.lines import blocks_of
from bot.cli.options import ConfigOption, load_book, plain_console, rarely_search_for_garbage, usage_error
from bot.cli.progress import stages
from bot.compliance import LAYERS, kept, objective_of
from bot.messages import counted
from bot.simulation.crew import CrewError
from bot.simulation.simulate import Refuse, Simulation, Write
from bot.simulation.store import StoreError
from bot.simulation.summary import Summary
from escalation.book import Book
from rules.attainment import Attainment
from rules.instants import InstantError, parse, text
from rules.metrics import in_words
from rules.ticket import TicketEvent

MOST_SHOWN = 50


def simulate(
    events: Annotated[str, typer.Option(help="CloudEvents, one JSON object a line; .gz and .xz too; - is standard input.")],
    config: ConfigOption = None,
    until: Annotated[str | None, typer.Option(help="The last instant, included, as 2026-01-05T16:00:00Z.")] = None,
    decisions: Annotated[
        str | None, typer.Option(help="Write decisions here, one JSON object a line; - is standard output.")
    ] = None,
    clocks: Annotated[str | None, typer.Option(help="Write clocks here, one JSON object a line; - is standard output.")] = None,
) -> None:
    """Replay ticket events in virtual time, through the same look as live.

    Events may come in any order. Without --until it ends with the last event; without --decisions and --clocks it prints
    a summary. Events that cannot be understood are listed on standard error and do not disturb the others.
    """
    book = load_book(config)
    end = _instant(until)
    rarely_search_for_garbage()
    try:
        with ExitStack() as stack:
            progress = stack.enter_context(stages())
            simulation = stack.enter_context(Simulation(book, _event))
            simulation.read(blocks_of(events, progress), _refusing(events), progress)
            sinks = [stack.enter_context(_sink(where)) for where in (decisions, clocks)]
            summary = simulation.run(end, sinks[0], sinks[1], progress)
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(0) from None
    except (CrewError, StoreError) as error:
        raise _broken_off(str(error), 3) from None
    except KeyboardInterrupt:
        raise _broken_off("interrupted", 130) from None
    if summary.refused:
        typer.echo(f"{summary.refused} of {summary.refused + summary.read} lines were refused.", err=True)
        if not summary.read:
            raise typer.Exit(2)
    if decisions is None and clocks is None:
        _print(summary, book)


def _broken_off(why: str, code: int) -> typer.Exit:
    typer.echo(f"sla: {why}: the simulation is not complete, nor is what it has written", err=True)
    return typer.Exit(code)


def _instant(until: str | None) -> int | None:
    if until is None:
        return None
    try:
        end = parse(until)
    except InstantError as error:
        raise usage_error(f"--until: {error}") from None
    if not EARLIEST <= end <= LATEST:
        raise usage_error(f"--until: {until} lies outside the years 1970 to 2200")
    return end


def _event(line: bytes) -> TicketEvent | str:
    try:
        return ticket_event(decode(line), in_file=True)
    except EventError as error:
        return str(error)


def _refusing(name: str) -> Refuse:
    count = 0

    def refuse(number: int, reason: str) -> None:
        nonlocal count
        count += 1
        if count <= MOST_SHOWN:
            typer.echo(f"{name}:{number}: refused: {reason}", err=True)
        elif count == MOST_SHOWN + 1:
            typer.echo("… and more; only the first 50 are listed.", err=True)

    return refuse


@contextmanager
def _sink(where: str | None) -> Iterator[Write | None]:
    if where is None:
        yield None
        return
    try:
        file: IO[bytes] = sys.stdout.buffer if where == "-" else open(where, "wb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise usage_error(f"{where} cannot be written: {error.strerror}") from None
    try:
        yield file.write
    finally:
        file.flush() if where == "-" else file.close()


def _print(summary: Summary, book: Book) -> None:
    console = plain_console()
    if not summary.events:
        console.print("There is no event to look at.")
        return
    seen = f"[bold]{counted(summary.tickets, 'ticket')}[/], [bold]{counted(summary.events, 'event')}[/]"
    found = (
        counted(summary.clocks, "clock"),
        counted(summary.decisions, "decision"),
        counted(summary.kinds["page.opened"], "page"),
        counted(summary.kinds["message.customer"], "message") + " to customers",
    )
    console.print(f"{seen} until {text(summary.until)}: {', '.join(found)}.")
    if not summary.verdicts:
        first = min((agreement.since for agreement in book.promises.agreements), default=None)
        why = f": the first one holds from {text(first)[:10]}" if first is not None and first > summary.until else ""
        console.print(f"No agreement applied to any of them{why}.")
        return
    kinds = {agreement.name: agreement.kind for agreement in book.promises.agreements}
    for kind, title in LAYERS.items():
        mine = {key: verdicts for key, verdicts in sorted(summary.verdicts.items()) if kinds[key[0]] == kind}
        if mine:
            console.print(_table(title, mine, book, summary.until))


def _table(title: str, figures: Mapping[tuple[str, str], Mapping[str, int]], book: Book, until: int) -> Table:
    """One layer of promises: what became of its clocks."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="bold", pad_edge=False)
    columns = ("Agreement", "Metric", "Clocks", "Met", "Missed", "Overdue", "Excused", "Running", "Cancelled", "Attainment")
    for name in (*columns, "Objective"):
        table.add_column(name, justify="left" if name in ("Agreement", "Metric", "Objective") else "right")
    for (agreement, metric), verdicts in figures.items():
        a = Attainment.of(verdicts)
        counts = (
            sum(verdicts.values()),
            a.met,
            a.missed - a.overdue,
            a.overdue,
            a.excused,
            a.on_track + a.at_risk,
            a.cancelled,
        )
        objective = kept(a, objective_of(book, agreement, until))
        table.add_row(agreement, in_words(metric), *(f"{n:,}" for n in counts), a.share, objective)
    return table

"""`sla agreements`: what was promised; how two configurations differ; what a new one would do to open tickets.

Decided here: the open tickets of the ledger are compared at the instant from which all new versions hold. Not decided here:
what differs (`rules.differences`).
"""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table

from adapters.wall_clock import WallClock
from bot.cli.ask import answer_line
from bot.cli.options import ConfigOption, load_book, plain_console, read_settings, settings_error, usage_error
from bot.cli.run import prepare
from bot.messages import counted
from bot.ports import Ledger
from bot.publication import PublishedError, check_published, lent, rewritten
from bot.times import moment
from escalation.book import Book
from rules.differences import Move, calendar_differences, differences, metric_differences, moves
from rules.instants import text, to_datetime
from rules.metrics import in_words
from rules.register import Register

MOST_SHOWN = 50
_AT_ONCE = 500

app = typer.Typer(help="What have we promised to whom? And what would another configuration change?")


@app.callback(invoke_without_command=True)
def agreements(context: typer.Context, config: ConfigOption = None) -> None:
    """Every agreement with its limits; or compare two configurations."""
    if context.invoked_subcommand is None:
        answer_line("agreements", config, None)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="A configuration: a file or a folder.")],
    new: Annotated[Path, typer.Argument(help="Another one.")],
) -> None:
    """Tell how two configurations differ: agreements version by version, metrics, and calendars in the year from today."""
    before, after = _book(old), _book(new)
    now = WallClock().now()
    found = [
        *differences(before.promises.agreements, after.promises.agreements),
        *metric_differences(before.promises.known_metrics, after.promises.known_metrics),
        *calendar_differences(before.promises.calendars, after.promises.calendars, to_datetime(now).date()),
    ]
    console = plain_console()
    refused = rewritten(before.lasting, after.lasting, now)
    if not found and not refused:
        console.print("Both promise the same.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("", "What", "Was", "Is"):
        table.add_column(name, overflow="fold")
    for difference in found:
        table.add_row(difference.of, difference.what, difference.was or "–", difference.now or "–")
    console.print(table)
    for name, what in refused.items():
        console.print(f"{name} is {what}. Where it was published, sla run refuses that: write a version with its own date.")


@app.command()
def preview(
    new: Annotated[Path, typer.Argument(help="The configuration that would be published.")],
    config: ConfigOption = None,
) -> None:
    """Tell which open tickets' due times a configuration would move, and which would be overdue at once.

    The configuration in force is the one of --config or SLA_CONFIG, the tickets are those of DATABASE_URL.
    """
    old_book, new_book = load_book(config), _book(new)
    settings = read_settings()
    prepare(settings)
    from adapters.ledger.store import open_ledger

    ledger = open_ledger(settings.database_url)
    now = WallClock().now()
    try:
        check_published(ledger.register.events(), new_book, now)
    except PublishedError as error:
        raise settings_error(f"{new} could not be published: {error}") from None
    known = {agreement.key for agreement in old_book.promises.agreements}
    # What would be published now holds from now on, however early its date.
    fresh = [agreement for agreement in new_book.promises.agreements if agreement.key not in known]
    new_book.promises = new_book.promises.known_from({agreement.key: now for agreement in fresh})
    at = max([now, *(agreement.since for agreement in fresh)])
    tickets = found = 0
    shown: list[Move] = []
    kinds: Counter[str] = Counter()
    for of_ticket in _compared(ledger, old_book, new_book, now, at):
        tickets += 1
        for move in of_ticket:
            found += 1
            kinds[_kind(move)] += 1
            shown.append(move)
        if len(shown) > _AT_ONCE:
            shown = sorted(shown, key=_worst_first)[:MOST_SHOWN]
    _print(sorted(shown, key=_worst_first)[:MOST_SHOWN], kinds, tickets, found, at, old_book.zone_at(at))


def _compared(ledger: Ledger, old: Book, new: Book, now: int, at: int) -> Iterator[list[Move]]:
    """For each open ticket, what would move; exceptions hold under both."""
    events = ledger.register.events()
    old.promises.register = new.promises.register = Register.of(events)
    known = old.promises.lent = lent(events)
    new.promises.lent = [*known, (now, new.promises.customers)] if known else ()
    after = ""
    while ids := ledger.reader.open_tickets(after, _AT_ONCE):
        for history in ledger.looks.histories(ids):
            yield moves(history.ticket, history.events, old.promises, new.promises, at)
        after = ids[-1]


def _print(shown: list[Move], kinds: Counter[str], tickets: int, found: int, at: int, zone: ZoneInfo) -> None:
    console = plain_console()
    if not found:
        console.print(f"None of {counted(tickets, 'open ticket')} would change, as of {text(at)}.")
        return
    said = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    console.print(f"Of {counted(tickets, 'open ticket')}, {counted(found, 'clock')} would change, as of {text(at)}: {said}.")
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("Ticket", "Agreement", "Metric", f"Due ({zone.key})", "Would be due", "What"):
        table.add_column(name, overflow="fold")
    for move in shown:
        was, now = (moment(due, zone, year=True) if due is not None else "–" for due in (move.was, move.now))
        table.add_row(move.ticket, move.agreement, in_words(move.metric), was, now, _kind(move))
    console.print(table)
    if found > len(shown):
        console.print(f"Only the first {len(shown)} are shown, the worst first.")


def _kind(move: Move) -> str:
    if move.born_overdue:
        return "born overdue"
    if move.now is None:
        return "ended or paused"
    if move.was is None:
        return "begun"
    return "earlier" if move.now < move.was else "later"


def _worst_first(move: Move) -> tuple[int, int, str]:
    order = ("born overdue", "earlier", "begun", "ended or paused", "later")
    return order.index(_kind(move)), move.now or 0, move.ticket


def _book(path: Path) -> Book:
    if not path.exists():
        raise usage_error(f"there is no configuration at {path}")
    return load_book(path)

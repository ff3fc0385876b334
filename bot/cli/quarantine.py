"""`sla quarantine`: what came in and was not understood, and replaying it.

Decided here: that it is read again as an event is that comes in now, so that what is understood counts as heard of now; that an
event which is known changes nothing. Not decided here: what is understood (`adapters/helpdesk`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table
from rich.text import Text

from adapters.wall_clock import WallClock
from bot.cli.options import ConfigOption, load_book, plain_console, usage_error
from bot.cli.run import opened
from bot.messages import clipped, counted
from bot.open_fields import open_fields
from rules.instants import text

if TYPE_CHECKING:
    from bot.ports import Ledger
    from bot.records import Kept

_SHOWN = 80

app = typer.Typer(help="What came in and was not understood: list it, replay it.")


@app.callback(invoke_without_command=True)
def quarantine(context: typer.Context) -> None:
    """What came in, was not understood and has not been replayed: oldest first."""
    if context.invoked_subcommand is not None:
        return
    console = plain_console()
    found = opened().quarantine.kept()
    if not found:
        console.print("Nothing is in quarantine.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Id", "Received", "Reason", "Beginning"):
        table.add_column(column)
    for kept in found:
        cells = (str(kept.id), text(kept.received_at), clipped(kept.reason), clipped(kept.raw, _SHOWN))
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)


@app.command()
def replay(
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]…", help="All of them without.")] = None,
    config: ConfigOption = None,
) -> None:
    """Read again what was refused; what is understood now goes to its ticket, and out of quarantine.

    Exit codes: 0 all of it is understood, 1 some of it is not.
    """
    ledger = opened(open_fields(load_book(config)))
    found = ledger.quarantine.kept(ids or ())
    missing = sorted(set(ids or ()) - {kept.id for kept in found})
    if missing:
        raise usage_error(f"not in quarantine, or replayed already: {', '.join(map(str, missing))}. sla quarantine lists it")
    refused = 0
    for kept in found:
        reason = _replayed(ledger, kept)
        if reason is not None:
            refused += 1
            typer.echo(f"{kept.id}: still not understood: {clipped(reason)}", err=True)
    typer.echo(f"{counted(len(found) - refused, 'event')} replayed, {refused} still in quarantine.")
    if refused:
        raise typer.Exit(1)


def _replayed(ledger: Ledger, kept: Kept) -> str | None:
    """Take in what was refused; why it still cannot be understood, if so."""
    from adapters.helpdesk.cloudevents import batch_of
    from bot.records import BodyError, Refused

    now = WallClock().now()
    try:
        batch = batch_of(kept.raw.encode(), now)
    except BodyError as error:
        return str(error)
    if batch.refused:
        return batch.refused[0][1].reason
    for stored in ledger.intake.append([event for _, event in batch.events], [], now):
        if isinstance(stored, Refused):
            return stored.reason
    ledger.quarantine.replayed(kept.id, now)
    return None

"""`sla outbox`: what is to be said, what became of it, and sending a dead letter again.

Decided here: what a person sees of a message's record. Not decided here: when a message is sent (`bot.delivery`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table
from rich.text import Text

from bot.cli.options import plain_console, usage_error
from bot.cli.run import opened
from bot.messages import clipped, counted
from rules.instants import text

if TYPE_CHECKING:
    from bot.records import OutboxRow

State = Literal["waiting", "sent", "failed", "dropped"]
_SHOWN = 80

app = typer.Typer(help="What is to be said, and what became of it: list it, send it again.")


@app.callback(invoke_without_command=True)
def outbox(
    context: typer.Context,
    state: Annotated[State | None, typer.Option(help="What became of it.  [default: failed, with --ticket all]")] = None,
    ticket: Annotated[str | None, typer.Option(metavar="ID", help="What was said about one ticket.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many, the latest first.")] = 50,
) -> None:
    """Messages with their records: queued, sent, failed or dropped, and why. Without options the dead letters."""
    if context.invoked_subcommand is not None:
        return
    console = plain_console()
    state = state or (None if ticket else "failed")
    found = opened().outbox.records(state=state, ticket=ticket, limit=limit)
    if not found:
        what = {"waiting": "waits to be sent", "failed": "is a dead letter"}.get(state or "", "is on record")
        console.print(f"No message{f' about {ticket}' if ticket else ''} {what}.", markup=False)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("Id", "Queued", "Where", "About", "State", "What, and why"):
        table.add_column(column, overflow="fold")
    for row in found:
        table.add_row(*(Text(cell) for cell in _cells(row)))
    console.print(table)
    if state == "failed":
        console.print(f"{counted(len(found), 'dead letter')}. To send one again: sla outbox send ID", markup=False)


@app.command()
def send(ids: Annotated[list[int], typer.Argument(metavar="ID…", help="As sla outbox lists them.")]) -> None:
    """Send dead letters, or what was dropped, once more. What is no longer needed is dropped again.

    Exit codes: 0 all of them will be sent, 1 some of them cannot be.
    """
    if any(id < 1 or id >= 1 << 62 for id in ids):
        raise usage_error("an id is a positive number; sla outbox lists them")
    again = opened().outbox.again(ids)
    for id in sorted(set(ids) - set(again)):
        typer.echo(f"{id}: not a dead letter, or what it said was erased. sla outbox lists them", err=True)
    if again:
        typer.echo(f"{counted(len(again), 'message')} will be sent again by the running bot.")
    if len(again) < len(set(ids)):
        raise typer.Exit(1)


def _cells(row: OutboxRow) -> tuple[str, ...]:
    said = row.line if row.line is not None else row.body.get("title") or "card drawn anew"
    why = f": {clipped(row.why)}" if row.why else ""
    tries = f", {row.attempts} tries" if row.attempts > 1 else ""
    became = f"{row.state} {text(row.sent_at)}" if row.sent_at else row.state
    return (
        str(row.id),
        text(row.created_at),
        f"{row.platform} {row.channel}",
        row.ticket,
        became,
        clipped(said, _SHOWN) + why + tries,
    )

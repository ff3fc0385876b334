"""`sla ledger erase`: forgetting a person.

Decided here: that it is shown first how much will be touched, and asked; that the reason, which stays for ever, does not name
the person. Not decided here: what is erased (`adapters/ledger/erasing.py`, `forgetting.py`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import typer

from adapters.wall_clock import WallClock
from bot.cli.archive import entries_in_words
from bot.cli.options import read_settings, usage_error
from bot.messages import counted

if TYPE_CHECKING:
    from adapters.ledger.database import Database


def erase(
    by: Annotated[str, typer.Option("--as", metavar="WHO", help="Who erases it.")],
    because: Annotated[str, typer.Option("--because", metavar="REASON", help="Why, without naming the person.")],
    person: Annotated[str | None, typer.Argument(metavar="[PERSON]", help="The requester's id or e-mail.")] = None,
    ticket: Annotated[str | None, typer.Option("--ticket", metavar="ID", help="Of one ticket, instead of a person.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a person's data: the personal fields of all tickets that the person asked for, and what was made of them.

    Figures stay, and so does every entry: it holds only a salted hash of what is erased, and another one says that it is. On
    PostgreSQL, DATABASE_URL is that of the role slakeeper_eraser (docs/postgres-roles.sql).
    """
    from adapters.ledger import erasing
    from bot.cli.ledger import read_only

    person, by, because = (person or "").strip(), by.strip(), because.strip()
    _check(person, ticket, by, because)
    database = read_only(read_settings())
    ids = erasing.known_ticket(database, ticket) if ticket else erasing.tickets_of(database, person)
    refused = [] if ticket else erasing.refused_of(database, person)
    entries = erasing.personal_entries(database, ids)
    if not ids and not refused:
        typer.echo("Nothing is known of this ticket." if ticket else "No ticket was asked for by this person.")
        return
    typer.echo(
        f"To be erased: the personal fields of {entries_in_words(entries)} in {counted(len(ids), 'ticket')}, what was said "
        f"of them in the local chat, and {counted(len(refused), 'event')} in quarantine."
    )
    if not yes:
        typer.confirm("This cannot be undone. Erase it?", abort=True)
    erasing.erase(database, ids, refused, by, because, WallClock().now())
    _end(database)


def _check(person: str, ticket: str | None, by: str, because: str) -> None:
    if bool(person) == bool(ticket):
        raise usage_error("name a person by id or e-mail, or a ticket with --ticket")
    if not by or not because:
        raise usage_error("say who erases it with --as, and why with --because")
    for said, option in ((by, "--as"), (because, "--because")):
        if person and re.search(rf"(?<!\w){re.escape(person)}(?!\w)", said, re.IGNORECASE):
            raise usage_error(f"{option} stays in the ledger for ever: write it without naming the person")


def _end(database: Database) -> None:
    from adapters.ledger.erasing import leave_no_bytes

    typer.echo("Erased. An entry says so. What was sent elsewhere, and backups, are not in the ledger's reach.")
    if not leave_no_bytes(database):
        typer.echo("The bot is reading: until it next cleans up, the file's log still holds the erased bytes.", err=True)

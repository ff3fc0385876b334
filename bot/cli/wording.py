"""`sla wording preview`: letters as a customer would read them, with made-up values.

Decided here: the made-up ticket. Not decided here: how a letter is filled in (`bot.wording`) and looks (`adapters/email`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.panel import Panel
from rich.text import Text

from adapters.wall_clock import WallClock
from bot.cli.options import ConfigOption, load_book, plain_console, usage_error
from bot.messages import Card
from bot.outlook import NO_TIME, Outlook
from bot.records import TicketView
from bot.sending import DeliveryError
from bot.wording import customer_card
from escalation.book import Book
from rules.decisions import Decision
from rules.problems import did_you_mean

_CREDIT = "As this month stands, you are owed a credit of 5% of your monthly fee (600.00 EUR)."

app = typer.Typer(help="What customers read.")


@app.callback()
def wording() -> None:
    """What customers read."""


@app.command()
def preview(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]…", help="All of them without.")] = None,
    locale: Annotated[str | None, typer.Option(help="One language only, as de or de-AT.")] = None,
    tier: Annotated[str | None, typer.Option(help="As a customer of this tier reads it.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write them as e-mail shows them into this file.", dir_okay=False)] = None,
    config: ConfigOption = None,
) -> None:
    """Show letters filled in with made-up values."""
    book = load_book(config)
    for name in names or ():
        if name not in book.wording:
            raise usage_error(f"there is no wording {name!r}. {did_you_mean(name, book.wording)}".rstrip())
    cards: list[Card] = []
    console = plain_console()
    for name in names or book.wording:
        for spoken in [locale] if locale else book.wording[name]:
            try:
                card = _filled(book, name, spoken, tier)
            except DeliveryError as error:
                raise usage_error(str(error)) from None
            cards.append(card)
            title = f"{name} · {spoken}" + (f" · {tier}" if tier else "")
            console.print(Panel(Text("\n".join(card.lines)), title=Text(title), title_align="left"))
    if not cards:
        console.print("The configuration has no wording: customers are not written to.")
    if html is not None:
        from adapters.email.sender import page_of

        html.write_text("\n".join(page_of(card, "Your support team") for card in cards), encoding="utf-8")
        typer.echo(f"{html} shows them as e-mail does.")


def _filled(book: Book, name: str, locale: str, tier: str | None) -> Card:
    agreement = next((a for a in book.promises.agreements if a.kind == "sla"), None)
    now = WallClock().now()
    decision = Decision(now, "message.customer", "T-1001", "", agreement.name if agreement else None)
    decision.version, decision.metric, decision.cycle = agreement.version if agreement else None, "first_response", 1
    decision.wording, decision.customer = name, "acme"
    facts: dict[str, Any] = {"title": "Cannot pay", "locale": locale, "tier": tier, "customer": "acme"}
    return customer_card(decision, TicketView("T-1001", facts, [], []), book, now, Outlook(NO_TIME, _CREDIT))

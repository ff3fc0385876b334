"""`sla status`, `sla why T` and the other commands of chat, on the command line.

Decided here: that they read the ledger of DATABASE_URL with the same grammar, handlers and cards as in chat, and that acting
commands name the person who acts. Not decided here: what they answer.
"""

import sys
from collections.abc import Collection
from typing import Annotated

import typer
from pydantic_core import to_json
from rich.console import Console

from adapters.terminal.render import print_answer
from adapters.wall_clock import WallClock
from bot.cli.options import PLAIN_WIDTH, ConfigOption, load_book, read_settings, settings_error, usage_error
from bot.cli.run import prepare, refuse_rewriting
from bot.commands import VERBS, CommandError, Verb, parse, roles_for
from rules.register import Register

Words = Annotated[list[str] | None, typer.Argument(help="As in chat.")]
Person = Annotated[str | None, typer.Option("--as", help="The id of the person who acts, from the configuration.")]


AsJson = Annotated[bool, typer.Option("--json", help="The whole register, one JSON object a line, for export.")]
PANEL = "As in chat"


def add_queries(app: typer.Typer, but: Collection[str]) -> None:
    """Add the commands of chat, `but` for those that can do more here."""
    for verb in (verb for name, verb in VERBS.items() if name not in but):
        help = f"{verb.help}\n\nUsage as in chat: /sla {verb.usage}"
        app.command(verb.name, help=help, rich_help_panel=PANEL)(exceptions if verb.name == "exceptions" else _asking(verb))


def exceptions(words: Words = None, config: ConfigOption = None, person: Person = None, as_json: AsJson = False) -> None:
    """The register of exceptions, and its steps."""
    if not as_json:
        answer_line(" ".join(["exceptions", *(words or [])]), config, person)
        return
    from adapters.ledger.store import open_ledger

    settings = read_settings()
    prepare(settings)
    now = WallClock().now()
    for exception in Register.of(open_ledger(settings.database_url).register.events()).exceptions.values():
        sys.stdout.buffer.write(to_json(exception.public(now)) + b"\n")


def _asking(verb: Verb):  # type: ignore[no-untyped-def]
    def ask(words: Words = None, config: ConfigOption = None, person: Person = None) -> None:
        answer_line(" ".join([verb.name, *(words or [])]), config, person)

    def query(words: Words = None, config: ConfigOption = None) -> None:
        answer_line(" ".join([verb.name, *(words or [])]), config, None)

    return ask if verb.roles else query


def answer_line(line: str, config: ConfigOption, person: str | None) -> None:
    """Answer one line; what is not understood ends with exit code 2."""
    try:
        command = parse(line)
    except CommandError as error:
        raise usage_error(str(error)) from None
    from adapters.ledger.holding import unattended
    from bot.alone import alone
    from bot.app import build_app  # the database is imported only where it is asked

    settings = read_settings()
    book = load_book(config)
    who = book.people.get(person) if person else None
    if person and who is None:
        raise usage_error(f"there is no person {person!r} in the configuration. Known: {', '.join(book.people) or 'nobody'}")
    if who is None and roles_for(command):
        raise usage_error(f"say who acts with --as PERSON. Known: {', '.join(book.people) or 'nobody'}")
    prepare(settings)
    nobody = settings.redis_url is None and unattended(settings.database_url)
    app = build_app(settings, book, shared=alone(seen=True) if nobody else None, role="command")
    if roles_for(command):  # what acts also looks
        refuse_rewriting(app)
        if app.registrar.unpublished():
            raise settings_error(
                "the configuration promises something else than the one that sla run began with, so nothing was done: "
                "start sla run with it first, or name the other one with --config"
            )
    answer = app.handlers.answer(line, who)
    console = Console() if sys.stdout.isatty() else Console(width=PLAIN_WIDTH)
    print_answer(answer, console)
    if answer.refused:
        raise typer.Exit(2)
    if command.verb == "health" and answer.cards[0].verdict != "info":
        raise typer.Exit(1)

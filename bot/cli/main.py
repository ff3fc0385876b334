"""The command line: `sla`.

Decided here: which commands there are. Not decided here: what they do; each is a module beside this one.
"""

import typer

from bot.cli import agreements, knowledge, ledger, outbox, quarantine, wording
from bot.cli.ask import PANEL, add_queries
from bot.cli.calendar import calendar
from bot.cli.check import check
from bot.cli.imports import import_log
from bot.cli.run import demo, migrate, run, web, worker
from bot.cli.simulate import simulate

app = typer.Typer(
    name="sla",
    help="Slakeeper keeps the promises a company makes to its customers.\n\n"
    "Exit codes: 0 done, 1 the configuration or a setting is wrong, or all is not well, 2 the call is wrong.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command(rich_help_panel="The bot")(run)
app.command(rich_help_panel="The bot")(web)
app.command(rich_help_panel="The bot")(worker)
app.command(rich_help_panel="The bot")(demo)
app.command(rich_help_panel="The bot")(migrate)
app.command(rich_help_panel="Try out")(check)
app.command(rich_help_panel="Try out")(simulate)
app.command(rich_help_panel="Try out")(calendar)
app.command("import", rich_help_panel="Try out")(import_log)
app.add_typer(wording.app, name="wording", rich_help_panel="Try out")
app.add_typer(agreements.app, name="agreements", rich_help_panel=PANEL)
app.add_typer(ledger.app, name="ledger", rich_help_panel="The bot")
app.add_typer(outbox.app, name="outbox", rich_help_panel="The bot")
app.add_typer(knowledge.app, name="knowledge", rich_help_panel="The bot")
app.add_typer(quarantine.app, name="quarantine", rich_help_panel="The bot")
add_queries(app, but=("agreements",))

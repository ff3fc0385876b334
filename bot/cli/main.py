"""The command line: `sla`.

Decided here: which commands there are. Not decided here: what they do; each is a module beside this one.
"""

import typer

from bot.cli.calendar import calendar
from bot.cli.check import check
from bot.cli.simulate import simulate

app = typer.Typer(
    name="sla",
    help="Slakeeper keeps the promises a company makes to its customers.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command()(check)
app.command()(simulate)
app.command()(calendar)

"""`sla import`: a helpdesk's audit export as ticket events.

Decided here: where events and refusals go. Not decided here: what a row means (`adapters.helpdesk.audit_export`).
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic_core import to_json

from adapters.helpdesk.audit_export import LogError, MappingError, events_of, load_mapping
from bot.cli.options import usage_error
from bot.cli.simulate import MOST_SHOWN


def import_log(
    log: Annotated[Path, typer.Argument(help="The export, a row per change: .csv, .csv.gz or .csv.xz.")],
    mapping: Annotated[Path, typer.Option(help="What the columns mean; examples are in config/mappings.")],
) -> None:
    """Turn a helpdesk's audit export into ticket events, one JSON object a line on standard output.

    Rows that cannot be understood are listed on standard error with their number and do not disturb the others.
    """
    refused = 0

    def refuse(row: int, reason: str) -> None:
        nonlocal refused
        refused += 1
        if refused <= MOST_SHOWN:
            typer.echo(f"{log}: row {row}: refused: {reason}", err=True)

    try:
        for event in events_of(log, load_mapping(mapping), refuse):
            sys.stdout.buffer.write(to_json(event) + b"\n")
        sys.stdout.buffer.flush()
    except MappingError as error:
        for problem in error.problems:
            typer.echo(str(problem), err=True)
        raise typer.Exit(1) from None
    except LogError as error:
        raise usage_error(str(error)) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has enough
    if refused:
        typer.echo(f"{refused} rows were refused.", err=True)

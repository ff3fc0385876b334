"""`sla calendar NAME --import FILE`: what an iCalendar file of holidays would close, and writing it.

Decided here: nothing is written unless asked for, nor where `sla check` would refuse the result. Not decided here: what a file
says (`config.holiday_feed`), what that changes (`config.holiday_plan`), and how it is written (`config.holiday_writing`).
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.cli.calendar_views import DATE
from bot.cli.options import plain_console, tell, usage_error
from bot.messages import counted
from config.holiday_feed import MOST_BYTES, Feed, FeedError, LeftOut, read_feed
from config.holiday_plan import Plan, plan_of
from config.holiday_writing import Draft, WritingError, draft_of
from config.load import examine
from rules.calendar import BusinessCalendar

_MOST_NAMES = 3


def import_holidays(calendar: BusinessCalendar, file: Path, config: Path, today: date, *, write: bool) -> None:
    """Show what would change; write it where asked for. Ends with 2 where the file is none, with 1 where writing is refused."""
    feed = _read(file, today)
    plan = plan_of(feed.dates, calendar)
    console = plain_console()
    console.print(f"[bold]{escape(str(file))}[/] → calendar [bold]{escape(calendar.name)}[/], from {feed.first:%d %b %Y} on")
    if plan.closed or plan.kept:
        console.print(_dates(plan))
    _tell_left_out(console, feed)
    if any(found.recurs for found in feed.dates):
        console.print(f"What recurs is followed until {feed.last:%d %b %Y}: import the file again then.")
    if not plan.closed:
        console.print("Nothing would change.")
        return
    draft = _draft(config, calendar.name, plan.closed)
    many = counted(len(plan.closed), "date")
    if write:
        draft.write()
        console.print(f"{many} written to {escape(str(draft.file))}: they hold when the bot is started again.")
    else:
        console.print(f"{many} would be closed. Nothing is written: add --write to put them into {escape(str(draft.file))}.")


def _read(file: Path, today: date) -> Feed:
    try:
        with file.open("rb") as opened:
            return read_feed(opened.read(MOST_BYTES + 1), today)
    except OSError as error:
        raise usage_error(f"{file} cannot be read: {error.strerror}") from None
    except FeedError as error:
        raise usage_error(f"{file} cannot be imported: {error}") from None


def _draft(config: Path, name: str, closed: Mapping[date, str]) -> Draft:
    """The new text of the file, if `sla check` would find it right."""
    try:
        draft = draft_of(config, name, closed)
    except WritingError as error:
        typer.echo(f"sla: {counted(len(closed), 'date')} cannot be written: {error}", err=True)
        raise typer.Exit(1) from None
    book, problems = examine(config, {str(draft.file): draft.text})
    if book is None:
        tell([problem for problem in problems if not problem.warning])
        typer.echo("sla: nothing is written: with these dates the configuration would be wrong, as told above", err=True)
        raise typer.Exit(1)
    return draft


def _dates(plan: Plan) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    for day in sorted({*plan.closed, *plan.kept}):
        if day in plan.closed:
            table.add_row("[green]+[/]", day.strftime(DATE), escape(plan.closed[day]), "would be closed")
        else:
            name, reason = plan.kept[day]
            table.add_row("", day.strftime(DATE), escape(name), escape(reason), style="dim")
    return table


def _tell_left_out(console: Console, feed: Feed) -> None:
    by_reason: dict[str, list[LeftOut]] = {}
    for left_out in feed.left_out:
        by_reason.setdefault(left_out.reason, []).append(left_out)
    for reason, events in by_reason.items():
        names = ", ".join(event.event for event in events[:_MOST_NAMES])
        more = f" and {len(events) - _MOST_NAMES:,} more" if len(events) > _MOST_NAMES else ""
        console.print(f"[dim]Left out:[/] {escape(names)}{more}: {escape(reason)}")

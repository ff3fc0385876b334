"""`sla calendar`: when a business calendar is open.

Decided here: the questions on standard input and the fortnight shown to a person. Not decided here: the calendar.
"""

import sys
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Any

import typer
from pydantic_core import to_json
from rich.console import Console
from rich.table import Table

from adapters.helpdesk.cloudevents import decode
from adapters.helpdesk.event_data import EventError
from adapters.wall_clock import WallClock
from bot.cli.lines import opened
from bot.cli.options import ConfigOption, load_book, usage_error
from rules.calendar import BusinessCalendar, CalendarError
from rules.calendar_days import midnight
from rules.instants import HOUR, InstantError, parse, text_or_none, to_datetime
from rules.problems import did_you_mean

MOST_MILLISECONDS = 10**14
_SEARCHES = ("next_open", "next_close", "prev_open", "prev_close")


def calendar(
    name: Annotated[str, typer.Argument(help="The calendar's name in the configuration.")],
    config: ConfigOption = None,
    queries: Annotated[str | None, typer.Option(help="Answer JSON lines of this file; - is standard input.")] = None,
) -> None:
    """Show a calendar's open hours of the next fortnight, or answer questions about it.

    Questions, one a line, instants with their offset:
    {"op":"add","start":T,"ms":N} and sub → {"at":T} ·
    {"op":"between","start":T,"end":T} → {"ms":N} ·
    {"op":"is_open","at":T} → {"open":true} ·
    next_open, next_close, prev_open, prev_close with "at" → {"at":T}, null where there is none.
    """
    calendars = load_book(config).promises.calendars
    if name not in calendars:
        raise usage_error(f"there is no calendar {name!r}. {did_you_mean(name, calendars)}".rstrip())
    if queries is None:
        _show(calendars[name])
        return
    with opened(queries) as lines:
        for line in lines:
            if line.strip():
                sys.stdout.buffer.write(to_json(answer(calendars[name], line)) + b"\n")
                sys.stdout.buffer.flush()


def answer(calendar: BusinessCalendar, line: bytes) -> dict[str, Any]:
    """The answer to one question, or its error."""
    try:
        question = decode(line)
        if not isinstance(question, dict):
            return {"error": "a question is a JSON object"}
        return _answer(calendar, question)
    except (EventError, InstantError, CalendarError, OverflowError) as error:
        return {"error": str(error)}


def _answer(calendar: BusinessCalendar, question: dict[str, Any]) -> dict[str, Any]:
    op = question.get("op")
    if op in ("add", "sub"):
        milliseconds = question.get("ms")
        if not isinstance(milliseconds, int) or isinstance(milliseconds, bool):
            return {"error": f"ms is {milliseconds!r}, expected a whole number of milliseconds"}
        if abs(milliseconds) > MOST_MILLISECONDS:
            return {"error": f"ms is {milliseconds}, expected at most {MOST_MILLISECONDS} either way: three thousand years"}
        move = calendar.add if op == "add" else calendar.sub
        return {"at": text_or_none(move(parse(question.get("start")), milliseconds))}
    if op == "between":
        return {"ms": calendar.between(parse(question.get("start")), parse(question.get("end")))}
    if op == "is_open":
        return {"open": calendar.is_open(parse(question.get("at")))}
    if op in _SEARCHES:
        return {"at": text_or_none(getattr(calendar, str(op))(parse(question.get("at"))))}
    return {"error": f"op is {op!r}, expected add, sub, between, is_open, {', '.join(_SEARCHES)}"}


def _show(calendar: BusinessCalendar) -> None:
    console = Console()
    now = WallClock().now()
    state = "open" if calendar.is_open(now) else "closed"
    console.print(f"[bold]{calendar.name}[/] · {calendar.zone.key} · now [bold]{state}[/]", highlight=False)
    if calendar.always:
        console.print("Open around the clock, every day.")
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    total = 0
    for day, windows, note in _fortnight(calendar, to_datetime(now).astimezone(calendar.zone).date()):
        total += sum(end - start for start, end in windows)
        hours = ", ".join(f"{_wall(calendar, start)}–{_wall(calendar, end, day)}" for start, end in windows)
        table.add_row(day.strftime("%a %d %b %Y"), hours or "[dim]closed[/]", f"[dim]{note}[/]" if note else "")
    console.print(table)
    console.print(f"{total / HOUR:g} hours open in these fourteen days.", highlight=False)


def _fortnight(calendar: BusinessCalendar, first: date) -> Iterator[tuple[date, list[tuple[int, int]], str]]:
    assert calendar.days is not None
    for day in (first + timedelta(days=n) for n in range(14)):
        windows = calendar.windows(midnight(day, calendar.zone), midnight(day + timedelta(days=1), calendar.zone))
        reason = calendar.days.closing_reason(day)
        note = reason or ("hours of this date" if day in calendar.days.dates else "")
        yield day, windows, note.replace("[", "(")


def _wall(calendar: BusinessCalendar, at: int, day: date | None = None) -> str:
    local = to_datetime(at).astimezone(calendar.zone)
    return "24:00" if day is not None and local.date() > day else local.strftime("%H:%M")

"""`sla calendar`: when a business calendar is open.

Decided here: which of its answers is asked for, and the questions on standard input. Not decided here: how it is shown to a
person (`calendar_views`), and the calendar.
"""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic_core import to_json

from adapters.helpdesk.cloudevents import decode
from adapters.helpdesk.event_data import EventError
from adapters.wall_clock import WallClock
from bot.cli.calendar_views import show_all, show_fortnight, show_year
from bot.cli.lines import opened
from bot.cli.options import ConfigOption, config_path, load_book, usage_error
from rules.calendar import BusinessCalendar, CalendarError
from rules.calendar_days import FIRST_DATE, LAST_DATE
from rules.instants import InstantError, parse, text_or_none, to_datetime
from rules.problems import did_you_mean

MOST_MILLISECONDS = 10**14
_SEARCHES = ("next_open", "next_close", "prev_open", "prev_close")


def calendar(
    name: Annotated[
        str | None, typer.Argument(help="The calendar's name in the configuration; without it, all are listed.")
    ] = None,
    config: ConfigOption = None,
    queries: Annotated[str | None, typer.Option(help="Answer JSON lines of this file; - is standard input.")] = None,
    year: Annotated[int | None, typer.Option(help="List the dates of this year that differ from the weekly hours.")] = None,
    feed: Annotated[
        Path | None, typer.Option("--import", help="Show what the holidays of an iCalendar file (.ics) would close.")
    ] = None,
    write: Annotated[bool, typer.Option("--write", help="With --import: write them into the configuration.")] = False,
) -> None:
    """Show a calendar's open hours of the next fortnight, its special dates of a year, or answer questions about it.

    Questions, one a line, instants with their offset:
    {"op":"add","start":T,"ms":N} and sub → {"at":T} ·
    {"op":"between","start":T,"end":T} → {"ms":N} ·
    {"op":"is_open","at":T} → {"open":true} ·
    next_open, next_close, prev_open, prev_close with "at" → {"at":T}, null where there is none.
    """
    if sum(asked is not None for asked in (queries, year, feed)) > 1:
        raise usage_error("--queries, --year and --import ask for different answers: give one of them")
    if write and feed is None:
        raise usage_error("--write says what to do with an import: give --import FILE beside it")
    if year is not None and not FIRST_DATE.year <= year < LAST_DATE.year:
        raise usage_error(f"--year is {year}: years are counted from {FIRST_DATE.year} to {LAST_DATE.year - 1}")
    calendars, now = load_book(config).promises.calendars, WallClock().now()
    if name is None:
        if any(asked is not None for asked in (queries, year, feed)):
            raise usage_error(f"which calendar? Give its name: {', '.join(calendars)}")
        show_all(calendars.values(), now)
        return
    if name not in calendars:
        raise usage_error(f"there is no calendar {name!r}. {did_you_mean(name, calendars)}".rstrip())
    found = calendars[name]
    if year is not None:
        show_year(found, year)
    elif feed is not None:
        from bot.cli.calendar_import import import_holidays  # its libraries would slow every other command's start

        whole = calendars[found.base]
        import_holidays(whole, feed, config_path(config), to_datetime(now).astimezone(whole.zone).date(), write=write)
    elif queries is not None:
        _answer_lines(found, queries)
    else:
        show_fortnight(found, now)


def _answer_lines(calendar: BusinessCalendar, queries: str) -> None:
    with opened(queries) as lines:
        for line in lines:
            if line.strip():
                sys.stdout.buffer.write(to_json(answer(calendar, line)) + b"\n")
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

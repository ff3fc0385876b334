"""A business calendar as a person reads it: the next fortnight, and the special dates of a year.

Decided here: which columns there are, and what stands out. Not decided here: how a date differs (`rules.calendar_year`).
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from rich.markup import escape
from rich.table import Table

from bot.cli.options import plain_console
from bot.messages import counted
from rules.calendar import BusinessCalendar
from rules.calendar_year import SpecialDate, hours_in_words, windows_on, year_of
from rules.instants import HOUR, to_datetime

DATE = "%a %d %b %Y"
_LOST = "●"


def show_all(calendars: Iterable[BusinessCalendar], now: int) -> None:
    """A line for each calendar."""
    for calendar in calendars:
        plain_console().print(_head(calendar, now))


def _head(calendar: BusinessCalendar, now: int) -> str:
    state = "open" if calendar.is_open(now) else "closed"
    return f"[bold]{escape(calendar.name)}[/] · {calendar.zone.key} · now [bold]{state}[/]"


def show_fortnight(calendar: BusinessCalendar, now: int) -> None:
    """Fourteen days from today with their hours."""
    console = plain_console()
    console.print(_head(calendar, now))
    if calendar.days is None:
        console.print("Open around the clock, every day.")
        return
    table = Table(box=None, pad_edge=False, show_header=False)
    total = 0
    for day, windows, note in _fortnight(calendar, to_datetime(now).astimezone(calendar.zone).date()):
        total += sum(end - start for start, end in windows)
        hours = hours_in_words(calendar, day)
        table.add_row(day.strftime(DATE), hours or "[dim]closed[/]", f"[dim]{escape(note)}[/]" if note else "")
    console.print(table)
    console.print(f"{total / HOUR:g} hours open in these fourteen days.")


def show_year(calendar: BusinessCalendar, year: int) -> None:
    """Every date of a year that differs from the weekly hours, and what the year comes to."""
    console = plain_console()
    found = year_of(calendar, year)
    console.print(f"[bold]{escape(calendar.name)}[/] · {calendar.zone_on(date(year, 1, 1)).key} · [bold]{year}[/]")
    if calendar.days is None:
        console.print("Open around the clock, every day.")
    elif found.specials:
        console.print(_specials(calendar, found.specials))
    else:
        console.print("No date differs from the weekly hours.")
    lost = sum(map(_is_lost, found.specials))
    if lost:
        console.print(f"{_LOST} {counted(lost, 'holiday')} of the country on open hours.")
    console.print(f"{counted(found.working_days, 'working day')}, {found.open_time / HOUR:,.10g} open hours in {year}.")


def _specials(calendar: BusinessCalendar, specials: list[SpecialDate]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("", "Date", "What", "Hours", "Why", "Said by", "Effect"):
        table.add_column(column, no_wrap=column in ("", "Date"))
    for special in specials:
        hours = hours_in_words(calendar, special.day)
        mark = _LOST if _is_lost(special) else ""
        cells = (mark, special.day.strftime(DATE), special.what, hours or "–", special.why, special.by, _effect(special))
        table.add_row(*map(escape, cells), style="" if special.matters else "dim")
    return table


def _fortnight(calendar: BusinessCalendar, first: date) -> Iterator[tuple[date, list[tuple[int, int]], str]]:
    assert calendar.days is not None
    for day in (first + timedelta(days=n) for n in range(14)):
        days = calendar.days.on(day)
        note = days.closing_reason(day) or ("hours of this date" if day in days.dates else "")
        yield day, windows_on(calendar.days, day), note


def _is_lost(special: SpecialDate) -> bool:
    return special.by == "country" and special.matters


def _effect(special: SpecialDate) -> str:
    if special.what == "closed":
        return "takes open hours" if special.matters else "closed anyway"
    return "other hours" if special.matters else "none"

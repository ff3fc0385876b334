"""The demonstration: a support desk's day.

Decided here: which file of events is played, and that each is handed in when the clock comes to it, as a helpdesk would.
Not decided here: what the bot makes of it.
"""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from adapters.helpdesk.cloudevents import ticket_event
from bot.ports import Intake, WallClockPort
from rules.instants import MINUTE
from rules.ticket import TicketEvent

DEMO = Path(__file__).parents[2] / "config" / "demo" / "desk.sla.yaml"
DAY = DEMO.with_name("day.jsonl")


def events() -> list[TicketEvent]:
    """The day's events, in the order of time."""
    lines = DAY.read_text(encoding="utf-8").splitlines()
    return sorted((ticket_event(json.loads(line), in_file=True) for line in lines), key=lambda event: event.time)


def start_of_day() -> int:
    """A minute before the first event."""
    return events()[0].time - MINUTE


async def play(intake: Intake, clock: WallClockPort, nudge: Callable[[], None]) -> None:
    """Hand in each event when its time has come."""
    for event in events():
        await asyncio.sleep(clock.seconds_until(event.time))
        await asyncio.to_thread(intake.append, [event], [], clock.now())
        nudge()

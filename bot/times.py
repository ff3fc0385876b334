"""Times for people.

Decided here: how instants read in messages: by the wall clock of a zone that is named. Not decided here: which zone.
"""

from zoneinfo import ZoneInfo

import arrow

from rules.instants import to_datetime

UTC = ZoneInfo("UTC")


def moment(at: int, zone: ZoneInfo = UTC) -> str:
    """A time in a table: `Mon 5 Jan 09:15`."""
    return arrow.get(to_datetime(at)).to(zone.key).format("ddd D MMM HH:mm")


def in_a_sentence(at: int, zone: ZoneInfo) -> str:
    """A time in a letter: `09:15 on Monday 5 January (Europe/London)`."""
    local = arrow.get(to_datetime(at)).to(zone.key)
    return f"{local.format('HH:mm')} on {local.format('dddd D MMMM')} ({zone.key.replace('_', ' ')} time)"

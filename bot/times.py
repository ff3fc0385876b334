"""Times for people.

Decided here: how instants read in messages, and how people write them: by the wall clock of a zone that is named. Not decided
here: which zone.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import arrow

from bot.messages import counted
from rules.calendar import UTC
from rules.instants import SECOND, InstantError, of, parse, to_datetime


def moment(at: int, zone: ZoneInfo = UTC, *, year: bool = False) -> str:
    """A time in a table: `Mon 5 Jan 09:15`, with its year `Mon 5 Jan 2026 09:15`."""
    return arrow.get(to_datetime(at)).to(zone.key).format("ddd D MMM YYYY HH:mm" if year else "ddd D MMM HH:mm")


def in_a_sentence(at: int, zone: ZoneInfo) -> str:
    """A time in a letter: `09:15 on Monday 5 January (Europe/London)`."""
    local = arrow.get(to_datetime(at)).to(zone.key)
    place = zone.key.rpartition("/")[2].replace("_", " ")
    return f"{local.format('HH:mm')} on {local.format('dddd D MMMM')} ({place} time)"


def instant_at(said: str, zone: ZoneInfo) -> int:
    """A date with a time as a person writes it; without an offset it is by the wall clock of a zone. Raises InstantError."""
    try:
        named = datetime.fromisoformat(said)
        return parse(said) if named.tzinfo else of(named.replace(tzinfo=zone))
    except (ValueError, OverflowError):
        raise InstantError(f"{said[:40]!r} is no time") from None


def in_full(milliseconds: int, *, days: bool = True) -> str:
    """An amount in a letter: `15 minutes`, `1 hour 30 minutes`; working time is told without days."""
    parts = []
    rest = milliseconds // SECOND
    for name, seconds in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))[not days :]:
        count, rest = divmod(rest, seconds)
        if count:
            parts.append(counted(count, name))
    return " ".join(parts[:2]) or "no time"

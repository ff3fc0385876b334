"""What of a configuration must not be written otherwise once it holds.

Decided here: an agreement's promise from its first day on; a calendar's hours once its version's first day is over, and what is
said of a single date once that day is. Compared is what is meant, not how it is written. Not decided here: what follows
(`bot.publication`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from config.calendars import terms_of_section, weekly_hours
from config.schema import CalendarSection
from escalation.book import Lasting
from rules.agreement import Agreement
from rules.calendar_days import LAST_DATE, merged, midnight
from rules.conditions import AllOf, AnyOf, Condition, Not


def lasting(agreements: Iterable[Agreement], calendars: Mapping[str, CalendarSection]) -> dict[str, Lasting]:
    """By name, what holds fast from when on."""
    found = {f"agreements.{a.key}": Lasting(a.since, _digest(_promise(a))) for a in agreements}
    for name, section in calendars.items():
        found |= _of_calendar(f"calendars.{name}", section)
    return found


def _promise(a: Agreement) -> tuple[object, ...]:
    """What is promised; not who hears of it."""
    limits = sorted(
        (metric, priority, target and (target.milliseconds, target.calendar.base))
        for metric, by_priority in a.targets.items()
        for priority, target in by_priority.items()
    )
    thresholds = sorted(threshold.text for threshold in a.thresholds)
    changes = (a.on_change, a.on_reopen, a.applies_to)
    return (a.kind, a.since, _asked(a.when), limits, thresholds, changes, sorted(a.instead_of), a.objective)


def _asked(condition: Condition) -> str:
    """A condition, the same in whatever order its parts are written."""
    match condition:
        case AllOf(children) | AnyOf(children):
            return f"{type(condition).__name__}({', '.join(sorted(set(map(_asked, children))))})"
        case Not(child):
            return f"Not({_asked(child)})"
        case _:
            return repr(condition)


def _of_calendar(base: str, section: CalendarSection) -> dict[str, Lasting]:
    found: dict[str, Lasting] = {}
    for since, for_running, terms in terms_of_section(section):
        key = f"{base} from {since}" if found else base
        zone, holidays = terms["zone"], terms["holidays"]
        hours = [merged(list(windows)) for windows in weekly_hours(terms["hours"])]
        held = (zone.key, hours, terms["working_day"], for_running, holidays.country, holidays.subdivision)
        found[key] = Lasting(midnight(since + timedelta(days=1), zone), _digest(held), base)
        for day in sorted({*terms["dates"], *holidays.closed, *holidays.open}):
            if since <= day < LAST_DATE:
                said = (day in holidays.closed, terms["dates"].get(day), day in holidays.open)
                found[f"{key}, {day}"] = Lasting(midnight(day + timedelta(days=1), zone), _digest(said), base)
    return found


def _digest(meant: Any) -> str:
    return hashlib.sha256(repr(meant).encode()).hexdigest()[:16]

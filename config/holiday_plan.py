"""What the dates of a holiday feed would change in a calendar.

Decided here: a date is closed only where that makes a difference, and what a calendar says of it by itself (hours of its own,
open in spite of a holiday) stays. Of several events of a date, all names are kept. Not decided here: which dates a feed has
(`holiday_feed`), and how they are written (`holiday_writing`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from config.holiday_feed import FeedDate
from rules.calendar import BusinessCalendar
from rules.calendar_year import windows_on


@dataclass
class Plan:
    """Dates with their names: which would be closed, and which stay as they are, with the reason."""

    closed: dict[date, str] = field(default_factory=dict)
    kept: dict[date, tuple[str, str]] = field(default_factory=dict)


def plan_of(dates: Iterable[FeedDate], calendar: BusinessCalendar) -> Plan:
    """What would change, in the order of the dates."""
    names: dict[date, list[str]] = {}
    for found in sorted(dates):
        known = names.setdefault(found.day, [])
        if found.name not in known:
            known.append(found.name)
    plan = Plan()
    for day, several in names.items():
        name, reason = " / ".join(several), _reason_to_stay(calendar, day)
        if reason:
            plan.kept[day] = (name, reason)
        else:
            plan.closed[day] = name
    return plan


def _reason_to_stay(calendar: BusinessCalendar, day: date) -> str:
    if calendar.days is None:
        return ""
    days = calendar.days.on(day)
    reason = days.closing_reason(day)
    if reason is not None:
        return f"closed already: {reason}"
    if day in days.dates:
        return "has hours of its own, which stay"
    if day in days.open:
        return "is open by the calendar, which stays"
    return "" if windows_on(calendar.days, day) else "closed anyway"

"""How clocks stand now, in SQL: the one stored is the verdict of the last look.

Decided here: what can have come to pass since then, as `ClockRow.at` says it. Not decided here: who asks.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, text

from adapters.ledger.schema import UNBROKEN, clocks

FIELDS = ("customer", "tier", "region", "service", "priority", "team", "agreement", "metric")
"""What clocks can be asked for, and told apart by."""


def overdue_since(now: int) -> ColumnElement[bool]:
    """Clocks whose due instant has passed since their ticket was looked at: `ClockRow.at` in SQL."""
    unbroken = clocks.c.breached_at.is_(None) | (clocks.c.breached_at < clocks.c.due_at)  # else it is excused
    return (clocks.c.state == "running") & unbroken & (clocks.c.due_at <= now)


def verdict_now(now: int) -> ColumnElement[str]:
    """The verdict that holds now; the one stored is that of the last look."""
    risky = (clocks.c.state == "running") & (clocks.c.verdict == "on track") & (clocks.c.next_at <= now)
    return case((overdue_since(now), "overdue"), (risky, "at risk"), else_=clocks.c.verdict)


def passed(now: int) -> ColumnElement[bool]:
    """Clocks that can have come to another verdict by now. A due instant is a crossing, so it is not before `next_at`."""
    return and_(text(UNBROKEN), clocks.c.next_at <= now)  # written as in the index, which holds just these


def filtered(wanted: Select[Any], filters: Mapping[str, str]) -> Select[Any]:
    """Only clocks of these fields."""
    return wanted.where(*(clocks.c[name] == value for name, value in filters.items() if name in FIELDS))

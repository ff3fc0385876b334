"""How two sets of promises differ, and what the difference does to a ticket.

Decided here: agreements are compared version by version, in words, calendars by the hours of a year's dates; a ticket's clocks
are compared at one instant under both, as if nothing happened until then. Pure. Not decided here: which tickets are compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rules.agreement import Agreement, Target
from rules.calendar import BusinessCalendar
from rules.calendar_year import hours_in_words
from rules.clock_row import ClockRow
from rules.clocks import clocks_of
from rules.conditions import in_words
from rules.durations import spoken
from rules.instants import to_datetime
from rules.metrics import PARTS, Metric, Step
from rules.metrics import in_words as metric_in_words
from rules.promises import Promises
from rules.ticket import TicketEvent

_TERMS = ("kind", "warn_at", "after_breach", "team", "ladder", "on_change", "on_reopen", "applies_to", "instead_of")


@dataclass(frozen=True)
class Difference:
    """One thing that differs in an agreement's version or in a calendar; None on the side where it is not."""

    of: str
    what: str
    was: str | None
    now: str | None


@dataclass(frozen=True)
class Move:
    """What becomes of one running clock: its due instant before and after, None where it is not or does not run."""

    ticket: str
    agreement: str
    metric: str
    was: int | None
    now: int | None
    born_overdue: bool


def differences(old: Sequence[Agreement], new: Sequence[Agreement]) -> list[Difference]:
    """What a new set of agreements changes, in the order of their names and versions."""
    before, after = ({agreement.key: agreement for agreement in agreements} for agreements in (old, new))
    found: list[Difference] = []
    for key in dict.fromkeys([*before, *after]):
        if key not in after:
            found.append(Difference(key, "agreement", "is there", None))
        elif key not in before:
            first = not any(agreement.name == after[key].name for agreement in old)
            found.append(Difference(key, "agreement" if first else "version", None, "is there"))
            found.extend(_changes(key, _predecessor(after[key], [*old, *new]), after[key]))
        else:
            found.extend(_changes(key, before[key], after[key]))
    return found


def calendar_differences(
    old: Mapping[str, BusinessCalendar], new: Mapping[str, BusinessCalendar], first: date
) -> list[Difference]:
    """How calendars differ in the year that begins with a date: their zones, and hours, alike changes of a weekday as one."""
    found = []
    for name, after in new.items():
        before = old.get(name)
        if after.base != name:
            continue
        if before is None:
            found.append(Difference(f"calendar {name}", "calendar", None, "is there"))
            continue
        if before.zone != after.zone:
            found.append(Difference(f"calendar {name}", "zone", before.zone.key, after.zone.key))
        changed: dict[tuple[str, str, str], list[date]] = {}
        for day in (first + timedelta(days=n) for n in range(366)):
            was, now = hours_in_words(before, day) or "closed", hours_in_words(after, day) or "closed"
            if was != now:
                changed.setdefault((f"{day:%A}", was, now), []).append(day)
        for (weekday, was, now), days in changed.items():
            what = f"{days[0]:%a %d %b %Y}" if len(days) == 1 else f"{len(days)} {weekday}s from {days[0]:%d %b %Y}"
            found.append(Difference(f"calendar {name}", what, was, now))
    gone = (name for name, before in old.items() if before.base == name and name not in new)
    return [*found, *(Difference(f"calendar {name}", "calendar", "is there", None) for name in gone)]


def metric_differences(old: Mapping[str, Metric], new: Mapping[str, Metric]) -> list[Difference]:
    """How the metrics of two configurations differ, part by part."""
    return [
        Difference(f"metric {metric_in_words(name)}", part, was, now)
        for name in dict.fromkeys([*old, *new])
        for part in PARTS
        if (was := _part(old.get(name), part)) != (now := _part(new.get(name), part))
    ]


def _part(metric: Metric | None, part: Step) -> str | None:
    condition = metric.conditions.get(part) if metric else None
    return None if condition is None else in_words(condition)


def moves(ticket: str, history: Sequence[TicketEvent], old: Promises, new: Promises, at: int) -> list[Move]:
    """Which of a ticket's clocks stand otherwise at an instant under new promises."""
    before, after = (_running(ticket, history, promises, at) for promises in (old, new))
    found = []
    for key in dict.fromkeys([*before, *after]):
        was, now = before.get(key), after.get(key)
        due_before, due_after = (row.due_at if row else None for row in (was, now))
        if due_before != due_after or (was is None) != (now is None):
            overdue = [row is not None and row.verdict == "overdue" for row in (was, now)]
            found.append(Move(ticket, *key, due_before, due_after, overdue == [False, True]))
    return found


def _running(ticket: str, history: Sequence[TicketEvent], promises: Promises, at: int) -> dict[tuple[str, str], ClockRow]:
    rows = clocks_of(ticket, history, promises, at).rows
    return {(row.agreement, row.metric): row for row in rows if row.stopped_at is None}


def _predecessor(agreement: Agreement, known: Sequence[Agreement]) -> Agreement | None:
    """The version that held before."""
    earlier = [other for other in known if other.name == agreement.name and other.since < agreement.since]
    return max(earlier, key=lambda other: other.since, default=None)


def _changes(key: str, before: Agreement | None, after: Agreement) -> list[Difference]:
    was = _terms(before) if before else {}
    now = _terms(after)
    return [
        Difference(key, what, was.get(what), now.get(what))
        for what in dict.fromkeys([*was, *now])
        if was.get(what) != now.get(what)
    ]


def _terms(agreement: Agreement) -> Mapping[str, str]:
    """All terms of a version in words; limits by metric and priority."""
    began = to_datetime(agreement.since).astimezone(agreement.calendar.zone).date()
    found = {"from": f"{began}", "applies": in_words(agreement.when), "calendar": agreement.calendar.name}
    for term in _TERMS:
        value = getattr(agreement, term)
        several = value if isinstance(value, tuple) else (value,)
        words = ", ".join(str(getattr(item, "text", item)) for item in several if item is not None)
        if words:
            found[term.replace("_", " ")] = words
    if agreement.objective:
        found["objective"] = f"{agreement.objective.text} a {agreement.objective.over}"
    if agreement.customer_updates.every:
        found["customer updates"] = f"every {spoken(agreement.customer_updates.every)}"
    for metric, by_priority in agreement.targets.items():
        for priority, target in by_priority.items():
            found[f"{metric_in_words(metric)}, {priority}"] = _limit(target)
    return found


def _limit(target: Target | None) -> str:
    return "no promise" if target is None else f"{target.text} ({target.calendar.name})"

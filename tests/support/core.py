"""Builders for tests of the pure core: events, the example's calendars and agreement, a book, and short questions to a look."""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import holidays

from escalation.book import Action, Book, Rule
from escalation.facts import NO_FACTS, Facts
from escalation.ladder import Ladder, Step
from escalation.look import Look, look
from escalation.people import Person, Team
from escalation.rota import HandOver, Override, Rota, Shift
from rules.agreement import Agreement, CustomerUpdates, Target
from rules.calendar import BusinessCalendar
from rules.calendar_days import CalendarDays, Hours, wall_milliseconds
from rules.clock_row import ClockRow
from rules.clocks import TicketClocks, clocks_of
from rules.conditions import parse as condition
from rules.decisions import Decision
from rules.durations import Threshold, parse_amount, parse_threshold
from rules.instants import DAY, HOUR, MINUTE, of
from rules.instants import parse as instant
from rules.metrics import Metric
from rules.promises import Promises
from rules.register import Register
from rules.ticket import TicketEvent

TICKET = "T-1"
_ARRIVALS = itertools.count(1)


def at(text: str, zone: str = "UTC") -> int:
    """`2026-01-05T16:00:00Z`, or a short `2026-01-05 16:00` by the wall clock of a zone."""
    if text.endswith("Z") or "+" in text[10:]:
        return instant(text)
    return of(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def amount(text: str) -> int:
    """Milliseconds of `15m`."""
    return parse_amount(text).milliseconds


# Events


def event(when: str | int, type_: str, /, **data: Any) -> TicketEvent:
    """An event; later calls arrive later. `id_`, `source_`, `sequence_`, `arrival_`, `recorded_` are not data."""
    number = next(_ARRIVALS)
    time_ = when if isinstance(when, int) else at(when)
    recorded = data.pop("recorded_", None)
    return TicketEvent(
        ticket=data.pop("ticket_", TICKET),
        type=type_,
        time=time_,
        id=data.pop("id_", f"evt-{number}"),
        source=data.pop("source_", "desk"),
        sequence=data.pop("sequence_", None),
        arrival=data.pop("arrival_", number),
        recorded=at(recorded) if isinstance(recorded, str) else recorded,
        data=data,
    )


def opened(when: str | int, **data: Any) -> TicketEvent:
    """A customer's urgent gold ticket about payments, unless `data` says otherwise."""
    usual = {
        "title": "Cannot pay",
        "priority": "urgent",
        "customer": "acme",
        "tier": "gold",
        "region": "emea",
        "service": "payments",
        "group": "support",
        "status": "new",
        "opened_by": "customer",
    }
    return event(when, "ticket.opened", **(usual | data))


def updated(when: str | int, **data: Any) -> TicketEvent:
    return event(when, "ticket.updated", **data)


def answered(when: str | int, **data: Any) -> TicketEvent:
    """A public reply by a person of ours."""
    return event(when, "ticket.replied", **({"author": "agent", "public": True} | data))


def wrote(when: str | int, **data: Any) -> TicketEvent:
    """A message from the customer."""
    return event(when, "ticket.replied", **({"author": "customer", "public": True} | data))


# Calendars


def hours(*windows: str) -> Hours:
    """`09:00-12:30` and so on; an end at or before its start is on the next date."""
    found = []
    for window in windows:
        start, end = (wall_milliseconds(part) for part in window.split("-"))
        found.append((start, end if end > start else end + DAY))
    return tuple(found)


def days(zone: str, week: Mapping[str, Sequence[str]], **exceptions: Any) -> CalendarDays:
    """A week such as `{"mon-thu": ["09:00-17:00"]}`."""
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    weekly: list[Hours] = [()] * 7
    for span, windows in week.items():
        first, _, last = span.partition("-")
        start, end = names.index(first), names.index(last or first)
        for day in range(start, end + 1 if end >= start else end + 8):
            weekly[day % 7] = hours(*windows)
    return CalendarDays(ZoneInfo(zone), tuple(weekly), **exceptions)  # type: ignore[arg-type]


def calendar(name: str, zone: str, week: Mapping[str, Sequence[str]], **exceptions: Any) -> BusinessCalendar:
    return BusinessCalendar(name, days(zone, week, **exceptions), working_day=8 * HOUR)


@cache
def english_holidays(year: int) -> Mapping[date, str]:
    return dict(holidays.country_holidays("GB", subdiv="ENG", years=year))


def london() -> BusinessCalendar:
    """The example's calendar `london`, fresh: its table has not grown yet."""
    return calendar(
        "london",
        "Europe/London",
        {"mon-thu": ["09:00-12:30", "13:15-17:30"], "fri": ["09:00-16:00"]},
        closed={date(2026, 12, 24): "Christmas Eve"},
        dates={date(2026, 12, 31): hours("09:00-12:00")},
        open=frozenset({date(2026, 5, 4)}),
        holidays=english_holidays,
    )


def nights() -> BusinessCalendar:
    return calendar("nights", "America/New_York", {"sun-thu": ["22:00-06:00"]})


ALWAYS = BusinessCalendar("always", None)
LONDON = london()


# Agreements


def target(text: str, on: BusinessCalendar = ALWAYS) -> Target:
    return Target(parse_amount(text).in_milliseconds(on.working_day), on, text)


def targets(on: BusinessCalendar = ALWAYS, /, **metrics: str | Mapping[str, str | Target | None]) -> dict[str, Any]:
    """`first_response="15m"` or `first_response={"urgent": "15m", "default": None}`, all on one calendar."""
    found: dict[str, Any] = {}
    for metric, by_priority in metrics.items():
        given = {"default": by_priority} if isinstance(by_priority, str) else by_priority
        found[metric] = {name: target(value, on) if isinstance(value, str) else value for name, value in given.items()}
    return found


def thresholds(*texts: str) -> tuple[Threshold, ...]:
    return tuple(parse_threshold(text) for text in texts)


def agreement(name: str = "plain", *, when: Any = None, since: str = "2020-01-01T00:00:00Z", **terms: Any) -> Agreement:
    """An agreement over all tickets on the 24x7 calendar, unless `terms` say otherwise."""
    usual: dict[str, Any] = {
        "version": "1",
        "kind": "sla",
        "calendar": ALWAYS,
        "targets": {},
        "team": "support",
        "ladder": "support",
    }
    if when is not None:
        usual["when"] = condition(when)
    return Agreement(name=name, since=at(since), **(usual | terms))


def gold(on: BusinessCalendar = LONDON, **changes: Any) -> Agreement:
    """The example's agreement `gold`."""
    resolution = {"urgent": target("4h", ALWAYS), "high": "1wd", "default": "3wd"}
    return replace(
        agreement(
            "gold",
            version="2026-10",
            since="2026-01-01T00:00:00Z",
            when={"tier": "gold", "service": {"in": ["payments", "login"]}, "region": {"not": "test"}},
            calendar=on,
            targets=targets(
                on,
                first_response={"urgent": "15m", "high": "1h", "default": "4h"},
                next_response={"urgent": "30m", "default": "4h"},
                update={"urgent": "1h", "high": "4h", "default": None},
                resolution=resolution,
            ),
            after_breach=thresholds("150%", "200%", "daily"),
            customer_updates=CustomerUpdates(every=4 * HOUR),
        ),
        **changes,
    )


def promises(*agreements: Agreement, metrics: Mapping[str, Mapping[str, Any]] | None = None, **rest: Any) -> Promises:
    own = {name: Metric.of(name, raw) for name, raw in (metrics or {}).items()}
    return Promises(agreements=agreements, metrics=own, **rest)


# The book


def rule(name: str, when: Any, *actions: tuple[str, str]) -> Rule:
    return Rule(name, condition(when), tuple(Action(*action) for action in actions))


RULES = (
    rule("warn", {"crossing": "80%"}, ("tell", "team")),
    rule("page", {"crossing": "90%"}, ("page", "ladder"), ("tag", "sla-risk")),
    rule("breach", {"crossing": "100%"}, ("tell", "team"), ("page", "ladder"), ("tag", "sla-breached"), ("review", "open")),
    rule(
        "breach-customer",
        {"crossing": "100%", "kind": "sla", "metric": {"in": ["first_response", "next_response", "resolution"]}},
        ("update_customer", "breach"),
        ("tell", "leadership"),
    ),
    rule("overdue", {"crossing": {"in": ["150%", "200%", "daily"]}}, ("page", "ladder")),
    rule("repeated", {"event": "clock.overdue", "customer_breaches_24h": {">=": 3}}, ("page", "leadership")),
)

PEOPLE = {
    "ana": Person("ana", "Ana Costa", roles=("agent",)),
    "ben": Person("ben", "Ben Osei", roles=("agent", "lead")),
    "cleo": Person("cleo", "Cleo Marsh", roles=("escalation_manager", "approver")),
    "dana": Person("dana", "Dana Reyes", roles=("leadership",)),
}
CUSTOMERS = {
    "acme": {"tier": "gold", "contact": "ops@acme.example", "locale": "en", "impact": "high"},
    "globex": {"tier": "silver", "updates": "none"},
}


def rota() -> Rota:
    """The example's: Ana and Ben by turns from Monday 09:00, Cleo over Christmas."""
    return Rota(
        "support",
        ZoneInfo("Europe/London"),
        (Shift(("ana", "ben"), datetime(2026, 1, 5, 9), HandOver(7, time(9), day=0)),),
        (Override(("cleo",), datetime(2026, 12, 24, 9), datetime(2026, 12, 28, 9)),),
    )


def ladder(name: str = "support", *steps: Step, **rest: Any) -> Ladder:
    """The example's ladder `support`, unless steps are given."""
    usual = (
        Step("rota", "support", 10 * MINUTE),
        Step("lead_of", "team", 20 * MINUTE),
        Step("role", "leadership", 30 * MINUTE, after_breach=True),
    )
    return Ladder(name, steps or usual, **({"repeat": 2} | rest if not steps else rest))


def book(*agreements: Agreement, metrics: Mapping[str, Mapping[str, Any]] | None = None, **parts: Any) -> Book:
    """A book with the example's people, rules, ladders and rota, unless `parts` say otherwise; without agreements, `gold`."""
    customers = parts.pop("customers", CUSTOMERS)
    usual: dict[str, Any] = {
        "rules": RULES,
        "people": PEOPLE,
        "teams": {"support": Team("support", lead="ben", rota="support"), "leadership": Team("leadership")},
        "rotas": {"support": rota()},
        "ladders": {
            "support": ladder(),
            "leadership": ladder("leadership", Step("role", "leadership", 30 * MINUTE)),
        },
        "wording": {"breach": {"en": "We have not kept it."}},
    }
    found = promises(*(agreements or (gold(),)), metrics=metrics, customers=customers)
    return Book(promises=found, **(usual | parts))


# Questions to a look, or to clocks alone


def fold(
    history: Iterable[TicketEvent],
    now: str | int,
    *agreements: Agreement,
    metrics: Mapping[str, Mapping[str, Any]] | None = None,
) -> TicketClocks:
    """The ticket's clocks as they stand at an instant; without agreements, `gold` promises."""
    found = promises(*(agreements or (gold(),)), metrics=metrics, customers=CUSTOMERS)
    return clocks_of(TICKET, list(history), found, now if isinstance(now, int) else at(now))


def see(
    history: Iterable[TicketEvent], now: str | int, in_book: Book | Agreement | None = None, facts: Facts = NO_FACTS
) -> Look:
    """Look at the ticket at an instant; a lone agreement stands for a book with it."""
    chosen = in_book if isinstance(in_book, Book) else book(*([in_book] if in_book else []))
    return look(TICKET, list(history), chosen, facts, now if isinstance(now, int) else at(now))


Seen = Look | TicketClocks


def clocks(seen: Seen, metric: str | None = None, agreement: str | None = None) -> list[ClockRow]:
    rows = seen.clocks if isinstance(seen, Look) else seen.rows
    found = [row for row in rows if metric in (None, row.metric) and agreement in (None, row.agreement)]
    return sorted(found, key=lambda row: (row.agreement, row.metric, row.cycle))


def clock(seen: Seen, metric: str, agreement: str | None = None) -> ClockRow:
    """The latest cycle of a metric."""
    return clocks(seen, metric, agreement)[-1]


def said(seen: Seen, kind: str, **fields: Any) -> list[Decision]:
    """Decisions of a kind that have these fields."""
    return [d for d in seen.decisions if d.kind == kind and all(getattr(d, name) == value for name, value in fields.items())]


def crossings(seen: Seen, metric: str | None = None) -> list[tuple[str | None, int]]:
    """Thresholds that were crossed, with their instants."""
    return [(d.threshold, d.at) for d in said(seen, "clock.crossed") if metric in (None, d.metric)]


def paged(seen: Seen) -> list[tuple[int, list[str] | None]]:
    """Who was called, and when."""
    return [(d.at, d.to) for d in seen.decisions if d.kind in ("page.opened", "page.stepped")]


# Exceptions


def exception(
    kind: str,
    start: str,
    end: str,
    scope: Mapping[str, Any],
    *,
    approved: str | None = None,
    revoked: str | None = None,
    id: str = "X-1",
    **data: Any,
) -> list[TicketEvent]:
    """The events of an exception that ben requested well ahead and cleo approved, at once or at an instant."""
    asked = {"kind": kind, "scope": dict(scope), "from": start, "until": end, "reason": "planned upgrade", "by": "ben"} | data
    requested = "2025-01-01T00:00:00Z"
    found = [event(requested, "exception.requested", ticket_=id, **asked)]
    found.append(event(approved or requested, "exception.approved", ticket_=id, by="cleo"))
    if revoked is not None:
        found.append(event(revoked, "exception.revoked", ticket_=id, by="cleo"))
    return found


def under(exceptions: Iterable[TicketEvent], history: Iterable[TicketEvent], now: str, *agreements: Agreement) -> TicketClocks:
    """The ticket's clocks with these exceptions in the register."""
    found = promises(*(agreements or (gold(),)), customers=CUSTOMERS, register=Register.of(exceptions))
    return clocks_of(TICKET, list(history), found, at(now))

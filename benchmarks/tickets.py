"""The tickets that benchmarks look at: a desk with three agreements, and histories."""

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from config.load import examine
from escalation.book import Book
from rules.instants import MINUTE, parse
from rules.ticket import TicketEvent

OPENED_AT = parse("2026-01-05T09:30:00Z")

CONFIG = """
people:
  ana:  {name: Ana Costa,  email: ana@desk.example,  roles: [agent]}
  ben:  {name: Ben Osei,   email: ben@desk.example,  roles: [agent, lead]}
  dana: {name: Dana Reyes, email: dana@desk.example, roles: [leadership]}
teams:
  support: {lead: ben, rota: support, channels: {local: support}}
  leadership: {channels: {local: leadership}}
rotas:
  support:
    zone: Europe/London
    shifts: [{who: [ana, ben], from: "2026-01-05T09:00", hand_over: {every: week, day: mon, at: "09:00"}}]
calendars:
  always: {hours: 24x7}
  london:
    zone: Europe/London
    hours: {mon-thu: ["09:00-12:30", "13:15-17:30"], fri: ["09:00-16:00"]}
    holidays: {country: GB, subdivision: ENG}
agreements:
  gold:
    kind: sla
    from: 2026-01-01
    when: {tier: gold, service: {in: [payments, login]}, region: {not: test}}
    calendar: london
    targets: {first_response: {urgent: 15m, default: 4h}, resolution: {urgent: {within: 4h, calendar: always}, default: 20h}}
    after_breach: [150%, 200%, daily]
    team: support
    ladder: support
    customer_updates: {every: 4h}
  care:
    kind: sla
    from: 2026-01-01
    when: {customer: acme}
    calendar: always
    targets: {resolution: {default: 2d}}
    team: support
    ladder: support
  hand-over:
    kind: ola
    from: 2026-01-01
    when: {group: support}
    calendar: london
    targets: {assignment: {default: 30m}}
    team: support
    ladder: support
ladders:
  support:
    steps:
      - {page: {rota: support}, wait: 10m}
      - {page: {lead_of: team}, wait: 20m}
      - {page: {role: leadership}, wait: 30m, after: breach}
    repeat: 2
  leadership:
    steps: [{page: {role: leadership}, wait: 30m}]
wording: {breach: {en: "We promised {{ promise }} by {{ due }}."}}
"""

_DAY: tuple[tuple[int, str, dict[str, Any]], ...] = (
    (5, "ticket.updated", {"status": "open", "tags": ["billing"]}),
    (8, "ticket.updated", {"assignee": "ana"}),
    (14, "ticket.replied", {"author": "agent", "public": True, "text": "We are looking into it."}),
    (16, "ticket.updated", {"status": "pending"}),
    (50, "ticket.replied", {"author": "customer", "public": True, "text": "4711", "status": "open"}),
    (75, "ticket.replied", {"author": "agent", "public": True, "text": "Thank you."}),
    (80, "ticket.updated", {"priority": "high"}),
    (120, "ticket.replied", {"author": "agent", "public": False, "text": "a note"}),
    (230, "ticket.updated", {"status": "solved"}),
)


def desk() -> Book:
    """The book of the desk."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "desk.sla.yaml"
        path.write_text(CONFIG)
        book, problems = examine(path)
    assert book is not None, problems
    return book


def event(ticket: str, number: int, minute: int, type: str, data: Mapping[str, Any]) -> TicketEvent:
    """An event of a ticket, so many minutes after the desk has opened."""
    return TicketEvent(ticket, type, OPENED_AT + minute * MINUTE, data, f"{ticket}-{number}", "bench")


def ten_events(number: int) -> list[TicketEvent]:
    """An urgent ticket's day: answered in time, waited for, answered again, solved.

    Nothing about it is made easy: two customer agreements and one between teams give it four clocks (first response, assignment
    and two resolutions), these pause, go on and get another limit by a new priority, 80 % and 90 % of the first response are
    crossed, so the team is told and somebody is paged, until the answer closes the page.
    """
    ticket = f"T-{number}"
    opened = {"title": "Cannot pay", "priority": "urgent", "customer": "acme", "tier": "gold", "region": "emea"}
    opened |= {"service": "payments", "group": "support", "status": "new", "opened_by": "customer"}
    later = (event(ticket, n, number % 60 + at, type, data) for n, (at, type, data) in enumerate(_DAY, 1))
    return [event(ticket, 0, number % 60, "ticket.opened", opened), *later]


def long_history(count: int) -> list[TicketEvent]:
    """A ticket that is written to and answered, waits, and changes its priority, for years."""
    ways: tuple[tuple[str, dict[str, Any]], ...] = (
        ("ticket.replied", {"author": "customer", "public": True, "text": "and now?", "status": "open"}),
        ("ticket.replied", {"author": "agent", "public": True, "text": "soon", "status": "pending"}),
        ("ticket.updated", {"priority": "high"}),
        ("ticket.updated", {"tags": ["billing"]}),
        ("ticket.updated", {"priority": "urgent"}),
    )
    later = [event("T-0", n, 7 * n, *ways[n % len(ways)]) for n in range(1, count)]
    return [ten_events(0)[0], *later]

"""Cards about tickets.

Decided here: what a team sees of a ticket: its worst verdict, the clock that is due next, who is called, why it is due when
it is, and which buttons fit. Not decided here: how a platform draws it.
"""

from collections import Counter
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from bot.messages import Button, Card, CardVerdict, Field, clipped, counted, stamped
from bot.records import TicketView
from bot.times import moment
from escalation.book import Book
from escalation.page import PageRow
from rules.clock_row import ClockRow
from rules.durations import spoken
from rules.metrics import in_words

_WORST_FIRST: tuple[str, ...] = ("overdue", "at risk", "on track", "missed", "excused", "met", "cancelled")
_LISTED = 20
_FIELDS = (("Customer", "customer"), ("Tier", "tier"), ("Priority", "priority"), ("Status", "status"), ("Assignee", "assignee"))


def ticket_card(view: TicketView, book: Book) -> Card:
    """The card of a ticket."""
    running = [clock for clock in view.clocks if clock.stopped_at is None]
    upcoming = next_due(running)
    page = next((page for page in view.pages if page.state != "closed"), None)
    title = clipped(view.facts.get("title"))
    zone = zone_of(view.clocks, book)
    return Card(
        title=f"{view.ticket} · {title}" if title else view.ticket,
        verdict=card_verdict(worst(view.clocks)),
        lines=tuple(_line(clock, book) for clock in latest_cycles(view.clocks)),
        fields=tuple(_fields(view, page, book, zone)),
        due_at=upcoming.due_at if upcoming else None,
        due_text=_in_words(upcoming, zone),
        due_label=f"{in_words(upcoming.metric)} due" if upcoming else None,
        why=_why(upcoming, book),
        buttons=tuple(_buttons(view, running, page, book)),
    )


def list_card(views: Sequence[TicketView], bundle: int, book: Book) -> Card:
    """Several tickets on one card, those that are worst first, with one button for all their pages."""
    verdicts = {view.ticket: worst(view.clocks) for view in views}
    counts = Counter(verdict for verdict in verdicts.values() if verdict)
    told = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in _WORST_FIRST if counts[verdict])
    ordered = sorted(views, key=lambda view: (_WORST_FIRST.index(verdicts[view.ticket] or "cancelled"), view.ticket))
    waiting = any(page.state in ("open", "exhausted") for view in views for page in view.pages)
    everybody = Button(action="acknowledge_all", label="Acknowledge all", value=str(bundle), style="primary")
    more = (f"and {len(views) - _LISTED:,} more: /sla breaches open",) if len(views) > _LISTED else ()
    return Card(
        title=f"{counted(len(views), 'ticket')} at once" + (f": {told}" if told else ""),
        verdict=card_verdict(verdicts[ordered[0].ticket] if ordered else None),
        lines=more,
        columns=("Ticket", "Customer", "Priority", "Stands", "Next due", "Taken by"),
        rows=tuple(_listed(view, verdicts[view.ticket], book) for view in ordered[:_LISTED]),
        buttons=(everybody,) if waiting else (),
    )


def _listed(view: TicketView, verdict: str | None, book: Book) -> tuple[str, ...]:
    upcoming = next_due([clock for clock in view.clocks if clock.stopped_at is None])
    due = f"{in_words(upcoming.metric)}, {_in_words(upcoming, zone_of(view.clocks, book))}" if upcoming else ""
    taker = next((page.acknowledged_by for page in view.pages if page.state == "acknowledged"), None)
    known = (clipped(view.facts.get(name), 40) for name in ("customer", "priority"))
    return (view.ticket, *known, verdict or "", due, book.names([taker]) if taker else "")


def worst(clocks: Sequence[ClockRow]) -> str | None:
    """The verdict that matters most: what runs and is late, then what runs, then what was missed; of what has ended, the
    customer's promises count alone where there are any.
    """
    latest = latest_cycles(clocks)
    told = [clock for clock in latest if clock.stopped_at is None or clock.kind == "sla"] or latest
    return min((clock.verdict for clock in told), key=_WORST_FIRST.index, default=None)


def card_verdict(verdict: str | None) -> CardVerdict:
    """A clock's verdict as a card has it."""
    return "info" if verdict is None else verdict.replace(" ", "_")  # type: ignore[return-value]


def next_due(clocks: Sequence[ClockRow]) -> ClockRow | None:
    """Of running clocks whose breach is not excused, the one that is due first."""
    due = [clock for clock in clocks if clock.state == "running" and clock.due_at is not None and clock.verdict != "excused"]
    return min(due, key=lambda clock: clock.due_at or 0, default=None)


def latest_cycles(clocks: Sequence[ClockRow]) -> list[ClockRow]:
    """Of each agreement's metric, the latest cycle."""
    latest = {(clock.agreement, clock.metric): clock for clock in sorted(clocks, key=lambda clock: clock.cycle)}
    return list(latest.values())


def worked(milliseconds: int, clock: ClockRow, book: Book) -> str:
    """An amount of a clock's working time."""
    return spoken(milliseconds, days=has_days(clock, book))


def has_days(clock: ClockRow, book: Book) -> bool:
    """Whether every day has 24 hours of a clock's working time."""
    calendar = book.promises.calendars.get(clock.calendar)
    return calendar is None or calendar.always


def limit_of(clock: ClockRow, book: Book) -> str:
    """A clock's limit: in working days where it was promised in them."""
    agreement = book.promises.agreement(clock.agreement, clock.version)
    targets = agreement.targets.get(clock.metric, {}).values() if agreement else ()
    promised = (target.text for target in targets if target and target.milliseconds == clock.target_ms)
    return next((text for text in promised if text.endswith("wd")), worked(clock.target_ms, clock, book))


def named(clock: ClockRow) -> str:
    """The agreement of a clock, with its kind where it is no promise to a customer."""
    return clock.agreement if clock.kind == "sla" else f"{clock.agreement} ({clock.kind})"


def _line(clock: ClockRow, book: Book) -> str:
    limit, used = limit_of(clock, book), worked(clock.elapsed_ms, clock, book)
    name = f"{in_words(clock.metric)[:1].upper()}{in_words(clock.metric)[1:]}"
    match clock.state:
        case "met" | "missed":
            return f"{name}: {clock.state} after {used} of {limit} ({named(clock)})"
        case "cancelled":
            return f"{name}: cancelled ({named(clock)})"
        case "paused":
            return f"{name}: paused with {used} of {limit} used ({named(clock)})"
        case _:
            return f"{name} within {limit}: {clock.verdict} ({named(clock)})"


def _fields(view: TicketView, page: PageRow | None, book: Book, zone: ZoneInfo) -> list[Field]:
    fields = [
        Field(label=label, value=clipped(view.facts[name], 60)) for label, name in _FIELDS if view.facts.get(name) is not None
    ]
    if page is not None:
        match page.state:
            case "acknowledged":
                fields.append(Field(label="Taken by", value=book.names([page.acknowledged_by or "somebody"])))
            case "exhausted":
                fields.append(Field(label="Paged", value="everyone; nobody has taken it"))
            case _:
                fields.append(Field(label="Paged", value=f"{book.names(page.to)} (step {page.step})"))
        if page.next_at is not None and page.next_to:
            when = f"{moment(page.next_at, zone)} ({zone.key})"
            fields.append(Field(label="Next", value=f"{book.names(page.next_to)} (step {page.next_step}), {when}"))
    return fields


def _in_words(clock: ClockRow | None, zone: ZoneInfo) -> str | None:
    return None if clock is None or clock.due_at is None else f"{moment(clock.due_at, zone)} ({zone.key})"


def _why(clock: ClockRow | None, book: Book) -> str | None:
    if clock is None:
        return None
    agreement = book.promises.agreement(clock.agreement, clock.version)
    if agreement is None:
        return f"{clock.agreement} {clock.version}"
    return f"{agreement.reason}; {in_words(clock.metric)} within {limit_of(clock, book)}"


def _buttons(view: TicketView, running: Sequence[ClockRow], page: PageRow | None, book: Book) -> list[Button]:
    buttons = []
    if page is not None:
        value = stamped(view.looked_at, page.page)
        if page.state == "acknowledged":
            ladder = book.ladder_at(page.ladder, page.opened_at)
            lasts = f" {spoken(ladder.acknowledgement.lasts)}" if ladder else ""
            buttons.append(Button(action="extend", label=f"Extend{lasts}", value=value))
        else:
            buttons.append(Button(action="acknowledge", label="Acknowledge", value=value, style="primary"))
        buttons.append(Button(action="handover", label="Hand over", value=value))
    if page is not None or running:
        buttons.append(Button(action="escalate", label="Escalate", value=stamped(view.looked_at, view.ticket), style="danger"))
    buttons.append(Button(action="why", label="Why", value=view.ticket))
    return buttons


def zone_of(clocks: Sequence[ClockRow], book: Book) -> ZoneInfo:
    """The zone by whose clock a ticket's times are told: the first of its agreements' that is not UTC, else the desk's."""
    at = max((clock.as_of for clock in clocks), default=0)
    return book.zone_at(at, [clock.agreement for clock in clocks])

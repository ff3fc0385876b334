"""Why: everything that happened to a ticket and what it did, in the order of time.

Decided here: how events and decisions read as one table. Not decided here: their reasons, which they bring along.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards import ticket_card, zone_of
from bot.messages import Answer, clipped
from bot.records import History, TicketView
from bot.times import moment
from escalation.book import Book
from escalation.facts import NO_FACTS
from escalation.look import Look, look
from escalation.reconcile import CORRECTED, LETTER
from rules.conditions import why_not
from rules.decisions import Decision
from rules.durations import DurationError, parse_milliseconds, spoken
from rules.instants import MINUTE, parse
from rules.metrics import in_words

_DONE = {
    "message.team": "team told",
    "message.customer": "customer written to",
    "message.approved": "letter approved",
    "message.refused": "letter held back",
    "ticket.tagged": "tagged",
    "ticket.untagged": "tag taken off",
    "ticket.hinted": "hint given",
    "ticket.reassigned": "given",
    "review.opened": "review opened",
    "review.reminded": "reminded",
    "review.given": "told",
    "page.opened": "paged",
    "page.stepped": "paged",
    "page.handed_over": "handed over",
    "page.reminded": "reminded",
    "page.acknowledged": "page taken",
    "page.expired": "page given back",
    "page.exhausted": "ladder used up",
    "page.closed": "page closed",
}

COLUMNS = ("When", "What", "Why")
_LATE = {"message.team": "told as it stood"}
"""Of what is said late, only the last is said in each place: how the ticket stands then."""
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def why(history: History, book: Book) -> Answer:
    """Everything that happened to a ticket and what it did, in the order of time."""
    found = _standing(history, book)
    zone = zone_of(found.clocks, book)
    view = TicketView(history.ticket, found.facts, found.clocks, found.pages, found.reviews)
    card = ticket_card(view, book)
    none = () if found.clocks else (_why_none(found.facts, book, min(event.time for event in history.events)),)
    shown = {
        "lines": (*none, f"Times are by the clock of {zone.key}."),
        "columns": COLUMNS,
        "rows": timeline(history, book, zone),
        "buttons": (),
    }
    return Answer(cards=(card.model_copy(update=shown),))


def _standing(history: History, book: Book) -> Look:
    # The record is what was decided then; what the present look adds is only the order.
    latest = max(event.known_at for event in history.events)
    latest = max([latest, *(decision.at for decision in history.recorded)])
    return look(history.ticket, history.events, book, NO_FACTS.remembering(history.recorded), latest)


def timeline(history: History, book: Book, zone: ZoneInfo) -> tuple[tuple[str, ...], ...]:
    """Everything that happened and what it did, as rows of a table with COLUMNS."""
    lines: list[tuple[int, int, tuple[str, str, str]]] = []
    for event in history.events:
        said = sorted(event.data.items(), key=lambda item: (item[0] not in book.promises.asked, item[0]))
        what = ", ".join(f"{name} {clipped(_plain(name, value), 40)}" for name, value in said if name != "text")
        lines.append((event.time, 0, (moment(event.time, zone), event.type, clipped(what, 400))))
    several = len({decision.agreement for decision in history.recorded if decision.kind.startswith("clock.")}) > 1
    corrected = {decision.cause for decision in history.recorded if decision.kind == CORRECTED}
    for decision, recorded_at in zip(history.recorded, history.recorded_at, strict=True):
        about = _what(decision, book, several=several)
        if decision.entry in corrected:
            about += " (corrected later)"
        if recorded_at - decision.at > MINUTE:
            about += f" ({_LATE.get(decision.kind, 'done' if decision.kind in _DONE else 'seen')} {moment(recorded_at, zone)})"
        reason = decision.reason
        if decision.due_at is not None and decision.kind in ("clock.moved", "clock.excused"):
            before = f", not {moment(decision.was, zone)}" if decision.was is not None else ""
            reason = f"now due {moment(decision.due_at, zone)}{before}: {reason}"
        elif decision.due_at is not None and decision.kind == "clock.started":
            reason = f"due {moment(decision.due_at, zone)}: {reason}"
        elif decision.due_at is not None and decision.kind == "clock.recounted":
            reason = f"by this count due {moment(decision.due_at, zone)}: {reason}"
        reason = _INSTANT.sub(lambda found: moment(parse(found[0]), zone), reason)
        lines.append((decision.at, 1, (moment(decision.at, zone), about, clipped(reason, 800))))
    lines.sort(key=lambda line: line[:2])
    return tuple(row for _, _, row in lines)


def _what(decision: Decision, book: Book, *, several: bool) -> str:
    """What a decision was, in a few words; where several agreements have clocks, with the agreement's name."""
    if decision.kind.startswith("clock."):
        clock = in_words(decision.metric or "") + (f" ({decision.cycle})" if (decision.cycle or 1) > 1 else "")
        clock = f"{decision.agreement}: {clock}" if several else clock
        what = f"{clock} {decision.kind.partition('.')[2]}"
        return f"{what} {decision.threshold}" if decision.kind == "clock.crossed" else what
    whom = decision.team if decision.kind == "message.team" else decision.tag or decision.customer
    whom = whom or book.names(decision.to or ())
    said = _DONE.get(decision.kind, decision.kind)
    if decision.kind == LETTER and decision.team is not None:
        said = "letter waits for approval"
    return f"{said}: {whom}" if whom else said


def _plain(name: str, value: Any) -> Any:
    """A field of an event as people say it."""
    if name == "for" and isinstance(value, str):
        with suppress(DurationError):
            return spoken(parse_milliseconds(value))
    if isinstance(value, Mapping):
        return next((value[part] for part in ("name", "email", "id") if value.get(part)), "")
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _why_none(facts: Any, book: Book, began: int) -> str:
    """Why no agreement applies: each one's first condition that does not hold, or that the ticket was there before it."""
    reasons = []
    for agreement in book.promises.agreements:
        words = why_not(agreement.when, facts)
        if words is None and agreement.since > began:
            words = f"begins {moment(agreement.since, agreement.calendar.zone, year=True)}"
        if words is not None:
            reasons.append(f"{agreement.key}: {words}")
    return "No agreement applies. " + "; ".join(clipped(reason, 160) for reason in reasons[:5])

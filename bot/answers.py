"""Answers to queries, as cards.

Decided here: what each answer shows. All of them are for the asker alone. Not decided here: how the figures came about.
"""

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from bot.cards import card_verdict, limit_of, named, ticket_card, worked, zone_of
from bot.commands import VERBS
from bot.messages import Answer, Button, Card, Field, clipped, refusal
from bot.ports import Reader
from bot.records import TicketView
from bot.times import moment
from escalation.book import Book
from escalation.page import PageRow
from rules.agreement import Agreement
from rules.clock_row import ClockRow
from rules.conditions import in_words as condition_in_words
from rules.durations import spoken
from rules.instants import DAY, to_datetime
from rules.metrics import in_words
from rules.problems import did_you_mean

_SHOWN = 20
_MONTHS = 180 * DAY
"""Further away, a time is told with its year."""
_ONCALL_AHEAD = 35 * DAY
_RUNNING = ("overdue", "at risk", "on track")


def risk(reader: Reader, book: Book, now: int) -> Answer:
    """Tickets that are overdue or at risk, then what is due next."""
    clocks = _standing(reader.clocks(now, verdicts=_RUNNING, limit=_SHOWN), book, now)
    if not clocks:
        return _one(Card(title="No clock is running."))
    worst = min((c.verdict for c in clocks), key=_RUNNING.index)
    return _one(_clock_table("Due next", clocks, book, now, card_verdict(worst)))


def breaches(reader: Reader, book: Book, period: str, now: int) -> Answer:
    """What is overdue now, or went overdue within a day or a week."""
    if period == "open":
        clocks = reader.clocks(now, verdicts=("overdue",), limit=_SHOWN)
        title, none = "Overdue now", "Nothing is overdue."
    else:
        span = DAY if period == "today" else 7 * DAY
        clocks = reader.breached(now, now - span, _SHOWN)
        title = f"Breached within {'24 hours' if period == 'today' else '7 days'}"
        none = f"Nothing was breached within {'24 hours' if period == 'today' else '7 days'}."
    if not clocks:
        return _one(Card(title=none))
    return _one(_clock_table(title, _standing(clocks, book, now), book, now, "overdue"))


def ticket(view: TicketView, book: Book) -> Answer:
    """One ticket: its card, with all clocks as a table."""
    card = ticket_card(view, book)
    zone = zone_of(view.clocks, book)
    moved = any(clock.original_due_at not in (None, clock.due_at) for clock in view.clocks)
    columns = ("Agreement", "Metric", "Verdict", "Used", f"Due ({zone.key})", *(("First due",) if moved else ()))
    rows = tuple(
        (
            named(clock),
            f"{in_words(clock.metric)} {clock.cycle}" if clock.cycle > 1 else in_words(clock.metric),
            clock.verdict,
            _used(clock, book),
            *(_day(due, clock.as_of, zone) for due in (clock.due_at, clock.original_due_at)[: 1 + moved]),
        )
        for clock in view.clocks
    )
    if not rows:
        return _one(card.model_copy(update={"lines": ("No agreement applies to this ticket.",)}))
    return _one(card.model_copy(update={"lines": (), "columns": columns, "rows": rows}))


def pick(reader: Reader, now: int, verb: str) -> Answer:
    """A command that needs a ticket came without one: those that it may mean."""
    clocks = reader.clocks(now, verdicts=_RUNNING, limit=_SHOWN)
    ids = tuple(dict.fromkeys(clock.ticket for clock in clocks))[:5]
    usage = f"Write /sla {VERBS[verb].usage}"
    if not ids:
        return _one(Card(title=f"Which ticket? {usage}", lines=("No clock is running now.",)))
    if verb == "escalate":
        buttons = tuple(Button(action="escalate", label=f"Escalate {id}", value=id, style="danger") for id in ids)
    else:
        buttons = tuple(Button(action="why", label=f"Why {id}", value=id) for id in ids)
    return _one(Card(title=f"Which ticket? {usage}", lines=(f"Due next: {', '.join(ids)}",), buttons=buttons))


def meant(reader: Reader, now: int, id: str | None, verb: str) -> TicketView | Answer:
    """The ticket that a command is about, or what is asked or said where that is not known."""
    if id is None:
        return pick(reader, now, verb)
    return reader.ticket(id) or no_ticket(reader, id)


def no_ticket(reader: Reader, id: str) -> Answer:
    """There is none of that id."""
    like = reader.like(id[:2], 50)
    hint = did_you_mean(id, like, otherwise=f"There are {', '.join(like[:5])} …" if like else "")
    return refusal(f"There is no ticket {clipped(id, 60)!r}. {hint}".rstrip())


def pick_page(pages: Sequence[PageRow], book: Book, verb: str) -> Answer:
    """A command about a page came without one: the open ones."""
    if not pages:
        return _one(Card(title="No page is open: nobody is being called."))
    if verb == "ack":
        buttons = tuple(
            Button(action="acknowledge", label=f"Acknowledge {page.ticket}", value=page.page, style="primary")
            for page in pages[:5]
            if page.state != "acknowledged"
        )
    else:
        buttons = tuple(Button(action="handover", label=f"Hand over {page.ticket}", value=page.page) for page in pages[:5])
    rows = tuple((page.page, page.ticket, page.state, book.names(page.to) or "–") for page in pages[:_SHOWN])
    return _one(Card(title="Which page?", columns=("Page", "Ticket", "State", "Called"), rows=rows, buttons=buttons))


def oncall(book: Book, now: int) -> Answer:
    """Who is on call on each rota, until when, and who comes then."""
    if not book.rotas:
        return _one(Card(title="There is no rota in the configuration."))
    rows = []
    for rota in book.rotas.values():
        turn, *later = rota.turns(now, now + _ONCALL_AHEAD)
        until = f"{moment(turn.end, rota.zone)} ({rota.zone.key})" if later else "no end in sight"
        following = book.names(later[0].who) or "nobody" if later else ""
        rows.append((rota.name, book.names(turn.who) or "nobody", until, following))
    return _one(Card(title="On call now", columns=("Rota", "Who", "Until", "Then"), rows=tuple(rows)))


def agreements(book: Book) -> Answer:
    """Every agreement with its limits."""
    found = book.promises.agreements
    if not found:
        return _one(Card(title="There is no agreement in the configuration."))
    return Answer(cards=tuple(_agreement(agreement) for agreement in found))


def help_card(verb: str | None) -> Answer:
    """All commands, or one."""
    if verb is not None:
        known = VERBS[verb]
        roles = f"For {', '.join(known.roles)}." if known.roles else "For everybody."
        return _one(Card(title=f"/sla {known.usage}", lines=(known.help, roles)))
    rows = tuple((f"/sla {v.usage}", v.help) for v in VERBS.values())
    return _one(Card(title="What you can ask", columns=("Command", "What it does"), rows=rows))


def _agreement(agreement: Agreement) -> Card:
    limits = tuple(
        (in_words(metric), priority, f"{target.text} ({target.calendar.name})" if target else "no promise")
        for metric, by_priority in agreement.targets.items()
        for priority, target in by_priority.items()
    )
    begins = to_datetime(agreement.since)
    since = begins.astimezone(agreement.calendar.zone_on(begins.date())).date().isoformat()
    fields = [("Kind", agreement.kind), ("From", since), ("Team", agreement.team or "–"), ("Ladder", agreement.ladder or "–")]
    return Card(
        title=agreement.key,
        lines=(f"Applies where {condition_in_words(agreement.when)}.",),
        fields=tuple(Field(label=label, value=value) for label, value in fields),
        columns=("Metric", "Priority", "Within"),
        rows=limits,
    )


def _day(due: int | None, now: int, zone: ZoneInfo) -> str:
    return "–" if due is None else moment(due, zone, year=abs(due - now) > _MONTHS)


def _used(clock: ClockRow, book: Book) -> str:
    """Both figures: working time, and wall time where it is another."""
    wall = "" if clock.wall_elapsed_ms == clock.elapsed_ms else f" ({spoken(clock.wall_elapsed_ms)} by the wall clock)"
    return f"{worked(clock.elapsed_ms, clock, book)} of {limit_of(clock, book)}{wall}"


def _clock_table(title: str, clocks: Sequence[ClockRow], book: Book, now: int, verdict: Any) -> Card:
    zone = book.zone_at(now)

    def due(clock: ClockRow) -> str:
        if clock.due_at is None:
            return "paused"
        left = clock.due_at - now
        if clock.stopped_at is not None:
            return f"{moment(clock.due_at, zone)} ({zone.key}), done {spoken(clock.stopped_at - clock.due_at)} late"
        return f"in {spoken(left)}" if left >= 0 else f"{spoken(-left)} ago"

    rows = tuple((c.ticket, in_words(c.metric), named(c), c.verdict, due(c)) for c in clocks)
    more = (f"Only the first {_SHOWN} are shown.",) if len(clocks) == _SHOWN else ()
    return Card(
        title=title, verdict=verdict, lines=more, columns=("Ticket", "Metric", "Agreement", "Verdict", "Due"), rows=rows
    )


def _standing(clocks: Sequence[ClockRow], book: Book, now: int) -> list[ClockRow]:
    """Clocks as they stand now."""
    return [clock.at(now, book.promises.calendars) for clock in clocks]


def _one(card: Card) -> Answer:
    return Answer(cards=(card,))

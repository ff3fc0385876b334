"""What customers read.

Decided here: which template is taken and what it may use: `promise`, `due`, `next_step`, `next_update`, `credit`, `ticket`.
Templates run in Jinja's sandbox; texts of tickets are values, never templates. No internal word is offered. Not decided
here: whether a customer is written to.
"""

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.cards import has_days, limit_of
from bot.messages import Card, clipped
from bot.records import TicketView
from bot.sending import DeliveryError
from bot.times import in_a_sentence, in_full
from escalation.book import Book
from rules.calendar import UTC
from rules.clock_row import ClockRow
from rules.decisions import Decision
from rules.instants import HOUR, to_datetime

_PROMISES = {
    "first_response": "give you a first answer",
    "next_response": "answer your message",
    "resolution": "solve your request",
    "update": "write to you again",
}
_LONGEST = 4_000
_ENVIRONMENT = ImmutableSandboxedEnvironment(autoescape=False, trim_blocks=True)


def customer_card(decision: Decision, view: TicketView, book: Book, now: int) -> Card:
    """The message to a customer that a decision asks for. Raises DeliveryError where its template cannot be filled in."""
    text = filled(decision, view, book, now)
    title = clipped(view.facts.get("title"))
    return Card(title=f"{view.ticket} · {title}" if title else view.ticket, lines=tuple(text.splitlines()))


def filled(decision: Decision, view: TicketView, book: Book, now: int) -> str:
    """The text of the message."""
    texts = book.wording.get(decision.wording or "", {})
    locale = str(view.facts.get("locale") or "en")
    template = texts.get(locale) or texts.get(locale.split("-")[0]) or texts.get("en") or next(iter(texts.values()), None)
    if template is None:
        raise DeliveryError(f"there is no wording {decision.wording!r}", permanent=True)
    try:
        return _ENVIRONMENT.from_string(template).render(_values(decision, view, book, now)).strip()[:_LONGEST]
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise DeliveryError(f"wording {decision.wording!r} cannot be filled in: {error}", permanent=True) from None


def _values(decision: Decision, view: TicketView, book: Book, now: int) -> dict[str, str]:
    agreement = book.promises.agreement(decision.agreement, decision.version)
    clock = _clock(decision, view)
    due = clock.due_at if clock and clock.due_at is not None else decision.at
    zone = agreement.calendar.zone_on(to_datetime(due).date()) if agreement else UTC
    every = (agreement.customer_updates.every if agreement else None) or 4 * HOUR
    promise = _PROMISES.get(decision.metric or "", "help you")
    within = f" within {_limit(clock, book)}" if clock else ""
    return {
        "promise": f"{promise}{within}",
        "due": in_a_sentence(due, zone),
        "next_step": _next_step(view),
        "next_update": in_a_sentence(max(decision.at, now) + every, zone),
        "credit": "",
        "ticket": view.ticket,
    }


def _limit(clock: ClockRow, book: Book) -> str:
    """How long it was to take: in working days where that was promised, in hours where not every day has 24 of them."""
    said = limit_of(clock, book)
    if said.endswith("wd"):
        number = said.removesuffix("wd").strip()
        return f"{number} working day" + ("" if number == "1" else "s")
    return in_full(clock.target_ms, days=has_days(clock, book))


def _next_step(view: TicketView) -> str:
    """What is being done about it, and no more than that."""
    states = {page.state for page in view.pages}
    if "acknowledged" in states:
        return "One of us has taken it on."
    return "The people responsible have been called." if states - {"closed"} else "We are looking into it."


def _clock(decision: Decision, view: TicketView) -> ClockRow | None:
    return next((c for c in view.clocks if (c.agreement, c.metric, c.cycle) == decision.clock), None)

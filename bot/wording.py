"""What customers read.

Decided here: which template is taken and what it may use: `promise`, `due`, `next_step`, `next_update`, `expected`, `credit`,
`ticket`. Templates run in Jinja's sandbox; texts of tickets are values, never templates. No internal word is offered. Not
decided here: whether a customer is written to.
"""

import re
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from bot.cards import has_days, limit_of
from bot.messages import Button, Card, clipped
from bot.outlook import Outlook
from bot.records import TicketView
from bot.sending import DeliveryError
from bot.times import in_a_sentence, in_full, moment
from escalation.book import Book
from escalation.letters import expires_at, letter_id
from rules.calendar import UTC
from rules.clock_row import ClockRow
from rules.decisions import Decision
from rules.instants import HOUR, MINUTE, to_datetime

_PROMISES = {
    "first_response": "give you a first answer",
    "next_response": "answer your message",
    "resolution": "solve your request",
    "update": "write to you again",
    "promise": "write to you again",
}
USUAL_SPAN = 4 * HOUR
"""Between two letters, where the agreement names none."""
_ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[\w-]+(\.[\w-]+)*", re.ASCII)
_LONGEST = 4_000
_ENVIRONMENT = ImmutableSandboxedEnvironment(autoescape=False, trim_blocks=True)


def customer_card(decision: Decision, view: TicketView, book: Book, now: int, told: Outlook = Outlook()) -> Card:
    """The message to a customer that a decision asks for. Raises DeliveryError where its template cannot be filled in."""
    text = filled(decision, view, book, now, told)
    title = clipped(view.facts.get("title"))
    return Card(title=f"{view.ticket} · {title}" if title else view.ticket, lines=tuple(text.splitlines()))


def address_of(facts: Mapping[str, Any], book: Book) -> str | None:
    """Where letters about a ticket go: to the requester, or else to the customer's contact."""
    requester, customer = facts.get("requester"), facts.get("customer")
    known = book.promises.customers.get(customer, {}) if isinstance(customer, str) else {}
    asked = requester.get("email") if isinstance(requester, Mapping) else None
    addresses = (asked, known.get("contact"))
    return next((found for found in addresses if isinstance(found, str) and _ADDRESS.fullmatch(found)), None)


def draft_card(letter: Decision, card: Card, book: Book) -> Card:
    """A letter that waits for somebody's approval, as it would read."""
    id, zone = letter_id(letter), book.zone_at(letter.at)
    until = f"It can be sent until {moment(expires_at(letter), zone)} ({zone.key}), as long as it is true."
    buttons = (
        Button(action="send_letter", label="Send", value=id, style="primary"),
        Button(action="drop_letter", label="Do not send", value=id, style="danger"),
    )
    title = f"May this go to {clipped(letter.customer, 60)}? {card.title}"
    return Card(title=title, verdict="at_risk", lines=(*card.lines, until), buttons=buttons)


def filled(decision: Decision, view: TicketView, book: Book, now: int, told: Outlook = Outlook()) -> str:
    """The text of the message."""
    template = _template(decision.wording or "", view.facts, book)
    if template is None:
        raise DeliveryError(f"there is no wording {decision.wording!r}", permanent=True)
    try:
        return _ENVIRONMENT.from_string(template).render(_values(decision, view, book, now, told)).strip()[:_LONGEST]
    except (TemplateError, ArithmeticError, TypeError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise DeliveryError(f"wording {decision.wording!r} cannot be filled in: {error}", permanent=True) from None


def next_update(decision: Decision, book: Book, now: int) -> tuple[int, str]:
    """By when a letter that goes out now promises another one, to the minute, and how it says so."""
    agreement = book.promises.agreement(decision.agreement, decision.version)
    every = (agreement.customer_updates.every if agreement else None) or USUAL_SPAN
    at = (max(decision.at, now) + every) // MINUTE * MINUTE
    return at, in_a_sentence(at, _zone(decision, book, at))


def _template(name: str, facts: Mapping[str, Any], book: Book) -> str | None:
    """The words for the requester's language and the ticket's tier."""
    requester = facts.get("requester")
    asked = requester.get("locale") if isinstance(requester, Mapping) else None
    locale = str(asked or facts.get("locale") or "en")
    texts = book.wording.get(name, {})
    known = (texts.get(language) for language in (locale, locale.split("-")[0], "en"))
    by_tier = next((found for found in known if found), None) or next(iter(texts.values()), {})
    return by_tier.get(str(facts.get("tier"))) or by_tier.get("default") or next(iter(by_tier.values()), None)


def _values(decision: Decision, view: TicketView, book: Book, now: int, told: Outlook) -> dict[str, str]:
    clock = view.clock_of(decision)
    due = clock.due_at if clock and clock.due_at is not None else decision.at
    promise = _PROMISES.get(decision.metric or "", "help you")
    within = f" within {_limit(clock, book)}" if clock else ""
    return {
        "promise": f"{promise}{within}",
        "due": in_a_sentence(due, _zone(decision, book, due)),
        "next_step": _next_step(view),
        "next_update": next_update(decision, book, now)[1],
        "expected": told.expected,
        "credit": told.credit,
        "ticket": view.ticket,
    }


def _zone(decision: Decision, book: Book, at: int) -> ZoneInfo:
    agreement = book.promises.agreement(decision.agreement, decision.version)
    return agreement.calendar.zone_on(to_datetime(at).date()) if agreement else UTC


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

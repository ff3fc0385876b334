"""Outlook: what may be told to a customer of the time to come, and of what the agreement owes.

Decided here: a time is only named where the median of what like tickets still needed from there on says that it will be kept;
where there are too few of them, or it says otherwise, the letter says that there is no time yet. What is owed is told as the
month stands so far. Not decided here: the words around it (`wording`).
"""

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from fractions import Fraction
from typing import NamedTuple

from bot.ports import Reader
from bot.records import TicketView
from bot.times import in_a_sentence, in_full
from escalation.book import Book
from rules.agreement import Agreement
from rules.attainment import Attainment
from rules.instants import to_datetime
from rules.periods import period

FEWEST = 10
"""Of fewer like tickets nothing is concluded."""
NO_TIME = "We cannot name a time for the solution yet."


class Outlook(NamedTuple):
    """Sentences for a letter; an empty one says nothing."""

    expected: str = NO_TIME
    credit: str = ""


def outlook(view: TicketView, agreement: Agreement | None, reader: Reader, book: Book, now: int) -> Outlook:
    """What may be said about a ticket under an agreement."""
    if agreement is None:
        return Outlook()
    return Outlook(_expected(view, agreement, reader, now), _credit(view, agreement, reader, book, now))


def forecast(view: TicketView, agreement: str, reader: Reader, now: int) -> int | None:
    """How many milliseconds from now on like tickets still took to be solved, the median of them; None: nobody can say."""
    clock = next((c for c in view.clocks if (c.agreement, c.metric, c.stopped_at) == (agreement, "resolution", None)), None)
    if clock is None:
        return None
    median, number = reader.remaining(agreement, "resolution", view.facts.get("priority"), now - clock.started_at)
    return median if number >= FEWEST else None


def _expected(view: TicketView, agreement: Agreement, reader: Reader, now: int) -> str:
    due = [c.due_at for c in view.clocks if (c.agreement, c.metric) == (agreement.name, "resolution") and c.state == "running"]
    remaining = forecast(view, agreement.name, reader, now)
    if not due or due[-1] is None or due[-1] <= now or remaining is None or now + remaining > due[-1]:
        return NO_TIME
    zone = agreement.calendar.zone_on(to_datetime(due[-1]).date())
    return f"We expect to have it solved by {in_a_sentence(due[-1], zone)}."


def _credit(view: TicketView, agreement: Agreement, reader: Reader, book: Book, now: int) -> str:
    """What is owed where the month ended as it stands, or from which share on something would be."""
    terms, customer = agreement.credits, view.facts.get("customer")
    if terms is None or not isinstance(customer, str) or not terms.below:
        return ""
    span = period("month", now, agreement.calendar.zone_on(to_datetime(now).date()))
    tallies = reader.tally(now, {"customer": customer}, within=(span.start, span.end))
    verdicts = Counter[str]()
    for tally in tallies:
        if tally.agreement == agreement.name:
            verdicts.update(tally.verdicts)
    kept = Attainment.of(verdicts)
    owed = terms.share(Fraction(kept.met, kept.judged)) if kept.judged else Fraction(0)
    fee = book.promises.customers.get(customer, {}).get(terms.of)
    within = f" You can claim it within {in_full(terms.claim_within)}." if terms.claim_within else ""
    if not owed:
        limit = max(limit for limit, _ in terms.below)
        return f"Should we keep less than {percent(limit)} of our promises to you this month, you are owed a credit.{within}"
    of = terms.of.replace("_", " ")
    return f"As this month stands, you are owed a credit of {percent(owed)} of your {of}{_amount(fee, owed)}.{within}"


def percent(share: Fraction) -> str:
    """A share for a sentence: `12.5%`."""
    return f"{float(share * 100):g}%"


def _amount(fee: object, owed: Fraction) -> str:
    """The share of a fee such as `12000 EUR`, to the cent, where that is known."""
    number, _, currency = str(fee or "").partition(" ")
    try:
        exact = Decimal(number) * owed.numerator / owed.denominator
    except InvalidOperation:
        return ""
    return f" ({exact.quantize(Decimal('0.01'), ROUND_HALF_UP):,} {currency})" if exact.is_finite() and currency else ""

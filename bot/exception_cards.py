"""Exceptions as cards.

Decided here: what people see of an exception and of the register, and which buttons fit. Not decided here: who may press them.
"""

from collections.abc import Sequence

from bot.messages import Answer, Button, Card, CardVerdict, Field, clipped
from bot.times import moment
from escalation.book import Book
from rules.conditions import in_words
from rules.exceptions import SlaException
from rules.register import Register

_SHOWN = 20
_MOST_CARDS = 6
_VERDICTS: dict[str, CardVerdict] = {"approved": "excused"}
_BUTTONS = {
    "requested": (("approve", "Approve", "primary"), ("refuse", "Refuse", "danger")),
    "approved": (("revoke", "Revoke", "danger"),),
}


def exception_card(exception: SlaException, book: Book, now: int) -> Card:
    """One exception: what it is, since when it stands so, and what can be done about it."""
    zone = book.zone_at(now)
    state = exception.state_at(now)
    times = f" × {float(exception.factor):g}" if exception.factor else ""
    fields = {
        "State": state,
        "For": clipped(in_words(exception.scope), 200),
        f"From ({zone.key})": moment(exception.start, zone, year=True),
        "Until": moment(exception.end, zone, year=True),
        "Category": exception.category,
    }
    steps = [
        f"{moment(taken.at, zone, year=True)}: {taken.state}"
        + (f" by {book.names([taken.by])}" if taken.by else "")
        + (f": {clipped(taken.comment)}" if taken.comment else "")
        for taken in exception.life(now)
    ]
    return Card(
        title=f"{exception.id} · {exception.kind}{times}: {clipped(exception.reason, 120)}",
        verdict=_VERDICTS.get(state, "info"),
        lines=tuple(steps),
        fields=tuple(Field(label=label, value=value) for label, value in fields.items()),
        buttons=tuple(
            Button(action=action, label=label, value=exception.id, style=style)
            for action, label, style in _BUTTONS.get(state, ())
        ),
    )


def register_answer(register: Register, book: Book, now: int, *, every: bool) -> Answer:
    """What is active or waits for a decision; `every` exception there ever was."""
    known = list(register.exceptions.values())
    shown = known if every else [e for e in known if e.state_at(now) in ("requested", "approved")]
    if not shown:
        past = f" {len(known)} in the past: /sla exceptions all." if known else ""
        return _one(Card(title="No exception is active.", lines=(f"Every clock counts in full.{past}",)))
    waiting = sum(e.state_at(now) == "requested" for e in shown)
    active = sum(e.state_at(now) == "approved" for e in shown)
    title = f"{active} approved, {waiting} waiting for a decision"
    if every or len(shown) > _MOST_CARDS:
        return _one(_table(shown, book, now, title))
    return Answer(cards=(Card(title=title), *(exception_card(exception, book, now) for exception in shown)))


def shown_exception(exception: SlaException | None, id: str, book: Book, now: int) -> Answer:
    """One exception with its life, for the asker alone."""
    if exception is None:
        return Answer(cards=(Card(title=f"There is no exception {id!r}."),), refused=True)
    return _one(exception_card(exception, book, now))


def pick_exception(register: Register, book: Book, now: int, verb: str) -> Answer:
    """A step without an exception's id: those that it may mean."""
    fitting = [e for e in register.exceptions.values() if any(verb == name for name, *_ in _BUTTONS.get(e.state_at(now), ()))]
    if not fitting:
        return _one(Card(title=f"There is no exception to {verb}."))
    buttons = tuple(Button(action=verb, label=f"{verb.capitalize()} {e.id}", value=e.id) for e in fitting[:5])
    return _one(
        _table(fitting, book, now, f"Which exception? Write /sla exceptions {verb} X-1").model_copy(update={"buttons": buttons})
    )


def _table(exceptions: Sequence[SlaException], book: Book, now: int, title: str) -> Card:
    zone = book.zone_at(now)
    rows = tuple(
        (
            e.id,
            e.state_at(now),
            e.kind + (f" × {float(e.factor):g}" if e.factor else ""),
            clipped(in_words(e.scope), 80),
            moment(e.start, zone, year=True),
            moment(e.end, zone, year=True),
            f"{clipped(e.reason, 80)} ({e.category})",
            book.names([e.requester]),
        )
        for e in exceptions[-_SHOWN:]
    )
    more = (f"Only the latest {_SHOWN} of {len(exceptions)} are shown.",) if len(exceptions) > _SHOWN else ()
    columns = ("Exception", "State", "Kind", "For", f"From ({zone.key})", "Until", "Reason", "Requested by")
    return Card(title=title, lines=more, columns=columns, rows=rows)


def _one(card: Card) -> Answer:
    return Answer(cards=(card,))

"""Breach reviews as cards.

Decided here: what people see of a review and of many, and which buttons fit. Not decided here: who may press them.
"""

from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from bot.messages import Answer, Button, Card, Field, clipped
from bot.records import History
from bot.times import moment
from bot.why import COLUMNS, timeline
from escalation.book import Book
from escalation.reviews import CAUSES, ReviewRow
from rules.instants import DAY

SHOWN = 20
COUNTED = 90 * DAY
"""For so long back, a list tells what breaches were put down to."""
_MOST_ROWS = 60
_MOST_BUTTONS = 10


def causes_of(review: ReviewRow, book: Book) -> Sequence[str]:
    """What a breach may be put down to: the team's list."""
    team = book.teams.get(review.team or "")
    return (team.reviews.causes if team and team.reviews else ()) or CAUSES


def review_card(review: ReviewRow, book: Book, now: int) -> Card:
    """One review: what was broken, why, and what is done about it."""
    zone = book.zone_at(now)
    when = {"Opened": review.opened_at, "Due": review.due_at, "Closed": review.closed_at}
    fields = {
        "Reviewer": book.names([review.reviewer]) if review.reviewer else "nobody",
        "Cause": review.cause or "not named yet",
        **{label: f"{moment(at, zone)} ({zone.key})" for label, at in when.items() if at is not None},
    }
    rows = tuple(
        (
            str(number),
            item.what or "erased",
            book.names([item.owner]),
            moment(item.due_at, zone),
            moment(item.done_at, zone) if item.done_at is not None else "not yet",
        )
        for number, item in enumerate(review.actions, 1)
    )
    return Card(
        title=f"{review.review}: {'under review' if review.state == 'open' else 'reviewed'}",
        lines=(*map(clipped, review.breaches), *((f"Note: {review.note}",) if review.note else ())),
        fields=tuple(Field(label=label, value=value) for label, value in fields.items()),
        columns=("Action", "What", "Who", f"By ({zone.key})", "Done") if rows else None,
        rows=rows or None,
        buttons=tuple(_buttons(review, book))[:_MOST_BUTTONS],
    )


def timeline_card(history: History, book: Book) -> Card:
    """What happened to a reviewed ticket."""
    zone = book.zone_at(history.events[0].time)
    rows = timeline(history, book, zone)
    cut = f"Only the last {_MOST_ROWS} of {len(rows)} are shown: /sla why {history.ticket}"
    lines = (*((cut,) if len(rows) > _MOST_ROWS else ()), f"Times are by the clock of {zone.key}.")
    return Card(title=f"What happened to {history.ticket}", lines=lines, columns=COLUMNS, rows=rows[-_MOST_ROWS:])


def listed_reviews(found: Sequence[ReviewRow], causes: Mapping[str, int], book: Book, now: int, *, every: bool) -> Answer:
    """Reviews in which something is left to do, or all, with what lately led to breaches; the rest after SHOWN is cut."""
    if not found:
        return Answer(cards=(Card(title="No breach was reviewed yet." if every else "Nothing is left to do in any review."),))
    zone = book.zone_at(now)
    counts = ", ".join(f"{cause} {number}" for cause, number in causes.items())
    more = (f"Only the first {SHOWN} are shown.",) if len(found) > SHOWN else ()
    card = Card(
        title="All reviews" if every else "Reviews with something left to do",
        lines=(*((f"Causes within 90 days: {counts}.",) if counts else ()), *more),
        columns=("Review", "Reviewer", f"State ({zone.key})", "Cause", "Actions"),
        rows=tuple(
            (
                review.review,
                book.names([review.reviewer]) if review.reviewer else "nobody",
                _state(review, now, zone),
                review.cause or "not named yet",
                f"{len(review.left)} of {len(review.actions)} to be done" if review.actions else "none",
            )
            for review in found[:SHOWN]
        ),
        buttons=tuple(Button(action="review", label=review.review, value=review.review) for review in found[:5]),
    )
    return Answer(cards=(card,))


def _state(review: ReviewRow, now: int, zone: ZoneInfo) -> str:
    if review.closed_at is not None or review.due_at is None:
        return review.state
    return f"open, {'was' if review.due_at < now else 'is'} due {moment(review.due_at, zone)}"


def _buttons(review: ReviewRow, book: Book) -> list[Button]:
    id, is_open = review.review, review.state == "open"
    buttons = []
    if is_open and review.cause is not None:
        buttons.append(Button(action="review_close", label="Close", value=id, style="primary"))
    for number, item in enumerate(review.actions, 1):
        if item.done_at is None:
            buttons.append(Button(action="review_done", label=f"Done: {number}", value=f"#{number}|{id}"))
    if is_open and review.cause is None:
        causes = causes_of(review, book)
        buttons += [Button(action="review_cause", label=cause, value=f"{cause}|{id}") for cause in causes]
    return buttons

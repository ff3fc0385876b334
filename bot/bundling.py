"""Bundling: what waits for one channel becomes messages.

Decided here: a ticket has one message in a channel; a burst of tickets becomes one list; what calls a person is put together
with a count, and what that person was told a moment ago already waits a little; a card that was drawn a moment ago is drawn
again later. The first page of a ticket waits for nothing. Pure. Not decided here: what stands on a message (`drawing`),
whether it is still needed (`needed`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.records import ALONE, OutboxRow
from bot.sending import Posted, Standing
from rules.instants import MINUTE, SECOND

SPAN = MINUTE
"""Within it, tickets count as one burst, and a person is not told of the same ticket twice."""
MOST_CARDS = 5
"""So many tickets get cards of their own in a channel within a span."""
JOINED = 5 * MINUTE
"""For so long after it was begun, a burst's list takes more tickets."""
REDRAWN = 2 * SECOND
"""A card that only changes its looks is drawn once in so long."""


@dataclass(frozen=True)
class Message:
    """Rows that are said with one message: a new one, or one that stands there. `bundle` is the number of a list."""

    rows: tuple[OutboxRow, ...]
    post: Posted | None = None
    bundle: int | None = None

    @property
    def tickets(self) -> tuple[str, ...]:
        """What it is about, once each."""
        return tuple(dict.fromkeys(row.ticket for row in self.rows))


@dataclass
class Sorted:
    """What is done with the rows of one channel: `messages` now, some `later`, each at an instant, and some never."""

    messages: list[Message] = field(default_factory=list)
    later: dict[int, list[OutboxRow]] = field(default_factory=lambda: defaultdict(list))
    needless: list[OutboxRow] = field(default_factory=list)


def bundled(rows: Sequence[OutboxRow], standing: Standing, now: int) -> Sorted:
    """The messages of one channel, what is most pressing first."""
    found = Sorted()
    by_ticket: dict[str, list[OutboxRow]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.id):
        if row.audience in ALONE:
            found.messages.append(Message((row,)))
        else:
            by_ticket[row.ticket].append(row)
    spoken = {ticket: own for ticket, own in by_ticket.items() if any(row.line is not None for row in own)}
    _redraw({ticket: own for ticket, own in by_ticket.items() if ticket not in spoken}, standing, now, found)
    if spoken:
        add = _call if any(row.audience == "person" for row in rows) else _tell
        add(spoken, standing, now, found)
    found.messages.sort(key=lambda message: min((row.priority, row.id) for row in message.rows))
    return found


def _redraw(silent: Mapping[str, Sequence[OutboxRow]], standing: Standing, now: int, found: Sorted) -> None:
    """Cards that change without a word, where they are shown at all; a list is drawn once for all of its tickets."""
    lists: dict[int, list[OutboxRow]] = defaultdict(list)
    for ticket, rows in silent.items():
        post = standing.posts.get(ticket)
        if post is None:
            found.needless.extend(rows)
        elif now < post.drawn_at + REDRAWN:
            found.later[post.drawn_at + REDRAWN].extend(rows)
        elif post.bundle is not None:
            lists[post.bundle].extend(rows)
        else:
            found.messages.append(Message(tuple(rows), post))
    for bundle, rows in lists.items():
        found.messages.append(Message(tuple(rows), standing.posts[rows[0].ticket], bundle))


def _call(spoken: Mapping[str, Sequence[OutboxRow]], standing: Standing, now: int, found: Sorted) -> None:
    """What calls one person: a new message is seen, another state of an old one may not be."""
    told = all(ticket in standing.posts for ticket in spoken)
    if told and standing.said_at is not None and now < standing.said_at + SPAN:
        found.later[standing.said_at + SPAN].extend(row for rows in spoken.values() for row in rows)
    elif len(spoken) > 1:
        found.messages.append(_list(spoken))
    else:
        ((ticket, rows),) = spoken.items()
        post = standing.posts.get(ticket)
        found.messages.append(Message(tuple(rows), post if post and post.bundle is None else None))


def _tell(spoken: Mapping[str, Sequence[OutboxRow]], standing: Standing, now: int, found: Sorted) -> None:
    """What a team reads: more about tickets that are shown, and new ones, each on a card or all on one list."""
    fresh = {ticket: rows for ticket, rows in spoken.items() if ticket not in standing.posts}
    lists: dict[int, list[OutboxRow]] = defaultdict(list)
    posts = {ticket: standing.posts[ticket] for ticket in spoken if ticket not in fresh}
    for ticket, post in posts.items():
        if post.bundle is None:
            found.messages.append(Message(tuple(spoken[ticket]), post))
        else:
            lists[post.bundle].extend(spoken[ticket])
    burst = len(fresh) + standing.fresh > MOST_CARDS and all(row.audience == "team" for rows in fresh.values() for row in rows)
    begun = standing.begun if standing.begun and now < standing.begun.posted_at + JOINED else None
    if burst and fresh and begun and begun.bundle is not None:
        lists[begun.bundle].extend(row for rows in fresh.values() for row in rows)
    elif burst and len(fresh) > 1:
        found.messages.append(_list(fresh))
    else:
        found.messages.extend(Message(tuple(rows)) for rows in fresh.values())
    for bundle, rows in lists.items():
        known = next((post for post in posts.values() if post.bundle == bundle), begun)
        found.messages.append(Message(tuple(rows), known, bundle))


def _list(by_ticket: Mapping[str, Sequence[OutboxRow]]) -> Message:
    rows = tuple(sorted((row for rows in by_ticket.values() for row in rows), key=lambda row: row.id))
    return Message(rows, bundle=rows[0].id)

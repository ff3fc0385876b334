"""Reconcile: what of a look is new, and what on record no longer holds.

Decided here: that nothing is recorded twice, that a record is never changed but corrected by a new entry that names the old
one, and that what was announced stays announced unless its cause is gone. Pure. Not decided here: how entries are stored.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import attrgetter

from rules.decisions import Decision
from rules.instants import text
from rules.ticket import TicketEvent

CORRECTED = "clock.corrected"
LETTER = "message.customer"
UNTAGGED = "ticket.untagged"
OVER = ("page.closed", UNTAGGED)


@dataclass(frozen=True)
class _News:
    """What may have made a record wrong: the event that was known last, and when other promises were last published."""

    late: TicketEvent | None
    republished_at: int | None

    def known_at(self, old: Decision) -> int:
        """When it was known that a decision no longer holds."""
        return max([self.late.known_at if self.late else old.at, self.republished_at or 0])

    def words(self, old: Decision) -> str:
        """What is new since a decision was recorded, in words; both, where either may be the cause."""
        found = []
        if self.late is not None and (self.republished_at is None or self.late.known_at >= old.at):
            late = self.late
            found.append(f"{late.type} {late.id[:60]} of {text(late.time)} arrived at {text(late.known_at)}")
        if self.republished_at is not None and self.republished_at >= old.at:
            found.append(f"another configuration was published at {text(self.republished_at)}")
        return " and ".join(found) or "the history has changed"


def reconcile(
    recorded: Sequence[Decision], decided: Sequence[Decision], history: Sequence[TicketEvent], republished_at: int | None = None
) -> list[Decision]:
    """The entries to add so that the record says what was decided; empty where it does already. `republished_at` is when other
    promises were last published.
    """
    standing = live(recorded)
    news = _News(max(history, key=lambda event: event.known_at, default=None), republished_at)
    letters = {old.key for old in recorded if old.kind == LETTER}  # what was written stays written
    new: list[Decision] = []
    held = set()
    for decision in decided:
        key = decision.key
        held.add(key)
        old = standing.get(key)
        if old is None:
            if key not in letters:
                new.append(decision)
        elif old.kind.startswith("clock.") and _told(old) != _told(decision):
            new.extend((_correction(old, news, decision), decision))
    for key, old in standing.items():
        if key not in held and old.kind.startswith("clock."):
            new.append(_correction(old, news, None))
    if any(entry.page or entry.tag for entries in (new, recorded, decided) for entry in entries):
        new = _caught_up(new, recorded, decided, news)
    if not new:
        return new
    new.sort(key=attrgetter("at"))
    turns = Counter((old.key, old.at) for old in recorded)
    for decision in new:
        decision.turn = turns[decision.key, decision.at]
    return new


def _caught_up(
    new: Sequence[Decision], recorded: Sequence[Decision], decided: Sequence[Decision], news: _News
) -> list[Decision]:
    """The new entries, with what closes or opens pages, and takes off or sets tags, so that each stands as
    was decided last of it: what was done stays done, also where its cause is gone.
    """
    tagged = {old.key for old in recorded if old.tag}
    done = {_deed(old): old for old in recorded}
    for decision in new:
        if decision.key in tagged and (last := done.get(_deed(decision))) is not None:
            decision.at = max(decision.at, last.at)  # tagged again not before it was untagged
    found = sorted(new, key=attrgetter("at"))
    done |= {_deed(decision): decision for decision in found}
    wanted = {_deed(decision): decision for decision in decided}
    for deed, last in done.items():
        if deed == (None, None):
            continue
        want = wanted.get(deed)
        if want is None and last.kind not in OVER:
            found.append(_undone(last, news))
        elif want is not None and (want.kind in OVER) != (last.kind in OVER):
            found.append(replace(want, at=max(want.at, news.known_at(last), last.at)))
    return found


def _deed(entry: Decision) -> tuple[str | None, str | None]:
    """The page or the tag that it is about."""
    return entry.page, entry.tag


def live(recorded: Sequence[Decision]) -> dict[str, Decision]:
    """By key, the record without what was corrected, and without what followed from something that never happened."""
    if not any(entry.kind == CORRECTED for entry in recorded):
        return {entry.key: entry for entry in recorded}
    live: dict[str, Decision] = {}
    for entry in recorded:
        if entry.kind != CORRECTED:
            live.pop(entry.key, None)  # what is recorded again stands last
            live[entry.key] = entry
            continue
        old = next((found for found in live.values() if found.entry == entry.cause), None)
        if old is None:
            continue
        del live[old.key]
        if entry.due_at is None:
            pages = {d.page for d in live.values() if d.kind == "page.opened" and d.cause == old.name}
            for key, follower in list(live.items()):
                if follower.page in pages if follower.page else follower.cause == old.name:
                    del live[key]
    return live


def _told(decision: Decision) -> tuple[int, int | None]:
    """What a correction is needed for: another instant or, where it was said, another due time."""
    return decision.at, decision.due_at if decision.kind in ("clock.crossed", "clock.moved") else None


def _correction(old: Decision, news: _News, instead: Decision | None) -> Decision:
    """`was` is the old entry's instant; `due_at` the instant that holds instead, None where nothing does."""
    at = news.known_at(old)
    now = f"it was so at {text(instead.at)}" if instead else "it did not happen"
    reason = f"{old.kind.removeprefix('clock.')} of {text(old.at)} no longer holds, {now}: {news.words(old)}"
    entry = Decision(at, CORRECTED, old.ticket, reason, old.agreement, old.version, old.metric, old.cycle)
    entry.threshold, entry.cause, entry.was = old.threshold, old.entry, old.at
    entry.due_at = instead.at if instead else None
    return entry


def _undone(old: Decision, news: _News) -> Decision:
    """What was done because of something that never happened is undone when we know."""
    kind, occurrence = ("page.closed", 1) if old.page else (UNTAGGED, old.occurrence)
    words = f"its cause is gone: {news.words(old)}"
    return replace(
        old, at=news.known_at(old), kind=kind, reason=words, threshold=None, facts=None, turn=0, occurrence=occurrence
    )

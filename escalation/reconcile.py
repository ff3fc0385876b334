"""Reconcile: what of a look is new, and what on record no longer holds.

Decided here: that nothing is recorded twice, that a record is never changed but corrected by a new entry that names the old
one, and that what was announced stays announced unless its cause is gone. Pure. Not decided here: how entries are stored.
"""

from collections.abc import Iterable, Sequence

from rules.decisions import Decision
from rules.instants import text
from rules.ticket import TicketEvent

CORRECTED = "clock.corrected"


def reconcile(recorded: Iterable[Decision], decided: Sequence[Decision], history: Sequence[TicketEvent]) -> list[Decision]:
    """The entries to add so that the record says what was decided; empty where it does already."""
    live = _live(recorded)
    late = max(history, key=lambda event: event.known_at, default=None)
    new: list[Decision] = []
    corrections: list[Decision] = []
    held = set()
    for decision in decided:
        held.add(decision.key)
        old = live.get(decision.key)
        if old is None:
            new.append(decision)
        elif old.kind.startswith("clock.") and (old.at, old.due_at) != (decision.at, decision.due_at):
            corrections.append(_correction(old, late, decision))
            new.append(decision)
    closed = {old.page for old in live.values() if old.kind == "page.closed"}
    for key, old in live.items():
        if key in held:
            continue
        if old.kind.startswith("clock."):
            corrections.append(_correction(old, late, None))
        elif old.kind == "page.opened" and old.page not in closed:
            corrections.append(_closing(old, late))
    return sorted(corrections + new, key=lambda decision: decision.at)


def _live(recorded: Iterable[Decision]) -> dict[str, Decision]:
    """By key, the record without what was corrected, and without what followed from something that is gone."""
    entries = list(recorded)
    corrected = {entry.cause for entry in entries if entry.kind == CORRECTED}
    gone = {(entry.clock, entry.was) for entry in entries if entry.kind == CORRECTED and entry.due_at is None}
    opened = {entry.page: entry.at for entry in entries if entry.kind == "page.opened"}
    live: dict[str, Decision] = {}
    for entry in entries:
        if entry.kind == CORRECTED or _name(entry) in corrected:
            continue
        began = opened.get(entry.page, entry.at) if entry.page else entry.at
        if entry.kind.startswith("clock.") or (entry.clock, began) not in gone:
            live[entry.key] = entry
    return live


def _correction(old: Decision, late: TicketEvent | None, instead: Decision | None) -> Decision:
    """`was` is the old entry's instant; `due_at` the instant that holds instead, None where nothing does."""
    at = late.known_at if late else old.at
    now = f"it was so at {text(instead.at)}" if instead else "it did not happen"
    reason = f"{old.kind.removeprefix('clock.')} of {text(old.at)} no longer holds, {now}: {_lateness(late)}"
    entry = Decision(at, CORRECTED, old.ticket, reason, old.agreement, old.version, old.metric, old.cycle)
    entry.threshold, entry.cause, entry.was = old.threshold, _name(old), old.at
    entry.due_at = instead.at if instead else None
    return entry


def _closing(old: Decision, late: TicketEvent | None) -> Decision:
    at = late.known_at if late else old.at
    entry = Decision(at, "page.closed", old.ticket, f"its cause is gone: {_lateness(late)}")
    entry.agreement, entry.version, entry.metric, entry.cycle = old.agreement, old.version, old.metric, old.cycle
    entry.page, entry.ladder, entry.step, entry.to, entry.team = old.page, old.ladder, old.step, old.to, old.team
    entry.occurrence = 1
    return entry


def _name(entry: Decision) -> str:
    return f"{entry.key}@{entry.at}"


def _lateness(late: TicketEvent | None) -> str:
    if late is None:
        return "the history has changed"
    return f"{late.type} {late.id[:60]} of {text(late.time)} arrived at {text(late.known_at)}"

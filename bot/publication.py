"""Publication: what a configuration promised when the bot began with it.

Decided here: that what was published and holds is only followed by versions, never written otherwise: else clocks would be
judged anew by terms that did not hold for them (DESIGN 1.7); that what is known of customers, ladders and rotas hold from
their publication on. Who else hears of it, and what has no versions (metrics, statuses), may change in place. Not decided
here: what lasts (`config.lasting`), what becomes of open tickets (`registrar`).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from escalation.book import Book, Lasting
from escalation.roster import Roster
from rules.ticket import PUBLISHED, TicketEvent


class PublishedError(Exception):
    """The configuration says otherwise what was published; the message says what, and what to do."""


def published(events: Sequence[TicketEvent]) -> list[TicketEvent]:
    """The publications among what people decided, in their order."""
    return [event for event in events if event.type == PUBLISHED]


def terms_of(book: Book) -> dict[str, Any]:
    """What is noted of a configuration: `digests` tell whether anything differs, `lasting` what may not; `customers` is what is
    lent to their tickets until something else is published, `roster` the ladders and rotas by which pages go that are opened
    until then.
    """
    lasting = {name: list(term) for name, term in book.lasting.items()}
    customers = json.loads(json.dumps(book.promises.customers, default=str))
    roster = json.loads(json.dumps(book.roster.plain()))
    return {"digests": dict(book.digests), "lasting": lasting, "customers": customers, "roster": roster}


def rewritten(before: Mapping[str, Lasting], after: Mapping[str, Lasting], now: int) -> dict[str, str]:
    """By name, what of an earlier configuration a later one says otherwise though it holds by now, or adds to the past."""
    found = {}
    for name, (holds_at, digest, of) in before.items():
        if holds_at <= now and (name in after or of is None or of in after):
            if name not in after:
                found[name] = "gone"
            elif after[name].digest != digest:
                found[name] = "changed"
    added = (name for name, term in after.items() if name not in before and term.of in before and term.holds_at <= now)
    return found | dict.fromkeys(added, "added for days that are past")


def check_published(events: Sequence[TicketEvent], book: Book, now: int) -> None:
    """Raises PublishedError where the book writes otherwise what was published and holds by now."""
    known = published(events)
    before = {name: Lasting(*term) for name, term in known[-1].data.get("lasting", {}).items()} if known else {}
    found = rewritten(before, book.lasting, now)
    if found:
        named = "".join(f"\n  {name}: {what}" for name, what in found.items())
        raise PublishedError(
            f"this ledger's tickets were promised something else than the configuration says now:{named}\n"
            "A promise is never rewritten, only followed by a version. Put back what was there, and write what holds from now "
            "on under its versions: from today for an agreement, from tomorrow for a calendar; targets: none ends an "
            "agreement. To begin anew, set DATABASE_URL to another file."
        )


def first_published(events: Sequence[TicketEvent]) -> dict[str, int]:
    """By key, when versions of agreements were published that were not there from the beginning."""
    first: dict[str, int] = {}
    known: set[str] | None = None
    for event in published(events):
        versions = {name.removeprefix("agreements.") for name in event.data["digests"] if name.startswith("agreements.")}
        for key in versions - known if known is not None else ():
            first.setdefault(key, event.time)
        known = versions | (known or set())
    return first


def lent(events: Sequence[TicketEvent]) -> list[tuple[int, Mapping[str, Any]]]:
    """What was known of customers, each time from when on; only where something changed."""
    found: list[tuple[int, Mapping[str, Any]]] = []
    for event in published(events):
        known = event.data.get("customers", {})
        if not found or found[-1][1] != known:
            found.append((event.time, known))
    return found


def rosters(events: Sequence[TicketEvent]) -> list[tuple[int, Roster]]:
    """The ladders and rotas that were published, each from when on; only where something changed."""
    found: list[tuple[int, Mapping[str, Any]]] = []
    for event in published(events):
        kept = event.data.get("roster")  # not noted by earlier versions
        if kept is not None and (not found or found[-1][1] != kept):
            found.append((event.time, kept))
    return [(since, Roster.of(kept)) for since, kept in found]


def republished_at(events: Sequence[TicketEvent]) -> int | None:
    """When other promises than the first were last published; None where they never were."""
    times = [event.time for event in published(events)]
    return times[-1] if len(times) > 1 else None

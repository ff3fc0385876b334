"""Coverage: hours in which an agreement's clocks run and nobody is on the rota that its ladder needs.

Decided here: what counts as such a gap. Not decided here: for which span it is asked, and who is told.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from escalation.book import Book
from rules.agreement import Agreement


class Gap(NamedTuple):
    """From `start` to `end` clocks of these agreements run and nobody is on the rota."""

    rota: str
    agreements: tuple[str, ...]
    start: int
    end: int


def gaps(book: Book, start: int, end: int) -> list[Gap]:
    """All gaps of a span, by rota and then in the order of time; those of several agreements at the same hours are one."""
    found: dict[tuple[str, int, int], list[str]] = {}
    for rota in book.rotas.values():
        needing = [agreement for agreement in _in_force(book, start, end) if rota.name in _rotas(agreement, book)]
        if not needing:
            continue
        unstaffed = [(turn.start, turn.end) for turn in rota.turns(start, end) if not turn.who]
        for agreement in needing:
            for window in _joined(_meet(_running(agreement, start, end), unstaffed)):
                found.setdefault((rota.name, *window), []).append(agreement.name)
    return [Gap(rota, tuple(dict.fromkeys(named)), *window) for (rota, *window), named in sorted(found.items())]


def _in_force(book: Book, start: int, end: int) -> Iterator[Agreement]:
    """Versions of agreements under which clocks may begin in a span."""
    for versions in book.promises.versions.values():
        for agreement, later in zip(versions, [*versions[1:], None], strict=True):
            if agreement.since < end and (later is None or later.since > start):
                yield agreement


def _rotas(agreement: Agreement, book: Book) -> set[str]:
    """The rotas that its ladder's steps name."""
    ladder = book.ladders.get(agreement.ladder or "")
    return {step.who for step in ladder.steps if step.kind == "rota"} if ladder else set()


def _running(agreement: Agreement, start: int, end: int) -> list[tuple[int, int]]:
    """When its clocks run, whichever calendar counts them."""
    windows = (window for calendar in agreement.calendars for window in calendar.windows(start, end))
    return _joined((max(first, start), min(last, end)) for first, last in windows)


def _meet(some: Iterable[tuple[int, int]], others: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Where two sets of windows are both open."""
    for first, last in some:
        for begin, end in others:
            if max(first, begin) < min(last, end):
                yield max(first, begin), min(last, end)


def _joined(windows: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Windows in order, those that touch or overlap as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(windows):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found

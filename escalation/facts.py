"""Facts: what one ticket cannot know of itself.

Decided here: how breaches of a customer are counted. Not decided here: where the other tickets' breaches are read.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from escalation.reconcile import LETTER, live
from rules.decisions import Decision
from rules.instants import DAY

COUNTERS = ("customer_breaches_24h",)
"""Fields that a rule's condition may ask for and no ticket has."""

Count = tuple[str, int, int]
"""What swayed a rule: a customer, an instant, and how many breaches were counted."""


@dataclass(frozen=True)
class Facts:
    """`breaches`: by customer, sorted instants at which customer SLAs went overdue, in other tickets than the one looked at
    or, where `whole`, in all of them. `recorded`: facts used by earlier decisions, by their key; they are used again.
    `letters`: when the ticket's customer was written to, by the decision's key; a letter stays written, also where its cause
    turns out never to have happened. `pages`: when its pages were opened, by their ids.
    """

    breaches: Mapping[str, Sequence[int]] = field(default_factory=dict)
    whole: bool = False
    recorded: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    letters: Mapping[str, int] = field(default_factory=dict)
    pages: Mapping[str, int] = field(default_factory=dict)

    def remembering(self, record: Sequence[Decision]) -> "Facts":
        """These facts, with what was done already: a later look does not put it at another time."""
        used = [entry for entry in record if entry.facts]
        return replace(
            self,
            recorded={entry.cause if entry.cause and not entry.agreement else entry.key: entry.facts or {} for entry in used},
            letters={entry.key: entry.done_at or entry.at for entry in record if entry.kind == LETTER},
            pages=_opened(record),
        )

    def used(self, cause: Decision) -> dict[str, Any] | None:
        """What was known when a decision, or what followed from an event, was recorded; None where it is not on record."""
        if not self.recorded:
            return None  # names need not be made where none is known, as in most looks and in a whole simulation
        known = self.recorded.get(cause.key) or self.recorded.get(cause.name)
        return dict(known) if known else None

    def confirm(self, counted: Sequence[Count]) -> bool:
        """Whether the same is counted with these facts: then a look comes to the same."""
        return all(self.customer_breaches_24h(customer, (), at) == count for customer, at, count in counted)

    def customer_breaches_24h(self, customer: object, own: Sequence[int], at: int) -> int:
        """Breaches of a customer within the 24 hours that end at `at`, that instant included; `own` are sorted too."""
        if not isinstance(customer, str):
            return 0
        count = _within_a_day(self.breaches.get(customer, ()), at)
        return count if self.whole else count + _within_a_day(own, at)


def _opened(record: Sequence[Decision]) -> dict[str, int]:
    """When the pages on record were opened; most tickets have none."""
    if not any(entry.kind == "page.opened" for entry in record):
        return {}
    return {str(entry.page): entry.at for entry in live(record).values() if entry.kind == "page.opened"}


def _within_a_day(instants: Sequence[int], at: int) -> int:
    return bisect_right(instants, at) - bisect_right(instants, at - DAY)


NO_FACTS = Facts()

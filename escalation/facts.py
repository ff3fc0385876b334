"""Facts: what one ticket cannot know of itself.

Decided here: how breaches of a customer are counted. Not decided here: where the other tickets' breaches are read.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rules.decisions import Decision
from rules.instants import DAY

COUNTERS = ("customer_breaches_24h",)
"""Fields that a rule's condition may ask for and no ticket has."""


@dataclass(frozen=True)
class Facts:
    """`breaches`: by customer, sorted instants at which customer SLAs went overdue, in other tickets than the one looked at
    or, where `whole`, in all of them. `recorded`: facts used by earlier decisions, by their key; they are used again.
    `letters`: when the ticket's customer was written to, by the decision's key; a letter stays written, also where its cause
    turns out never to have happened.
    """

    breaches: Mapping[str, Sequence[int]] = field(default_factory=dict)
    whole: bool = False
    recorded: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    letters: Mapping[str, int] = field(default_factory=dict)

    def customer_breaches_24h(self, customer: object, own: Sequence[int], at: int) -> int:
        """Breaches of a customer within the 24 hours that end at `at`, that instant included."""
        if not isinstance(customer, str):
            return 0
        elsewhere = self.breaches.get(customer, ())
        count = bisect_right(elsewhere, at) - bisect_right(elsewhere, at - DAY)
        return count if self.whole else count + sum(at - DAY < breach <= at for breach in own)


def facts_of(recorded: Sequence[Decision]) -> dict[str, Mapping[str, Any]]:
    """Facts used by decisions on record: by their own key, or by the event that they followed from."""
    return {
        entry.key if entry.agreement or entry.cause is None else entry.cause: entry.facts for entry in recorded if entry.facts
    }


def letters_of(recorded: Sequence[Decision]) -> dict[str, int]:
    """When a ticket's customer was written to, by the decision's key."""
    return {entry.key: entry.at for entry in recorded if entry.kind == "message.customer"}


NO_FACTS = Facts()

"""What a simulation comes to, in figures.

Decided here: what is counted. Not decided here: how it is shown.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rules.clock_row import ClockRow


@dataclass
class Summary:
    """Counts, and verdicts by agreement and metric. Of the lines, `read` hold an event of their own; `events` happened."""

    read: int = 0
    refused: int = 0
    events: int = 0
    tickets: int = 0
    clocks: int = 0
    decisions: int = 0
    until: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    verdicts: defaultdict[tuple[str, str], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def take_clocks(self, rows: Iterable[ClockRow]) -> None:
        """Take in a ticket's clocks."""
        for row in rows:
            self.clocks += 1
            self.verdicts[row.agreement, row.metric][row.verdict] += 1

    def take_decisions(self, kinds: Sequence[str]) -> None:
        """Take in a ticket's decisions, by their kinds."""
        self.decisions += len(kinds)
        self.kinds.update(kinds)

    def add(self, other: "Summary") -> None:
        """Take in what became of other tickets."""
        self.events += other.events
        self.tickets += other.tickets
        self.clocks += other.clocks
        self.decisions += other.decisions
        self.kinds.update(other.kinds)
        for key, verdicts in other.verdicts.items():
            self.verdicts[key].update(verdicts)

"""Coverage at load: a rota that leaves hours open in which clocks run is warned of.

Decided here: for how long ahead that is asked, and that each rota is warned of once. Not decided here: what a gap is
(`escalation.coverage`).
"""

from config.source import Source
from escalation.book import Book
from escalation.coverage import gaps
from rules.durations import spoken
from rules.instants import DAY, text

AHEAD = 28 * DAY


def check_coverage(source: Source, book: Book, now: int) -> None:
    """Warn of rotas on which nobody is on call while clocks run whose ladder needs them."""
    found = gaps(book, now, now + AHEAD)
    for rota in dict.fromkeys(gap.rota for gap in found):
        own = [gap for gap in found if gap.rota == rota]
        agreements = ", ".join(dict.fromkeys(name for gap in own for name in gap.agreements))
        total = spoken(sum(gap.end - gap.start for gap in own), days=False)
        source.problem(
            ("rotas", rota),
            f"{total} in the next four weeks without anybody on call, first from {text(own[0].start)}",
            f"somebody whenever clocks of {agreements} run",
            "Give it more shifts, or the ladder a step that somebody takes.",
            warning=True,
        )

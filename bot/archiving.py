"""Archiving: what has been kept long enough goes to the archive.

Decided here: that one process at a time archives, as much as there is, a part at a time; how far back the retention time
reaches: by months, as people count them. Not decided here: which tickets have ended, and how entries are moved
(`adapters/ledger/archiving.py`).
"""

from collections.abc import Callable
from pathlib import Path

import arrow

from bot.ports import ARCHIVING, Ledger, WallClockPort
from bot.records import Moved
from rules.instants import MINUTE

_HELD = 10 * MINUTE
"""Longer than a part takes; the lease is renewed for each."""


class Archiving:
    """Archives to a folder what has rested for so many months."""

    def __init__(self, ledger: Ledger, clock: WallClockPort, folder: Path, months: int) -> None:
        self._ledger, self._clock, self._folder, self._months = ledger, clock, folder, months

    def turn(self, holder: str, advance: Callable[[int], None] = lambda _moved: None) -> Moved | None:
        """Archive all that may be; None where another process is archiving. Raises OSError where the folder cannot be written:
        what is not there stays in the ledger.
        """
        whole = Moved(0, 0, ())
        try:
            while (fence := self._ledger.leases.take(ARCHIVING, holder, self._clock.now(), _HELD)) is not None:
                part = self._ledger.archive.move(self._folder, self._before(), self._clock.now(), fence)
                if not part.tickets:
                    return whole
                whole = whole.and_(part)
                advance(part.entries)
            return None
        finally:
            self._ledger.leases.give_back(ARCHIVING, holder)

    def _before(self) -> int:
        now = self._clock.now()
        return int(arrow.get(now / 1000).shift(months=-self._months).timestamp() * 1000)

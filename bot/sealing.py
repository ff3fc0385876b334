"""Sealing: once a day, and when somebody asks for it.

Decided here: that each day (UTC) has a seal, that one process at a time seals, and what is said of it. Not decided here: what a
seal holds (`adapters/ledger/seals.py`).
"""

from collections.abc import Sequence

from bot.ports import SEALING, Ledger, SealFile, WallClockPort
from bot.records import OutboxRow, Seal, notice
from rules.instants import DAY, MINUTE, text


class Sealing:
    """Seals a ledger under the first of some keys; the others are earlier ones. `file` keeps each seal outside the database; at
    `channel`, a platform and its channel, it is said.
    """

    def __init__(
        self,
        ledger: Ledger,
        clock: WallClockPort,
        keys: Sequence[bytes],
        file: SealFile | None,
        channel: tuple[str, str] | None,
    ) -> None:
        self._ledger, self._clock, self._keys, self._file, self._channel = ledger, clock, keys, file, channel

    def due(self, now: int) -> bool:
        """Whether the present day has no seal yet; one that lies far ahead was made before the clock was set back."""
        last = self._ledger.seals.last()
        return last is None or last.at // DAY < now // DAY or last.at > now + 2 * DAY

    def trouble(self) -> str | None:
        """What would keep a seal from being made now, and what to do, in words; None: nothing that is known of."""
        try:
            if self._file is not None and (why := self._file.unwritable()) is not None:
                return f"SEAL_FILE {why}. Make it writable, or name another file"
            return self._ledger.seals.refusal(self._keys, self._file)
        except OSError as error:
            return f"SEAL_FILE cannot be read: {error.strerror}. Make it readable, or name another file"

    def seal(self, fence: int, *, new_key: bool = False) -> Seal:
        """Seal what there is, under the lease's number; the last seal is under one of the keys, or `new_key` says that its
        key is lost. Raises LedgerError, OSError where the file cannot be written: nothing is sealed.
        """
        return self._ledger.seals.seal(self._clock.now(), self._keys, fence, self._file, self._said, new_key=new_key)

    def turn(self, holder: str, *, asked: bool = False, new_key: bool = False) -> Seal | None:
        """Seal where it is due or `asked` for; None where it is not, or where another process is sealing."""
        if not asked and not self.due(self._clock.now()):
            return None
        fence = self._ledger.leases.take(SEALING, holder, self._clock.now(), MINUTE)
        if fence is None:
            return None
        try:
            # Another process may have sealed between the question and the lease.
            return self.seal(fence, new_key=new_key) if asked or self.due(self._clock.now()) else None
        finally:
            self._ledger.leases.give_back(SEALING, holder)

    def _said(self, seal: Seal) -> Sequence[OutboxRow]:
        if self._channel is None:
            return ()
        platform, channel = self._channel
        lines = (f"Sealed at {text(seal.at)}", f"mac {seal.mac}")
        return (notice(f"seal-{seal.number}", f"Seal {seal.number} of the ledger", lines, platform, channel, seal.at),)

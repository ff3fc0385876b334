"""The file of seals, as `sla ledger verify` reads it.

Decided here: which file is read, what is said of it, and when the file itself is a finding: one that is gone or holds no seal
while the ledger was sealed, and one that was named and ends before the ledger's last seal. SEAL_FILE may end before it, where
another machine sealed last: that is said, and is no finding. Not decided here: what its seals are worth
(`adapters/ledger/seal_checks.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from bot.cli.archive import entries_in_words
from bot.cli.options import reason_of, usage_error
from bot.messages import counted
from rules.instants import text

if TYPE_CHECKING:
    from bot.records import Seal
    from config.settings import Settings

_GONE = (
    "it is gone, while the ledger has {0}: bring it back from a copy. Where there is none, or this machine has never sealed, "
    "sla ledger seal begins a new one with all seals that the ledger has"
)
_NO_SEAL = "it holds no seal, while the ledger has {0}: it was emptied or written over, or is another file. Bring back a copy"
_NO_FILE_OF_SEALS = "it holds no seal: it is no file of seals, or it is empty"
_BEHIND = "it ends with seal {0}, while the ledger has {1}: only the ledger's own seals speak for what was sealed since then"


class KeptSeals:
    """The seals of the file that was `named`, or of SEAL_FILE. Raises typer.Exit where it cannot be read."""

    def __init__(self, named: Path | None, settings: Settings) -> None:
        self.path, self._named = named or settings.seal_file, named is not None
        if named is not None and not named.exists():
            raise usage_error(f"there is no file of seals at {named}")
        self.seals, self._odd = self._read()

    def finding(self, last: int) -> str | None:
        """What is wrong with the file, where the ledger's last seal has this number, 0 where there is none."""
        if self.path is None:
            return None
        if self.path.is_file():  # the bot may have sealed since it was read first; a pipe gives what it has once
            self.seals, self._odd = self._read()
        ledgers = counted(last, "seal")
        if not self.path.exists():
            return _GONE.format(ledgers) if last else None
        if not self.seals:
            odd = self._named or self._odd
            return _NO_SEAL.format(ledgers) if last else _NO_FILE_OF_SEALS if odd else None
        return _BEHIND.format(self._end.number, ledgers) if self._named and self._end.number < last else None

    def tell(self, last: int) -> None:
        """What was read, and how far it reaches."""
        if self.path is None:
            return
        if not self.path.exists():
            if not last:
                typer.echo(f"SEAL_FILE: there is no file {self.path} yet; the first seal makes it.", err=True)
            return
        reach = ""
        if self.seals:
            over = entries_in_words(_covered(self.seals))
            reach = f", up to seal {self._end.number} at {instant_in_words(self._end.at)}, over {over}"
        passed = f"; {counted(self._odd, 'line')} in it without a seal" if self._odd else ""
        typer.echo(f"Read from {self.path}: {counted(len(self.seals), 'seal')}{reach}{passed}.")
        if not self._named and self.seals and self._end.number < last:
            behind = _BEHIND.format(self._end.number, counted(last, "seal"))
            typer.echo(f"SEAL_FILE {self.path}: {behind}. The next seal of this machine makes up for it.", err=True)

    @property
    def _end(self) -> Seal:
        return max(self.seals, key=attrgetter("number"))

    def _read(self) -> tuple[Sequence[Seal], int]:
        from adapters.ledger.seal_file import JsonSealFile

        if self.path is None:
            return [], 0
        try:
            return JsonSealFile(self.path).read_all()
        except OSError as error:
            raise usage_error(f"{self.path} cannot be read: {reason_of(error)}") from None


def instant_in_words(at: int) -> str:
    """An instant; where it was altered it may be none."""
    try:
        return text(at)
    except (OverflowError, ValueError):
        return f"an instant that is none ({at})"


def _covered(seals: Sequence[Seal]) -> int:
    """How many entries they vouch for."""
    from adapters.ledger.seals import heads_of
    from bot.ports import LedgerError

    reached: dict[tuple[int, int], int] = {}
    for seal in seals:
        with suppress(LedgerError):  # verifying tells of it
            for day, shard, number, _ in heads_of(seal):
                reached[day, shard] = max(number, reached.get((day, shard), 0))
    return sum(reached.values())

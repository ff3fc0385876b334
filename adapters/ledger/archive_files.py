"""The archive: a folder of Parquet files, and the seals beside them.

Decided here: that a file holds entries of one month in the order of their chains, in the columns of an export, and is never
written again: further entries of a month get a file with the next number, also where a crash has left one that nobody names;
that a file has its name only when it is on the disk and has been read back. Not decided here: which entries.
"""

import hashlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.ledger.parquet import write_parquet
from adapters.ledger.seal_file import JsonSealFile
from bot.records import Seal
from rules.instants import DAY, text

_AT_ONCE = 10_000
_PATTERN = "ledger-*.parquet"


class ArchiveError(Exception):
    """A file of the archive does not hold what was written to it; nothing was taken out of the ledger."""


class ArchiveFolder:
    """Files of entries. Everything here raises OSError."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._seals = JsonSealFile(path / "seals.jsonl")

    def write(self, entries: Sequence[Mapping[str, Any]], taken: Collection[str]) -> tuple[str, str]:
        """Write entries of one month under a name that is not taken, here or in another folder; it, and the file's SHA-256.

        Raises ArchiveError.
        """
        self.path.mkdir(exist_ok=True)
        month = month_of(entries[0]["day"])
        new = self.path / f"ledger-{month}.part"
        write_parquet(new, ({**entry, "hash": entry["hash"].hex()} for entry in entries), with_personal=False)
        with new.open("rb") as file:
            os.fsync(file.fileno())
        if not _same(entries, _entries(new)):
            raise ArchiveError(f"{new} does not hold what was written to it: look at the disk")
        digest = _digest(new)
        name = _next(month, self.names().union(taken))
        new.rename(self.path / name)
        _sync(self.path)
        return name, digest

    def keep(self, seals: Sequence[Seal]) -> None:
        """Have these seals stand beside the files."""
        kept = set(self._seals.read())
        if missing := [seal for seal in seals if seal not in kept]:
            self._seals.append(missing)

    def seals(self) -> list[Seal]:
        """The seals that stand beside the files."""
        return self._seals.read()

    def digest(self, name: str) -> str | None:
        """The SHA-256 of a file as it is now; None where there is none."""
        path = self.path / Path(name).name
        return _digest(path) if path.is_file() else None

    def entries(self, name: str) -> Iterator[dict[str, Any]]:
        """The entries of a file."""
        return _entries(self.path / Path(name).name)

    def names(self) -> set[str]:
        """The files that are there."""
        return {path.name for path in self.path.glob(_PATTERN)}


def _next(month: str, taken: Collection[str]) -> str:
    numbers = [int(name.split(".")[-2]) for name in taken if name.startswith(f"ledger-{month}.")]
    return f"ledger-{month}.{max(numbers, default=0) + 1:04}.parquet"


def month_of(day: int) -> str:
    """The month of a chain's day: 2026-01."""
    return text(day * DAY)[:7]


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with pq.ParquetFile(path) as file:
            for some in file.iter_batches(_AT_ONCE):
                for row in some.to_pylist():
                    yield row | {"hash": bytes.fromhex(row["hash"])}
    except pa.ArrowException as error:
        raise ArchiveError(f"{path} cannot be read: {error}") from None


def _same(entries: Sequence[Mapping[str, Any]], found: Iterator[dict[str, Any]]) -> bool:
    count = 0
    for entry, row in zip(entries, found, strict=False):
        if entry != row:
            return False
        count += 1
    return count == len(entries) and next(found, None) is None


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(folder: Path) -> None:
    """Its names too must survive."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)

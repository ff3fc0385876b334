"""Archived entries among those of the database, in the order of their chains.

Decided here: that a file which is read gives its entries, and one that is not, its spans; a file that is missing or altered is
told of, and its spans stand for it. Not decided here: what is wrong with entries (`verifying`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import groupby
from typing import Any

from adapters.ledger.archive_files import ArchiveFolder, month_of
from adapters.ledger.archived import Archived
from adapters.ledger.findings import Finding
from adapters.ledger.verifying import Row

_NOT_BESIDE = {"salt": None, "personal": None}


def with_archived(
    rows: Iterable[Row], files: Sequence[Archived], folder: ArchiveFolder | None, found: Callable[[Finding], None]
) -> Iterable[Row]:
    """The database's entries, and in their places those that are archived, or the spans of these."""
    if not files:
        return rows
    whole = [file for file in files if folder is not None and _is_whole(file, folder, found)]
    spans = [
        {**span._asdict(), "number": span.first, "file": file.file}
        for file in files
        if file not in whole
        for span in file.spans
    ]
    spans.sort(key=_place)
    read = _read(whole, folder) if folder is not None else iter(())
    return merge(spans, read, rows, key=_place)


def _is_whole(file: Archived, folder: ArchiveFolder, found: Callable[[Finding], None]) -> bool:
    digest = folder.digest(file.file)
    if digest == file.sha256:
        return True
    what = "missing from the archive" if digest is None else "altered: it is not the file that was written"
    found(Finding(f"{what}; it holds {file.entries:,} entries", file=file.file))
    return False


def _read(files: Sequence[Archived], folder: ArchiveFolder) -> Iterator[Row]:
    """The entries of files, month by month: those of one month may be of the same chains."""
    by_month = sorted((month_of(file.spans[0].day), file.file) for file in files if file.spans)
    for _, own in groupby(by_month, key=lambda pair: pair[0]):
        yield from merge(*(_entries(name, folder) for _, name in own), key=_place)


def _entries(name: str, folder: ArchiveFolder) -> Iterator[Row]:
    for entry in folder.entries(name):
        yield {**entry, **_NOT_BESIDE, "file": name}


def _place(row: Mapping[str, Any]) -> tuple[tuple[bool, Any], ...]:
    """As the database orders them, where something has been put that is no number: numbers first."""
    values = (row["day"], row["shard"], row["number"])
    return tuple((not isinstance(value, int), value if isinstance(value, int) else repr(value)) for value in values)

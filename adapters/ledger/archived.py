"""What has gone to the archive, as the ledger notes it.

Decided here: that an entry names the file, its SHA-256 and, span by span, which entries of which chains it holds, each span
with its last hash: so a chain is followed over what is archived also without the files. Not decided here: how files are written
(`archive_files`), and what is wrong with a ledger (`verifying`).
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, text

from adapters.ledger.forgetting import ERASED

ARCHIVED_KIND = "ledger.archived"
_ARCHIVED = text(f"SELECT body FROM entries WHERE ticket = '' AND kind = '{ARCHIVED_KIND}' ORDER BY seq")  # noqa: S608 - our own word


class Span(NamedTuple):
    """Entries of a chain, one after the other; `hash` is the last one's."""

    day: int
    shard: int
    first: int
    last: int
    hash: bytes


@dataclass(frozen=True)
class Archived:
    """One file of the archive."""

    file: str
    sha256: str
    entries: int
    spans: tuple[Span, ...]

    def body(self) -> dict[str, Any]:
        """As an entry holds it."""
        spans = [[*span[:4], span.hash.hex()] for span in self.spans]
        return {"file": self.file, "sha256": self.sha256, "entries": self.entries, "personal_fields": ERASED, "spans": spans}


def archived(connection: Connection) -> list[Archived]:
    """All files of the archive, in the order in which they were written."""
    return [found for body in connection.execute(_ARCHIVED).scalars() if (found := _archived(body)) is not None]


def spans_of(rows: Iterable[Mapping[str, Any]]) -> Iterator[Span]:
    """The spans of entries that come in the order of their chains."""
    span: Span | None = None
    for row in rows:
        chain, number, hash = (row["day"], row["shard"]), row["number"], row["hash"]
        if span is not None and span[:2] == chain and number == span.last + 1:
            span = span._replace(last=number, hash=hash)
        else:
            if span is not None:
                yield span
            span = Span(*chain, number, number, hash)
    if span is not None:
        yield span


def _archived(body: str) -> Archived | None:
    """None where it was altered beyond recognition: the chain tells of that."""
    try:
        said = json.loads(body)
        spans = tuple(
            Span(int(day), int(shard), int(first), int(last), bytes.fromhex(hash))
            for day, shard, first, last, hash in said["spans"]
        )
        return Archived(str(said["file"]), str(said["sha256"]), int(said["entries"]), spans)
    except (ValueError, TypeError, KeyError, IndexError):
        return None

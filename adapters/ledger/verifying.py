"""Verifying: is every entry what was written, and is every one there?

Decided here: what is checked, in one pass over the entries in the order of their chains, whatever they are read from; that an
entry is judged by the hash before it as it stands, so that one altered entry is one finding. Not decided here: where entries
are read (`chained`, `archive_reading`), what seals are worth (`seal_checks`).
"""

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from adapters.ledger.chain import link, root
from adapters.ledger.findings import Finding
from adapters.ledger.seal_checks import Chain, Sealed

_MOST_BEFORE = 3
Row = Mapping[str, Any]
"""An entry with its place, and the salt and body of its personal fields where these are there; or a span of entries, up to
`last`, in a `file` of the archive that is not read, with the last one's hash.
"""


@dataclass
class Counted:
    """What was gone through."""

    entries: int = 0
    chains: int = 0
    unread: int = 0


def check_chains(
    rows: Iterable[Row], sealed: Sealed, ends: Mapping[Chain, tuple[int, bytes]], erased: Container[int], counted: Counted
) -> Iterator[Finding]:
    """What is wrong with entries, given in the order of their chains. `ends` are the chains' ends as the ledger keeps them,
    `erased` the arrival numbers of those whose personal fields were erased.
    """
    seen = set()
    for chain, own in groupby(rows, key=itemgetter("day", "shard")):
        seen.add(chain)
        counted.chains += 1
        yield from _Walk(chain, sealed, erased, counted).through(own, ends.get(chain))
    for day, shard in sorted((sealed.heads.keys() | {chain for chain, end in ends.items() if end[0]}) - seen):
        number = max(sealed.last((day, shard)), ends.get((day, shard), (0,))[0])
        yield Finding("missing: the whole chain is gone", day, shard, 1, number)


class _Walk:
    """The way through one chain. `_before` are the hashes that the next entry may carry on, none where that is not known."""

    def __init__(self, chain: Chain, sealed: Sealed, erased: Container[int], counted: Counted) -> None:
        self._chain, self._sealed, self._erased, self._counted = chain, sealed, erased, counted
        self._heads = sealed.heads.get(chain, {})
        self._sealed_numbers = {number for number, _ in self._heads}
        self._before: tuple[bytes, ...] = (root(*chain),)
        self._number = self._agreed = 0
        self._hash = self._before[0]

    def through(self, rows: Iterable[Row], end: tuple[int, bytes] | None) -> Iterator[Finding]:
        """Go from its first entry to its last."""
        for row in rows:
            if "last" in row:
                yield from self._pass_over(row)
            else:
                self._counted.entries += 1
                yield from self._step(row)
        yield from self._ending(end)

    def _step(self, row: Row) -> Iterator[Finding]:
        number = row["number"]
        if not isinstance(number, int) or number <= self._number:
            yield self._at(row, "put in: its place in the chain is taken, or is none")
            return
        yield from self._up_to(number)
        carried = [found for hash in self._before if (found := _linked(hash, row)) is not None]
        altered = bool(self._before) and row["hash"] not in carried
        if altered:
            yield self._at(row, "altered: it, or its hash, is not what was written after the entry before it")
        # Which of the two was altered shows at the next entry: it was written after the one that was right.
        self._before = (row["hash"], *carried[:_MOST_BEFORE]) if altered else (row["hash"],)
        self._number, self._hash = number, row["hash"]
        if (wrong := _personal(row, self._erased)) is not None:
            yield self._at(row, wrong)
        if number in self._sealed_numbers:
            yield from self._sealed_here(row)

    def _pass_over(self, span: Row) -> Iterator[Finding]:
        """Entries that are archived: the chain goes on after the last of them."""
        first, last = span["number"], span["last"]
        if first <= self._number:
            what = f"put in: {span['file']} is said to hold entries whose place in the chain is taken"
            yield Finding(what, *self._chain, first, last)
            return
        yield from self._up_to(first)
        self._counted.unread += last - first + 1
        self._before, self._number, self._hash = (span["hash"],), last, span["hash"]
        if last in self._sealed_numbers:
            yield from self._sealed_here(span)

    def _up_to(self, number: int) -> Iterator[Finding]:
        """Whether the chain goes on with this number."""
        if number > self._number + 1:
            yield Finding("missing", *self._chain, self._number + 1, number - 1)
            self._before = ()

    def _sealed_here(self, row: Row) -> Iterator[Finding]:
        """Whether the chain up to here is the one that was sealed."""
        hash = row["hash"].hex() if isinstance(row["hash"], bytes) else None
        for (number, sealed), seal in self._heads.items():
            if number == self._number and sealed != hash:
                what = f"altered, put in or taken out: the chain up to here is not the one that seal {seal} holds"
                yield Finding(what, *self._chain, self._agreed + 1, number, seal=seal)
        self._agreed = self._number

    def _ending(self, end: tuple[int, bytes] | None) -> Iterator[Finding]:
        sealed, number = self._sealed.last(self._chain), self._number
        if sealed > number:
            seal = next(seal for (last, _), seal in self._heads.items() if last > number)
            yield Finding(f"missing: cut off after seal {seal}", *self._chain, number + 1, sealed, seal=seal)
            if number > self._agreed:
                yield Finding("no seal vouches for what is left of it", *self._chain, self._agreed + 1, number, seal=seal)
        elif end is not None and end[0] > number:
            yield Finding("missing: cut off", *self._chain, number + 1, end[0])
        elif end is None or end != (number, self._hash):
            yield Finding("where the chain ends is not where the ledger says it does", *self._chain, number)
        if number > sealed and self._sealed.closed(self._chain):
            what = f"put in after seal {self._sealed.number}, by which that day was over"
            yield Finding(what, *self._chain, sealed + 1, number, seal=self._sealed.number)

    def _at(self, row: Row, what: str) -> Finding:
        return Finding(what, *self._chain, row["number"], None, row["seq"], row["ticket"], row["kind"])


def _linked(before: bytes, row: Row) -> bytes | None:
    """The hash that an entry should have; None where something in it is not even of its kind."""
    try:
        return link(before, row)
    except (TypeError, ValueError):
        return None


def _personal(row: Row, erased: Container[int]) -> str | None:
    """What is wrong with the personal fields beside an entry."""
    known, beside = _digest(row["body"]), row["personal"]
    if beside is None:
        gone = known is not None and row["seq"] not in erased and "file" not in row  # archiving has erased them
        return "its personal fields are gone, and no entry says that they were erased" if gone else None
    if known is None:
        return "personal fields stand beside it that it does not know of"
    try:
        right = hashlib.sha256(row["salt"] + beside.encode()).hexdigest() == known
    except (TypeError, AttributeError):
        right = False
    return None if right else "its personal fields were altered"


def _digest(body: Any) -> str | None:
    """The salted hash of its personal fields that an entry carries."""
    try:
        digest: str | None = json.loads(body).get("personal") if '"personal"' in body else None
    except (ValueError, TypeError, AttributeError):
        return None
    return digest

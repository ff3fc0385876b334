"""What the seals say, and whether they are to be believed.

Decided here: that a seal counts where its mac is right, that the ledger's seals follow one by one, that every seal kept in the
file is in the ledger too; that a day which was over when it was sealed gets no entries any more. Not decided here: whether the
entries are what was sealed (`verifying`).
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from adapters.ledger.findings import Finding
from adapters.ledger.seals import before_of, genuine, heads_of, mac_of
from bot.ports import LedgerError
from bot.records import Seal
from rules.instants import DAY, HOUR

Chain = tuple[int, int]
"""A day and a shard."""


@dataclass
class Sealed:
    """What all seals together say: by chain the numbers that were sealed, each with its hash and its seal; when it was sealed
    last; and what is wrong with the seals.
    """

    heads: dict[Chain, dict[tuple[int, str], int]] = field(default_factory=lambda: defaultdict(dict))
    at: int | None = None
    number: int = 0
    findings: list[Finding] = field(default_factory=list)

    def last(self, chain: Chain) -> int:
        """Up to which number a chain was sealed."""
        return max((number for number, _ in self.heads.get(chain, ())), default=0)

    def closed(self, chain: Chain) -> bool:
        """Whether the chain's day was over for long enough when it was sealed last: nothing was on its way any more."""
        return self.at is not None and over(chain, self.at)


def over(chain: Chain, at: int) -> bool:
    """Whether whatever belongs to a chain was written long before an instant."""
    return (chain[0] + 1) * DAY + HOUR <= at


def check_seals(table: Sequence[Seal], kept: Sequence[Seal], keys: Sequence[bytes]) -> Sealed:
    """Check the ledger's seals and those kept in the file; without keys, macs are believed."""
    sealed = Sealed()
    believed = [seal for seal in table if _believed(seal, "the ledger", keys, sealed)]
    _follow(table, keys, sealed)
    _late(believed, sealed)
    _compare(table, believed, [seal for seal in kept if _believed(seal, "the file", keys, sealed)], sealed)
    return sealed


def _believed(seal: Seal, where: str, keys: Sequence[bytes], sealed: Sealed) -> bool:
    """Whether a seal is what was sealed; then what it says is taken up."""
    if keys and not genuine(seal, keys):
        what = f"its mac in {where} is wrong: it was altered, or its key is named neither by SEAL_KEY nor by SEAL_KEYS_BEFORE"
        sealed.findings.append(Finding(what, seal=seal.number))
        return False
    try:
        content = json.loads(seal.body)
        heads = heads_of(seal)
        agrees = (content["number"], content["at"]) == (seal.number, seal.at)
    except (LedgerError, ValueError, TypeError, KeyError):
        agrees = False
    if not agrees:
        sealed.findings.append(Finding(f"its columns in {where} do not say what was sealed", seal=seal.number))
        return False
    for day, shard, number, hash in heads:
        sealed.heads[day, shard].setdefault((number, hash), seal.number)
    if sealed.at is None or seal.at > sealed.at:
        sealed.at, sealed.number = seal.at, seal.number
    return True


def _follow(table: Sequence[Seal], keys: Sequence[bytes], sealed: Sealed) -> None:
    """The ledger's seals: numbers without gaps, each naming the one before."""
    number = 0
    before: set[str | None] = {None}
    for seal in table:
        if seal.number != number + 1:
            last = seal.number - 1
            missing = f"seals {number + 1} to {last} are missing" if last > number + 1 else f"seal {last} is missing"
            sealed.findings.append(Finding(f"{missing} in the ledger", seal=seal.number))
        elif before_of(seal) not in before:
            sealed.findings.append(
                Finding("it does not follow from the seal before it: one of the two was altered", seal=seal.number)
            )
        number = seal.number
        before = {seal.mac, *(mac_of(key, seal.body) for key in keys)}


def _late(seals: Sequence[Seal], sealed: Sealed) -> None:
    """What grew in a day after a seal over that day, which was over."""
    known: dict[Chain, int] = {}
    before: Seal | None = None
    for seal in seals:
        for day, shard, number, _ in heads_of(seal):
            first = known.get((day, shard), 0) + 1
            known[day, shard] = max(number, first - 1)
            grown = number >= first  # a seal that begins a new key names what has not grown too
            if grown and before is not None and over((day, shard), before.at):
                what = f"put in after seal {before.number}, by which that day was over"
                sealed.findings.append(Finding(what, day, shard, first, number, seal=seal.number))
        before = seal


def _compare(table: Sequence[Seal], believed: Sequence[Seal], kept: Sequence[Seal], sealed: Sealed) -> None:
    """The ledger's seals and the file's. A seal that was made twice, because a machine died between file and ledger, counts."""
    numbers = {seal.number for seal in table}
    for seal in kept:
        if seal.number not in numbers:
            what = (
                "it stands in the file and not in the ledger: it was taken out, or a backup was restored that is older; where "
                "the machine died as it was made, sla ledger seal puts it back"
            )
            sealed.findings.append(Finding(what, seal=seal.number))
    reached = max((seal.number for seal in kept), default=0)
    in_file = set(kept)
    for seal in believed:
        if seal.number <= reached and seal not in in_file:
            sealed.findings.append(Finding("the file has another one, or none, in its place", seal=seal.number))

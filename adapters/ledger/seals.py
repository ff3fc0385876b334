"""Seals: over all chains, under a key that is not in the database.

Decided here: that a seal names the heads of all chains which have grown since the seal before it, and that seal's mac; that it
stands in its file before it stands in the database, so that a seal which was once made is never lost: what the file has and
the table has not, as after a crash between the two, is put into the table by the next seal, and what another machine has
sealed, into the file; that nothing is sealed over a seal under none of the keys, unless a new key is to begin. Not decided
here: when it is sealed, and what a seal proves (`verifying`).
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from pydantic import StrictInt, StrictStr, TypeAdapter
from sqlalchemy import Connection, insert, select

from adapters.ledger.database import Database
from adapters.ledger.engine import insert_new
from adapters.ledger.entries import canonical
from adapters.ledger.leases import check_held
from adapters.ledger.outbox import outbox_row
from adapters.ledger.schema import chains, seals
from adapters.ledger.schema_said import outbox
from bot.ports import SEALING, LedgerError, SealFile
from bot.records import OutboxRow, Seal

_UNKNOWN_KEY = (
    "seal {0.number} was altered, or its key is named neither by SEAL_KEY nor by SEAL_KEYS_BEFORE, so nothing is sealed: see "
    "what sla ledger verify says, and name the key; where that is lost, sla ledger seal --new-key begins another one"
)
_HEADS = TypeAdapter(list[tuple[StrictInt, StrictInt, StrictInt, StrictStr]])


class SqlSeals:
    """The ledger's seals."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def last(self) -> Seal | None:
        """The latest seal."""
        latest = select(seals).order_by(seals.c.number.desc()).limit(1)
        row = self._database.read(lambda connection: connection.execute(latest).first())
        return None if row is None else Seal(*row)

    def refusal(self, keys: Sequence[bytes], file: SealFile | None) -> str | None:
        """Why nothing would be sealed under these keys now: the last seal is under none of them. Raises OSError."""

        def work(connection: Connection) -> str | None:
            found = _gathered(connection, keys, file)
            return None if found.last is None or genuine(found.last, keys) else _UNKNOWN_KEY.format(found.last)

        return self._database.read(work)

    def seal(
        self,
        now: int,
        keys: Sequence[bytes],
        fence: int,
        file: SealFile | None,
        said: Callable[[Seal], Sequence[OutboxRow]],
        *,
        new_key: bool = False,
    ) -> Seal:
        """Seal all chains as they stand, under the first key and the lease; `said` is what is said of it.

        Raises LeaseLostError, OSError, and LedgerError where the last seal is under none of the keys and no `new_key` is to
        begin.
        """

        def work(connection: Connection) -> Seal:
            check_held(connection, SEALING, fence)
            found = _gathered(connection, keys, file)
            for seal in found.put_back:
                connection.execute(insert(seals), seal._asdict())
            begins = found.last is not None and not genuine(found.last, keys)
            if begins and not new_key:
                raise LedgerError(_UNKNOWN_KEY.format(found.last))
            made = _next(connection, found.known, now, keys[0], whole=begins)
            if file is not None:
                file.append([*(seal for seal in found.known if seal not in found.kept), made])
            connection.execute(insert(seals), made._asdict())
            insert_new(connection, outbox, [outbox_row(row, now) for row in said(made)])
            return made

        return self._database.write(work)


@dataclass(frozen=True)
class _Gathered:
    """The seals that are `known`, those among them that the ledger has to be given back, those `kept` in the file."""

    known: Sequence[Seal]
    put_back: Sequence[Seal]
    kept: Sequence[Seal]

    @property
    def last(self) -> Seal | None:
        """The one that the next seal follows."""
        return self.known[-1] if self.known else max(self.kept, key=attrgetter("number"), default=None)


def _gathered(connection: Connection, keys: Sequence[bytes], file: SealFile | None) -> _Gathered:
    """All seals, of ledger and file. Raises OSError."""
    known, kept = all_seals(connection), file.read() if file is not None else []
    put_back = following(known, kept, keys)
    return _Gathered([*known, *put_back], put_back, kept)


def all_seals(connection: Connection) -> list[Seal]:
    """The seals of the database, in their order."""
    return [Seal(*row) for row in connection.execute(select(seals).order_by(seals.c.number))]


def mac_of(key: bytes, body: str) -> str:
    """What nobody can write without the key."""
    return hmac.new(key, body.encode(), hashlib.sha256).hexdigest()


def genuine(seal: Seal, keys: Iterable[bytes]) -> bool:
    """Whether a seal was made under one of the keys."""
    return any(hmac.compare_digest(seal.mac.encode(), mac_of(key, seal.body).encode()) for key in keys)


def following(known: Sequence[Seal], kept: Iterable[Seal], keys: Sequence[bytes]) -> list[Seal]:
    """Those kept outside that follow one by one from the last seal known, each under one of the keys."""
    found: list[Seal] = []
    for seal in sorted(kept, key=lambda seal: seal.number):
        last = [*known, *found][-1:]
        number, before = (last[0].number, last[0].mac) if last else (0, None)
        if seal.number == number + 1 and genuine(seal, keys) and before_of(seal) == before:
            found.append(seal)
    return found


def heads_of(seal: Seal) -> list[tuple[int, int, int, str]]:
    """Day, shard, number and hash of the chains' ends that it names. Raises LedgerError."""
    try:
        return _HEADS.validate_python(json.loads(seal.body)["heads"])
    except (ValueError, TypeError, KeyError):
        raise LedgerError(f"seal {seal.number} is not what it was: run sla ledger verify") from None


def before_of(seal: Seal) -> object:
    """The mac of the seal before it, as it says; None where there was none, or where it cannot be read."""
    try:
        return json.loads(seal.body)["before"]
    except (ValueError, TypeError, KeyError):
        return None


def _next(connection: Connection, known: Sequence[Seal], now: int, key: bytes, *, whole: bool) -> Seal:
    """The seal that comes next: what has grown since the last one, or the `whole` ledger where that cannot be believed."""
    sealed = {(day, shard): number for seal in ([] if whole else known) for day, shard, number, _ in heads_of(seal)}
    grown = [
        [row.day, row.shard, row.number, row.hash.hex()]
        for row in connection.execute(select(chains).order_by(chains.c.day, chains.c.shard))
        if row.number > sealed.get((row.day, row.shard), 0)
    ]
    number = known[-1].number + 1 if known else 1
    content: dict[str, Any] = {"number": number, "at": now, "before": known[-1].mac if known else None, "heads": grown}
    body = canonical(content)
    return Seal(number, now, body, mac_of(key, body))

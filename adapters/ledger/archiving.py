"""Archiving: entries of tickets that have long ended leave the database.

Decided here: which tickets have: nothing of them runs, waits or is to be looked at, and they were looked at last before the
retention time, so that nothing was recorded since; that files are written and read back in the transaction that takes the
entries out and notes the files, so that at any moment they are in the database, in the archive or in both, and only what is
noted counts. Their personal fields are not kept any longer. Clocks and pages stay: they are the figures of the past. Not
decided here: when, and how long entries are kept (`bot/archiving.py`).
"""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, func, select, update

from adapters.ledger import chain
from adapters.ledger.archive_files import ArchiveFolder, month_of
from adapters.ledger.archived import ARCHIVED_KIND, Archived, archived, spans_of
from adapters.ledger.bulk import in_parts
from adapters.ledger.database import Database
from adapters.ledger.erasing import ledger_entry
from adapters.ledger.exporting import exported
from adapters.ledger.forgetting import forget
from adapters.ledger.leases import check_held
from adapters.ledger.outbox import WAITING
from adapters.ledger.schema import clocks, entries, pages, tickets
from adapters.ledger.schema_said import outbox
from adapters.ledger.seals import all_seals
from bot.ports import ARCHIVING
from bot.records import Moved

MOST_ENTRIES = 10_000
"""Moved at once; in a file nothing else is written meanwhile, for most of a second. A ticket with more goes by itself."""
_MOST_TICKETS = 10_000
_PLACE = itemgetter("day", "shard", "number")
_ENDED = (
    select(tickets.c.id)
    .where(tickets.c.attention_at.is_(None), tickets.c.archived_at.is_(None), tickets.c.looked_at < bindparam("before"))
    .where(~exists().where(clocks.c.ticket == tickets.c.id, clocks.c.stopped_at.is_(None)))
    .where(~exists().where(pages.c.ticket == tickets.c.id, pages.c.state != "closed"))
    .where(~exists().where(outbox.c.ticket == tickets.c.id, outbox.c.state.in_(WAITING)))
    .order_by(tickets.c.looked_at)
    .limit(_MOST_TICKETS)
    .with_for_update(skip_locked=True)
)


class SqlArchive:
    """Moves entries to the archive."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def move(self, folder: Path, before: int, now: int, fence: int) -> Moved:
        """Move the entries of some tickets that were looked at last before an instant, under the lease; no tickets where none
        is left. Raises LeaseLostError, ArchiveError, OSError.
        """

        def work(connection: Connection) -> Moved:
            check_held(connection, ARCHIVING, fence)
            ids = _ended(connection, before)
            files = _written(connection, ArchiveFolder(folder), ids) if ids else []
            if ids:
                forget(connection, ids)
                _take_out(connection, ids, now)
                chain.append(connection, [ledger_entry(ARCHIVED_KIND, file.body(), now) for file in files], now)
            return Moved(len(ids), sum(file.entries for file in files), tuple(file.file for file in files))

        return self._database.write(work)


def _ended(connection: Connection, before: int) -> list[str]:
    """The tickets whose entries go next, and that are held until the transaction ends."""
    found = list(connection.execute(_ENDED, {"before": before}).scalars())
    chosen: list[str] = []
    total = 0
    for some in in_parts(found):
        counted = select(entries.c.ticket, func.count()).where(entries.c.ticket.in_(some)).group_by(entries.c.ticket)
        sizes = {row[0]: row[1] for row in connection.execute(counted)}
        for id in some:
            total += sizes.get(id, 0)
            if chosen and total > MOST_ENTRIES:
                return chosen
            chosen.append(id)
    return chosen


def _written(connection: Connection, folder: ArchiveFolder, ids: Sequence[str]) -> list[Archived]:
    """Write the entries of some tickets, a file a month, with all seals that there are."""
    rows: list[dict[str, Any]] = []
    for some in in_parts(ids):
        rows += map(exported, connection.execute(select(entries).where(entries.c.ticket.in_(some))))
    rows.sort(key=_PLACE)
    taken = {file.file for file in archived(connection)}
    files = []
    for _, own in groupby(rows, key=lambda row: month_of(row["day"])):
        part = list(own)
        files.append(Archived(*folder.write(part, taken), len(part), tuple(spans_of(part))))
    folder.keep(all_seals(connection))
    return files


def _take_out(connection: Connection, ids: Sequence[str], now: int) -> None:
    for some in in_parts(ids):
        connection.execute(delete(entries).where(entries.c.ticket.in_(some)))
        connection.execute(update(tickets).where(tickets.c.id.in_(some)).values(archived_at=now))

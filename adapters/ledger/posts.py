"""Posts: what stands on the platforms, so that a ticket has one message in a channel, or stands on a list.

Decided here: what is remembered of a message. Not decided here: what it looks like, and when it is edited (`bot.bundling`).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, func, select, update

from adapters.ledger.bulk import in_parts, upsert_all
from adapters.ledger.database import Database
from adapters.ledger.schema_said import posts
from bot.records import ALONE, OutboxRow
from bot.sending import Posted, Standing

_NEWER = (
    "ON CONFLICT (platform, channel, ticket) DO UPDATE SET ref = excluded.ref, bundle = excluded.bundle, "
    "posted_at = CASE WHEN posts.ref = excluded.ref THEN posts.posted_at ELSE excluded.posted_at END, "
    "said_at = CASE WHEN excluded.said_at > posts.said_at THEN excluded.said_at ELSE posts.said_at END, "
    "drawn_at = excluded.drawn_at"
)

_LISTS = (
    select(
        posts.c.ref,
        posts.c.bundle,
        func.min(posts.c.posted_at).label("posted_at"),
        func.max(posts.c.said_at).label("said_at"),
        func.max(posts.c.drawn_at).label("drawn_at"),
    )
    .where(posts.c.bundle.is_not(None))
    .group_by(posts.c.ref, posts.c.bundle)
)


class SqlPosts:
    """Messages that stand on platforms, by ticket and channel."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def standing(self, platform: str, channel: str, tickets: Sequence[str], since: int) -> Standing:
        """What stands in a channel."""
        here = (posts.c.platform == platform) & (posts.c.channel == channel)
        lately = select(func.count()).where(here, posts.c.said_at > since, posts.c.posted_at > since)
        begun = _LISTS.where(here, posts.c.said_at > since).order_by(posts.c.bundle.desc()).limit(1)

        def work(connection: Connection) -> Standing:
            own: dict[str, Posted] = {}
            for some in in_parts(tickets):
                known = select(posts).where(here, posts.c.ticket.in_(some))
                own |= {row.ticket: _posted(row) for row in connection.execute(known)}
            said_at = connection.execute(select(func.max(posts.c.said_at)).where(here)).scalar()
            fresh = connection.execute(lately).scalar() or 0
            latest = connection.execute(begun).first()
            return Standing(own, fresh, said_at, _posted(latest) if latest else None)

        return self._database.read(work)

    def bundled(self, bundle: int) -> list[str]:
        """The tickets on a list."""
        named = select(posts.c.ticket).where(posts.c.bundle == bundle).order_by(posts.c.ticket)
        return self._database.read(lambda connection: list(connection.execute(named).scalars()))


def stands(connection: Connection, rows: Sequence[OutboxRow], posted: Posted) -> None:
    """Rows were said with a message. What no later word belongs to is not remembered."""
    kept = {row.ticket: row for row in rows if row.audience not in ALONE}
    message = {name: getattr(posted, name) for name in ("ref", "bundle", "posted_at", "said_at", "drawn_at")}
    found = [{"platform": row.platform, "channel": row.channel, "ticket": ticket, **message} for ticket, row in kept.items()]
    if found:
        upsert_all(connection, posts, found, _NEWER)
    if posted.bundle is not None:
        drawn = update(posts).where(posts.c.bundle == posted.bundle).values(drawn_at=posted.drawn_at)
        connection.execute(drawn)


def _posted(row: Any) -> Posted:
    return Posted(row.ref, row.posted_at, row.said_at, row.drawn_at, row.bundle)

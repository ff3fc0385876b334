"""The local chat's messages.

Decided here: that an outbox row posts at most once, whatever crashed in between; that a ticket has one message in a channel,
edited in place, with a thread; that every change has a revision by which a page catches up. Not decided here: how it looks.
"""

import json
from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import Connection, Engine, func, insert, select, update

from adapters.ledger.engine import writing
from adapters.ledger.schema import chat, chat_log
from bot.messages import Card
from bot.records import ChatEntry, ChatMessage, OutboxRow


class SqlChat:
    """Messages by channel; also the sender of platform `local`."""

    platform = "local"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def send(self, row: OutboxRow, card: Card, kind: str, line: ChatEntry | None, now: int) -> None:
        """Post or edit the message of a ticket in a channel; customers' messages stand each on its own."""
        id = f"{row.channel}/{row.ticket}" if kind == "card" else f"{row.channel}/{row.ticket}/{row.id}"
        with writing(self._engine) as connection:
            if line is not None and self._said(connection, row.id):
                return
            shown = connection.execute(select(chat.c.card).where(chat.c.id == id)).scalar()
            body = card.model_dump_json()
            if line is None and shown in (None, body):
                return  # nothing is shown of this ticket here, or it is up to date already
            revision = (connection.execute(select(func.max(chat.c.rev))).scalar() or 0) + 1
            if shown is None:
                said = {"id": id, "rev": revision, "channel": row.channel, "kind": kind, "ticket": row.ticket}
                connection.execute(insert(chat).values(**said, card=body, created_at=now))
            else:
                connection.execute(update(chat).where(chat.c.id == id).values(rev=revision, card=body, edited_at=now))
            if line is not None:
                mentions = json.dumps(list(line.mentions))
                connection.execute(
                    insert(chat_log).values(outbox=row.id, message=id, at=line.at, text=line.text, mentions=mentions)
                )

    def messages(self, channel: str | None, since: int, limit: int) -> list[ChatMessage]:
        """Messages changed after a revision, oldest change first, with their threads."""
        wanted = select(chat).where(chat.c.rev > since)
        if channel is not None:
            wanted = wanted.where(chat.c.channel == channel)
        with self._engine.connect() as connection:
            rows = connection.execute(wanted.order_by(chat.c.rev).limit(limit)).all()
            threads = self._threads(connection, [row.id for row in rows])
        return [
            ChatMessage(
                row.id,
                row.rev,
                row.channel,
                row.kind,
                row.ticket,
                Card.model_validate_json(row.card),
                row.created_at,
                row.edited_at,
                threads[row.id],
            )
            for row in rows
        ]

    def channels(self) -> list[str]:
        """Channels in which something was said."""
        with self._engine.connect() as connection:
            return list(connection.execute(select(chat.c.channel).distinct().order_by(chat.c.channel)).scalars())

    @staticmethod
    def _said(connection: Connection, outbox_id: int) -> bool:
        return connection.execute(select(chat_log.c.outbox).where(chat_log.c.outbox == outbox_id)).scalar() is not None

    @staticmethod
    def _threads(connection: Connection, ids: Sequence[str]) -> dict[str, list[ChatEntry]]:
        threads: dict[str, list[ChatEntry]] = defaultdict(list)
        for start in range(0, len(ids), 500):
            some = chat_log.c.message.in_(ids[start : start + 500])
            for row in connection.execute(select(chat_log).where(some).order_by(chat_log.c.outbox)):
                threads[row.message].append(ChatEntry(str(row.outbox), row.at, row.text, json.loads(row.mentions)))
        return threads

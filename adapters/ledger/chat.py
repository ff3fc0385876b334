"""The local chat's messages.

Decided here: that an outbox row posts at most once, whatever crashed in between; that a ticket has one message in a channel,
edited in place, with a thread; that every change has a revision by which a page catches up. Not decided here: how it looks.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from adapters.ledger.database import Database, one_at_a_time
from adapters.ledger.entries import storable
from adapters.ledger.schema import chat, chat_log
from bot.messages import Card
from bot.records import ChatEntry, ChatMessage, OutboxRow


class SqlChat:
    """Messages by channel; also the sender of platform `local`."""

    platform = "local"

    def __init__(self, database: Database) -> None:
        self._database = database

    def send(self, row: OutboxRow, card: Card, kind: str, line: ChatEntry | None, now: int) -> None:
        """Post or edit the message of a ticket in a channel; customers' messages stand each on its own."""
        id = f"{row.channel}/{row.ticket}" if kind == "card" else f"{row.channel}/{row.ticket}/{row.id}"
        body = card.model_dump_json()

        def work(connection: Connection) -> None:
            one_at_a_time(connection, "chat")  # what is said later has a later revision for everybody who reads
            if line is not None and self._said(connection, row.id):
                return
            shown = connection.execute(select(chat.c.card).where(chat.c.id == id)).scalar()
            if line is None and shown in (None, body):
                return  # nothing is shown of this ticket here, or it is up to date already
            revision = (connection.execute(select(func.max(chat.c.rev))).scalar() or 0) + 1
            if shown is None:
                said = {"id": id, "rev": revision, "channel": row.channel, "kind": kind, "ticket": row.ticket}
                connection.execute(insert(chat).values(**said, card=body, created_at=now))
            else:
                connection.execute(update(chat).where(chat.c.id == id).values(rev=revision, card=body, edited_at=now))
            if line is not None:
                said = {"outbox": row.id, "message": id, "at": line.at, "text": storable(line.text)}
                connection.execute(insert(chat_log).values(**said, mentions=json.dumps(list(line.mentions))))

        self._database.write(work)

    def messages(self, channel: str | None, since: int, limit: int) -> list[ChatMessage]:
        """Messages changed after a revision, oldest change first, with their threads."""
        wanted = select(chat).where(chat.c.rev > since)
        if channel is not None:
            wanted = wanted.where(chat.c.channel == channel)

        def work(connection: Connection) -> list[ChatMessage]:
            rows = connection.execute(wanted.order_by(chat.c.rev).limit(limit)).all()
            threads = self._threads(connection, [row.id for row in rows])
            return [_message(row, threads[row.id]) for row in rows]

        return self._database.read(work)

    def channels(self) -> list[str]:
        """Channels in which something was said."""
        named = select(chat.c.channel).distinct().order_by(chat.c.channel)
        return self._database.read(lambda connection: list(connection.execute(named).scalars()))

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


def _message(row: Row[Any], log: Sequence[ChatEntry]) -> ChatMessage:
    card = Card.model_validate_json(row.card)
    return ChatMessage(row.id, row.rev, row.channel, row.kind, row.ticket, card, row.created_at, row.edited_at, log)

"""The local chat's messages.

Decided here: that a line is said at most once, whatever crashed in between, and a message that has none, too; that every
change has a revision by which a page catches up. Not decided here: how it looks.
"""

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from adapters.ledger.bulk import insert_all
from adapters.ledger.database import Database, one_at_a_time
from adapters.ledger.entries import storable
from adapters.ledger.schema_said import chat, chat_log
from bot.messages import Card
from bot.records import ChatEntry, ChatMessage
from bot.sending import Post


class SqlChat:
    """Messages by channel; also the sender of platform `local`."""

    platform = "local"
    certain = True

    def __init__(self, database: Database) -> None:
        self._database = database

    def send(self, post: Post, now: int) -> str:
        """Post a message, or edit it and add to its thread."""
        body = post.card.model_dump_json()
        named = (
            f"{post.channel}/{post.about}" if post.kind == "card" and post.about else f"{post.channel}/{post.kind}/{post.id}"
        )

        def work(connection: Connection) -> str:
            one_at_a_time(connection, "chat")  # what is said later has a later revision for everybody who reads
            known = self._said(connection, post.lines)
            id = post.ref or next(iter(known.values()), named)
            lines = [line for line in post.lines if int(line.id) not in known]
            shown = connection.execute(select(chat.c.card).where(chat.c.id == id)).scalar()
            if not lines and (shown == body or (shown is not None and known)):
                return id  # it is up to date already, or was said before a crash
            revision = (connection.execute(select(func.max(chat.c.rev))).scalar() or 0) + 1
            if shown is None:
                about = None if post.kind == "list" else post.about
                said = {"id": id, "rev": revision, "channel": post.channel, "kind": post.kind, "ticket": about}
                connection.execute(insert(chat).values(**said, card=body, created_at=now))
            else:
                connection.execute(update(chat).where(chat.c.id == id).values(rev=revision, card=body, edited_at=now))
            insert_all(connection, chat_log, [_line(line, id) for line in lines])
            return id

        return self._database.write(work)

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
    def _said(connection: Connection, lines: Sequence[ChatEntry]) -> dict[int, str]:
        """Which of some lines were said before, and where."""
        told = select(chat_log.c.outbox, chat_log.c.message).where(chat_log.c.outbox.in_([int(line.id) for line in lines]))
        return {row.outbox: row.message for row in connection.execute(told)} if lines else {}

    @staticmethod
    def _threads(connection: Connection, ids: Sequence[str]) -> dict[str, list[ChatEntry]]:
        threads: dict[str, list[ChatEntry]] = defaultdict(list)
        for start in range(0, len(ids), 500):
            some = chat_log.c.message.in_(ids[start : start + 500])
            for row in connection.execute(select(chat_log).where(some).order_by(chat_log.c.outbox)):
                threads[row.message].append(ChatEntry(str(row.outbox), row.at, row.text, json.loads(row.mentions)))
        return threads


def _line(line: ChatEntry, message: str) -> dict[str, Any]:
    said = {"outbox": int(line.id), "message": message, "at": line.at, "text": storable(line.text)}
    return {**said, "mentions": json.dumps(list(line.mentions))}


def _message(row: Row[Any], log: Sequence[ChatEntry]) -> ChatMessage:
    card = Card.model_validate_json(row.card)
    return ChatMessage(row.id, row.rev, row.channel, row.kind, row.ticket, card, row.created_at, row.edited_at, log)

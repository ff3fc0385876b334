"""Knowledge: articles and solved tickets, to be found by their words.

Decided here: the full-text search of each database: FTS5 with its ranking in SQLite, tsvector in PostgreSQL; words are
searched as they are written, in any language; that only the latest solved tickets are kept. Not decided here: what is kept,
and what is alike (`bot.similar`).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, select, text

from adapters.ledger.bulk import in_parts, upsert_all
from adapters.ledger.database import Database
from adapters.ledger.entries import storable
from adapters.ledger.schema import knowledge
from bot.records import Case

LATEST = 50_000
"""So many solved tickets are kept: what helped long ago is found no more, and a search stays quick."""
_CHANGED = (
    "ON CONFLICT (kind, ref) DO UPDATE SET title = excluded.title, url = excluded.url, body = excluded.body "
    "WHERE knowledge.title <> excluded.title OR knowledge.body <> excluded.body "
    "OR coalesce(knowledge.url, '') <> coalesce(excluded.url, '')"
)
_COLUMNS = ", ".join(f"knowledge.{name}" for name in Case._fields)
_FIND = {
    "sqlite": (
        "FROM knowledge_words JOIN knowledge ON knowledge.id = knowledge_words.rowid "
        "WHERE knowledge_words MATCH :words ORDER BY bm25(knowledge_words, 4.0, 1.0), ref LIMIT :limit"
    ),
    "postgresql": (
        "FROM knowledge, to_tsquery('simple', :words) AS asked WHERE knowledge_words @@ asked "
        "ORDER BY ts_rank(knowledge_words, asked) DESC, ref LIMIT :limit"
    ),
}
MERGED = text("INSERT INTO knowledge_words (knowledge_words) VALUES ('optimize')")
"""Has SQLite's index hold no word any more that was taken out of it."""
_OR = {"sqlite": " OR ", "postgresql": " | "}


class SqlKnowledge:
    """Articles and solved tickets in the ledger's database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dialect = database.engine.dialect.name

    def keep(self, cases: Sequence[Case]) -> None:
        """Add cases, or take in what has changed about them."""
        for some in in_parts(cases):
            self._database.write(lambda connection, some=some: keep_cases(connection, some))  # type: ignore[misc]

    def remove(self, refs: Sequence[str]) -> int:
        """Take out articles; how many there were."""
        named = delete(knowledge).where(knowledge.c.kind == "article", knowledge.c.ref.in_(refs))
        return self._database.write(lambda connection: connection.execute(named).rowcount)

    def counts(self) -> dict[str, int]:
        """How many there are of each kind."""
        wanted = select(knowledge.c.kind, func.count().label("number")).group_by(knowledge.c.kind)
        return {row.kind: row.number for row in self._database.read(lambda connection: connection.execute(wanted).all())}

    def find(self, words: Sequence[str], limit: int) -> list[Case]:
        """Cases in which some of the words stand, those that fit best first."""
        quote = "'" if self._dialect == "postgresql" else '"'
        asked = _OR[self._dialect].join(f"{quote}{word}{quote}" for word in map(_plain, words) if word)
        values: dict[str, Any] = {"words": asked, "limit": limit}
        if not asked:
            return []
        rows = self._database.read(
            lambda connection: connection.execute(text(f"SELECT {_COLUMNS} {_FIND[self._dialect]}"), values).all()
        )
        return [Case(*row) for row in rows]


def keep_cases(connection: Connection, cases: Sequence[Case]) -> None:
    """Cases as the table has them."""
    rows = [{name: storable(value) if value is not None else None for name, value in case._asdict().items()} for case in cases]
    upsert_all(connection, knowledge, rows, _CHANGED)
    if rows:
        last = select(func.max(knowledge.c.id)).scalar_subquery()
        connection.execute(delete(knowledge).where(knowledge.c.kind == "ticket", knowledge.c.id <= last - LATEST))


def forget_cases(connection: Connection, tickets: Sequence[str]) -> None:
    """Take tickets out of what can be found."""
    connection.execute(delete(knowledge).where(knowledge.c.kind == "ticket", knowledge.c.ref.in_(tickets)))


def _plain(word: str) -> str:
    """A word that no query language takes for anything else."""
    return "".join(character for character in word if character.isalnum())

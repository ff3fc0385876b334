"""The index of the words of what is known.

Decided here: its form in each database: in SQLite an FTS5 table beside the rows, kept by triggers; in PostgreSQL a column that
it computes itself, with an index. Not decided here: what is searched.
"""

from sqlalchemy import Connection, text

_STATEMENTS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE knowledge_words USING fts5("
        "title, body, content='knowledge', content_rowid='id', tokenize='unicode61 remove_diacritics 0')",
        "CREATE TRIGGER knowledge_added AFTER INSERT ON knowledge BEGIN "
        "INSERT INTO knowledge_words (rowid, title, body) VALUES (new.id, new.title, new.body); END",
        "CREATE TRIGGER knowledge_removed AFTER DELETE ON knowledge BEGIN "
        "INSERT INTO knowledge_words (knowledge_words, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); END",
        "CREATE TRIGGER knowledge_changed AFTER UPDATE ON knowledge BEGIN "
        "INSERT INTO knowledge_words (knowledge_words, rowid, title, body) VALUES ('delete', old.id, old.title, old.body); "
        "INSERT INTO knowledge_words (rowid, title, body) VALUES (new.id, new.title, new.body); END",
    ),
    "postgresql": (
        "ALTER TABLE knowledge ADD COLUMN knowledge_words tsvector "
        "GENERATED ALWAYS AS (setweight(to_tsvector('simple', title), 'A') || to_tsvector('simple', body)) STORED",
        "CREATE INDEX knowledge_words_index ON knowledge USING gin (knowledge_words)",
    ),
}


def index_words(connection: Connection) -> None:
    """Have what is known be found by its words."""
    for statement in _STATEMENTS[connection.dialect.name]:
        connection.execute(text(statement))

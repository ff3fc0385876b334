"""Many rows at once.

Decided here: how each database takes them fastest: SQLite by one prepared statement; PostgreSQL by COPY, and where rows may
be there already by one statement over a JSON document (measured against executemany: 4 to 6 times as fast). Rows of one call
have the same columns. Not decided here: what is written.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

import orjson
from sqlalchemy import Connection, Select, Table
from sqlalchemy.dialects.postgresql.psycopg import dialect as psycopg_dialect
from sqlalchemy.exc import DBAPIError

_AT_ONCE = 500
"""So many values one question takes."""

T = TypeVar("T")
Row = Mapping[str, Any]
Values = tuple[Any, ...]


def in_parts(ids: Sequence[T]) -> Iterator[Sequence[T]]:
    """A few at a time, as many as one question takes."""
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def fetch_all(connection: Connection, wanted: Select[Any], **values: Any) -> list[Values]:
    """The rows of a question as the driver gives them: plain tuples, in a third of the time that SQLAlchemy's own rows take."""
    result = connection.execute(wanted, values)
    with _errors_as_usual(connection, "fetch"):
        rows = [*result.cursor.fetchall()]
    result.close()
    return rows


def insert_all(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that are not there yet."""
    if not rows:
        return
    columns = tuple(rows[0])
    values = [tuple(row.values()) for row in rows]
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(_insert(table, columns), values)
        return
    _copy(connection, f"COPY {table.name} ({_names(columns)}) FROM STDIN", values)


def upsert_all(connection: Connection, table: Table, rows: Sequence[Row], conflict: str) -> None:
    """Insert rows, with an ON CONFLICT clause for those that are there already."""
    if rows:
        _upsert(connection, table, tuple(rows[0]), [tuple(row.values()) for row in rows], conflict)


def replace_all(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Values]) -> None:
    """Insert rows, given as the values of some columns, in the place of those with the same primary key."""
    if rows:
        _upsert(connection, table, columns, rows, _replacing(table, columns))


def _upsert(connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Values], conflict: str) -> None:
    if connection.dialect.name != "postgresql":
        connection.exec_driver_sql(f"{_insert(table, columns)} {conflict}", rows)
        return
    document = orjson.dumps([dict(zip(columns, row, strict=True)) for row in rows]).decode()
    connection.exec_driver_sql(f"{_insert_document(table, columns)} {conflict}", (document,))


def _copy(connection: Connection, statement: str, values: Sequence[Values]) -> None:
    driver: Any = connection.connection
    with _errors_as_usual(connection, statement), driver.cursor() as cursor, cursor.copy(statement) as copy:
        for row in values:
            copy.write_row(row)


@contextmanager
def _errors_as_usual(connection: Connection, statement: str) -> Iterator[None]:
    """What goes past SQLAlchemy fails as SQLAlchemy tells it."""
    kind: type[Exception] = connection.dialect.loaded_dbapi.Error
    driver: Any = connection.connection
    try:
        yield
    except kind as error:
        lost = bool(getattr(driver, "closed", False))
        if lost:
            connection.invalidate(error)
        raise DBAPIError.instance(
            statement, None, error, kind, hide_parameters=True, connection_invalidated=lost, dialect=connection.dialect
        ) from error


@cache
def _insert(table: Table, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table.name} ({_names(columns)}) VALUES ({', '.join('?' * len(columns))})"  # noqa: S608 - our own names


@cache
def _insert_document(table: Table, columns: tuple[str, ...]) -> str:
    dialect = psycopg_dialect()  # type: ignore[no-untyped-call]
    typed = ", ".join(f'"{name}" {table.c[name].type.compile(dialect).partition(" COLLATE")[0]}' for name in columns)
    names = _names(columns)
    return f"INSERT INTO {table.name} ({names}) SELECT {names} FROM json_to_recordset(%s) AS given({typed})"  # noqa: S608 - as above


@cache
def _replacing(table: Table, columns: tuple[str, ...]) -> str:
    keys = tuple(column.name for column in table.primary_key)
    others = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in keys)
    return f"ON CONFLICT ({_names(keys)}) DO UPDATE SET {others}"


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)

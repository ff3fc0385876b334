"""Questions about many keys at once.

Decided here: the keys are handed over as one value, so that the statement is the same however many there are, and neither
SQLAlchemy, the driver nor the server has to read it again. Not decided here: what is asked.
"""

import json
from collections.abc import Sequence
from typing import Any, Self

from sqlalchemy import ARRAY, Boolean, ColumnElement, Dialect, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine


def among(column: ColumnElement[str], parameter: str) -> ColumnElement[bool]:
    """Whether a column's text is one of those that the statement is given under a parameter's name."""
    return _Among(column, bindparam(parameter, type_=_Texts()))


class _Texts(TypeDecorator[Sequence[str]]):
    """Texts: an array for PostgreSQL, a JSON document for SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(ARRAY(Text) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Sequence[str] | None, dialect: Dialect) -> Any:
        given = list(value or ())
        return given if dialect.name == "postgresql" else json.dumps(given)


class _Among(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True

    def self_group(self, against: OperatorType | None = None) -> Self:  # noqa: ARG002
        """Itself: made to `… = 1`, as SQLAlchemy would for SQLite, no index would answer it."""
        return self


@compiles(_Among)
def _document(element: _Among, compiler: SQLCompiler, **kwargs: Any) -> str:
    column, given = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({given}))"  # noqa: S608 - rendered by SQLAlchemy


@compiles(_Among, "postgresql")
def _array(element: _Among, compiler: SQLCompiler, **kwargs: Any) -> str:
    column, given = (compiler.process(clause, **kwargs) for clause in element.clauses)
    return f"{column} = ANY ({given})"

"""Entries in a Parquet file.

Decided here: the columns' types, and how many entries make a row group, which is all that is held in memory. Not decided here:
which entries.
"""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

_ROW_GROUP = 50_000
_WHOLE = ("seq", "at", "recorded_at", "day", "shard", "number")
_COLUMNS = (
    *("seq", "kind", "ticket", "key", "is_event", "at", "at_text", "recorded_at", "recorded_at_text"),
    *("body", "day", "shard", "number", "hash"),
)
_PERSONAL = ("salt", "personal")


def write_parquet(path: Path, entries: Iterable[dict[str, Any]], *, with_personal: bool) -> None:
    """Write exported entries. Raises OSError."""
    names = (*_COLUMNS, *_PERSONAL) if with_personal else _COLUMNS
    schema = pa.schema([(name, _type(name)) for name in names])
    rest = iter(entries)
    with pq.ParquetWriter(path, schema, compression="zstd") as file:
        while some := list(islice(rest, _ROW_GROUP)):
            file.write_table(pa.Table.from_pylist(some, schema=schema))


def _type(name: str) -> pa.DataType:
    if name in _WHOLE:
        return pa.int64()
    return pa.bool_() if name == "is_event" else pa.string()

"""A query's rows laid down in a Parquet file of plain types, a batch at a time, readable by its owner alone.

Drivers speak of types a book has no use for. Amounts stay exact (decimals and texts of digits), moments are UTC, texts
are texts, bytes stay bytes until the profile says their encoding, and all else becomes text. What a column was is kept
beside it, so that one which cannot be trusted (floats for money) is refused by name.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

#: days and microseconds of the years 1 to 9999: a database's infinity lies outside, and so does nothing real
DAYS = (-719_162, 2_932_896)
_MICROSECONDS = (DAYS[0] * 86_400_000_000, (DAYS[1] + 1) * 86_400_000_000 - 1)
#: key of a column's metadata: its type as the database or driver calls it, where it cannot be read as it is
AS_IT_WAS = b"shouyue.type"

#: called with the rows laid down so far
Seen = Callable[[int], None]


def spool(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path, seen: Seen, raw_text: bool = False) -> int:
    """Write the batches; gives the number of rows. ``raw_text``: texts are bytes in an encoding nobody declared."""
    fields = [_plain_field(f, raw_text) for f in schema]
    plain = pa.schema(fields)
    rows = 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(descriptor, "wb") as handle,
        pq.ParquetWriter(handle, plain, compression="zstd", compression_level=1, store_schema=True) as writer,
    ):
        for batch in batches:
            if batch.num_rows == 0:
                continue
            columns = [_plain(batch.column(n), f.type) for n, f in enumerate(fields)]
            writer.write_table(pa.Table.from_arrays(columns, schema=plain))
            rows += batch.num_rows
            seen(rows)
    return rows


def _plain_field(field: pa.Field, raw_text: bool) -> pa.Field:
    kind, was = _plain_type(field.type)
    if raw_text and pa.types.is_string(kind):
        kind = pa.binary()
    said = (field.metadata or {}).get(b"POSTGRESQL:type")
    if said == b"money":  # minor units of whatever locale the server has
        was = "money"
    return pa.field(field.name, kind, metadata={AS_IT_WAS: was.encode()} if was else None)


def _plain_type(kind: pa.DataType) -> tuple[pa.DataType, str]:
    """The type to keep, and the name of a type whose values cannot be used."""
    t = pa.types
    if isinstance(kind, pa.BaseExtensionType):
        stored, _ = _plain_type(kind.storage_type)
        named = str(getattr(kind, "type_name", ""))
        if isinstance(kind, pa.UuidType):
            return pa.string(), ""
        return stored, named if named and t.is_binary(stored) else ""
    if t.is_dictionary(kind):
        return _plain_type(kind.value_type)
    if t.is_integer(kind) or t.is_boolean(kind) or t.is_decimal(kind):
        return kind, ""
    if t.is_floating(kind):
        return pa.float64(), "float"
    if t.is_date(kind):
        return pa.date32(), ""
    if t.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC" if kind.tz else None), ""
    if t.is_binary(kind) or t.is_large_binary(kind) or t.is_fixed_size_binary(kind) or t.is_binary_view(kind):
        return pa.binary(), ""
    return pa.string(), ""


def _plain(column: pa.Array, kind: pa.DataType) -> pa.Array:
    t = pa.types
    if isinstance(column.type, pa.UuidType):
        return pa.array([None if v is None else str(uuid.UUID(bytes=v)) for v in column.storage.to_pylist()], kind)
    if isinstance(column, pa.ExtensionArray):
        return _plain(column.storage, kind)
    if t.is_dictionary(column.type):
        return _plain(column.dictionary_decode(), kind)
    if t.is_date(column.type):
        return _held(column.cast(pa.date32()).view(pa.int32()), *DAYS).view(pa.date32())
    if t.is_timestamp(column.type):
        micro = column.cast(pa.timestamp("us", tz=column.type.tz), safe=False)
        return _held(micro.view(pa.int64()), *_MICROSECONDS).view(kind)
    if column.type == kind:
        return column
    texts_and_bytes = (t.is_large_string, t.is_string, t.is_string_view, t.is_large_binary, t.is_fixed_size_binary)
    castable = (*texts_and_bytes, t.is_binary_view, t.is_floating, t.is_null)
    if any(test(column.type) for test in castable):
        return column.cast(kind)
    return pa.array([None if v is None else str(v) for v in column.to_pylist()], kind)


def _held(numbers: pa.Array, low: int, high: int) -> pa.Array:
    """Numbers outside become the highest, which the checks of days then refuse."""
    outside = pc.or_(pc.less(numbers, low), pc.greater(numbers, high))
    return pc.if_else(outside, pa.scalar(high, numbers.type), numbers)

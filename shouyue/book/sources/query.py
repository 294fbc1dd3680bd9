"""The rows of a query against the lender's database, as ``databases.spooling`` laid them down."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from shouyue.book import faults
from shouyue.book.databases.spooling import AS_IT_WAS
from shouyue.book.profile_model import TableProfile
from shouyue.book.schema import TABLES
from shouyue.book.sources.raw import BadLine, RawChunk, drop_empty
from shouyue.book.sources.sheets import ROWS, as_json


class QueryResult:
    """Rows of a query; a row's line is its number in the result. Raises BOOK-227, -228 for columns that mislead."""

    def __init__(self, path: Path, table: TableProfile):
        self.path, self.table = path, table
        with pq.ParquetFile(path) as file:
            self.schema = file.schema_arrow
            self.rows = file.metadata.num_rows
        self.headers = [name.strip() for name in self.schema.names]
        #: columns of bytes that the profile reads: text in the table's encoding
        self._bytes: list[int] = []
        self._look_at_types()

    def _look_at_types(self) -> None:
        wanted = {source.strip(): c.target for c in self.table.columns for source in c.sources}
        for place, (header, field) in enumerate(zip(self.headers, self.schema, strict=True)):
            if header not in wanted:
                continue
            was = (field.metadata or {}).get(AS_IT_WAS, b"").decode()
            kind = TABLES[self.table.name].field(wanted[header]).kind if self.table.name in TABLES else "text"
            if was == "float":
                if kind in ("money", "text"):
                    raise faults.INEXACT.error(table=self.table.name, header=header)
            elif was:
                raise faults.UNREADABLE_TYPE.error(table=self.table.name, header=header, type=was)
            if pa.types.is_binary(field.type):
                self._bytes.append(place)

    def chunks(self) -> Iterator[RawChunk]:
        at = 0
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=ROWS):
                lines = np.arange(batch.num_rows) + 1 + at
                at += batch.num_rows
                yield self._chunk(batch, lines, at / max(self.rows, 1))

    def _chunk(self, batch: pa.RecordBatch, lines: np.ndarray, done: float) -> RawChunk:
        bad = np.zeros(batch.num_rows, bool)
        columns: list[pa.Array] = []
        for place, column in enumerate(batch.columns):
            if pa.types.is_binary(column.type):
                if place in self._bytes:
                    column = self._decoded(column, bad)
                else:  # nobody reads it; it is shown as digits
                    column = pa.array([None if v is None else v.hex() for v in column.to_pylist()], pa.string())
            columns.append(column)
        names = [str(n) for n in range(len(columns))]
        frame = pl.DataFrame(pl.from_arrow(pa.RecordBatch.from_arrays(columns, names)))
        if not bad.any():
            return drop_empty(RawChunk(frame, lines, as_json(frame, self.headers), done=done), self.table.ignore_lines)
        raw = as_json(frame, self.headers)(np.flatnonzero(bad).tolist())
        lost = [BadLine(int(n), faults.ENCODING, text) for n, text in zip(lines[bad], raw, strict=True)]
        kept = frame.filter(pl.Series(~bad))
        chunk = RawChunk(kept, lines[~bad], as_json(kept, self.headers), lost, done=done)
        return drop_empty(chunk, self.table.ignore_lines)

    def _decoded(self, column: pa.Array, bad: np.ndarray) -> pa.Array:
        """Bytes as text; rows whose bytes are none are marked, and shown with the bytes as escapes."""
        encoding = self.table.encoding
        if encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
            try:
                return column.cast(pa.string())
            except pa.ArrowInvalid:
                pass
        texts: list[str | None] = []
        for row, value in enumerate(column.to_pylist()):
            if value is None:
                texts.append(None)
                continue
            try:
                texts.append(value.decode(encoding))
            except UnicodeError:
                bad[row] = True
                texts.append(value.decode(encoding, "backslashreplace"))
        return pa.array(texts, pa.string())

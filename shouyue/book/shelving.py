"""Clean rows become shards: which shard, which row of its loans, in which order.

Frames here are polars frames with exactly the columns of the schema (children without ``loan_ix``).
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from shouyue.book.schema import TABLES, Table

POLARS = {
    "text": pl.String,
    "choice": pl.String,
    "money": pl.Int64,
    "date": pl.Date,
    "int": pl.Int32,
    "bool": pl.Boolean,
    "moment": pl.Datetime("us", "UTC"),
}


def frame_schema(table: Table) -> dict[str, pl.DataType | type[pl.DataType]]:
    return {f.name: POLARS[f.kind] for f in table.fields}


def shard_key(table: Table) -> str:
    """The column that says in which shard a row lies."""
    return "customer_id" if table.name in ("customers", "contacts") else "loan_id"


def crc(ids: pl.Series) -> np.ndarray:
    """CRC-32 of each id (uint32); computed once per distinct id."""
    coded = pc.dictionary_encode(ids.to_arrow())
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    if isinstance(coded, pa.ChunkedArray):
        coded = pa.concat_arrays(coded.chunks) if coded.num_chunks else pa.array([], pa.string()).dictionary_encode()
    values = np.fromiter(
        (zlib.crc32((text or "").encode()) for text in coded.dictionary.to_pylist()), np.uint32, len(coded.dictionary)
    )
    return values[coded.indices.to_numpy(zero_copy_only=False)] if len(coded) else np.zeros(0, np.uint32)


def complete(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with all columns of the table, in its order; those it lacks are null."""
    return frame.select(
        pl.col(f.name).cast(POLARS[f.kind]) if f.name in frame.columns else pl.lit(None, POLARS[f.kind]).alias(f.name)
        for f in table.fields
    )


def shelve(table: Table, rows: pl.DataFrame, loans: pl.DataFrame | None) -> pa.Table:
    """A shard of a table in its final order.

    ``loans`` is the shard's sorted column ``loan_id``; wanted for children of loans, each of whose rows must have its
    loan there (rows without are an error of the caller, and raise).
    """
    schema = table.arrow_schema()
    if "loan_ix" in schema.names:
        if loans is None:
            raise ValueError(f"{table.name} cannot be shelved without its loans")
        numbered = loans.select("loan_id", pl.int_range(pl.len(), dtype=pl.Int32).alias("loan_ix"))
        before = rows.height
        rows = rows.join(numbered, on="loan_id", how="inner", maintain_order="left")
        if rows.height != before:
            raise ValueError(f"{before - rows.height} rows of {table.name} have no loan in their shard")
    # every column takes part, so that the same rows in another order give the same bytes
    rest = [name for name in schema.names if name not in table.order]
    rows = rows.sort([*table.order, *rest], nulls_last=True)
    return rows.select(schema.names).to_arrow().cast(schema)


def partition(frame: pl.DataFrame, table: Table, shards: int) -> Mapping[int, pl.DataFrame]:
    """The rows of each shard that has some."""
    if shards == 1:
        return {0: frame} if frame.height else {}
    places = crc(frame[shard_key(table)]) % np.uint32(shards)
    order = np.argsort(places, kind="stable")
    edges = np.searchsorted(places[order], np.arange(shards + 1))
    sorted_frame = frame[order]
    return {
        ix: sorted_frame.slice(int(edges[ix]), int(edges[ix + 1] - edges[ix]))
        for ix in range(shards)
        if edges[ix + 1] > edges[ix]
    }


__all__ = ["POLARS", "TABLES", "complete", "crc", "frame_schema", "partition", "shard_key", "shelve"]

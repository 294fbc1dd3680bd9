"""A version of a book out of clean tables: shard, link children to their loans, sort, write.

The tables have the columns of ``schema`` (without ``loan_ix``) and nothing wrong in them: the importer has seen to
that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa

from shouyue.book.schema import TABLES, Table, shard_count, shard_of
from shouyue.book.store import Book, Version, VersionWriter

#: called after each shard with (done, all)
Progress = Callable[[int, int], None]

_POLARS: dict[str, Any] = {
    "text": pl.String,
    "choice": pl.String,
    "money": pl.Int64,
    "date": pl.Date,
    "int": pl.Int32,
    "bool": pl.Boolean,
    "moment": pl.Datetime("us", "UTC"),
}


def build_version(
    book: Path | str,
    tables: Mapping[str, pl.DataFrame | pa.Table],
    manifest: Mapping[str, Any] | None = None,
    shards: int | None = None,
) -> Version:
    """Write ``tables`` as the book's new current version. Absent tables and absent optional columns are empty."""
    target = Book(book)
    with target.writing():
        return write_version(target, tables, manifest or {}, shards)


def write_version(
    book: Book,
    tables: Mapping[str, pl.DataFrame | pa.Table],
    manifest: Mapping[str, Any],
    shards: int | None = None,
    progress: Progress | None = None,
) -> Version:
    """As ``build_version``, inside ``book.writing()``. A book keeps the number of shards of its first version."""
    frames = {name: complete(TABLES[name], tables[name]) for name in TABLES if name in tables}
    current = book.current()
    count = shards or (current.shards if current else shard_count(frames["loans"].height))
    writer = VersionWriter(book, count)
    try:
        parts = {name: _split(TABLES[name], frame, count) for name, frame in frames.items()}
        for shard_ix in range(count):
            write_shard(writer, shard_ix, {name: split[shard_ix] for name, split in parts.items()})
            if progress:
                progress(shard_ix + 1, count)
        return writer.commit({"tables": totals(frames), "parent": current.id if current else None, **manifest})
    except BaseException:
        writer.abandon()
        raise


def write_shard(writer: VersionWriter, shard_ix: int, tables: Mapping[str, pl.DataFrame]) -> None:
    """Sort one shard's tables, link the children to their loans, write those that have rows."""
    loans = tables["loans"].sort("loan_id")
    numbered = loans.select("loan_id", pl.int_range(pl.len(), dtype=pl.Int32).alias("loan_ix"))
    for name, frame in tables.items():
        table = TABLES[name]
        if table.parent and table.parent[0] == "loans":
            frame = frame.join(numbered, on="loan_id", how="inner")
            frame = frame.select("loan_ix", *[f.name for f in table.fields])
        rows = loans if name == "loans" else frame.sort(table.order, maintain_order=True)
        if rows.height or name == "loans":
            writer.write(name, shard_ix, rows.to_arrow())


def complete(table: Table, rows: pl.DataFrame | pa.Table) -> pl.DataFrame:
    """All the table's columns in their order and type, absent ones null."""
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(rows)
    return frame.select(
        (
            pl.col(f.name).cast(_POLARS[f.kind])
            if f.name in frame.columns
            else pl.lit(None, _POLARS[f.kind]).alias(f.name)
        )
        for f in table.fields
    )


def totals(frames: Mapping[str, pl.DataFrame]) -> dict[str, dict[str, int]]:
    """Rows and, where the table has money, its sum in minor units: the control totals of a version."""
    result = {}
    for name, frame in frames.items():
        result[name] = {"rows": frame.height}
        if (money := TABLES[name].money) is not None:
            result[name]["minor"] = int(frame[money].sum() or 0)
    return result


def _split(table: Table, frame: pl.DataFrame, shards: int) -> list[pl.DataFrame]:
    if shards == 1:
        return [frame]
    owner = "customer_id" if table.name in ("customers", "contacts") else "loan_id"
    where = shard_numbers(frame[owner], shards)
    order = np.argsort(where, kind="stable")
    bounds = np.searchsorted(where[order], np.arange(shards + 1))
    sorted_rows = frame[order]
    return [sorted_rows[int(bounds[i]) : int(bounds[i + 1])] for i in range(shards)]


def shard_numbers(ids: pl.Series, shards: int) -> np.ndarray:
    """``shard_of`` for a column of ids, one computation per distinct id."""
    distinct = ids.unique()
    numbers = pl.Series([shard_of(i, shards) for i in distinct], dtype=pl.Int32)
    found = pl.DataFrame({"id": ids}).join(
        pl.DataFrame({"id": distinct, "shard": numbers}), on="id", how="left", maintain_order="left"
    )
    return found["shard"].to_numpy()

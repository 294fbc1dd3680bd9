"""A version of a book from clean tables in memory: for tests, the simulator and programs that hold their own data."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyarrow as pa

from shouyue.base import settings
from shouyue.book.schema import TABLES, shard_count
from shouyue.book.shelving import complete, partition, shelve
from shouyue.book.store import Book, Version, VersionWriter


def build_version(
    book_path: str | Path,
    tables: Mapping[str, pl.DataFrame | pa.Table],
    *,
    currency: str | None = None,
    shards: int | None = None,
) -> Version:
    """Write clean tables (columns as in the schema, any may-columns left out) as the book's next version.

    Rows are trusted: identities unique, every child's loan present (ValueError otherwise). ``payments.booked_on``
    is the value date where null. An import of files checks all this; see ``shouyue.book.importing``.
    """
    frames = {name: _frame(name, rows) for name, rows in tables.items()}
    loans = frames.get("loans", complete(TABLES["loans"], pl.DataFrame()))
    shards = shards or shard_count(loans.height)
    book = Book(book_path)
    parts = {name: partition(frame, TABLES[name], shards) for name, frame in frames.items()}
    with book.lock(), VersionWriter(book, shards, currency or settings.currency()) as writer:
        for ix in range(shards):
            ids = (
                complete(TABLES["loans"], parts.get("loans", {}).get(ix, loans.clear()))
                .select("loan_id")
                .sort("loan_id")
            )
            for name, by_shard in parts.items():
                if ix in by_shard:
                    writer.write(name, ix, shelve(TABLES[name], by_shard[ix], ids))
        return writer.commit(profile=None, sources=[], import_digest=None, control=None)


def _frame(name: str, rows: pl.DataFrame | pa.Table) -> pl.DataFrame:
    frame = rows if isinstance(rows, pl.DataFrame) else pl.DataFrame(pl.from_arrow(rows))
    frame = complete(TABLES[name], frame)
    if name == "payments":
        frame = frame.with_columns(pl.col("booked_on").fill_null(pl.col("value_date")))
    return frame

"""Parsed rows on their way to their shards: written down by shard, so that memory holds one shard at a time.

Frames here have the schema's columns, ``_file`` (place among the table's files), ``_line``, ``_sent`` and ``_gone``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from shouyue.book.schema import Table
from shouyue.book.shelving import frame_schema, partition

#: what a row carries beside the schema's columns: its file, its line, its amount as sent (the control total's), and
#: whether the lender says it is to go
PLACE = {"_file": pl.UInt32, "_line": pl.Int64, "_sent": pl.Int64, "_gone": pl.Boolean}

#: the place of rows that the book holds
NOWHERE = [*(pl.lit(None, PLACE[name]).alias(name) for name in PLACE if name != "_gone"), pl.lit(False).alias("_gone")]


class Stage:
    """The good rows of one table, kept under ``folder`` until their shard is made."""

    def __init__(self, folder: Path, table: Table, shards: int, identity: Sequence[str] = ()):
        self.folder, self.table, self.shards = folder, table, shards
        self.folder.mkdir(parents=True, exist_ok=True)
        #: identities to watch over all shards, as hashes; none when the identity itself tells the shard
        self.identity = tuple(identity)
        self._hashes: list[np.ndarray] = []
        self._places: list[list[tuple[Path, int]]] = [[] for _ in range(shards)]
        self._files = 0

    def add(self, rows: pl.DataFrame) -> None:
        if rows.height == 0:
            return
        if self.identity:
            self._hashes.append(self.hashed(rows).to_numpy())
        path = self.folder / f"{self._files:06d}.arrow"
        self._files += 1
        schema = self.empty().to_arrow().schema
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for place, (ix, part) in enumerate(partition(rows, self.table, self.shards).items()):
                batch = part.to_arrow().cast(schema).combine_chunks().to_batches()[0]
                writer.write_batch(batch)
                self._places[ix].append((path, place))

    def rows(self, shard_ix: int) -> pl.DataFrame:
        """The rows of a shard, in the order of the files."""
        batches = []
        for path, place in self._places[shard_ix]:
            with pa.memory_map(str(path)) as source:
                batches.append(pa.ipc.open_file(source).get_batch(place))
        return pl.DataFrame(pl.from_arrow(pa.Table.from_batches(batches))) if batches else self.empty()

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema={**frame_schema(self.table), **PLACE})

    def hashed(self, rows: pl.DataFrame) -> pl.Series:
        return rows.select(pl.struct(self.identity).hash()).to_series()

    def suspects(self, known: Sequence[np.ndarray] = ()) -> np.ndarray:
        """Hashes of identities that appear more than once, here or among ``known``; sorted."""
        every = [*self._hashes, *known]
        if not self._hashes:
            return np.zeros(0, np.uint64)
        together = np.sort(np.concatenate(every))
        return np.unique(together[1:][together[1:] == together[:-1]])

    def drop(self) -> None:
        for path in self.folder.glob("*.arrow"):
            path.unlink()

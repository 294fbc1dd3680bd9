"""What every format gives: chunks of rows, each row with its line, and the rows that are no rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import polars as pl


@dataclass(frozen=True)
class BadLine:
    """A line that cannot be split into the header's fields. ``fault`` is a number of ``faults.ROW``."""

    line: int
    fault: int
    raw: str


@dataclass
class RawChunk:
    """Rows of a file. ``frame`` has a column per header, named by its position ("0", "1", …)."""

    frame: pl.DataFrame
    #: physical line (sheet row, or row number of a Parquet file) on which each row begins, from 1
    lines: np.ndarray
    #: the rows' original text, by their places in ``frame``
    raw: Callable[[Sequence[int]], list[str]]
    bad: list[BadLine] = field(default_factory=list)
    #: rows that are none: wholly empty, or set aside by ``ignore_lines``
    ignored: int = 0
    #: share of the file read so far
    done: float = 1.0


class Source(Protocol):
    """An opened file. ``headers`` as in the file, stripped; ``chunks`` may be walked again from the start."""

    headers: list[str]

    def chunks(self) -> Iterator[RawChunk]: ...


def without(chunk: RawChunk, drop: pl.Series) -> RawChunk:
    """The chunk without the rows marked in ``drop``; they count as ignored."""
    if not drop.any():
        return chunk
    keep = np.flatnonzero(~drop.to_numpy())
    raw = chunk.raw
    return RawChunk(
        frame=chunk.frame[keep],
        lines=chunk.lines[keep],
        raw=lambda places: raw([int(keep[p]) for p in places]),
        bad=chunk.bad,
        ignored=chunk.ignored + int(drop.sum()),
        done=chunk.done,
    )


def drop_empty(chunk: RawChunk, ignore: str | None) -> RawChunk:
    """Set wholly empty rows aside, and those whose first field matches ``ignore``."""
    if chunk.frame.height == 0:
        return chunk
    first = pl.col(chunk.frame.columns[0])
    # most rows have their first field: only the others are looked at in full
    suspects = chunk.frame.select((first.is_null() | (first.cast(pl.String) == "")).any()).item()
    if not suspects and not ignore:
        return chunk
    drop = pl.repeat(False, pl.len())
    if suspects:
        drop = drop | pl.all_horizontal(
            (pl.col(c).is_null() | (pl.col(c).cast(pl.String).str.strip_chars() == "")) for c in chunk.frame.columns
        )
    if ignore:
        drop = drop | first.cast(pl.String).str.contains(ignore).fill_null(False)
    return without(chunk, chunk.frame.select(drop=drop).to_series())

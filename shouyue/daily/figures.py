"""What the book says on the day: every loan aged, once, into a snapshot on disk that the other stages read.

A snapshot lies under ``SHOUYUE_HOME/snapshots/BOOK/AS_OF-…`` with a Parquet file per shard, whole or absent; the same
inputs give the same bytes. The newest ``KEEP`` are kept.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from shouyue.ageing import convention as conventions
from shouyue.ageing import run as ageing
from shouyue.ageing.convention import Convention
from shouyue.base import settings
from shouyue.book.store import Version

#: snapshots kept per book
KEEP = 35
#: loans decided at a time: bounds the memory of a day, whatever the book's size
LOANS_AT_A_TIME = 1_000_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Figures:
    """The aged book of one day. ``convention`` is the loaded rules."""

    version: Version
    as_of: date
    known_at: date | None
    convention: Convention
    files: tuple[Path, ...]

    def aged(self) -> pl.LazyFrame:
        return pl.scan_parquet(list(self.files))

    def table(self, name: str, columns: list[str]) -> pl.LazyFrame:
        """Columns of one of the book's tables over all its shards; no rows where the lender gave none."""
        paths = self.version.shard_files(name)
        if not paths:
            empty = pl.DataFrame(pl.from_arrow(self.version.read(name, 0, columns)))
            return empty.lazy()
        return pl.scan_parquet(paths).select(columns)

    def shard(self, ix: int, columns: list[str]) -> pl.DataFrame:
        return pl.read_parquet(self.files[ix], columns=columns)

    @property
    def parts(self) -> int:
        """In how many parts, by customer, the book is decided."""
        return max(1, -(-self.version.rows("loans") // LOANS_AT_A_TIME))


def part(frame: pl.LazyFrame, number: int, parts: int) -> pl.LazyFrame:
    """The rows of the customers in one of ``parts`` parts. A person's loans are always in one part."""
    if parts == 1:
        return frame
    return frame.filter(pl.col("customer_id").hash(seed=7) % parts == number)


def age(
    version: Version,
    as_of: date,
    known_at: date | None,
    convention: str,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Figures:
    """Age the version into its snapshot; the same inputs write the same bytes over it."""
    rules = conventions.load(convention)
    about = ageing.said(version, as_of, known_at, rules)
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()[:12]
    shelf = settings.home() / "snapshots" / version.book_name
    folder = shelf / f"{as_of.isoformat()}-{digest}"
    aged = aged_in(folder, version, as_of, known_at, rules, workers, progress)
    _sweep(shelf, folder)
    return aged


def aged_in(
    folder: Path,
    version: Version,
    as_of: date,
    known_at: date | None,
    convention: Convention,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Figures:
    """Age the version into a folder of the caller's own, which nothing else sweeps."""
    files = ageing.snapshot(version, as_of, known_at, convention, directory=folder, workers=workers, progress=progress)
    return Figures(version, as_of, known_at, convention, tuple(files))


def _sweep(shelf: Path, keep: Path) -> None:
    """Remove snapshots beyond ``KEEP``, oldest day first, and what a killed run left. One run at a time is here."""
    for left in shelf.glob("*/*.part"):
        left.unlink(missing_ok=True)
    old = sorted(p for p in shelf.iterdir() if p != keep)
    for path in old[: max(0, len(old) + 1 - KEEP)]:
        shutil.rmtree(path, ignore_errors=True)

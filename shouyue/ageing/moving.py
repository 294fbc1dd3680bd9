"""Who moves from one bucket to another when the same book and day are counted by another convention.

Shard by shard, so that memory is bounded whatever the book's size. Everything lies in a folder of the comparison's own:
a file of rows per shard, and ``summary.json``, written last. One that was killed goes on behind the shards that are
whole. The same inputs give the same rows.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl

from shouyue.ageing.convention import Convention
from shouyue.ageing.customers import Customers, of_version
from shouyue.ageing.run import EMPTY_BOOK, Progress, age_shard, check_day, each_shard
from shouyue.base import files
from shouyue.book.store import Version

#: grows when the same inputs give other files
FORMAT = 1
#: what is kept of each loan, by either convention
SIDES = ("bucket", "dpd", "overdue_minor", "outstanding_minor")
SUMS = ("was_overdue_minor", "now_overdue_minor", "was_outstanding_minor", "now_outstanding_minor")

#: which loans of the book: all, those that move, those with other days, with more of them, with fewer
Which = Literal["all", "moved", "days", "later", "earlier"]


@dataclass(frozen=True)
class Question:
    """The same book, day and knowledge, by two conventions."""

    version: Version
    as_of: date
    known_at: date | None
    was: Convention
    now: Convention

    def inputs(self) -> dict[str, Any]:
        """Everything the answer depends on, by name and by digest."""
        return {
            "format": FORMAT,
            "book": self.version.book_name,
            "version": self.version.id,
            "content": self.version.manifest["content"],
            "loans": self.version.rows("loans"),
            "as_of": self.as_of.isoformat(),
            "known_at": self.known_at.isoformat() if self.known_at else None,
            "was": _said(self.was),
            "now": _said(self.now),
        }

    def key(self) -> str:
        """What the answer is known by: a fingerprint of the inputs."""
        return hashlib.sha256(json.dumps(self.inputs(), sort_keys=True).encode()).hexdigest()[:24]


def _said(rules: Convention) -> dict[str, Any]:
    return {
        "name": rules.name,
        "digest": rules.digest(),
        "zh": rules.zh,
        "en": rules.en,
        "buckets": [b.label for b in rules.buckets],
    }


@dataclass(frozen=True)
class Moves:
    """A finished comparison. ``summary``: ``inputs``, and ``cells``: for each currency and pair of buckets the loans,
    those of them that ``moved``, those ``later`` and ``earlier`` than before, and the sums of ``SUMS``.

    A loan moves when its days now belong to another bucket of the first convention than its days before: two names of
    one stage are no move.
    """

    summary: Mapping[str, Any]
    folder: Path

    def rows(
        self, was: str | None = None, now: str | None = None, which: Which = "all", currency: str | None = None
    ) -> pl.LazyFrame:
        """The loans of a cell, or of a row, a column, the whole: ``loan_id``, ``customer_id``, ``store``, ``currency``
        and ``was_*`` and ``now_*`` of ``SIDES``, and whether it ``moved``."""
        frame = pl.scan_parquet(sorted(self.folder.glob("rows-*.parquet")))
        for name, value in (("was_bucket", was), ("now_bucket", now), ("currency", currency)):
            if value is not None:
                frame = frame.filter(pl.col(name) == value)
        return frame if which == "all" else frame.filter(WHICH[which])

    def page(self, frame: pl.LazyFrame, offset: int, length: int) -> pl.DataFrame:
        """Some of the rows, the largest overdue first."""
        most = pl.max_horizontal("was_overdue_minor", "now_overdue_minor")
        return frame.sort(most, "loan_id", descending=[True, False]).slice(offset, length).collect()

    def currencies(self) -> list[str]:
        """The one with most loans first."""
        loans: dict[str, int] = {}
        for cell in self.summary["cells"]:
            loans[cell["currency"]] = loans.get(cell["currency"], 0) + cell["loans"]
        return sorted(loans, key=lambda name: (-loans[name], name))

    def cells(self, currency: str) -> dict[tuple[str, str], dict[str, Any]]:
        """By bucket before and bucket now."""
        return {(c["was"], c["now"]): c for c in self.summary["cells"] if c["currency"] == currency}


WHICH: dict[str, pl.Expr] = {
    "moved": pl.col("moved"),
    "days": pl.col("was_dpd") != pl.col("now_dpd"),
    "later": pl.col("now_dpd") > pl.col("was_dpd"),
    "earlier": pl.col("now_dpd") < pl.col("was_dpd"),
}


def work_out(asked: Question, folder: Path, workers: int | None = None, progress: Progress | None = None) -> Moves:
    """Age the book by both conventions into ``folder``; what is finished there already is only read.

    Raises AGE-005 for a book without loans, else as ``run.age_shard``.
    """
    check_day(asked.as_of)
    inputs = asked.inputs()
    done = read(folder)
    if done and done.summary["inputs"] == inputs:
        return done
    if not inputs["loans"]:
        raise EMPTY_BOOK.error()
    folder.mkdir(parents=True, exist_ok=True)
    if (begun := folder / "inputs.json").exists() and json.loads(begun.read_text("utf-8")) != inputs:
        for left in folder.glob("*"):
            left.unlink()
    files.write_json(begun, inputs)
    sides = [_customers(asked, rules, workers) for rules in (asked.was, asked.now)]

    def one(ix: int) -> pl.DataFrame:
        path = folder / f"rows-{ix:04d}.parquet"
        if not path.exists():
            rows = _shard(asked, ix, sides[0][ix], sides[1][ix])
            with files.whole(path) as aside:
                rows.write_parquet(aside, compression="zstd", compression_level=1)
        return _cells(pl.read_parquet(path))

    parts = pl.concat(list(each_shard(asked.version, one, workers, progress)))
    cells = parts.group_by("currency", "was", "now").agg(pl.all().sum()).sort("currency", "was", "now")
    files.write_json(folder / "summary.json", {"inputs": inputs, "cells": cells.to_dicts()})
    made = read(folder)
    assert made is not None
    return made


def read(folder: Path) -> Moves | None:
    """A finished comparison; None where there is none."""
    try:
        return Moves(json.loads((folder / "summary.json").read_text("utf-8")), folder)
    except FileNotFoundError:
        return None


def _customers(asked: Question, rules: Convention, workers: int | None) -> Sequence[Customers | None]:
    if rules.customer_dpd == "none":
        return [None] * asked.version.shards
    return of_version(asked.version, asked.as_of, asked.known_at, rules, workers or os.cpu_count() or 1)


def _shard(asked: Question, ix: int, was: Customers | None, now: Customers | None) -> pl.DataFrame:
    """The loans of a shard, side by side."""
    loans = pl.DataFrame(
        pl.from_arrow(asked.version.read("loans", ix, ["loan_id", "customer_id", "store", "currency"]))
    )
    frame = loans.with_columns(pl.col("currency").fill_null(asked.version.currency))
    for side, rules, customers in (("was", asked.was, was), ("now", asked.now, now)):
        aged = pl.DataFrame(
            pl.from_arrow(age_shard(asked.version, ix, asked.as_of, asked.known_at, rules, customers).select(SIDES))
        )
        frame = frame.hstack(aged.rename({name: f"{side}_{name}" for name in SIDES}))
    edges = asked.was.edges
    before, after = (np.searchsorted(edges, frame[name].to_numpy(), side="left") for name in ("was_dpd", "now_dpd"))
    return frame.with_columns(moved=pl.Series(before != after))


def _cells(rows: pl.DataFrame) -> pl.DataFrame:
    """Sums by currency and pair of buckets; as wide integers, so that no sum leaves 64 bits unseen."""
    return rows.group_by("currency", pl.col("was_bucket").alias("was"), pl.col("now_bucket").alias("now")).agg(
        pl.len().cast(pl.Int64).alias("loans"),
        *(WHICH[name].sum().cast(pl.Int64).alias(name) for name in ("moved", "later", "earlier")),
        *(pl.col(name).cast(pl.Int128).sum() for name in SUMS),
    )

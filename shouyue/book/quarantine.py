"""The quarantine file: every row that was not taken in, why, and the row itself as it stood in the lender's file.

CSV in UTF-8 with a byte order mark, every field quoted, readable in Excel. A field that a spreadsheet would take for a
formula gets an apostrophe in front (so does one that begins with an apostrophe; take one away to have the original).
The rows may hold personal data: only the owner may read the file.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import polars as pl

from shouyue.base import cells
from shouyue.book import faults
from shouyue.book.profile import TableProfile

COLUMNS = (
    "table", "file", "line", "field", "header", "value",
    "code", "reason_zh", "reason_en", "also", "amount_minor", "raw",
)  # fmt: skip


class Quarantine:
    """Appends bad rows to a CSV file and counts them. ``codes``: how many rows by code."""

    def __init__(self, path: Path):
        self.path = path
        self.rows = 0
        self.codes: Counter[str] = Counter()
        self._handle = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
        self._handle.write(b"\xef\xbb\xbf" + ",".join(f'"{c}"' for c in COLUMNS).encode() + b"\n")

    def add(self, table: TableProfile, file: str, bad: pl.DataFrame) -> None:
        """``bad`` as ``rows.BAD``: line, field, value, fault, also, money, raw."""
        if bad.height == 0:
            return
        headers = {c.target: " + ".join(c.sources) for c in table.columns}
        told = bad.select(
            pl.lit(table.name).alias("table"),
            _safe(pl.lit(file)).alias("file"),
            "line",
            "field",
            _safe(_looked_up("field", headers)).alias("header"),
            _safe(pl.col("value")),
            _of_fault("id").alias("code"),
            _of_fault("zh").alias("reason_zh"),
            _of_fault("en").alias("reason_en"),
            "also",
            pl.col("money").alias("amount_minor"),
            _safe(pl.col("raw")),
        )
        told.write_csv(self._handle, include_header=False, quote_style="always")
        self.rows += bad.height
        for code, number in told["code"].value_counts().rows():
            self.codes[code] += number

    def close(self) -> None:
        """Flush it to the disk."""
        if not self._handle.closed:
            self._handle.flush()
            os.fsync(self._handle.fileno())
            self._handle.close()


def _safe(text: pl.Expr) -> pl.Expr:
    text = text.str.replace_all("\0", "\\x00", literal=True)
    return pl.when(~text.str.starts_with("'")).then(cells.column(text)).otherwise("'" + text)


def _looked_up(column: str, words: Mapping[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(dict(words), default="", return_dtype=pl.String)


def _of_fault(attribute: str) -> pl.Expr:
    words = {n: getattr(code, attribute) for n, code in enumerate(faults.ROW, 1)}
    return pl.col("fault").replace_strict(words, default="", return_dtype=pl.String)

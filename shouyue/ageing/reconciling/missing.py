"""Loans that only one side has, and why that may be."""

from __future__ import annotations

import csv
import json
from contextlib import suppress
from datetime import date

import polars as pl

from shouyue.book.store import Version

#: rows of a quarantine file that are looked through
MOST_ROWS = 1_000_000


def absent(rows: pl.DataFrame, day: date, lost: dict[str, str]) -> pl.DataFrame:
    """The rows of one side (of ``comparing.beside``), with ``cause`` and ``evidence``; ``lost`` as below."""
    theirs = pl.col("state") == "only_theirs"
    place = pl.col("loan_id").replace_strict(lost, default=None, return_dtype=pl.String)
    cause = (
        pl.when(theirs & place.is_not_null()).then(pl.lit("quarantined"))
        .when(theirs).then(pl.lit("not_in_book"))
        .when(pl.col("closed_on") <= day).then(pl.lit("ended_there"))
        .when(pl.col("opened_on") == day).then(pl.lit("opened_today"))
        .otherwise(pl.lit("not_stated"))
    )  # fmt: skip
    told = (
        pl.when(theirs).then(place)
        .when(pl.col("closed_on") <= day).then(pl.col("closed_on").cast(pl.String))
        .when(pl.col("opened_on") == day).then(pl.col("opened_on").cast(pl.String))
    )  # fmt: skip
    return rows.with_columns(cause=cause, evidence=told.fill_null(""))


def quarantined_loans(version: Version) -> dict[str, str]:
    """Loans that the version's import put into quarantine: file, line and code by what may be their number.

    Every field of a row is taken for a number: those of other columns never meet one that a lender states.
    """
    found: dict[str, str] = {}
    with version.refused() as lines:
        for n, row in enumerate(csv.DictReader(lines) if lines else ()):
            if n >= MOST_ROWS:
                break
            if row["table"] == "loans":
                for text in _fields(row["raw"]):
                    found.setdefault(text, f"{row['file']}:{row['line']} {row['code']}")
    return found


def _fields(raw: str) -> list[str]:
    if raw.startswith("{"):  # a row of a workbook, a Parquet file or a query
        with suppress(ValueError):
            return [str(value) for value in json.loads(raw).values()]
    for mark in (",", "\t", ";", "|"):
        if mark in raw:
            return [f.strip().strip('"') for f in next(csv.reader([raw], delimiter=mark), [])]
    return [raw.strip()]

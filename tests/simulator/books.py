"""An export as tests read it, and a plain first-in-first-out ageing of it that owes nothing to the product's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import polars as pl

TABLES = ("customers", "contacts", "loans", "instalments", "charges", "payments", "pauses", "balances")
KEYS = {
    "customers": ["customer_id"],
    "contacts": ["customer_id", "phone"],
    "loans": ["loan_id"],
    "instalments": ["loan_id", "seq", "version", "due_date"],
    "charges": ["charge_id"],
    "payments": ["payment_id"],
    "pauses": ["loan_id", "starts_on"],
}


@dataclass
class Book:
    day: date
    tables: dict[str, pl.DataFrame]

    def __getattr__(self, name: str) -> pl.DataFrame:
        return self.tables[name]

    def __repr__(self) -> str:
        return f"Book({self.day}, {len(self.tables['loans'])} loans)"

    def loans_on(self, day: date) -> pl.DataFrame:
        """Loans paid out by ``day`` with days past due, oldest open due day and what is open of those due."""
        sign = pl.when(pl.col("reversal_of").is_null()).then(1).otherwise(-1)
        paid = (
            self.tables["payments"]
            .filter(pl.col("booked_on") <= day)
            .group_by("loan_id")
            .agg(paid=(pl.col("amount_minor") * sign).sum())
        )
        rows = (
            self.tables["instalments"]
            .sort("loan_id", "due_date", "seq")
            .with_columns(owed=pl.col("amount_minor").cum_sum().over("loan_id"))
            .join(paid, on="loan_id", how="left")
            .with_columns(pl.col("paid").fill_null(0))
        )
        open_ = rows.filter(pl.col("owed") > pl.col("paid")).group_by("loan_id").agg(oldest=pl.col("due_date").min())
        loans = self.tables["loans"].filter(pl.col("opened_on") <= day).join(open_, on="loan_id", how="left")
        late = (pl.lit(day) - pl.col("oldest")).dt.total_days()
        return loans.with_columns(dpd=pl.when(pl.col("oldest") < day).then(late).otherwise(0))

    def active_on(self, day: date) -> pl.DataFrame:
        return self.loans_on(day).filter(pl.col("oldest").is_not_null())

    def late_in(self, days: int) -> set[str]:
        """Loans that were late on any of the last ``days`` days."""
        late: set[str] = set()
        for back in range(days):
            day = self.day - timedelta(days=back)
            late |= set(self.loans_on(day).filter(pl.col("dpd") > 0)["loan_id"])
        return late


def read(folder: Path, day: date) -> Book:
    found = {name: folder / f"{name}.parquet" for name in TABLES}
    return Book(day, {name: pl.read_parquet(file) for name, file in found.items() if file.exists()})


def merged(book: Book, delta: Book) -> Book:
    """The book with the delta's rows in the place of those with the same identity."""
    tables = {}
    for name, key in KEYS.items():
        rows = [book.tables[name], delta.tables[name]] if name in delta.tables else [book.tables[name]]
        tables[name] = pl.concat(rows).unique(key, keep="last").sort(key)
    return Book(delta.day, tables)

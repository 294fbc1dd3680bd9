"""What the lender's own system says of a day, by shard: from the table ``balances``, else from the loans themselves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from shouyue.ageing.reconciling.terms import AMOUNTS
from shouyue.base.errors import Code
from shouyue.book.following import book_day
from shouyue.book.store import Book, Version
from shouyue.book.stored import StoredBook

NOTHING_STATED = Code(
    "AGE-020",
    zh="账册 {book} 中没有放贷机构{day}的余额或逾期天数可供核对",
    en="book {book} holds no balances or days past due of the lender's own{day} to compare with",
)

SCHEMA = {
    "loan_id": pl.String,
    **dict.fromkeys(AMOUNTS, pl.Int64),
    "dpd": pl.Int32,
    "bucket": pl.String,
    "status": pl.String,
}


@dataclass(frozen=True)
class Stated:
    """Who says it: the version whose rows say it, of which day, and in which table."""

    version: Version
    day: date
    table: str

    def of_shard(self, ix: int) -> pl.DataFrame:
        """What is said of the day, a row per loan, with ``SCHEMA``; and ``of_day`` False where it is of another day."""
        if self.table == "balances":
            rows = pl.DataFrame(pl.from_arrow(self.version.read("balances", ix)))
            rows = rows.with_columns(of_day=pl.col("stated_on") == self.day).sort("loan_id", "of_day", "stated_on")
            rows = rows.unique("loan_id", keep="last", maintain_order=True)
        else:
            loans = self.version.read("loans", ix, ["loan_id", "lender_dpd", "lender_balance_minor"])
            rows = pl.DataFrame(pl.from_arrow(loans)).rename(
                {"lender_dpd": "dpd", "lender_balance_minor": "outstanding_minor"}
            )
            rows = rows.filter(pl.col("dpd").is_not_null() | pl.col("outstanding_minor").is_not_null())
            rows = rows.with_columns(pl.lit(True).alias("of_day"))
        missing = [pl.lit(None, kind).alias(name) for name, kind in SCHEMA.items() if name not in rows.columns]
        # days to the due date, which some cores keep as negative days past due, are none
        return rows.with_columns(missing).select(*SCHEMA, "of_day").with_columns(pl.col("dpd").clip(0))


def find(book: Book | StoredBook, day: date | None) -> Stated | None:
    """The newest statement, or that of a day, in the newest version that has it; None when there is none.

    Without balances the loans' own columns (``lender_dpd``, ``lender_balance_minor``) stand in, for the day their
    version is of; where versions are of no day, the newest for the day asked about.
    """
    ids = book.versions()[::-1]
    states_any = False
    for version in map(book.version, ids):
        newest = newest_day(version)
        states_any = states_any or newest is not None
        if newest is not None and (day is None or day == newest or (day < newest and _states(version, day))):
            return Stated(version, day or newest, "balances")
    for version in map(book.version, ids):
        own = book_day(version) or (None if states_any else day)
        if own is not None and day in (None, own) and says_itself(version):
            return Stated(version, own, "loans")
    return None


def newest_day(version: Version) -> date | None:
    """The newest day of which the version has balances."""
    return max((newest for _, newest in _spans(version, "balances", "stated_on")), default=None)


def _states(version: Version, day: date) -> bool:
    if not any(first <= day <= last for first, last in _spans(version, "balances", "stated_on")):
        return False
    return any(
        version.read("balances", ix, ["stated_on"], filters=[("stated_on", "=", day)]).num_rows
        for ix in range(version.shards)
    )


def says_itself(version: Version) -> bool:
    """Has any loan a figure of the lender's in the loans table?"""
    return any(any(_spans(version, "loans", name)) for name in ("lender_dpd", "lender_balance_minor"))


def _spans(version: Version, table: str, column: str) -> Iterator[tuple[Any, Any]]:
    """Least and greatest value of a column in each part that has one, by the files' footers."""
    for ix in range(version.shards):
        with version.opened(table, ix) as file:
            if file is None:
                continue
            place = file.schema_arrow.get_field_index(column)
            for group in range(file.num_row_groups):
                told = file.metadata.row_group(group).column(place).statistics
                if told is not None and told.has_min_max:
                    yield told.min, told.max

"""What rows of a shard must be to each other: unique, with their loan there, reversals of what was paid.

Each function gives the rows that stay, and adds those that do not to a list of refusals. Frames have the schema's
columns, ``_file`` and ``_line``; rows the book holds already have ``_file`` null.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import polars as pl

from shouyue.book import faults
from shouyue.book.schema import Table

REFUSED = pl.DataFrame(
    schema={
        "_file": pl.UInt32,
        "_line": pl.Int64,
        "field": pl.String,
        "value": pl.String,
        "fault": pl.UInt8,
        "money": pl.Int64,
    }
)


def refused(rows: pl.DataFrame, table: Table, field: str, fault: int | pl.Expr) -> pl.DataFrame:
    number = pl.lit(fault, pl.UInt8) if isinstance(fault, int) else fault.cast(pl.UInt8)
    return rows.select(
        "_file",
        "_line",
        pl.lit(field).alias("field"),
        pl.col(field).cast(pl.String).fill_null("").alias("value"),
        number.alias("fault"),
        pl.col("_sent").alias("money"),
    )


def with_parent(
    rows: pl.DataFrame, table: Table, known: pl.Series, lost: Collection[str], out: list[pl.DataFrame]
) -> pl.DataFrame:
    """Rows whose loan (or customer) is known."""
    if table.parent is None or rows.height == 0:
        return rows
    column = table.parent[1]
    parents = pl.DataFrame({column: known}).unique()
    orphans = rows.join(parents, on=column, how="anti", maintain_order="left")
    if orphans.height == 0:
        return rows
    if table.parent[0] == "customers":
        fault: int | pl.Expr = faults.UNKNOWN_CUSTOMER
    else:
        in_quarantine = pl.col(column).is_in(pl.Series(sorted(lost), dtype=pl.String).implode())
        fault = pl.when(in_quarantine).then(faults.LOAN_IN_QUARANTINE).otherwise(faults.UNKNOWN_LOAN)
    out.append(refused(orphans, table, column, fault))
    return rows.join(parents, on=column, how="semi", maintain_order="left")


def unique(
    rows: pl.DataFrame, table: Table, identity: Sequence[str], out: list[pl.DataFrame], last: bool = False
) -> pl.DataFrame:
    """The first row of each identity, in the order of files and lines; later ones are repeats or conflicts.

    ``last``: the last row instead.
    """
    if rows.height < 2 or not rows.select(pl.struct(identity).is_duplicated().any()).item():
        return rows
    repeats = repeated(rows, table, identity, last)
    out.append(repeats)
    return rows.join(repeats, on=["_file", "_line"], how="anti", maintain_order="left")


def repeated(rows: pl.DataFrame, table: Table, identity: Sequence[str], last: bool = False) -> pl.DataFrame:
    """Refusals of all but the first (or last) row of each identity."""
    ordered = rows.sort("_file", "_line", maintain_order=True)
    kept = ordered.unique(subset=list(identity), keep="last" if last else "first", maintain_order=True)
    others = ordered.join(kept.select("_file", "_line"), on=["_file", "_line"], how="anti", maintain_order="left")
    beside = others.join(kept, on=list(identity), how="left", suffix="_kept", maintain_order="left", nulls_equal=True)
    fault = pl.when(alike(table, identity)).then(faults.REPEATED).otherwise(faults.CONFLICT)
    return refused(beside, table, identity[-1] if table.name == "instalments" else identity[0], fault)


def alike(table: Table, identity: Sequence[str], suffix: str = "_kept") -> pl.Expr:
    """Of two rows of the same identity side by side: do they say the same?"""
    rest = [f.name for f in table.fields if f.name not in identity]
    return pl.all_horizontal([pl.lit(True), *(pl.col(n).eq_missing(pl.col(n + suffix)) for n in rest)])


def under_other_loan(new: pl.DataFrame, old: pl.DataFrame, table: Table, identity: Sequence[str]) -> pl.DataFrame:
    """Refusals of new rows whose identity the book holds under another loan."""
    keys = list(identity)
    beside = new.join(old.select(*keys, pl.col("loan_id").alias("_other")), on=keys, how="inner", maintain_order="left")
    return refused(
        beside.filter(pl.col("loan_id") != pl.col("_other")).unique(["_file", "_line"], maintain_order=True),
        table,
        keys[0],
        faults.BOOK_CONFLICT,
    )


def reversals(rows: pl.DataFrame, table: Table, out: list[pl.DataFrame]) -> pl.DataFrame:
    """Reversals of a payment of the same loan, that is no reversal itself, and together not above it."""
    taken = rows.filter(pl.col("reversal_of").is_not_null())
    if taken.height == 0:
        return rows
    paid = rows.select("loan_id", "payment_id", pl.col("amount_minor").alias("_paid"), "reversal_of")
    beside = taken.join(
        paid.rename({"payment_id": "_of", "reversal_of": "_twice"}),
        left_on=["loan_id", "reversal_of"],
        right_on=["loan_id", "_of"],
        how="left",
        maintain_order="left",
    )
    beside = _still_worth(beside, taken)
    beside = beside.sort(pl.col("_file").is_not_null(), "_file", "_line", maintain_order=True)
    fault = (
        pl.when(pl.col("_paid").is_null())
        .then(faults.REVERSED_UNKNOWN)
        .when(pl.col("_twice").is_not_null())
        .then(faults.REVERSED_TWICE)
        .when(pl.col("_worth").cum_sum().over("loan_id", "reversal_of") > pl.col("_paid"))
        .then(faults.REVERSED_TOO_MUCH)
        .otherwise(0)
    )
    judged = beside.with_columns(fault.alias("_fault")).filter((pl.col("_fault") > 0) & pl.col("_file").is_not_null())
    if judged.height == 0:
        return rows
    out.append(refused(judged, table, "reversal_of", pl.col("_fault")))
    return rows.join(judged.select("_file", "_line"), on=["_file", "_line"], how="anti", maintain_order="left")


def _still_worth(beside: pl.DataFrame, taken: pl.DataFrame) -> pl.DataFrame:
    """What each reversal takes back, less what another row took back of it."""
    back = taken.group_by("loan_id", "reversal_of").agg(pl.col("amount_minor").sum().alias("_back"))
    joined = beside.join(
        back,
        left_on=["loan_id", "payment_id"],
        right_on=["loan_id", "reversal_of"],
        how="left",
        maintain_order="left",
    )
    return joined.with_columns((pl.col("amount_minor") - pl.col("_back").fill_null(0)).alias("_worth"))

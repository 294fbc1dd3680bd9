"""What became of the instalments that take part in an experiment, from the lender's own book."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
from django.db import connection

from shouyue.ageing.convention import Convention
from shouyue.ageing.run import each_shard
from shouyue.ageing.schedule import instalment_states
from shouyue.ageing.shard import net_payments
from shouyue.book.schema import shard_of
from shouyue.book.store import Book, Version

UNITS = {
    "arm": pl.String,
    "customer_id": pl.String,
    "loan_id": pl.String,
    "due_on": pl.Date,
    "due_minor": pl.Int64,
    "currency": pl.String,
    "exempt": pl.Boolean,
    "enrolled_on": pl.Date,
}
#: what is added: the day the instalment was met in full (null: open), what came on the loan from the day of enrolment
#: until ``within_days`` after the due date and at most the instalment's amount, and whether the book still has it
FOUND = {"met_on": pl.Date, "paid_minor": pl.Int64, "known": pl.Boolean}


def enrolled(experiment: str, salt: str, until: date) -> pl.DataFrame:
    """The instalments of an experiment that were due by a day; columns of ``UNITS``."""
    names = ", ".join(UNITS)
    sql = f"COPY (SELECT {names} FROM daily_enrolment WHERE experiment = %s AND salt = %s AND due_on <= %s"  # noqa: S608
    text = io.BytesIO()
    with (
        connection.cursor() as cursor,
        cursor.copy(sql + ") TO STDOUT (FORMAT csv)", [experiment, salt, until]) as rows,
    ):
        for block in rows:
            text.write(block)
    if not text.tell():
        return pl.DataFrame(schema=UNITS)
    text.seek(0)
    kinds = {n: (pl.String if t == pl.Boolean else t) for n, t in UNITS.items()}
    frame = pl.read_csv(text, has_header=False, new_columns=list(UNITS), schema=kinds)
    return frame.with_columns(pl.col("exempt") == "t").sort("due_on", "loan_id")


def reminded(units: pl.DataFrame) -> pl.Series:
    """Was the borrower himself reminded from the day of enrolment up to the due date?"""
    spoken = _reminders(units["enrolled_on"].min(), units["due_on"].max())
    left = units.select("customer_id", "enrolled_on", "due_on").with_row_index("at").sort("due_on")
    last = left.join_asof(
        spoken.sort("day"),
        left_on="due_on",
        right_on="day",
        by="customer_id",
        strategy="backward",
        check_sortedness=False,
    )
    told = (last["day"] >= last["enrolled_on"]).fill_null(value=False)
    return last.select("at", told.alias("reminded")).sort("at")["reminded"]


def _reminders(since: Any, until: Any) -> pl.DataFrame:
    schema = {"customer_id": pl.String, "day": pl.Date}
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT cu.customer_id, c.business_day
              FROM casework_contact c
              JOIN casework_case ca ON ca.id = c.case_id
              JOIN casework_customer cu ON cu.id = ca.customer_id
             WHERE c.status = 'finished' AND c.purpose = 'reminder' AND c.reached = 'self'
               AND c.business_day BETWEEN %s AND %s
            """,
            [since, until],
        )
        return pl.DataFrame(cursor.fetchall(), schema=schema, orient="row")


def of_book(
    units: pl.DataFrame, version: Version, convention: Convention, as_of: date, within_days: int
) -> pl.DataFrame:
    """``units`` with the columns of ``FOUND``, as the book knows it at the end of ``as_of``."""
    if not units.height:
        return units.with_columns(pl.lit(None, dtype=t).alias(n) for n, t in FOUND.items())
    ids = units["loan_id"].unique()
    shards = pl.Series([shard_of(i, version.shards) for i in ids], dtype=pl.Int32)
    units = units.with_row_index("at").join(pl.DataFrame({"loan_id": ids, "shard": shards}), on="loan_id", how="left")
    by_shard = units.partition_by("shard", as_dict=True)

    def one(ix: int) -> pl.DataFrame:
        mine = by_shard.get((ix,))
        return units.head(0) if mine is None else _of_shard(mine, version, ix, convention, as_of, within_days)

    found = pl.concat(each_shard(version, one), how="diagonal")
    return found.sort("at").drop("at", "shard").select(*UNITS, *(pl.col(n).cast(t) for n, t in FOUND.items()))


def _of_shard(
    mine: pl.DataFrame, version: Version, ix: int, convention: Convention, as_of: date, within_days: int
) -> pl.DataFrame:
    loans = pl.DataFrame(pl.from_arrow(version.read("loans", ix, ["loan_id"]))).with_row_index("loan_ix")
    mine = mine.join(loans.with_columns(pl.col("loan_ix").cast(pl.Int32)), on="loan_id", how="left")
    rows = mine["loan_ix"].drop_nulls().unique().to_numpy()
    states = pl.DataFrame(pl.from_arrow(instalment_states(version, ix, rows, as_of, None, convention)))
    # several instalments may fall on one day: the day's debt is met when the last of them is
    days = states.group_by("loan_id", pl.col("due_date").alias("due_on")).agg(
        pl.when((pl.col("open_minor") <= 0).all()).then(pl.col("met_on").max()).alias("met_on"),
        pl.lit(value=True).alias("known"),
    )
    paid = _paid(mine, version, ix, as_of, within_days)
    return (
        mine.join(days, on=["loan_id", "due_on"], how="left")
        .join(paid, on="at", how="left")
        .with_columns(
            pl.col("known").fill_null(value=False),
            pl.min_horizontal(pl.max_horizontal(pl.col("paid_minor").fill_null(0), 0), "due_minor").alias("paid_minor"),
        )
        .drop("loan_ix")
    )


def _paid(mine: pl.DataFrame, version: Version, ix: int, as_of: date, within_days: int) -> pl.DataFrame:
    """What came on each unit's loan in its window, net of what was taken back."""
    columns = ["loan_ix", "payment_id", "value_date", "booked_on", "amount_minor", "reversal_of"]
    table = version.read("payments", ix, columns)
    money = pl.DataFrame(
        {
            "loan_ix": pl.Series(table.column("loan_ix")),
            "value_date": pl.Series(table.column("value_date")),
            "net": pl.Series(net_payments(table, None)),
        }
    ).filter((pl.col("value_date") >= mine["enrolled_on"].min()) & (pl.col("value_date") <= as_of))
    window = mine.select("at", "loan_ix", "enrolled_on", (pl.col("due_on") + pl.duration(days=within_days)).alias("to"))
    return (
        window.join(money, on="loan_ix")
        .filter(pl.col("value_date").is_between(pl.col("enrolled_on"), pl.col("to")))
        .group_by("at")
        .agg(pl.col("net").sum().alias("paid_minor"))
    )


def book_of(path: Path, version: str) -> Version | None:
    """The version of the book a day was published from, or the current one where that is gone."""
    book = Book(path)
    return book.version(version) if version in book.versions() else book.current()

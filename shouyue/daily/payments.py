"""The lender's payments of chosen customers, net of what was taken back."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa

from shouyue.ageing.shard import net_payments
from shouyue.daily.figures import Figures

_COLUMNS = ["loan_ix", "payment_id", "value_date", "booked_on", "amount_minor", "channel", "reversal_of"]

SCHEMA = {
    "payment_id": pl.String,
    "loan_id": pl.String,
    "customer_id": pl.String,
    "currency": pl.String,
    "value_date": pl.Date,
    "booked_on": pl.Date,
    "amount_minor": pl.Int64,
    "net_minor": pl.Int64,
    "channel": pl.String,
    "reversal_of": pl.String,
}


def of_customers(figures: Figures, customers: pl.Series, since: date) -> pl.DataFrame:
    """Payments and reversals that count from ``since`` on, or were booked since, up to the day of the figures.

    ``net_minor`` is what a payment is worth after reversals, 0 on a reversal's own row; ``booked_on`` falls back to
    the value date, ``currency`` to the book's. Sorted by booking day and payment number.
    """
    wanted = pl.DataFrame({"customer_id": customers.cast(pl.String)}).unique()
    if not wanted.height:
        return pl.DataFrame(schema=SCHEMA)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        parts = pool.map(lambda ix: _of_shard(figures, ix, wanted, since), range(figures.version.shards))
        return pl.concat([pl.DataFrame(schema=SCHEMA), *parts]).sort("booked_on", "payment_id")


def of_loans(figures: Figures, ix: int, loans: int, chosen: pl.Series) -> pl.DataFrame:
    """All payments of chosen loans of a shard of so many, by their rows in it, as they lie in the book; with
    ``net_minor``."""
    keep = np.zeros(loans, bool)
    keep[chosen.to_numpy()] = True
    rows = figures.version.read("payments", ix, _COLUMNS)
    rows = rows.filter(pa.array(keep[rows.column("loan_ix").to_numpy()]))  # all of a loan: a reversal looks back
    return pl.DataFrame(pl.from_arrow(rows.append_column("net_minor", pa.array(net_payments(rows, figures.known_at)))))


def _of_shard(figures: Figures, ix: int, wanted: pl.DataFrame, since: date) -> pl.DataFrame:
    loans = pl.DataFrame(pl.from_arrow(figures.version.read("loans", ix, ["loan_id", "customer_id", "currency"])))
    chosen = (
        loans.with_row_index("loan_ix")
        .with_columns(pl.col("loan_ix").cast(pl.Int32), pl.col("currency").fill_null(figures.version.currency))
        .join(wanted, on="customer_id", how="semi")
    )
    if not chosen.height:
        return pl.DataFrame(schema=SCHEMA)
    frame = of_loans(figures, ix, loans.height, chosen["loan_ix"])
    frame = frame.with_columns(pl.col("booked_on").fill_null(pl.col("value_date")))
    recent = (pl.col("value_date") >= since) | (pl.col("booked_on") >= since)
    known = pl.col("value_date") <= figures.as_of
    if figures.known_at is not None:
        known &= pl.col("booked_on") <= figures.known_at
    return (
        frame.filter(recent & known)
        .join(chosen.select("loan_ix", "loan_id", "customer_id", "currency"), on="loan_ix")
        .select(pl.col(n).cast(t) for n, t in SCHEMA.items())
    )


def by_payer(payments: pl.DataFrame) -> dict[tuple[str, str], list[tuple[date, int]]]:
    """What each payer (customer, currency) has given, as ``casework.promises.judge`` asks for it."""
    money: dict[tuple[str, str], list[tuple[date, int]]] = {}
    rows = payments.filter(pl.col("net_minor") > 0).select("customer_id", "currency", "value_date", "net_minor")
    for customer, currency, day, minor in rows.iter_rows():
        money.setdefault((customer, currency), []).append((day, minor))
    return money


def by_store(own: pl.DataFrame, after: date, as_of: date) -> dict[str, dict[str, dict[str, int]]]:
    """What came in on the desk's cases, booked after ``after`` up to ``as_of``: store -> currency -> count, minor.

    ``own`` are payments with ``store``; a reversal takes its amount back and is no payment to count.
    """
    sign = pl.when(pl.col("reversal_of").is_null()).then(1).otherwise(-1)
    sums = (
        own.filter((pl.col("booked_on") > after) & (pl.col("booked_on") <= as_of))
        .group_by("store", "currency")
        .agg(pl.col("reversal_of").is_null().sum().alias("count"), (pl.col("amount_minor") * sign).sum().alias("minor"))
        .sort("store", "currency")
    )
    result: dict[str, dict[str, dict[str, int]]] = {}
    for store, currency, count, minor in sums.iter_rows():
        result.setdefault(store, {})[currency] = {"count": count, "minor": minor}
    return result

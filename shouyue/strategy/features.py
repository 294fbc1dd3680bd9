"""Everything a strategy may ask about a loan, one row per loan: ageing, the lender's file, habits, the desk.

vocabulary.toml declares each column with type, unit and labels; docs/strategy.md lists them.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from shouyue.base import settings
from shouyue.strategy import faults
from shouyue.strategy.vocabulary import PHYSICAL, vocabulary

#: what the desk may tell, by customer_id, as known at the start of the day
DESK: dict[str, pl.DataType] = {
    "promise_state": pl.String(),
    "promise_due_on": pl.Date(),
    "broken_promises_90d": pl.Int64(),
    "lost_contact": pl.Boolean(),
    "paused_until": pl.Date(),
    "dispute": pl.Boolean(),
    "hardship": pl.Boolean(),
    "vulnerable": pl.Boolean(),
    "wants_early_settlement_said": pl.Boolean(),
    "pays_corporate_said": pl.Boolean(),
    "last_contact_days": pl.Int64(),
    "reminded_on": pl.Date(),
    "call_back": pl.Boolean(),
    "why_late": pl.String(),
    "why_late_days": pl.Int64(),
    "manner": pl.String(),
}
_LOANS: dict[str, pl.DataType] = {
    "product": pl.String(),
    "store": pl.String(),
    "region": pl.String(),
    "currency": pl.String(),
    "principal_minor": pl.Int64(),
    "opened_on": pl.Date(),
    "term": pl.Int64(),
    "pays_corporate": pl.Boolean(),
    "wants_early_settlement": pl.Boolean(),
}
_CUSTOMERS: dict[str, pl.DataType] = {
    "occupation": pl.String(),
    "city": pl.String(),
    "salary_day": pl.Int64(),
    "vulnerable": pl.Boolean(),
}
_LATE = [f"late_{i}" for i in range(1, 7)]
#: days within which a cure counts as recovered last month, and a due date as soon
RECOVERED_DAYS, SOON_DAYS = 31, 7
#: late instalments of the last six that make a habit; days late that make a period abnormal
HABIT, ABNORMAL_DAYS = 3, 3


def features(
    aged: pl.DataFrame,
    loans: pl.DataFrame,
    customers: pl.DataFrame,
    as_of: date,
    extra: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """One row per row of ``aged``, sorted by loan_id, with every data column of the vocabulary.

    ``aged`` is the output of ageing, ``loans`` and ``customers`` are the book's tables, ``extra`` is what the desk
    knows by customer_id at the start of the day (any of ``DESK``). The sums over a person need all of his loans, so
    give the whole book. Money is minor units. Where the data say nothing the vocabulary's default stands.

    Raises STRAT-060 when ageing lacks a column, STRAT-064 when ``extra`` has an unknown one, STRAT-065 when a loan
    or a customer is there twice.
    """
    absent = [c for c in ("loan_id", "customer_id", *_ageing_columns()) if c not in aged.columns]
    if absent:
        raise faults.MISSING_COLUMNS.error(names=", ".join(absent))
    frame = aged.sort("loan_id") if not aged["loan_id"].is_sorted() else aged
    frame = frame.drop([c for c in (*_LOANS, *_CUSTOMERS) if c in frame.columns])
    frame = _join(frame, loans, "loans", "loan_id", _LOANS)
    frame = _join(frame, customers, "customers", "customer_id", _CUSTOMERS)
    frame = _join(frame, _desk(extra), "extra", "customer_id", {f"desk.{n}": t for n, t in DESK.items()})
    frame = frame.lazy().with_columns(_of_loan(frame.columns, as_of)).with_columns(_of_desk(as_of)).collect()
    frame = frame.with_columns(_median(frame))
    frame = frame.join(_of_person(frame), on="customer_id", how="left", maintain_order="left")
    return _declared(frame)


def _ageing_columns() -> list[str]:
    return [
        *("dpd", "bucket", "overdue_minor", "next_due", "next_due_minor", "outstanding_minor"),
        *("outstanding_principal_minor", "instalments_due", "instalments_paid", "instalments_late"),
        *("times_late", "worst_dpd_3m", "worst_dpd_6m", "worst_dpd_12m", "last_payment_on"),
        *("last_payment_minor", "cured_on", *_LATE),
    ]


def _join(
    frame: pl.DataFrame, other: pl.DataFrame, table: str, key: str, columns: dict[str, pl.DataType]
) -> pl.DataFrame:
    """``columns`` of ``other`` beside ``frame``; a column or a row that is not there is null."""
    have = {n: t for n, t in columns.items() if n in other.columns}
    part = other.select(key, *(pl.col(n).cast(t) for n, t in have.items())) if key in other.columns else None
    if part is not None and part.height and have:
        if part[key].n_unique() < part.height:
            raise faults.TWO_ROWS.error(table=table, key=key)
        frame = frame.join(part, on=key, how="left", maintain_order="left")
    missing = {n: t for n, t in columns.items() if n not in frame.columns}
    return frame.with_columns(pl.lit(None, dtype=t).alias(n) for n, t in missing.items())


def _desk(extra: pl.DataFrame | None) -> pl.DataFrame:
    if extra is None:
        return pl.DataFrame(schema={"customer_id": pl.String})
    if unknown := [c for c in extra.columns if c not in DESK and c != "customer_id"]:
        raise faults.UNKNOWN_EXTRA.error(names=", ".join(unknown), known=", ".join(DESK))
    return extra.rename({c: f"desk.{c}" for c in extra.columns if c != "customer_id"})


def _days_from(column: str, as_of: date) -> pl.Expr:
    """Whole days from ``as_of`` to the column's day; below zero when it is past."""
    return pl.col(column).cast(pl.Int32).cast(pl.Int64) - (as_of - date(1970, 1, 1)).days


def _of_loan(columns: list[str], as_of: date) -> list[pl.Expr]:
    to_due = _days_from("next_due", as_of)
    recovered = _days_from("cured_on", as_of).is_between(-RECOVERED_DAYS, 0) & (pl.col("dpd") == 0)
    late = [(pl.col(c) > 0).fill_null(value=False).cast(pl.Int64) for c in _LATE]
    known = [pl.col(c).is_not_null().cast(pl.Int64) for c in _LATE]
    months = (as_of.year - pl.col("opened_on").dt.year()) * 12 + as_of.month - pl.col("opened_on").dt.month()
    whole = months.cast(pl.Int64) - (pl.col("opened_on").dt.day() > as_of.day).cast(pl.Int64)
    return [
        to_due.alias("days_to_due"),
        (_days_from("next_debit", as_of) if "next_debit" in columns else to_due).alias("debit_days"),
        (-_days_from("last_payment_on", as_of)).alias("last_payment_days"),
        recovered.alias("recovered_last_month"),
        (recovered & (pl.col("cured_on").dt.day() > 25)).alias("recovered_after_25th"),
        sum(late, start=pl.lit(0, dtype=pl.Int64)).alias("late_of_six"),
        sum(known, start=pl.lit(0, dtype=pl.Int64)).alias("known_of_six"),
        (sum(late, start=pl.lit(0, dtype=pl.Int64)) >= HABIT).alias("habitually_late"),
        (pl.col("late_1") > ABNORMAL_DAYS).alias("last_period_abnormal"),
        whole.clip(lower_bound=0).alias("months_on_book"),
        pl.col("currency").fill_null(settings.currency()),
        pl.lit(as_of).alias("as_of"),
        # drawn where the strategy is known, see deciding.evaluate
        pl.lit(None, dtype=pl.String).alias("arm"),
        pl.lit(None, dtype=pl.Boolean).alias("held_out"),
    ]


def _of_desk(as_of: date) -> list[pl.Expr]:
    reminded = pl.col("desk.reminded_on").cast(pl.Int32).cast(pl.Int64)
    return [
        *(pl.col(f"desk.{c}").alias(c) for c in ("promise_state", "broken_promises_90d", "lost_contact")),
        *(pl.col(f"desk.{c}").alias(c) for c in ("dispute", "hardship", "last_contact_days", "call_back")),
        *(pl.col(f"desk.{c}").alias(c) for c in ("why_late", "why_late_days", "manner")),
        _days_from("desk.promise_due_on", as_of).alias("promise_days"),
        (_days_from("desk.paused_until", as_of) >= 0).alias("paused"),
        *(_filed_or_said(name) for name in ("wants_early_settlement", "pays_corporate")),
        (pl.col("vulnerable").fill_null(value=False) | pl.col("desk.vulnerable").fill_null(value=False)).alias(
            "vulnerable"
        ),
        (pl.col("next_due").cast(pl.Int32).cast(pl.Int64) - reminded).alias("reminded_ahead"),
    ]


def _filed_or_said(name: str) -> pl.Expr:
    """The lender's file says so of the loan, or the borrower did."""
    filed, said = pl.col(name).fill_null(value=False), pl.col(f"desk.{name}_said").fill_null(value=False)
    return (filed | said).alias(name)


def _median(frame: pl.DataFrame) -> pl.Series:
    """Median of the known days late, the lower whole day where two stand in the middle."""
    missing = np.int64(2**40)
    days = np.column_stack([frame[c].cast(pl.Int64).fill_null(int(missing)).to_numpy() for c in _LATE])
    known = (days < missing).sum(axis=1)
    days.sort(axis=1)
    rows = np.arange(frame.height)
    middle = (days[rows, np.maximum(known - 1, 0) // 2] + days[rows, np.minimum(known // 2, 5)]) // 2
    values = pl.Series("median_days_late", middle)
    return pl.select(pl.when(pl.Series(known > 0)).then(values).alias("median_days_late")).to_series()


def _of_person(frame: pl.DataFrame) -> pl.DataFrame:
    soon = pl.col("days_to_due").is_between(0, SOON_DAYS)
    return frame.group_by("customer_id").agg(
        (pl.col("outstanding_minor") > 0).sum().cast(pl.Int64).alias("customer_loans"),
        pl.col("dpd").max().cast(pl.Int64).alias("customer_dpd"),
        pl.col("overdue_minor").sum().alias("customer_overdue_minor"),
        pl.col("next_due_minor").filter(soon).sum().alias("customer_due_soon_minor"),
    )


def _declared(frame: pl.DataFrame) -> pl.DataFrame:
    """Exactly the vocabulary's columns, in its types, with its defaults, and the keys before them."""
    known = vocabulary()
    columns = []
    for name in known.inputs.values():
        column = pl.col(name.column).cast(PHYSICAL[name.type.kind])
        if name.column in known.defaults:
            column = column.fill_null(known.defaults[name.column])
        elif not name.type.nullable and name.type.kind in ("int", "money"):
            column = column.fill_null(0)
        columns.append(column.alias(name.column))
    return frame.select("loan_id", "customer_id", "currency", *columns)

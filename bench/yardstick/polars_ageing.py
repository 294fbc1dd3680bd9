"""Ageing as Polars expressions: every column of the output, a shard at a time, each written to Parquet.

Written as one who knows the book would: the loan's number stands for its name, and as rows are stored by loan and day,
running sums over the whole shard and one as-of join do what windows per loan would do at five times the cost. It knows
the default convention only, and neither charges nor reversals of reversals.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import polars as pl
import pyarrow as pa

from shouyue.ageing.columns import SCHEMA
from shouyue.ageing.convention import load
from shouyue.book.store import Version

EPOCH = date(1970, 1, 1)
#: more than any loan's money, and more than any day: what keeps loans apart in one running key
ROOM_MONEY, ROOM_DAYS = 2**42, 2**24
NEVER = ROOM_DAYS - 1
DATES = {f.name for f in SCHEMA if pa.types.is_date(f.type)}


def snapshot(version: Version, as_of: date, folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for ix in range(version.shards):
        paths.append(folder / f"shard-{ix:04d}.parquet")
        aged(version, ix, as_of).collect().write_parquet(paths[-1], compression="lz4", statistics=False)
    return paths


def first_of_loan() -> pl.Expr:
    return pl.col("loan_ix") != pl.col("loan_ix").shift(1).fill_null(-1)


def running(amount: str) -> pl.Expr:
    """Sum so far within the loan: the sum of the shard less what it was before the loan began."""
    total = pl.col(amount).cum_sum()
    return total - pl.when(first_of_loan()).then(total - pl.col(amount)).forward_fill()


def key(room: int, value: str) -> pl.Expr:
    """Rises through the whole shard as ``value`` rises through each loan."""
    return pl.col("loan_ix").cast(pl.Int64) * room + pl.col(value)


def payments(version: Version, ix: int, as_of: date) -> pl.LazyFrame:
    """Each payment that counts, with what its loan has paid up to it."""
    rows = pl.scan_parquet(version.shard_file("payments", ix))
    taken = (
        rows.filter(pl.col("reversal_of").is_not_null()).group_by("reversal_of").agg(taken=pl.col("amount_minor").sum())
    )
    return (
        rows.filter(pl.col("reversal_of").is_null() & (pl.col("value_date") <= pl.lit(as_of)))
        .join(taken, left_on="payment_id", right_on="reversal_of", how="left", maintain_order="left")
        .with_columns(net=(pl.col("amount_minor") - pl.col("taken").fill_null(0)).clip(lower_bound=0))
        .filter(pl.col("net") > 0)
        .select("loan_ix", "net", day=pl.col("value_date").to_physical(), paid=running("net"))
        .with_columns(key=key(ROOM_MONEY, "paid"))
    )


def payers(paid: pl.LazyFrame) -> pl.LazyFrame:
    last = pl.col("day") == pl.col("day").last()
    return paid.group_by("loan_ix", maintain_order=True).agg(
        paid_total_minor=pl.col("paid").last(),
        last_payment_on=pl.col("day").last(),
        last_payment_minor=pl.col("net").filter(last).sum(),
    )


def states(version: Version, ix: int, paid: pl.LazyFrame, totals: pl.LazyFrame, today: int) -> pl.LazyFrame:
    """Each instalment: what is open, when it was met, from when until when it was the oldest unpaid one."""
    of_elders = pl.col("key_of_met").cum_max().shift(1) - pl.col("loan_ix").cast(pl.Int64) * ROOM_DAYS
    left = pl.col("owed") - pl.col("paid_total_minor").fill_null(0)
    return (
        pl.scan_parquet(version.shard_file("instalments", ix))
        .select(
            "loan_ix",
            due=pl.col("due_date").to_physical(),
            amount="amount_minor",
            fee=pl.min_horizontal(pl.col("fee_minor").fill_null(0), "amount_minor"),
            interest=pl.col("interest_minor").fill_null(0),
        )
        .with_columns(owed=running("amount"), interest=pl.min_horizontal("interest", pl.col("amount") - pl.col("fee")))
        .with_columns(key=key(ROOM_MONEY, "owed"))
        .set_sorted("key")
        .join_asof(paid.select("key", payer="loan_ix", met_on="day").set_sorted("key"), on="key", strategy="forward")
        .join(totals, on="loan_ix", how="left", maintain_order="left")
        .with_columns(
            met=pl.when(pl.col("payer") == pl.col("loan_ix")).then("met_on").fill_null(NEVER),
            open=pl.min_horizontal("amount", left).clip(lower_bound=0),
        )
        .with_columns(key_of_met=key(ROOM_DAYS, "met"), done=pl.col("amount") - pl.col("open"))
        .with_columns(
            since=pl.max_horizontal(pl.when(~first_of_loan()).then(of_elders.cast(pl.Int32)), pl.col("due") + 1),
            until=pl.min_horizontal(pl.col("met") - 1, pl.lit(today)),
            lateness=pl.min_horizontal("met", pl.lit(today)) - pl.col("due"),
            open_fee=(pl.col("fee") - pl.col("done")).clip(lower_bound=0),
            open_interest=(pl.col("interest") - (pl.col("done") - pl.col("fee")).clip(lower_bound=0)).clip(
                lower_bound=0
            ),
        )
    )


def spells(rows: pl.LazyFrame, today: int, windows: dict[int, int]) -> pl.LazyFrame:
    """The newest run of late days of each loan, and the worst days of each window (by its months, the day before)."""
    last_end = pl.when(~first_of_loan()).then(pl.col("until").shift(1))
    begins = pl.col("last_end").is_null() | (pl.col("since") > pl.col("last_end") + 1)
    worst = {
        f"worst_dpd_{months}m": (pl.col("until") - pl.col("due")).filter(pl.col("until") > after).max()
        for months, after in windows.items()
    }
    return (
        rows.filter((pl.col("due") < today) & (pl.col("since") <= pl.col("until")))
        .select("loan_ix", "due", "since", "until")
        .with_columns(last_end=last_end)
        .group_by("loan_ix", maintain_order=True)
        .agg(
            ended=pl.col("until").last(),
            began=pl.col("since").filter(begins).last(),
            cured_before=pl.col("last_end").filter(begins).last() + 1,
            **worst,
        )
    )


def loans(rows: pl.LazyFrame, today: int) -> pl.LazyFrame:
    """The figures of each loan that follow from its instalments."""
    is_late = (pl.col("due") < today) & (pl.col("open") > 0)
    is_next = (pl.col("due") >= today) & (pl.col("open") > 0)
    is_due = pl.col("due") <= today
    next_due = pl.col("due").filter(is_next).min()
    newest = pl.col("lateness").filter(is_due).reverse().head(6)
    return rows.group_by("loan_ix", maintain_order=True).agg(
        overdue_minor=pl.col("open").filter(is_late).sum(),
        oldest_unpaid_due=pl.col("due").filter(is_late).min(),
        next_due=next_due,
        next_due_minor=pl.col("open").filter(is_next & (pl.col("due") == next_due)).sum(),
        outstanding_minor=pl.col("open").sum(),
        outstanding_interest_minor=pl.col("open_interest").sum(),
        outstanding_fee_minor=pl.col("open_fee").sum(),
        instalments_due=is_due.sum(),
        instalments_paid=(pl.col("open") == 0).sum(),
        instalments_late=is_late.sum(),
        times_late=(is_due & (pl.col("lateness") > 0)).sum(),
        first_due=pl.col("due").first(),
        last_due=pl.col("due").last(),
        owed=pl.col("owed").last(),
        newest=newest,
    )


def aged(version: Version, ix: int, as_of: date) -> pl.LazyFrame:
    """A shard's ageing with the columns of ``shouyue.ageing.columns.SCHEMA``."""
    today = (as_of - EPOCH).days
    windows = {months: today - (as_of - before(as_of, months)).days for months in (3, 6, 12)}
    paid = payments(version, ix, as_of)
    totals = payers(paid)
    rows = states(version, ix, paid, totals, today)
    zero = pl.lit(0, pl.Int64)
    dpd = (today - pl.col("oldest_unpaid_due")).fill_null(0)
    is_late = pl.col("ended") == today
    whole = (
        pl.scan_parquet(version.shard_file("loans", ix))
        .select("loan_id", "customer_id")
        .with_row_index("loan_ix")
        .with_columns(pl.col("loan_ix").cast(pl.Int32))
        .join(loans(rows, today), on="loan_ix", how="left", maintain_order="left")
        .join(spells(rows, today, windows), on="loan_ix", how="left", maintain_order="left")
        .join(totals, on="loan_ix", how="left", maintain_order="left")
        .with_columns(
            pl.col("paid_total_minor", "last_payment_minor", "worst_dpd_3m", "worst_dpd_6m", "worst_dpd_12m").fill_null(
                0
            )
        )
        .with_columns(
            dpd=dpd,
            past_due_days=dpd,
            bucket=bucket(dpd),
            delinquent_date="oldest_unpaid_due",
            delinquent_since=pl.when(is_late).then("began"),
            cured_on=pl.when(is_late).then("cured_before").otherwise(pl.col("ended") + 1),
            days_to_due=pl.col("next_due") - today,
            credit_minor=(pl.col("paid_total_minor") - pl.col("owed")).clip(lower_bound=0),
            outstanding_principal_minor=pl.col("outstanding_minor")
            - pl.col("outstanding_interest_minor")
            - pl.col("outstanding_fee_minor"),
            outstanding_penalty_minor=zero,
            outstanding_late_fee_minor=zero,
            customer_dpd=pl.lit(None, pl.Int32),
            **{f"late_{k + 1}": pl.col("newest").list.get(k, null_on_oob=True) for k in range(6)},
        )
    )
    return whole.select(
        pl.col(f.name).cast(pl.Int32).cast(pl.Date)
        if f.name in DATES
        else pl.col(f.name)
        if f.name in ("loan_id", "customer_id", "bucket")
        else pl.col(f.name).cast(pl.Int64 if f.name.endswith("_minor") else pl.Int32)
        for f in SCHEMA
    )


def bucket(dpd: pl.Expr) -> pl.Expr:
    buckets = load("default").buckets
    chosen = pl.lit(buckets[-1].label)
    for stage in reversed(buckets[:-1]):
        chosen = pl.when(dpd <= stage.to).then(pl.lit(stage.label)).otherwise(chosen)
    return chosen


def before(day: date, months: int) -> date:
    """The same day of the month, ``months`` earlier; the days used here are in every month."""
    index = day.year * 12 + day.month - 1 - months
    return day.replace(year=index // 12, month=index % 12 + 1)

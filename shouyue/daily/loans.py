"""The loans of the customers on the desk, shard by shard: the lender's data, the arrears, the instalments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from hashlib import blake2b

import numpy as np
import polars as pl

from shouyue.ageing.schedule import instalment_states
from shouyue.daily.figures import Figures

_BOOK = {
    "loan_id": pl.String,
    "customer_id": pl.String,
    "product": pl.String,
    "goods": pl.String,
    "currency": pl.String,
    "principal_minor": pl.Int64,
    "opened_on": pl.Date,
    "term": pl.Int32,
    "debit_account": pl.String,
    "pays_corporate": pl.Boolean,
    "wants_early_settlement": pl.Boolean,
}
_AGED = {
    "dpd": pl.Int32,
    "bucket": pl.String,
    "overdue_minor": pl.Int64,
    "oldest_unpaid_due": pl.Date,
    "next_due": pl.Date,
    "next_due_minor": pl.Int64,
    "outstanding_minor": pl.Int64,
    "outstanding_principal_minor": pl.Int64,
    "outstanding_interest_minor": pl.Int64,
    "outstanding_fee_minor": pl.Int64,
    "outstanding_penalty_minor": pl.Int64,
    "outstanding_late_fee_minor": pl.Int64,
    "last_payment_on": pl.Date,
    "last_payment_minor": pl.Int64,
    "times_late": pl.Int32,
}
_LATE = [f"late_{n}" for n in range(1, 7)]
#: columns of a published loan that are held against the desk's; ``lateness`` is an array's text
SCHEMA = {**_BOOK, **_AGED, "lateness": pl.String, "debit_date": pl.Date}
#: the instalments as JSON, null where the desk has them, and their digest
SCHEDULE = {"new_schedule": pl.String, "schedule_digest": pl.String}


def each_shard(figures: Figures, customers: pl.DataFrame, published: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The loans of ``customers`` (column customer_id) in each shard; columns of ``SCHEMA`` and ``SCHEDULE``.

    ``published`` are the schedules that the desk has: loan_id, schedule_digest.
    """
    for ix in range(figures.version.shards):
        book = pl.DataFrame(pl.from_arrow(figures.version.read("loans", ix, list(_BOOK)))).with_row_index("ix")
        chosen = book.join(customers, on="customer_id", how="semi", maintain_order="left")
        if not chosen.height:
            continue
        rows = chosen["ix"].to_numpy().astype(np.int64)
        aged = figures.shard(ix, ["loan_id", *_AGED, *_LATE])[rows]
        states = instalment_states(figures.version, ix, rows, figures.as_of, figures.known_at, figures.convention)
        schedule = _schedule(pl.DataFrame(pl.from_arrow(states)))
        whole = chosen.drop("ix").join(aged, on="loan_id").join(schedule, on="loan_id", how="left")
        yield _news(_published(whole, figures.as_of, figures.version.currency), published)


def _schedule(states: pl.DataFrame) -> pl.DataFrame:
    """Per loan its instalments as JSON, in due order, and the days on which open money is due or debited."""
    one = pl.format(
        '{{"seq":{},"due":{},"debit":{},"amount":{},"paid":{},"met_on":{}{}}}',
        "seq",
        _day("due_date"),
        _day("debit_date"),
        "amount_minor",
        "paid_minor",
        _day("met_on"),
        pl.when(pl.col("counts_from") == pl.col("due_date"))
        .then(pl.lit(""))
        .otherwise(pl.format(',"counts_from":{}', _day("counts_from"))),
    )
    return (
        states.with_columns(one.alias("one"))
        .group_by("loan_id", maintain_order=True)
        .agg(
            pl.format("[{}]", pl.col("one").str.join(",")).first().alias("schedule"),
            pl.struct("due_date", "debit_date").filter(pl.col("open_minor") > 0).alias("open"),
        )
    )


def _day(column: str) -> pl.Expr:
    """A day as JSON."""
    return pl.format('"{}"', pl.col(column).cast(pl.String)).fill_null("null")


def _news(rows: pl.DataFrame, published: pl.DataFrame) -> pl.DataFrame:
    """The rows with the digests of their schedules, and without those schedules that the desk has."""
    digests = [blake2b(text.encode(), digest_size=16).hexdigest() for text in rows["schedule"]]
    known = rows.select("loan_id").join(published, on="loan_id", how="left", maintain_order="left")["schedule_digest"]
    rows = rows.with_columns(pl.Series("schedule_digest", digests, dtype=pl.String))
    new = pl.when(pl.col("schedule_digest").ne_missing(known)).then("schedule").alias("new_schedule")
    return rows.select(*SCHEMA, new, "schedule_digest")


def _published(rows: pl.DataFrame, as_of: date, currency: str) -> pl.DataFrame:
    debit = pl.col("open").list.eval(
        pl.element().struct.field("debit_date").filter(pl.element().struct.field("due_date") >= as_of)
    )
    late = pl.concat_list(pl.col(n).cast(pl.Int32) for n in _LATE).list.drop_nulls()
    return rows.with_columns(
        debit.list.first().alias("debit_date"),
        pl.format("{{{}}}", late.cast(pl.List(pl.String)).list.join(",")).alias("lateness"),
        pl.col("schedule").fill_null("[]"),
        pl.col("currency").fill_null(currency),
        pl.col("next_due_minor").fill_null(0),
        pl.col("pays_corporate").fill_null(value=False),
        pl.col("wants_early_settlement").fill_null(value=False),
        *(pl.col(n).fill_null(0) for n in _AGED if n.startswith("outstanding")),
    ).select(*(pl.col(n).cast(t) for n, t in SCHEMA.items()), "schedule")

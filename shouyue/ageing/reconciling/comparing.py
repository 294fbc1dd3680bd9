"""Theirs beside ours, loan by loan, in columns: the mass that agrees is never looked at one by one."""

from __future__ import annotations

from datetime import date

import polars as pl
import pyarrow as pa

from shouyue.ageing.convention import Convention
from shouyue.ageing.reconciling.terms import AMOUNTS, FIELDS, FIGURES

#: our figures as they call theirs
OURS = {
    "outstanding_minor": pl.col("outstanding_minor"),
    "principal_minor": pl.col("outstanding_principal_minor"),
    "interest_minor": pl.col("outstanding_interest_minor"),
    "fee_minor": pl.col("outstanding_fee_minor"),
    "penalty_minor": pl.col("outstanding_penalty_minor") + pl.col("outstanding_late_fee_minor"),
    "overdue_minor": pl.col("overdue_minor"),
    "dpd": pl.col("dpd"),
    "bucket": pl.col("bucket"),
}


def beside(aged: pa.Table, loans: pa.Table, theirs: pl.DataFrame, day: date, rules: Convention) -> pl.DataFrame:
    """A row per loan of a shard: ``row`` (its place there), ``ours_*`` and ``theirs_*`` of ``FIELDS``, ``state``,
    ``differs`` (a bit per field), ``gap_minor`` (theirs less ours, of the widest amount they state) and ``gap_days``.

    ``aged`` as ``run.age_shard`` gives it, ``loans`` the same loans' columns of the book, ``theirs`` as
    ``Stated.of_shard``. A bucket of theirs that the convention does not have is set aside as ``theirs_label``: other
    names are no difference.
    """
    ours = pl.DataFrame(pl.from_arrow(aged)).select(
        "loan_id",
        pl.col("credit_minor"),
        *(said.alias(f"ours_{name}") for name, said in OURS.items()),
    )
    about = pl.DataFrame(pl.from_arrow(loans)).drop("loan_id")
    ours = pl.concat([ours, about], how="horizontal").with_row_index("row")
    ended = (pl.col("ours_outstanding_minor") == 0) | (pl.col("closed_on") <= day)
    ours = ours.with_columns(ours_status=pl.when(ended).then(pl.lit("closed")).otherwise(pl.lit("open")))
    said = theirs.rename({name: f"theirs_{name}" for name in FIELDS})
    both = ours.join(said, on="loan_id", how="full", coalesce=True, maintain_order="left_right")
    both = _labels(_credit(both), rules)
    both = both.with_columns(
        theirs_status=pl.when(pl.col("theirs_status") != "written_off").then(pl.col("theirs_status")),
        of_day=pl.col("of_day").fill_null(False),
        theirs_any=pl.any_horizontal(pl.col(f"theirs_{n}").is_not_null() for n in FIELDS)
        | pl.col("theirs_label").is_not_null(),
    )
    off = [
        (pl.col(f"theirs_{n}") != pl.col(f"ours_{n}")).fill_null(False).cast(pl.Int16) * 2**k
        for k, n in enumerate(FIELDS)
    ]
    both = both.with_columns(differs=pl.sum_horizontal(off).cast(pl.Int16))
    return both.with_columns(
        _state(day).alias("state"),
        _gap().alias("gap_minor"),
        (pl.col("theirs_dpd") - pl.col("ours_dpd")).alias("gap_days"),
    )


def names(differs: int) -> tuple[str, ...]:
    """The fields of a row that differ."""
    return tuple(name for k, name in enumerate(FIELDS) if differs & 2**k)


def _credit(both: pl.DataFrame) -> pl.DataFrame:
    """A core that shows what was paid too much as a negative balance is right to."""
    paid_ahead = (pl.col("theirs_outstanding_minor") < 0) & (pl.col("ours_outstanding_minor") == 0)
    ours = pl.when(paid_ahead).then(-pl.col("credit_minor")).otherwise(pl.col("ours_outstanding_minor"))
    return both.with_columns(ours.alias("ours_outstanding_minor"))


def _labels(both: pl.DataFrame, rules: Convention) -> pl.DataFrame:
    """Theirs in the convention's spelling; labels it does not know go to ``theirs_label``."""
    spelled = {b.label.casefold(): b.label for b in rules.buckets}
    plain = pl.col("theirs_bucket").str.strip_chars().str.to_lowercase()
    known = plain.replace_strict(spelled, default=None, return_dtype=pl.String)
    return both.with_columns(theirs_bucket=known, theirs_label=pl.when(known.is_null()).then(pl.col("theirs_bucket")))


def _state(day: date) -> pl.Expr:
    here, there = pl.col("row").is_not_null(), pl.col("of_day")
    nothing_here = (pl.col("ours_outstanding_minor") <= 0) | (pl.col("opened_on") > day)
    figures = [pl.col(f"theirs_{n}").fill_null(0) for n in FIGURES]
    nothing_there = pl.all_horizontal(f == 0 for f in figures) & pl.any_horizontal(
        pl.col(f"theirs_{n}").is_not_null() for n in FIGURES
    ) | (pl.col("theirs_status") == "closed").fill_null(False)
    other_day = pl.col("theirs_any") & ~there
    return (
        pl.when(other_day).then(pl.lit("other_day"))
        .when(here & ~there & nothing_here.fill_null(False)).then(pl.lit("settled"))
        .when(here & ~there).then(pl.lit("only_ours"))
        .when(~pl.col("theirs_any")).then(pl.lit("no_figure"))
        .when(~here & nothing_there).then(pl.lit("settled"))
        .when(~here).then(pl.lit("only_theirs"))
        .when(pl.col("differs") > 0).then(pl.lit("different"))
        .otherwise(pl.lit("agreed"))
    )  # fmt: skip


def _gap() -> pl.Expr:
    """Of the widest amount that is stated: all that is owed, else principal, else what is past due, else parts."""
    order = ("outstanding_minor", "principal_minor", "overdue_minor", "interest_minor", "fee_minor", "penalty_minor")
    assert set(order) == set(AMOUNTS)
    theirs = pl.coalesce(pl.col(f"theirs_{n}") for n in order)
    gaps = [pl.col(f"theirs_{n}") - pl.col(f"ours_{n}") for n in order]
    there, here = pl.col("of_day"), pl.col("row").is_not_null()
    return (
        pl.when(here & there).then(pl.coalesce(gaps))
        .when(there).then(theirs)
        .when(here).then(-pl.col("ours_outstanding_minor"))
    )  # fmt: skip

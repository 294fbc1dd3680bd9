"""Minutes of work against the minutes there are, store by store."""

from __future__ import annotations

from typing import Any

import polars as pl

from shouyue.daily.trial.comparing import works

#: what the desk has: reps who can sign in, and the minutes allocation may give them
CAPACITY = {"store": pl.String, "reps": pl.Int64, "capacity": pl.Int64}


def workload(rows: pl.DataFrame, capacity: pl.DataFrame) -> list[dict[str, Any]]:
    """Per store the planned minutes of both sides, its capacity, and how many cases do not fit into it.

    What fits is found as the day is worked: the highest priority first, until the minutes are used up. A store of
    which the desk knows no capacity has null there.
    """
    sides = [_side(rows, side, capacity) for side in ("was", "now")]
    whole = sides[0].join(sides[1], on="store", how="full", coalesce=True)
    whole = whole.join(capacity, on="store", how="full", coalesce=True)
    counts = [n for n in whole.columns if n.startswith(("was_", "now_")) and not n.endswith("_over")]
    known = pl.col("capacity").is_not_null()
    over = [
        pl.when(known).then(pl.col(f"{s}_over").fill_null(0)).cast(pl.Int64).alias(f"{s}_over") for s in ("was", "now")
    ]
    return (
        whole.select("store", "reps", "capacity", *(pl.col(n).fill_null(0).cast(pl.Int64) for n in counts), *over)
        .sort("store")
        .to_dicts()
    )


def ordered(rows: pl.DataFrame, side: str, capacity: pl.DataFrame) -> pl.DataFrame:
    """The cases to be worked on a side, store by store in the order of work; ``over`` those beyond the capacity."""
    mine = rows.filter(works(side)).select(
        pl.col(f"{side}_store").alias("store"),
        pl.col(f"{side}_minutes").alias("minutes"),
        pl.col(f"{side}_priority").alias("priority"),
        "customer_id",
    )
    mine = mine.join(capacity, on="store", how="left").sort(
        ["store", "priority", "customer_id"], descending=[False, True, False]
    )
    used = pl.col("minutes").cum_sum().over("store")
    return mine.with_columns((used > pl.col("capacity")).alias("over"))


def _side(rows: pl.DataFrame, side: str, capacity: pl.DataFrame) -> pl.DataFrame:
    return (
        ordered(rows, side, capacity)
        .group_by("store")
        .agg(
            pl.len().alias(f"{side}_worked"),
            pl.col("minutes").sum().alias(f"{side}_minutes"),
            pl.col("over").sum().alias(f"{side}_over"),
        )
    )

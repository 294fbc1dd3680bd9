"""Two lists of cases of the same day side by side. Pure: columns in, columns and counts out.

Columns of the base come in as ``was_…``, of the candidate as ``now_…``, as everywhere where before and after meet.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import polars as pl

from shouyue.strategy.deciding import BAND

#: what is told of a case on either side, besides its customer
FIELDS = {
    "store": pl.String,
    "phase": pl.String,
    "segment": pl.String,
    "stage": pl.String,
    "treatment": pl.String,
    "band": pl.Int64,
    "priority": pl.Int64,
    "best_time": pl.String,
    "minutes": pl.Int64,
    "hold": pl.Boolean,
    "left_alone": pl.Boolean,
    "rule": pl.String,
    "lead_loan": pl.String,
    "currency": pl.String,
    "dpd": pl.Int64,
    "overdue_minor": pl.Int64,
    "due_minor": pl.Int64,
    "next_due": pl.Date,
    "reason_zh": pl.String,
    "reason_en": pl.String,
}
#: a case in which one of these differs has moved
MOVES = ("phase", "segment", "stage", "treatment", "band", "priority", "best_time", "minutes", "hold")
CHANGES = ("in", "out", "moved", "same")


def side_by_side(was: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """One row per customer with a case on either side, by customer_id: ``change`` (of ``CHANGES``), ``moved`` (which
    of ``MOVES`` differ), ``was_…`` and ``now_…`` of ``FIELDS``. ``was`` and ``now`` are what ``deciding.work`` gives.
    """
    both = _side(was, "was").join(_side(now, "now"), on="customer_id", how="full", coalesce=True)
    differs = [pl.when(pl.col(f"was_{n}").ne_missing(pl.col(f"now_{n}"))).then(pl.lit(n)) for n in MOVES]
    before, after = pl.col("was_phase").is_not_null(), pl.col("now_phase").is_not_null()
    moved = pl.concat_list(differs).list.drop_nulls()
    empty = pl.lit([], dtype=pl.List(pl.String))
    both = both.with_columns(pl.when(before & after).then(moved).otherwise(empty).alias("moved"))
    change = (
        pl.when(~before)
        .then(pl.lit("in"))
        .when(~after)
        .then(pl.lit("out"))
        .when(pl.col("moved").list.len() > 0)
        .then(pl.lit("moved"))
        .otherwise(pl.lit("same"))
    )
    sides = [f"{side}_{n}" for side in ("was", "now") for n in FIELDS]
    return both.select("customer_id", change.alias("change"), "moved", *sides).sort("customer_id")


def _side(cases: pl.DataFrame, side: str) -> pl.DataFrame:
    whole = cases.with_columns((pl.col("priority") // BAND).alias("band"))
    return whole.select("customer_id", *(pl.col(n).cast(t).alias(f"{side}_{n}") for n, t in FIELDS.items()))


def planned(side: str) -> pl.Expr:
    """Does the strategy plan a contact today on this side: a case that it does not hold."""
    return pl.col(f"{side}_phase").is_not_null() & ~pl.col(f"{side}_hold")


def works(side: str) -> pl.Expr:
    """Is he on the list of the day on this side: a case that nothing sets aside (``aside.py``)."""
    return pl.col(f"{side}_phase").is_not_null() & pl.col(f"{side}_aside").is_null()


def totals(rows: pl.DataFrame) -> dict[str, Any]:
    """How many cases each side has, how many are to be worked, and what changed."""
    counts = [pl.col(f"{s}_phase").is_not_null().sum().alias(f"{s}_cases") for s in ("was", "now")]
    counts += [works(s).sum().alias(f"{s}_worked") for s in ("was", "now")]
    counts += [_minutes(s).alias(f"{s}_minutes") for s in ("was", "now")]
    counts += [(pl.col("change") == c).sum().alias(c) for c in CHANGES]
    counts += [(works("now") & ~works("was")).sum().alias("worked_in")]
    counts += [(works("was") & ~works("now")).sum().alias("worked_out")]
    counts += [pl.col("moved").list.contains(n).sum().alias(f"moved_{n}") for n in MOVES]
    return {n: int(v or 0) for n, v in rows.select(counts).row(0, named=True).items()}


def _minutes(side: str) -> pl.Expr:
    return pl.col(f"{side}_minutes").filter(works(side)).sum()


def by(rows: pl.DataFrame, field: str) -> list[dict[str, Any]]:
    """Cases and minutes of both sides per value of a field, and how many came and went, in the values' order.

    A case whose value differs between the sides goes from one line and comes to another.
    """
    sides = []
    for side, other in (("was", "now"), ("now", "was")):
        mine, theirs = pl.col(f"{side}_{field}"), pl.col(f"{other}_{field}")
        here = rows.filter(pl.col(f"{side}_phase").is_not_null())
        away = mine.ne_missing(theirs) | pl.col(f"{other}_phase").is_null()
        sides.append(
            here.group_by(mine.cast(pl.String).alias("value")).agg(
                pl.len().alias(f"{side}_cases"),
                works(side).sum().alias(f"{side}_worked"),
                _minutes(side).alias(f"{side}_minutes"),
                away.sum().alias("out" if side == "was" else "in"),
            )
        )
    whole = sides[0].join(sides[1], on="value", how="full", coalesce=True, nulls_equal=True)
    names = ("was_cases", "now_cases", "in", "out", "was_worked", "now_worked", "was_minutes", "now_minutes")
    return (
        whole.select(pl.col("value"), *(pl.col(n).fill_null(0).cast(pl.Int64) for n in names))
        .sort("value", nulls_last=True)
        .to_dicts()
    )


def moves(
    rows: pl.DataFrame, fields: Iterable[str] = ("phase", "segment", "stage", "treatment", "band", "hold")
) -> dict[str, list]:
    """Per field its matrix: [before, after, customers], null where there was, or is, no case; the diagonal with it."""
    found = {}
    for field in fields:
        sides = [pl.col(f"{s}_{field}").cast(pl.String).alias(s) for s in ("was", "now")]
        counted = rows.group_by(sides).len("count").sort("was", "now", nulls_last=True)
        found[field] = [list(r) for r in counted.iter_rows()]
    return found

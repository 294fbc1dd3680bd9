"""What the customers on a list usually pay: rates measured in the book's own earlier months, nothing assumed.

A loan is in a state by its age or its nearness to the due date. For each of the last months the book says how much of
what was at stake in each state on the first day came in within the ``days`` after it. The same rates are put on today's
lists. **It is no effect of calling**: most of this money comes whether anybody calls or not, and those who are called
are called because they are likely to be late. What calling adds, only a hold-out tells (docs/experiments.md).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from shouyue.ageing.run import age_shard, each_shard
from shouyue.daily.figures import Figures
from shouyue.strategy.intervals import next_of

#: states of a late loan by days past due, of another by days to its due date: name, from, to (None: and above)
LATE = (("late_1_7", 1, 7), ("late_8_30", 8, 30), ("late_31_60", 31, 60), ("late_61_90", 61, 90))
LATE += (("late_91_180", 91, 180), ("late_181", 181, None))
DUE = (("due_0_2", 0, 2), ("due_3_7", 3, 7))
STATES = tuple(name for name, _, _ in (*LATE, *DUE))

#: length of a month of experience, and how many of them are looked at
DAYS, MONTHS = 30, 6
#: lists that are estimated: all of a side, and what the sides do not share
LISTS = ("was", "now", "both", "only_was", "only_now")

Progress = Callable[[int, int], None]


def state() -> pl.Expr:
    """The state of a loan from ``dpd`` and ``days_to_due``; null where nothing is late or due within a week."""
    expr = pl.lit(None, dtype=pl.String)
    for name, low, high in reversed(DUE):
        expr = pl.when(pl.col("days_to_due").is_between(low, high)).then(pl.lit(name)).otherwise(expr)
    for name, low, high in reversed(LATE):
        late = pl.col("dpd") >= low if high is None else pl.col("dpd").is_between(low, high)
        expr = pl.when(late).then(pl.lit(name)).otherwise(expr)
    return expr


def stake(days: int) -> pl.Expr:
    """What is overdue and what falls due within ``days``, in minor units."""
    due = pl.when(pl.col("days_to_due").is_between(0, days)).then(pl.col("next_due_minor")).otherwise(0)
    return pl.col("overdue_minor") + due.fill_null(0)


def stakes(features: pl.DataFrame, was: pl.DataFrame, now: pl.DataFrame, days: int) -> pl.DataFrame:
    """The loans of the cases to be worked on either side: customer_id, loan_id, currency, state, stake_minor, was, now.

    ``was`` and ``now`` are cases with their ``loans``.
    """
    on = []
    for side, cases in (("was", was), ("now", now)):
        listed = cases.filter(~pl.col("hold")).select(pl.col("loans").alias("loan_id")).explode("loan_id")
        on.append(listed.with_columns(pl.lit(value=True).alias(side)))
    both = on[0].join(on[1], on="loan_id", how="full", coalesce=True)
    money = features.select(
        "customer_id", "loan_id", "currency", state().alias("state"), stake(days).alias("stake_minor")
    )
    return (
        money.join(both, on="loan_id", how="inner")
        .with_columns(pl.col("was", "now").fill_null(value=False))
        .filter(pl.col("state").is_not_null() & (pl.col("stake_minor") > 0))
        .sort("loan_id")
    )


def listed(staked: pl.LazyFrame, rows: pl.LazyFrame) -> pl.LazyFrame:
    """``stakes`` of those alone who are on a list: not set aside (``aside.py``) on at least one side."""
    off = [pl.col(f"{side}_aside").is_not_null().alias(f"{side}_off") for side in ("was", "now")]
    marked = staked.join(rows.select("customer_id", *off), on="customer_id", how="left", maintain_order="left")
    on = [(pl.col(s) & ~pl.col(f"{s}_off").fill_null(value=False)).alias(s) for s in ("was", "now")]
    return marked.with_columns(on).drop("was_off", "now_off").filter(pl.col("was") | pl.col("now"))


# ---------------------------------------------------------------- experience
EXPERIENCE = {
    "month": pl.Int64,
    "currency": pl.String,
    "state": pl.String,
    "reached": pl.Boolean,
    "loans": pl.Int64,
    "paid_any": pl.Int64,
    "stake_minor": pl.Int64,
    "paid_minor": pl.Int64,
    "aa": pl.Float64,
    "ap": pl.Float64,
    "pp": pl.Float64,
}


def months(as_of: date, days: int = DAYS, count: int = MONTHS) -> list[date]:
    """First days of the months of experience, the newest first; the last day of the newest is ``as_of`` itself."""
    return [as_of - timedelta(days=days * n) for n in range(1, count + 1)]


def experience(
    figures: Figures,
    days: int = DAYS,
    count: int = MONTHS,
    reached: Sequence[pl.Series | None] = (),
    workers: int | None = None,
    progress: Progress | None = None,
) -> pl.DataFrame:
    """Per month, currency and state what was at stake and what of it came; columns of ``EXPERIENCE``.

    ``month`` counts back from 1. A loan's payments count up to its stake. ``reached`` gives per month the customers who
    were spoken to in it, None where the desk was not in use the whole month: then ``reached`` is null.
    ``aa``, ``ap`` and ``pp`` are sums of squares and products of stake and payment.
    """
    starts = months(figures.as_of, days, count)
    told = [*reached, *[None] * (count - len(reached))]

    def one(ix: int) -> pl.DataFrame:
        return _of_shard(figures, ix, starts, days, told)

    parts = [pl.DataFrame(schema=EXPERIENCE), *each_shard(figures.version, one, workers, progress)]
    keys = ["month", "currency", "state", "reached"]
    return pl.concat(parts).group_by(keys).sum().select(EXPERIENCE.keys()).sort(keys, nulls_last=True)


_AGED = ["loan_id", "customer_id", "dpd", "overdue_minor", "next_due_minor", "days_to_due", "paid_total_minor"]


def _of_shard(
    figures: Figures, ix: int, starts: list[date], days: int, reached: Sequence[pl.Series | None]
) -> pl.DataFrame:
    book = pl.DataFrame(pl.from_arrow(figures.version.read("loans", ix, ["currency", "opened_on"])))
    book = book.with_columns(pl.col("currency").fill_null(figures.version.currency))
    then = _paid(figures, ix, figures.as_of)
    parts = []
    for month, (start, spoken) in enumerate(zip(starts, reached, strict=True), 1):
        aged = age_shard(figures.version, ix, start, figures.known_at, figures.convention)
        frame = pl.DataFrame(pl.from_arrow(aged.select(_AGED)))
        paid = (then - frame["paid_total_minor"]).alias("paid")
        then = frame["paid_total_minor"]
        frame = frame.with_columns(book["currency"], book["opened_on"], paid)
        frame = frame.filter(pl.col("opened_on").is_null() | (pl.col("opened_on") <= start))
        parts.append(_counted(frame, month, days, spoken))
    return pl.concat(parts)


def _paid(figures: Figures, ix: int, day: date) -> pl.Series:
    aged = age_shard(figures.version, ix, day, figures.known_at, figures.convention)
    return pl.Series("paid_total_minor", aged.column("paid_total_minor"))


def _counted(frame: pl.DataFrame, month: int, days: int, spoken: pl.Series | None) -> pl.DataFrame:
    frame = frame.with_columns(state().alias("state"), stake(days).alias("stake")).filter(
        pl.col("state").is_not_null() & (pl.col("stake") > 0)
    )
    was_reached = pl.lit(None, dtype=pl.Boolean) if spoken is None else pl.col("customer_id").is_in(spoken.implode())
    paid = pl.min_horizontal(pl.max_horizontal(pl.col("paid"), 0), pl.col("stake"))
    frame = frame.with_columns(paid.alias("paid"), was_reached.alias("reached"))
    a, p = pl.col("stake").cast(pl.Float64), pl.col("paid").cast(pl.Float64)
    counted = frame.group_by("currency", "state", "reached").agg(
        pl.len().cast(pl.Int64).alias("loans"),
        (pl.col("paid") > 0).sum().cast(pl.Int64).alias("paid_any"),
        pl.col("stake").sum().alias("stake_minor"),
        pl.col("paid").sum().alias("paid_minor"),
        (a * a).sum().alias("aa"),
        (a * p).sum().alias("ap"),
        (p * p).sum().alias("pp"),
    )
    return counted.with_columns(pl.lit(month, dtype=pl.Int64).alias("month")).select(
        pl.col(n).cast(t) for n, t in EXPERIENCE.items()
    )


# ---------------------------------------------------------------- estimate
@dataclass(frozen=True)
class Estimate:
    """Minor units. ``middle`` is the mean over the months of experience; the limits are None for one month."""

    stake_minor: int
    low: int | None
    middle: int | None
    high: int | None
    #: of the stake, what lies in states of which the book has no experience
    unknown_minor: int = 0


def estimate(experience: pl.DataFrame, stakes: pl.DataFrame) -> dict[str, Any]:
    """Per currency the money at stake on each list, what of it usually comes, and the rates behind it."""
    found = {}
    for currency in stakes["currency"].unique().sort():
        past = experience.filter(pl.col("currency") == currency)
        mine = stakes.filter(pl.col("currency") == currency)
        lists = {name: _estimated(past, mine.filter(on(name))) for name in LISTS}
        found[currency] = {
            "lists": {n: e.__dict__ for n, e in lists.items()},
            "rates": _rates(past, ["state"]),
            "by_reached": _rates(past.filter(pl.col("reached").is_not_null()), ["state", "reached"]),
            "months": _rates(past, ["month"]),
        }
    return found


def on(name: str) -> pl.Expr:
    """Is a loan of ``stakes`` on one of ``LISTS``?"""
    was, now = pl.col("was"), pl.col("now")
    return {"was": was, "now": now, "both": was & now, "only_was": was & ~now, "only_now": now & ~was}[name]


def _estimated(past: pl.DataFrame, mine: pl.DataFrame) -> Estimate:
    whole = int(mine["stake_minor"].sum())
    squares = pl.col("stake_minor").cast(pl.Float64).pow(2)
    sums = mine.group_by("state").agg(pl.col("stake_minor").sum().alias("mine"), squares.sum().alias("mine_aa"))
    pooled = past.group_by("state").agg(pl.col("stake_minor", "paid_minor", "aa", "ap", "pp").sum())
    rate = pl.col("paid_minor") / pl.col("stake_minor")
    # how far single loans lie from their state's rate, per square of the stake
    spread = ((pl.col("pp") - 2 * rate * pl.col("ap") + rate * rate * pl.col("aa")) / pl.col("aa")).clip(0)
    known = sums.join(pooled.with_columns(rate.alias("pooled"), spread.alias("spread")), on="state", how="inner")
    unknown = whole - int(known["mine"].sum())
    if not known.height:
        return Estimate(whole, None, None, None, unknown)
    monthly = past.group_by("month", "state").agg(pl.col("stake_minor", "paid_minor").sum())
    monthly = monthly.select("month", "state", rate.alias("rate"))
    grid = past.select("month").unique().join(known.select("state", "mine", "pooled"), how="cross")
    grid = grid.join(monthly, on=["month", "state"], how="left").sort("month", "state")
    comes = grid.group_by("month", maintain_order=True).agg(
        (pl.col("mine") * pl.coalesce("rate", "pooled")).sum().alias("comes")
    )["comes"]
    alone = float((known["spread"] * known["mine_aa"]).sum())
    interval = next_of(comes.to_list(), alone)
    if interval is None:
        return Estimate(whole, None, round(comes[0]), None, unknown)
    low, high = max(interval.low, 0.0), min(interval.high, float(whole - unknown))
    return Estimate(whole, round(low), round(interval.middle), round(max(high, interval.middle)), unknown)


def _rates(past: pl.DataFrame, by: list[str]) -> list[dict[str, Any]]:
    """Sums of the experience; shares are left to who shows them, so that they stay exact."""
    order = {name: n for n, name in enumerate(STATES)}
    rows = past.group_by(by).agg(pl.col("loans", "paid_any", "stake_minor", "paid_minor").sum()).to_dicts()
    return sorted(rows, key=lambda r: tuple(order.get(r[k], r[k]) if k == "state" else int(r[k]) for k in by))

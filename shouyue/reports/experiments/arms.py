"""Arms compared: means, differences, and intervals day by day. Pure: outcomes in, numbers out.

A metric says who counts, what is measured and on which day it is settled. Those marked ``drawn`` compare the arms as
the lot made them, whoever was reached; the others look at a part of the customers that the work itself chose, and are
shown without a verdict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

from shouyue.strategy.intervals import Sums, always, difference, enough, once, tuned

ALPHA = 0.05
#: what may be said of a difference: too few cases to say anything; not yet to be told from none; the arm is higher, or
#: lower, than the other; the two sides are not alike, so nothing is said
VERDICTS = ("too_few", "undecided", "higher", "lower", "unlike")


@dataclass(frozen=True)
class ArmMetric:
    """``id`` is the ledger's. ``settled`` is the day on which it is known, ``value`` what counts, ``of`` who counts."""

    id: str
    settled: pl.Expr
    value: pl.Expr
    of: pl.Expr
    drawn: bool = True
    money: bool = False


def metrics(cut_off_days: int, within_days: int, held_out: str) -> tuple[ArmMetric, ...]:
    """The metrics of an experiment. Units have arm, due_on, due_minor, met_on, paid_minor and reminded."""
    due = pl.col("due_on")
    cut_off, horizon = due + pl.duration(days=cut_off_days), due + pl.duration(days=within_days)
    on_time = (pl.col("met_on") <= due).fill_null(value=False)
    flowed_in = ~(pl.col("met_on") <= cut_off).fill_null(value=False)
    unpaid = ~(pl.col("met_on") <= horizon).fill_null(value=False)
    everybody = pl.lit(value=True)
    return (
        ArmMetric("paid_on_time", due, on_time, everybody),
        ArmMetric("inflow_rate", cut_off, flowed_in, everybody),
        ArmMetric("unpaid_after", horizon, unpaid, everybody),
        ArmMetric("paid_within", horizon, pl.col("paid_minor"), everybody, money=True),
        ArmMetric("reminder_success", due, on_time, pl.col("reminded") | (pl.col("arm") == held_out), drawn=False),
        ArmMetric("cured_within", horizon, ~unpaid, flowed_in, drawn=False),
    )


# ---------------------------------------------------------------- sums by day
_STEPS = ("clusters", "units", "total", "ss", "sk", "kk", "whole")


def by_day(units: pl.DataFrame, metric: ArmMetric, as_of: date) -> dict[str, list[tuple[date, Sums, float]]]:
    """Per arm, for every day on which something was settled before ``as_of``: the sums of all until then, and how many
    had the outcome (for money: how many paid the whole)."""
    whole = pl.col("paid_minor") >= pl.col("due_minor") if metric.money else metric.value
    settled = (
        units.filter(metric.of)
        .with_columns(
            metric.settled.alias("day"), metric.value.cast(pl.Float64).alias("s"), whole.cast(pl.Float64).alias("whole")
        )
        .filter(pl.col("day") < as_of)
        .sort("day", "loan_id")
    )
    # what each further observation of a customer adds to the sums of squares over customers
    before = [pl.col("s").cum_sum().over("customer_id") - pl.col("s"), pl.int_range(pl.len()).over("customer_id")]
    steps = settled.with_columns(before[0].alias("s0"), before[1].cast(pl.Float64).alias("k0")).select(
        "arm",
        "day",
        (pl.col("k0") == 0).cast(pl.Float64).alias("clusters"),
        pl.lit(1.0).alias("units"),
        pl.col("s").alias("total"),
        ((pl.col("s0") + pl.col("s")) ** 2 - pl.col("s0") ** 2).alias("ss"),
        ((pl.col("s0") + pl.col("s")) * (pl.col("k0") + 1) - pl.col("s0") * pl.col("k0")).alias("sk"),
        ((pl.col("k0") + 1) ** 2 - pl.col("k0") ** 2).alias("kk"),
        "whole",
    )
    days = steps.group_by("arm", "day").sum().sort("arm", "day")
    running = days.with_columns(pl.col(n).cum_sum().over("arm") for n in _STEPS)
    found: dict[str, list[tuple[date, Sums, float]]] = {}
    for arm, day, clusters, count, *sums, happened in running.iter_rows():
        found.setdefault(arm, []).append((day, Sums(round(clusters), round(count), *sums), happened))
    return found


# ---------------------------------------------------------------- differences
def compared(
    arm: Sequence[tuple[date, Sums, float]], other: Sequence[tuple[date, Sums, float]], planned: int
) -> list[dict[str, Any]]:
    """The difference of two arms on every day on which either grew, once there is enough of both outcomes in both.

    ``always`` holds at all looks together, ``once`` only for one look on a day fixed beforehand.
    """
    rho = tuned(planned, ALPHA)
    mine, theirs = ({day: (sums, happened) for day, sums, happened in side} for side in (arm, other))
    a: tuple[Sums, float] | None = None
    b: tuple[Sums, float] | None = None
    found = []
    for day in sorted({*mine, *theirs}):
        a, b = mine.get(day, a), theirs.get(day, b)
        if a is None or b is None or not (enough(a[1], a[0].units) and enough(b[1], b[0].units)):
            continue
        if (both := difference(a[0], b[0])) is None:
            continue
        units = a[0].units + b[0].units
        wide, narrow = always(*both, units, rho, ALPHA), once(*both, ALPHA)
        found.append(
            {
                "day": day.isoformat(),
                "units": units,
                "estimate": both[0],
                "always": [wide.low, wide.high],
                "once": [narrow.low, narrow.high],
            }
        )
    return found


def told(sums: Sums | None) -> dict[str, Any]:
    """An arm in numbers; the mean is None where nothing is settled."""
    if sums is None:
        return {"customers": 0, "units": 0, "total": 0.0, "mean": None, "error": None}
    return {
        "customers": sums.clusters,
        "units": sums.units,
        "total": sums.total,
        "mean": sums.mean,
        "error": sums.error,
    }


def compare(
    units: pl.DataFrame,
    metric: ArmMetric,
    arms: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    planned: int,
    as_of: date,
) -> dict[str, Any]:
    """One metric of an experiment: each arm, and each pair's difference with its course over the days."""
    days: Mapping[str, list] = by_day(units, metric, as_of)
    last = {arm: days[arm][-1][1] if arm in days else None for arm in arms}
    differences = []
    for arm, other in pairs:
        course = compared(days.get(arm, []), days.get(other, []), planned)
        differences.append({"arm": arm, "against": other, "now": course[-1] if course else None, "course": course})
    return {
        "id": metric.id,
        "drawn": metric.drawn,
        "money": metric.money,
        "arms": {arm: told(sums) for arm, sums in last.items()},
        "differences": differences,
    }


def verdict(drawn: bool, now: Mapping[str, Any] | None) -> str:
    """What may be concluded from a difference as it stands now; one of ``VERDICTS``."""
    if now is None:
        return "too_few"
    if not drawn:
        return "unlike"
    low, high = now["always"]
    return "undecided" if low <= 0 <= high else "higher" if low > 0 else "lower"

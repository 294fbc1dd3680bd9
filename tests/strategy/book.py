"""Random, seeded books of features' ingredients, as ageing and the lender's file would give them."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

AS_OF = date(2026, 11, 24)


def _days(rng: np.random.Generator, size: int, low: int, high: int, missing: float) -> pl.Series:
    """Days around AS_OF, some missing."""
    days = [AS_OF + timedelta(days=int(d)) for d in range(low, high)]
    picked = rng.integers(0, len(days), size)
    series = pl.Series(days, dtype=pl.Date).gather(picked)
    return pl.select(pl.when(pl.Series(rng.random(size) >= missing)).then(series)).to_series()


def random_book(size: int, seed: int = 7) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """aged, loans, customers, extra for ``size`` loans; about three loans in four belong to a person of their own."""
    rng = np.random.default_rng(seed)
    ids = [f"L{i:08d}" for i in range(size)]
    people = [f"C{i:08d}" for i in range(max(1, size * 3 // 4))]
    owner = rng.integers(0, len(people), size)
    dpd = np.where(rng.random(size) < 0.85, 0, rng.integers(0, 400, size)).astype(np.int32)
    amount = rng.integers(0, 2_000_000, size)
    next_due = _days(rng, size, 0, 31, 0.1)
    late = {
        f"late_{i}": pl.Series(np.where(rng.random(size) < 0.7, -rng.integers(0, 9, size), rng.integers(1, 40, size)))
        .cast(pl.Int32)
        .set(pl.Series(rng.random(size) < 0.1), None)
        for i in range(1, 7)
    }
    money = {
        n: rng.integers(0, 5_000_000, size)
        for n in ("outstanding_minor", "outstanding_principal_minor", "last_payment_minor")
    }
    counts = {
        n: rng.integers(0, 12, size).astype(np.int32)
        for n in ("instalments_due", "instalments_paid", "instalments_late", "times_late")
    }
    worst = {n: rng.integers(0, 200, size).astype(np.int32) for n in ("worst_dpd_3m", "worst_dpd_6m", "worst_dpd_12m")}
    bucket = np.where(dpd == 0, "C", np.where(dpd > 180, "M7+", np.char.add("M", ((dpd + 29) // 30).astype(str))))
    aged = pl.DataFrame(
        {
            "loan_id": ids,
            "customer_id": pl.Series(people).gather(owner),
            "dpd": dpd,
            "bucket": bucket.astype(str),
            "overdue_minor": np.where(dpd > 0, amount, 0),
            "next_due": next_due,
            "next_due_minor": pl.select(
                pl.when(next_due.is_not_null()).then(pl.lit(pl.Series(amount))).otherwise(0)
            ).to_series(),
            "last_payment_on": _days(rng, size, -90, 0, 0.2),
            "cured_on": _days(rng, size, -90, 0, 0.7),
            **late,
            **money,
            **counts,
            **worst,
        }
    )
    loans = pl.DataFrame(
        {
            "loan_id": ids,
            "store": rng.choice(["S1", "S2", "S3"], size),
            "product": rng.choice(["phone", "bike"], size),
            "currency": ["CNY"] * size,
            "opened_on": _days(rng, size, -900, -30, 0.0),
            "pays_corporate": rng.random(size) < 0.05,
            "wants_early_settlement": pl.Series(rng.random(size) < 0.05).set(pl.Series(rng.random(size) < 0.2), None),
        }
    )
    customers = pl.DataFrame({"customer_id": people, "vulnerable": rng.random(len(people)) < 0.02})
    known = rng.permutation(len(people))[: len(people) // 5]
    extra = pl.DataFrame(
        {
            "customer_id": pl.Series(people).gather(known),
            "promise_state": rng.choice(["open", "kept", "part_kept", "broken"], len(known)),
            "promise_due_on": _days(rng, len(known), -5, 5, 0.0),
            "broken_promises_90d": rng.integers(0, 4, len(known)),
            "lost_contact": rng.random(len(known)) < 0.1,
            "paused_until": _days(rng, len(known), -5, 5, 0.8),
            "reminded_on": _days(rng, len(known), -9, 0, 0.5),
            "hardship": rng.random(len(known)) < 0.05,
            "dispute": rng.random(len(known)) < 0.05,
        }
    )
    return aged, loans, customers, extra

"""Three years of one loan, day by day: how long that takes, and how much longer 1,096 ageings would.

    python bench/history.py [--loans 50000] [--repeat 50] [--folder DIR]

Builds a shard of loans once (36 monthly instalments, payments made and booked late, some taken back), then prints, as
the median of as many loans and in processor time, which a busy machine changes least: days past due read out of the
book and walked; the walk alone; the whole history with what was seen on each day and what changed it; and, to compare,
the same days aged one after the other. Under a convention that takes the quick way and under one that sweeps. Fails
where the days differ.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from shouyue.ageing.columns import DAYS
from shouyue.ageing.convention import load
from shouyue.ageing.history import daily, dpd_history, loan_history
from shouyue.ageing.one import find, read_tables
from shouyue.ageing.shard import age_rows
from shouyue.base import settings
from shouyue.book.build import build_version
from shouyue.book.store import Book, Version

START, END = date(2023, 1, 1), date(2025, 12, 31)


def build(folder: Path, loans: int, seed: int = 7) -> Version:
    chance = np.random.default_rng(seed)
    term = 36
    loan, seq = np.repeat(np.arange(loans), term), np.tile(np.arange(term), loans)
    day = np.repeat(chance.integers(1, 29, loans), term)
    months = np.datetime64("2023-01", "M") + seq
    due = months.astype("datetime64[D]") + (day - 1).astype("timedelta64[D]")
    ids = pl.Series([f"L{n:07d}" for n in range(loans)])
    paid = chance.random(loan.size) < 0.92
    value = due[paid] + np.maximum(0, chance.integers(-20, 25, paid.sum())).astype("timedelta64[D]")
    late = (chance.random(value.size) < 0.1) * chance.integers(1, 5, value.size)
    payments = pl.DataFrame(
        {
            "payment_id": [f"P{n}" for n in range(value.size)],
            "loan_id": ids.gather(loan[paid]),
            "value_date": value,
            "booked_on": value + late.astype("timedelta64[D]"),
            "amount_minor": np.full(value.size, 100_000),
        }
    )
    back = payments.sample(fraction=0.01, seed=seed).select(
        pl.concat_str(pl.lit("R"), "payment_id").alias("payment_id"),
        "loan_id",
        pl.col("value_date") + timedelta(days=3),
        pl.col("booked_on") + timedelta(days=6),
        "amount_minor",
        pl.col("payment_id").alias("reversal_of"),
    )
    frames = {
        "loans": pl.DataFrame({"loan_id": ids, "customer_id": pl.Series([f"C{n}" for n in range(loans)])}),
        "instalments": pl.DataFrame(
            {
                "loan_id": ids.gather(loan),
                "seq": (seq + 1).astype(np.int32),
                "version": np.ones(seq.size, np.int32),
                "due_date": due,
                "amount_minor": np.full(seq.size, 100_000),
            }
        ),
        "payments": pl.concat([payments, back], how="diagonal"),
    }
    return build_version(folder, frames, shards=1)


def milliseconds(loans: list[str], work: Callable[[str], object]) -> float:
    work(loans[0])
    took = []
    for name in loans:
        began = time.process_time()
        work(name)
        took.append((time.process_time() - began) * 1000)
    return statistics.median(took)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=50_000)
    parser.add_argument("--repeat", type=int, default=50)
    parser.add_argument("--folder", type=Path, default=settings.home() / "bench" / "history")
    said = parser.parse_args()
    folder = said.folder / str(said.loans)
    version = Book(folder).current() or build(folder, said.loans)
    span = (END - START).days + 1
    loans = [f"L{n:07d}" for n in np.linspace(0, said.loans - 1, said.repeat).astype(int)]
    print(f"{span:,} days of one loan among {said.loans:,}; processor milliseconds, median of {len(loans)} loans")
    for name in ("default", "eba"):
        rules = load(name)
        tables = {loan: read_tables(version, find(version, loan), rules) for loan in loans}
        rows = {loan: tables[loan].rows(None, rules) for loan in loans}

        def each_apart(loan: str, rows=rows, rules=rules) -> np.ndarray:
            days = (START + timedelta(days=n) for n in range(span))
            return np.array([age_rows(rows[loan], day, rules).days[DAYS.index("dpd"), 0] for day in days])

        for loan in loans[:5]:
            if not (each_apart(loan) == daily(rows[loan], START, END, rules)).all():
                print(f"{name}: the days of {loan} differ")
                return 1
        walked = milliseconds(loans, lambda loan, rows=rows, rules=rules: daily(rows[loan], START, END, rules))
        whole = milliseconds(loans, lambda loan, rules=rules: dpd_history(version, loan, START, END, None, rules))
        told = milliseconds(loans, lambda loan, rules=rules: loan_history(version, loan, START, END, None, rules))
        apart = milliseconds(loans[:5], each_apart)
        print(f"{name:<10} walk {walked:.3f}   with reading the book {whole:.2f}   with seen and events {told:.2f}")
        print(f"{'':<10} each day apart {apart:.1f}: {apart / walked:,.0f} times the walk")
    return 0


if __name__ == "__main__":
    sys.exit(main())

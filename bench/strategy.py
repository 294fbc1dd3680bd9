"""How fast loans are decided, beside what merely passing over the same columns costs.

    python bench/strategy.py [--loans 1000000] [--part 1000000] [--strategy standard] [--repeat 3]

Features of loans are made up from the vocabulary, seeded: 85 in 100 are not late, the rest by a falling curve. They
are decided in parts, as the daily cycle does it. Printed are the seconds and loans a second of

* the floor: Polars passing over the very columns the strategy asks for, with one sum or length of each;
* the tables alone (which row fires, what it gives);
* the whole decision: tables, priorities, and the reasons in two languages;

each the best of the repeats, and what they are as multiples of the floor of the same run.
"""

from __future__ import annotations

import argparse
import platform
import resource
import time
from collections.abc import Callable

import numpy as np
import polars as pl

from shouyue.strategy import Strategy, decide, load
from shouyue.strategy.compiling import used_columns
from shouyue.strategy.deciding import evaluate
from shouyue.strategy.vocabulary import PHYSICAL, vocabulary
from shouyue.strategy.words import columns_of


def features(loans: int, seed: int) -> pl.DataFrame:
    """Columns of the vocabulary for ``loans`` loans, the same for the same number and seed."""
    chance = np.random.default_rng(seed)
    late = chance.random(loans) < 0.15
    columns = {
        "loan_id": pl.Series(np.arange(loans) + seed * 100_000_000).cast(pl.String).str.zfill(12),
        "customer_id": pl.Series(chance.integers(0, loans, loans)).cast(pl.String),
        "currency": pl.Series(["CNY"]).new_from_index(0, loans),
    }
    for name in vocabulary().inputs.values():
        columns[name.column] = _column(name.column, name.type, loans, late, chance)
    return pl.DataFrame(columns)


def _column(column: str, type_, loans: int, late: np.ndarray, chance: np.random.Generator) -> pl.Series:
    if column == "dpd":
        values = pl.Series(np.where(late, np.minimum(chance.geometric(0.02, loans), 900), 0))
    elif column == "overdue_minor":
        values = pl.Series(np.where(late, chance.integers(100, 500_000, loans), 0))
    elif type_.kind == "bool":
        values = pl.Series(chance.random(loans) < 0.05)
    elif type_.kind == "choice" and not type_.choices:  # the arms of a strategy that tries none
        values = pl.Series([None]).new_from_index(0, loans)
    elif type_.kind == "choice":
        values = pl.Series(type_.choices).gather(np.minimum(chance.geometric(0.8, loans) - 1, len(type_.choices) - 1))
    elif type_.kind == "text":
        values = pl.Series([f"{column}{n}" for n in range(20)]).gather(chance.integers(0, 20, loans))
    elif type_.kind == "date":
        values = pl.Series(np.datetime64("2026-11-24") + chance.integers(0, 31, loans))
    else:
        values = pl.Series(chance.integers(type_.low or 0, (type_.high or 30) + 1, loans))
    if type_.nullable:
        values = values.set(pl.Series(chance.random(loans) < 0.5), None)
    return values.cast(PHYSICAL[type_.kind])


def floor(strategy: Strategy, frame: pl.DataFrame) -> pl.DataFrame:
    """One pass over the columns the strategy asks for."""
    columns = sorted({*used_columns(strategy.tables), *columns_of(strategy), "loan_id", "customer_id"})
    passes = [
        pl.col(c).str.len_bytes().sum() if frame.schema[c] == pl.String else pl.col(c).cast(pl.Int64).sum()
        for c in columns
    ]
    return frame.lazy().select(passes).collect()


def measured(work: Callable[[pl.DataFrame], object], frame: pl.DataFrame, repeat: int) -> float:
    best = float("inf")
    for _ in range(repeat):
        began = time.perf_counter()
        work(frame)
        best = min(best, time.perf_counter() - began)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=1_000_000)
    parser.add_argument("--part", type=int, default=1_000_000)
    parser.add_argument("--strategy", default="standard")
    parser.add_argument("--repeat", type=int, default=3)
    args = parser.parse_args()
    strategy = load(args.strategy)
    works: dict[str, Callable[[pl.DataFrame], object]] = {
        "floor: a pass over the columns": lambda f: floor(strategy, f),
        "tables": lambda f: evaluate(strategy, f),
        "decided, with reasons": lambda f: decide(strategy, f),
    }
    seconds = dict.fromkeys(works, 0.0)
    worked = 0
    for seed, start in enumerate(range(0, args.loans, args.part)):
        frame = features(min(args.part, args.loans - start), seed)
        worked += decide(strategy, frame)["phase"].count()
        for name, work in works.items():
            seconds[name] += measured(work, frame, args.repeat)
    least = seconds["floor: a pass over the columns"]
    print(f"{platform.processor() or platform.machine()}, {pl.thread_pool_size()} threads, Polars {pl.__version__}")
    print(f"{strategy.id}: {args.loans:,} loans, {worked:,} with work, parts of {args.part:,}\n")
    for name, took in seconds.items():
        print(f"{name:32} {took:8.3f} s {args.loans / took:14,.0f} loans/s {took / least:8.1f} × floor")
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()

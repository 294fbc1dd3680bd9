"""How fast a book is aged, beside what merely reading its columns costs and what two column engines need.

    python bench/ageing.py [--loans 200000] [--repeat 3] [--folder DIR] [--skip-engines]

Builds a deterministic book once (12 instalments a loan on average; habits from early payers to those who stopped;
part payments, late bookings, reversals), then prints from one run:

* the floor: DuckDB and Polars reading the very columns that ageing reads, and doing nothing with them but a sum;
* ours: all output columns of every loan, the snapshot written to Parquet;
* the same days past due, overdue, next due, outstanding, times late and worst of twelve months as Polars expressions
  and as DuckDB SQL, nothing written (fewer columns than ours: the comparison favours them);
* that the totals of all three are equal, else it fails.

Peak memory is that of a fresh process doing our part alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import numba
import numpy as np
import polars as pl
import pyarrow as pa

from shouyue.ageing.run import snapshot
from shouyue.base import settings
from shouyue.book.build import build_version
from shouyue.book.store import Book, Version

AS_OF = date(2025, 6, 30)
TODAY = np.datetime64(AS_OF, "D")
TOTALS = ("dpd", "overdue_minor", "next_due_minor", "outstanding_minor", "times_late", "worst_dpd_12m")
READ = {
    "loans": ("loan_id", "customer_id"),
    "instalments": ("loan_ix", "due_date", "amount_minor", "fee_minor", "interest_minor"),
    "payments": ("loan_ix", "value_date", "amount_minor", "reversal_of", "payment_id"),
}


def build(folder: Path, loans: int, seed: int = 7) -> None:
    """A book of ``loans`` loans, the same for the same number and seed."""
    chance = np.random.default_rng(seed)
    terms = chance.choice([6, 12, 18], loans)
    loan = np.repeat(np.arange(loans), terms)
    seq = np.arange(loan.size) - np.repeat(np.cumsum(terms) - terms, terms)
    opened = np.datetime64("2024-01", "M") + chance.integers(0, 18, loans)
    pay_day = chance.integers(0, 28, loans)
    due = (opened[loan] + seq + 1).astype("datetime64[D]") + pay_day[loan]
    amount = chance.integers(20_000, 300_000, loans)[loan]
    ids = pl.Series(np.arange(loans)).cast(pl.String).str.zfill(9)
    names = "A" + ids
    tables = {
        "loans": pl.DataFrame({"loan_id": names, "customer_id": "C" + ids}),
        "instalments": pl.DataFrame(
            {
                "loan_id": names.gather(loan),
                "seq": seq + 1,
                "version": np.ones(loan.size, np.int32),
                "due_date": due,
                "amount_minor": amount,
                "fee_minor": amount // 50,
                "interest_minor": amount // (8 + seq),
            }
        ),
        "payments": _payments(chance, loans, loan, seq, due, amount, names),
    }
    build_version(folder, tables)


def _payments(chance, loans, loan, seq, due, amount, names) -> pl.DataFrame:
    habit = chance.choice(4, loans, p=[0.55, 0.25, 0.12, 0.08])  # early, on the day, late, stops
    stops = np.where(habit == 3, chance.integers(0, 12, loans), 99)
    delay = np.choose(habit[loan], [-1, 0, 1, 1]) * chance.integers(0, 25, loan.size)
    paid_on = due + delay
    made = (seq < stops[loan]) & (paid_on <= TODAY)
    split = made & (chance.random(loan.size) < 0.06)
    first = np.where(split, amount // 2, amount)
    second = np.flatnonzero(split & (paid_on + 9 <= TODAY))
    rows = np.concatenate((np.flatnonzero(made), second))
    value = np.concatenate((paid_on[made], paid_on[second] + 9))
    money = np.concatenate((first[made], (amount - amount // 2)[second]))
    back = np.flatnonzero(chance.random(rows.size) < 0.003)
    numbers = "P" + pl.Series(np.arange(rows.size + back.size)).cast(pl.String).str.zfill(10)
    value = np.concatenate((value, value[back]))
    return pl.DataFrame(
        {
            "payment_id": numbers,
            "loan_id": names.gather(np.concatenate((loan[rows], loan[rows[back]]))),
            "value_date": value,
            "booked_on": value + np.where(chance.random(value.size) < 0.9, 0, 2),
            "amount_minor": np.concatenate((money, money[back])),
            "reversal_of": pl.concat(
                [pl.Series([None], dtype=pl.String).extend_constant(None, rows.size - 1), numbers.gather(back)]
            ),
        }
    )


def files(version: Version, table: str) -> list[str]:
    return [str(version.shard_file(table, ix)) for ix in range(version.shards)]


def floor_duckdb(version: Version) -> None:
    for table, columns in READ.items():
        asked = ", ".join(f"max({c})" for c in columns)
        duckdb.execute(f"select {asked} from read_parquet({files(version, table)!r})").fetchall()


def floor_polars(version: Version) -> None:
    for table, columns in READ.items():
        pl.scan_parquet(files(version, table)).select(pl.col(columns).max()).collect()


def ours(version: Version, folder: Path) -> list[Path]:
    return snapshot(version, AS_OF, directory=folder)


def ours_totals(paths: list[Path]) -> tuple[int, ...]:
    row = pl.scan_parquet(paths).select(pl.col(TOTALS).cast(pl.Int64).sum()).collect().row(0)
    return tuple(int(v) for v in row)


SQL = """
with i as (
  select loan_id, due_date, amount_minor, seq,
         sum(amount_minor) over w as owed, row_number() over w as place
  from read_parquet({instalments}) window w as (partition by loan_id order by due_date, seq, version)
), taken as (
  select reversal_of, sum(amount_minor) as amount from read_parquet({payments}) where reversal_of is not null group by 1
), p as (
  select loan_id, value_date, sum(greatest(p.amount_minor - coalesce(taken.amount, 0), 0)) as amount
  from read_parquet({payments}) p left join taken on taken.reversal_of = p.payment_id
  where p.reversal_of is null and value_date <= date '{as_of}' group by 1, 2 having amount > 0
), c as (
  select loan_id, value_date, sum(amount) over (partition by loan_id order by value_date) as paid,
         sum(amount) over (partition by loan_id) as total from p
), met as (
  select i.*, c.value_date as met_on from i asof left join c on i.loan_id = c.loan_id and i.owed <= c.paid
), t as (select distinct loan_id, total from c
), s as (
  select met.*, greatest(0, least(amount_minor, owed - coalesce(total, 0))) as open_minor,
         max(coalesce(met_on, date '9999-01-01')) over
           (partition by met.loan_id order by place rows between unbounded preceding and 1 preceding) as before
  from met left join t on t.loan_id = met.loan_id
), r as (
  select s.*, least(coalesce(met_on - 1, date '{as_of}'), date '{as_of}') as until,
         greatest(coalesce(before, due_date + 1), due_date + 1) as since,
         min(due_date) filter (where open_minor > 0 and due_date >= date '{as_of}') over (partition by loan_id)
           as next_due
  from s
), loan as (
  select loan_id,
    max(case when open_minor > 0 and due_date < date '{as_of}' then date '{as_of}' - due_date else 0 end) as dpd,
    sum(case when due_date < date '{as_of}' then open_minor else 0 end) as overdue_minor,
    sum(case when due_date = next_due then open_minor else 0 end) as next_due_minor,
    sum(open_minor) as outstanding_minor,
    sum(case when due_date <= date '{as_of}' and coalesce(met_on, date '{as_of}') > due_date then 1 else 0 end)
      as times_late,
    max(case when due_date < date '{as_of}' and since <= until and until > date '{as_of}' - interval 12 month
      then until - due_date else 0 end) as worst_dpd_12m
  from r group by loan_id
)
select {totals} from (select * from loan)
"""


def by_duckdb(version: Version) -> tuple[int, ...]:
    text = SQL.format(
        instalments=repr(files(version, "instalments")),
        payments=repr(files(version, "payments")),
        as_of=AS_OF,
        totals=", ".join(f"sum({name})" for name in TOTALS),
    )
    return tuple(int(v) for v in duckdb.execute(text).fetchone() or ())


def by_polars(version: Version) -> tuple[int, ...]:
    as_of = pl.lit(AS_OF)
    far = pl.lit(date(9999, 1, 1))
    payments = pl.scan_parquet(files(version, "payments"))
    taken = (
        payments.filter(pl.col("reversal_of").is_not_null())
        .group_by("reversal_of")
        .agg(taken=pl.col("amount_minor").sum())
    )
    paid = (
        payments.filter(pl.col("reversal_of").is_null() & (pl.col("value_date") <= as_of))
        .join(taken, left_on="payment_id", right_on="reversal_of", how="left")
        .with_columns(net=(pl.col("amount_minor") - pl.col("taken").fill_null(0)).clip(lower_bound=0))
        .group_by("loan_id", "value_date")
        .agg(pl.col("net").sum())
        .filter(pl.col("net") > 0)
        .sort("loan_id", "value_date")
        .with_columns(paid=pl.col("net").cum_sum().over("loan_id"))
    )
    totals = paid.group_by("loan_id").agg(total=pl.col("paid").last())
    before = pl.col("met").cum_max().over("loan_id").shift(1).over("loan_id")
    late = pl.col("due_date") < as_of
    states = (
        pl.scan_parquet(files(version, "instalments"))
        .sort("loan_id", "due_date", "seq", "version")
        .with_columns(owed=pl.col("amount_minor").cum_sum().over("loan_id"))
        .sort("owed")
        .join_asof(
            paid.select("loan_id", "paid", met_on="value_date").sort("paid"),
            left_on="owed",
            right_on="paid",
            by="loan_id",
            strategy="forward",
            check_sortedness=False,
        )
        .join(totals, on="loan_id", how="left")
        .sort("loan_id", "due_date", "seq", "version")
        .with_columns(
            met=pl.col("met_on").fill_null(far),
            open=pl.min_horizontal("amount_minor", pl.col("owed") - pl.col("total").fill_null(0)).clip(lower_bound=0),
        )
        .with_columns(
            since=pl.max_horizontal(before, pl.col("due_date").dt.offset_by("1d")),
            until=pl.min_horizontal(pl.col("met").dt.offset_by("-1d"), as_of),
        )
    )
    is_next = (pl.col("open") > 0) & (pl.col("due_date") >= as_of)
    next_due = pl.col("due_date").filter(is_next).min()
    in_window = late & (pl.col("since") <= pl.col("until")) & (pl.col("until") > as_of.dt.offset_by("-12mo"))
    loans = states.group_by("loan_id").agg(
        dpd=(as_of - pl.col("due_date").filter(late & (pl.col("open") > 0)).min()).dt.total_days().fill_null(0),
        overdue_minor=pl.col("open").filter(late).sum(),
        next_due_minor=pl.col("open").filter(is_next & (pl.col("due_date") == next_due)).sum(),
        outstanding_minor=pl.col("open").sum(),
        times_late=((pl.col("due_date") <= as_of) & (pl.min_horizontal("met", as_of) > pl.col("due_date"))).sum(),
        worst_dpd_12m=(pl.col("until") - pl.col("due_date")).filter(in_window).max().dt.total_days().fill_null(0),
    )
    row: Any = loans.select(pl.col(TOTALS).cast(pl.Int64).sum()).collect(engine="streaming").row(0)
    return tuple(int(v) for v in row)


def opened(folder: Path) -> Version:
    version = Book(folder).current()
    assert version, f"no book in {folder}"
    return version


def timed(work: Callable[[], Any], repeat: int) -> tuple[float, Any]:
    best, result = float("inf"), None
    for _ in range(repeat):
        began = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - began)
    return best, result


def peak_memory(folder: Path, out: Path) -> float:
    """GiB at most held by a fresh process that ages the book."""
    told = subprocess.run(
        [sys.executable, __file__, "--peak", str(folder), str(out)], capture_output=True, text=True, check=True
    )
    return json.loads(told.stdout)["kib"] / 2**20


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=settings.home() / "bench")
    parser.add_argument("--skip-engines", action="store_true", help="only the floor and ours")
    parser.add_argument("--peak", nargs=2, type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--build", type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.peak:
        ours(opened(said.peak[0]), said.peak[1])
        print(json.dumps({"kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
        return 0
    if said.build:
        build(said.build, said.loans)
        return 0
    folder = said.folder / f"ageing-{said.loans}"
    if not (folder / "CURRENT").exists():
        print(f"building {folder} …", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, __file__, "--loans", str(said.loans), "--build", str(folder)], check=True)
    version = opened(folder)
    rows = {name: part["rows"] for name, part in version.manifest["tables"].items()}
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"duckdb {duckdb.__version__}, polars {pl.__version__}, pyarrow {pa.__version__}, numba {numba.__version__}"
    )
    sizes = ", ".join(f"{rows[name]:,} {name}" for name in ("loans", "instalments", "payments"))
    print(f"{sizes}, {version.shards} shards, as of {AS_OF}")
    out = said.folder / f"snapshot-{said.loans}"
    ours(version, out)  # compiled and in the page cache, as the engines' files are
    duck, _ = timed(lambda: floor_duckdb(version), said.repeat)
    polars, _ = timed(lambda: floor_polars(version), said.repeat)
    mine, paths = timed(lambda: ours(version, out), said.repeat)
    line("floor: DuckDB reads the columns", duck)
    line("floor: Polars reads the columns", polars)
    line("ours, snapshot written", mine, f"{mine / duck:.2f} x DuckDB floor")
    print(f"{'peak memory of ours':<36}{peak_memory(folder, out):9.2f} GiB")
    if said.skip_engines:
        return 0
    totals = ours_totals(paths)
    engines = [timed(lambda: by_polars(version), 1), timed(lambda: by_duckdb(version), 1)]
    for name, (took, _) in zip(("Polars expressions", "DuckDB SQL"), engines, strict=True):
        line(name, took, f"ours is {took / mine:.1f} x faster")
    print("totals " + ", ".join(f"{name} {value:,}" for name, value in zip(TOTALS, totals, strict=True)))
    equal = all(found == totals for _, found in engines)
    print("equal on all totals" if equal else f"DIFFERENT: Polars {engines[0][1]}, DuckDB {engines[1][1]}")
    return 0 if equal else 1


def line(what: str, took: float, note: str = "") -> None:
    print(f"{what:<36}{took:9.3f} s   {note}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

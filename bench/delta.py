"""What a day's delta costs beside a full import: seconds and bytes written, in one run.

    python bench/delta.py [--loans 20000] [--folder DIR]

The simulator's export of LOANS loans is imported whole; then come, each upon the version before: payments of one in a
hundred of those the book has; the same delta again; changed addresses of one customer in a thousand; one payment in ten
thousand put right. Bytes written are those of files that no older version has.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from shouyue.book.importing import Outcome, import_folder
from shouyue.book.profile import load, parse
from shouyue.book.profile_model import Profile
from shouyue.book.store import Version
from shouyue.simulator import export
from shouyue.simulator.size import Lender

DAY = date(2026, 6, 1)
PAYMENT = ("payment_id", "loan_id", "value_date", "booked_on", "amount_minor", "channel", "reversal_of")
NEWS = {
    "name": "news",
    "currency": "CNY",
    "defaults": {"unit": "minor"},
    "tables": {
        "customers": {"absent": "keep", "columns": {"customer_id": "customer_id", "address": "address"}},
        "payments": {
            "corrections": "reverse",
            "columns": {name: name for name in PAYMENT},
        },
    },
}


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--loans", type=int, default=20_000)
    asked.add_argument("--folder", type=Path)
    options = asked.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        root = Path(folder)
        export.write(Lender(options.loans, 7, DAY), root / "whole")
        seconds, whole = timed(root, "whole", load("demo"), 0)
        written = size(whole.version, set())
        print(f"{options.loans:,} loans in {whole.version.shards} shards, {whole.version.rows('payments'):,} payments")
        print(f"{'full import':34} {seconds:7.2f} s         {written >> 10:9,} KiB written")
        for number, (name, table, rows) in enumerate(deltas(root), 1):
            place = root / name
            place.mkdir(exist_ok=True)
            rows.write_parquet(place / f"{table}.parquet")
            before = known(root)
            took, outcome = timed(root, name, parse(NEWS), number)
            fresh = size(outcome.version, before)
            share = f"{took / seconds:5.0%}", f"{fresh / written:5.1%}"
            print(f"{name:34} {took:7.2f} s  {share[0]}  {fresh >> 10:9,} KiB written {share[1]}  {rows.height:,} rows")


def deltas(root: Path) -> list[tuple[str, str, pl.DataFrame]]:
    payments = pl.read_parquet(root / "whole" / "payments.parquet").filter(pl.col("reversal_of").is_null())
    customers = pl.read_parquet(root / "whole" / "customers.parquet").select("customer_id")
    new = payments.gather_every(100).with_columns(
        "N" + pl.col("payment_id"),
        value_date=pl.lit(DAY + timedelta(days=1)),
        booked_on=pl.lit(DAY + timedelta(days=1)),
    )
    moved = customers.gather_every(1000).with_columns(address=pl.lit("New Road 1"))
    wrong = payments.gather_every(10_000, offset=7).with_columns(pl.col("amount_minor") + 1)
    return [
        ("payments, 1 in 100 more", "payments", new),
        ("the same again", "payments", new),
        ("addresses, 1 in 1,000 changed", "customers", moved),
        ("payments, 1 in 10,000 put right", "payments", wrong),
    ]


def timed(root: Path, name: str, profile: Profile, number: int) -> tuple[float, Outcome]:
    began = time.perf_counter()
    day = DAY + timedelta(days=number)
    outcome = import_folder(root / name, profile, root / "book", append=number > 0, day=day)
    took = time.perf_counter() - began
    assert outcome.version.verify() == []
    return took, outcome


def known(root: Path) -> set[int]:
    return {path.stat().st_ino for path in (root / "book").rglob("*.parquet")}


def size(version: Version, before: set[int]) -> int:
    stats = [path.stat() for path in version.path.rglob("*") if path.is_file()]
    return sum(stat.st_size for stat in stats if stat.st_ino not in before)


if __name__ == "__main__":
    main()

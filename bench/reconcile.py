"""What it costs to hold a book against the lender's own balances, beside ageing the same book.

    python bench/reconcile.py [--loans 1000000] [--folder DIR]

The book of ``yardstick/loanbook.py``, with two statements of the lender's about every loan: *slips*, of a core that
counts as we do and errs in one loan of 200 (a payment it lacks, whole units, a day more, not listed), and *grace*, of a
core that allows five days of grace, so that every late loan differs. It prints, from one run, ageing alone and each
reconciliation with its most memory (a fresh process each, all compiled before), how many loans differ, and the causes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from yardstick import loanbook
from yardstick.loanbook import AS_OF, chance

from shouyue.ageing.convention import load
from shouyue.ageing.reconciling.run import reconcile
from shouyue.ageing.run import age_shard, snapshot
from shouyue.base import settings
from shouyue.book.schema import TABLES
from shouyue.book.store import Book, Version, VersionWriter

#: the day before has the statement of a core that allows grace
DAYS = {"slips": AS_OF, "grace": AS_OF - timedelta(days=1)}
GRACE = 5
#: loans of the book on which all is compiled first
COMPILING = 1_000
UNIT = 100
LINKED = ("loans", "instalments", "payments")


def stated(folder: Path, loans: int) -> Version:
    """The book with both statements, its other tables linked from the plain book."""
    plain = loanbook.opened(folder, loans)
    place = folder / f"book-{loans}-stated"
    found = Book(place).current()
    if found and found.manifest["parent"] == plain.id:
        return found
    print(f"building {place} …", flush=True)
    shutil.rmtree(place, ignore_errors=True)
    book = Book(place)
    with book.lock(), VersionWriter(book, plain.shards, plain.currency, plain) as writer:
        for ix in range(plain.shards):
            for table in LINKED:
                writer.link(table, ix)
            rows = pl.concat([slips(plain, ix), grace(plain, ix)], how="diagonal").sort("loan_id", "stated_on")
            schema = TABLES["balances"].arrow_schema()
            absent = [pl.lit(None).alias(f.name) for f in schema if f.name not in rows.columns]
            writer.write("balances", ix, rows.with_columns(absent).select(schema.names).to_arrow().cast(schema))
        return writer.commit(profile=None, sources=[], import_digest=None, control=None)


def aged(version: Version, ix: int, kind: str) -> pl.DataFrame:
    table = age_shard(version, ix, DAYS[kind], None, load("default"), None)
    names = ("loan_id", "outstanding_minor", "overdue_minor", "dpd", "last_payment_minor", "outstanding_interest_minor")
    return pl.DataFrame(pl.from_arrow(table)).select(*names, stated_on=pl.lit(DAYS[kind]))


def slips(version: Version, ix: int) -> pl.DataFrame:
    rows = aged(version, ix, "slips")
    number = rows["loan_id"].str.slice(1).cast(pl.Int64).to_numpy()
    lot = pl.Series("lot", (chance(number, 90) * 400).astype(np.int64))
    owed = pl.col("outstanding_minor")
    lacks, whole, day, unlisted = (lot == n for n in range(4))
    return rows.select(
        "loan_id",
        "stated_on",
        outstanding_minor=pl.when(lacks).then(owed + pl.col("last_payment_minor").fill_null(0))
        .when(whole).then(owed // UNIT * UNIT).otherwise(owed),
        overdue_minor=pl.when(~lacks & ~whole).then("overdue_minor"),
        interest_minor=pl.when(~lacks & ~whole).then("outstanding_interest_minor"),
        dpd=pl.when(~lacks).then(pl.col("dpd") + pl.when(day & (pl.col("dpd") > 0)).then(1).otherwise(0)),
    ).filter(~unlisted)  # fmt: skip


def grace(version: Version, ix: int) -> pl.DataFrame:
    dpd = (pl.col("dpd") - GRACE).clip(0)
    return aged(version, ix, "grace").select("loan_id", "stated_on", "outstanding_minor", "overdue_minor", dpd=dpd)


def own_peak() -> float:
    """GiB at most held by this program alone."""
    status = Path("/proc/self/status").read_text()
    return int(next(row.split()[1] for row in status.splitlines() if row.startswith("VmHWM"))) / 2**20


def alone(place: Path, kind: str) -> None:
    """The work itself, in a process of its own."""
    book = Book(place)
    begin, cpu = time.perf_counter(), time.process_time()
    told: dict[str, object] = {}
    if kind == "ageing":
        version = book.current()
        assert version
        snapshot(version, AS_OF, directory=place.with_name(f"{place.name}-snapshot"))
    else:
        found = reconcile(book, DAYS[kind])
        told = {key: found.summary[key] for key in ("differing", "examined", "witnesses")}
        told["causes"] = [(c["cause"], c["loans"]) for c in found.summary["causes"]]
    took = time.perf_counter() - begin, time.process_time() - cpu
    print(json.dumps(told | {"seconds": took[0], "cpu": took[1], "gib": own_peak()}))


def apart(place: Path, kind: str) -> dict[str, Any]:
    command = [sys.executable, __file__, "--alone", str(place), kind]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--loans", type=int, default=1_000_000)
    asked.add_argument("--folder", type=Path, default=settings.home() / "bench")
    asked.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    options = asked.parse_args()
    if options.alone:
        alone(Path(options.alone[0]), options.alone[1])
        return
    stated(options.folder, COMPILING)
    for kind in DAYS:
        apart(options.folder / f"book-{COMPILING}-stated", kind)
    place = stated(options.folder, options.loans).path.parent.parent
    print(f"{options.loans:,} loans")
    first = 0.0
    for kind in ("ageing", *DAYS):
        told = apart(place, kind)
        first = first or told["cpu"]
        times = f"{told['cpu'] / first:5.1f} times ageing"
        print(f"{kind:<8}{told['seconds']:8.1f} s {told['cpu']:8.1f} CPU s {times} {told['gib']:6.2f} GiB", flush=True)
        if kind in DAYS:
            print(f"        {told['differing']:,} differ, causes looked for in {told['examined']:,}: {told['causes']}")


if __name__ == "__main__":
    main()

"""How fast a book is aged, beside what merely reading its columns costs and what two column engines need.

    python bench/ageing.py [--loans 1000000 10000000] [--history 300000] [--repeat 3] [--folder DIR] [--skip-engines]

Builds each book once (``yardstick/loanbook.py`` says what is in it), then prints for each, from one run:

* the floor: DuckDB and Polars reading the very columns that ageing reads, and doing nothing with them but a maximum;
* ours: all output columns of every loan, the snapshot written to Parquet;
* the same columns as Polars expressions and as DuckDB SQL, written to Parquet by each (``yardstick`` has them);
* that every column of every loan is equal in all three, else it fails;
* the most memory that a fresh process holds which does our part alone.

With two sizes it prints the larger beside the smaller; with ``--history``, a book of that many loans with three years
of plans and payments beside one of the same number with one year, and the bytes read of both. Every line says wall
seconds and, of all threads, CPU seconds: where others use the machine the latter are the ones to compare.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import numba
import polars as pl
import pyarrow as pa
from yardstick import duckdb_ageing, floor, loanbook, polars_ageing
from yardstick.loanbook import AS_OF

from shouyue.ageing.run import snapshot
from shouyue.base import settings
from shouyue.book.store import Book, Version

SIZES = (1_000_000, 10_000_000)
TOTALS = ("dpd", "overdue_minor", "next_due_minor", "outstanding_minor", "times_late", "worst_dpd_12m")


@dataclass(frozen=True)
class Took:
    wall: float
    cpu: float

    def __truediv__(self, other: Took) -> str:
        return f"{self.wall / other.wall:.2f} x (CPU {self.cpu / other.cpu:.2f} x)"


def timed(work: Callable[[], Any]) -> tuple[Took, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return Took(time.perf_counter() - wall, time.process_time() - cpu), result


def in_turn(repeat: int, *works: Callable[[], Any]) -> list[Took]:
    """The least wall and the least CPU time of each; done in turn, so that a busy machine is unfair to none."""
    rounds = [[timed(work)[0] for work in works] for _ in range(repeat)]
    return [Took(min(r.wall for r in runs), min(r.cpu for r in runs)) for runs in zip(*rounds, strict=True)]


def line(what: str, took: Took, note: str = "") -> None:
    print(f"{what:<36}{took.wall:9.3f} s {took.cpu:9.3f} CPU s   {note}", flush=True)


def ours(version: Version, folder: Path) -> list[Path]:
    return snapshot(version, AS_OF, directory=folder)


def differing(mine: list[Path], theirs: list[Path]) -> list[str]:
    """Columns that are not the same of every loan."""
    found: set[str] = set()
    for paths in zip(mine, theirs, strict=True):
        one, other = map(pl.read_parquet, paths)
        found |= {name for name in one.columns if not one[name].equals(other[name], check_dtypes=True)}
    return sorted(found)


def totals(paths: list[Path]) -> str:
    row = pl.scan_parquet(paths).select(pl.col(TOTALS).cast(pl.Int64).sum()).collect().row(0)
    return ", ".join(f"{name} {value:,}" for name, value in zip(TOTALS, row, strict=True))


def peak_memory(version: Version, out: Path) -> float:
    """GiB at most held by a fresh process that ages the book."""
    book = version.path.parent.parent
    told = subprocess.run(
        [sys.executable, __file__, "--peak", str(book), str(out)], capture_output=True, text=True, check=True
    )
    return json.loads(told.stdout)["kib"] / 2**20


def own_peak() -> int:
    """KiB; of this program alone, where getrusage also counts what the parent held before it became this one."""
    status = Path("/proc/self/status").read_text()
    return int(next(row.split()[1] for row in status.splitlines() if row.startswith("VmHWM")))


def compare(version: Version, out: Path, repeat: int, engines: bool) -> bool:
    """Floor, ours and the engines over one book. Did all agree?"""
    rows = {name: part["rows"] for name, part in version.manifest["tables"].items()}
    sizes = ", ".join(f"{rows[name]:,} {name}" for name in ("loans", "instalments", "payments"))
    print(
        f"\n{sizes}, {version.shards} shards, {floor.bytes_read(version) / 1e6:,.0f} MB of columns read, as of {AS_OF}"
    )
    paths = ours(version, out)  # compiled and in the page cache, as the engines' files are
    duck, polars, mine = in_turn(
        repeat,
        lambda: floor.by_duckdb(version),
        lambda: floor.by_polars(version),
        lambda: ours(version, out),
    )
    line("floor: DuckDB reads the columns", duck)
    line("floor: Polars reads the columns", polars)
    line("ours, snapshot written", mine, f"{mine / duck} DuckDB floor")
    written = sum(path.stat().st_size for path in paths)
    print(f"{'peak memory of ours':<36}{peak_memory(version, out):9.2f} GiB; snapshot {written / 1e6:,.0f} MB")
    if not engines:
        return True
    print(f"totals {totals(paths)}")
    equal = True
    for name, engine in (("Polars expressions", polars_ageing), ("DuckDB SQL", duckdb_ageing)):
        folder = out.with_name(f"{out.name}-{name.split()[0]}")
        took, theirs = timed(lambda work=engine.snapshot, to=folder: work(version, AS_OF, to))
        wrong = differing(paths, theirs)
        line(name, took, f"{took / mine} ours; " + (f"DIFFERS in {', '.join(wrong)}" if wrong else "all columns equal"))
        equal = equal and not wrong
        shutil.rmtree(folder)
    return equal


def compare_sizes(smaller: tuple[Version, Path], larger: tuple[Version, Path], repeat: int) -> None:
    """Is time linear?"""
    few, many = in_turn(repeat, lambda: ours(*smaller), lambda: ours(*larger))
    loans = [version.rows("loans") for version, _ in (smaller, larger)]
    print(f"\n{loans[1]:,} loans to {loans[0]:,}, in turn: ours {many / few}")


def compare_history(folder: Path, loans: int, repeat: int) -> None:
    """Three years of history beside one."""
    print(f"\n{loans:,} loans with one year of history, and with three")
    out = folder / "snapshot-history"
    versions = [loanbook.opened(folder, loans, years) for years in (1, 3)]
    for version in versions:
        ours(version, out)
    floor_one, floor_three, one, three = in_turn(
        repeat,
        *(lambda v=version: floor.by_duckdb(v) for version in versions),
        *(lambda v=version: ours(v, out) for version in versions),
    )
    line("ours, 1 year", one, f"{one / floor_one} DuckDB floor")
    line("ours, 3 years", three, f"{three / floor_three} DuckDB floor")
    print(f"three years to one: ours {three / one}, DuckDB floor {floor_three / floor_one}, ", end="")
    few, many = map(floor.bytes_read, versions)
    print(f"bytes read {many / few:.2f} x")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--loans", type=int, nargs="+", default=SIZES)
    parser.add_argument("--history", type=int, default=300_000, help="0 leaves it out")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=settings.home() / "bench")
    parser.add_argument("--skip-engines", action="store_true", help="only the floor and ours")
    parser.add_argument("--peak", nargs=2, type=Path, help=argparse.SUPPRESS)
    said = parser.parse_args()
    if said.peak:
        version = Book(said.peak[0]).current()
        assert version
        ours(version, said.peak[1])
        print(json.dumps({"kib": own_peak()}))
        return 0
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"duckdb {duckdb.__version__}, polars {pl.__version__}, pyarrow {pa.__version__}, numba {numba.__version__}"
    )
    books = [(loanbook.opened(said.folder, loans), said.folder / f"snapshot-{loans}") for loans in said.loans]
    equal = [compare(*book, said.repeat, not said.skip_engines) for book in books]
    for smaller, larger in pairwise(books):
        compare_sizes(smaller, larger, said.repeat)
    if said.history:
        compare_history(said.folder, said.history, said.repeat)
    return 0 if all(equal) else 1


if __name__ == "__main__":
    sys.exit(main())

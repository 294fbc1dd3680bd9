"""What a cluster for a book of any size must have: measured on this machine, then multiplied out.

    python bench/scale.py [--folder DIR] [--master MASTER] [--bandwidth 50] [--task 0.1] [--startup 30]

Measured: two books pushed to a store in a folder and aged from there as an executor does it, by a fresh process with
one thread, shard after shard: one of 1,000,000 loans in the shards that an import makes, and one shard of the size that
a book of 1,000,000,000 loans has. Of each the CPU seconds, the bytes on the store and written, and the memory. With
``--master`` (``local-cluster[2,1,1024]``) Spark ages the first book too, and what a task costs beside its work is
measured instead of assumed.

Extrapolated: all of the second table, linear in loans and tasks, under what is said above it: the store's bandwidth per
core (MiB/s), seconds that Spark adds to a task, seconds until executors stand.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from yardstick import loanbook

from shouyue.ageing import pieces
from shouyue.ageing.convention import load
from shouyue.ageing.pieces import Job
from shouyue.base import settings
from shouyue.base.stores import Store
from shouyue.book.copying import push
from shouyue.book.schema import shard_count
from shouyue.book.store import Book, Version
from shouyue.book.stored import StoredBook

LARGEST = 1_000_000_000
SIZES = (1_000_000, 10_000_000, 100_000_000, LARGEST)
CORES = (4, 16, 64, 256)
#: what Spark tells its executors: no threads beside the task's
ALONE = {"OMP_NUM_THREADS": "1", "POLARS_MAX_THREADS": "1"}


@dataclass(frozen=True)
class Measured:
    loans: int
    shards: int
    cpu: float
    peak: int
    stored: int
    written: int

    @property
    def per_shard(self) -> float:
        return self.loans / self.shards


def job_of(url: str, out: Path) -> Job:
    version = StoredBook(url).current()
    assert version
    return Job(url, version.id, loanbook.AS_OF, None, load("default"), Store(out))


def alone(url: str, out: str) -> int:
    """What an executor does, in this process: age every shard of the book, and say what it took."""
    job = job_of(url, Path(out))
    pieces.begin(job)
    pieces.age_piece(job, 0)  # compiled, and in the page cache
    began = time.process_time()
    made = pieces.age_pieces(job, workers=1)
    cpu = time.process_time() - began
    pieces.finish(job, made)
    told = {"cpu": cpu, "peak": pieces.peak_memory(), "written": sum(piece.size for piece in made)}
    print(json.dumps(told))
    return 0


def measure(version: Version, folder: Path) -> tuple[Measured, str]:
    url = (folder / f"store-{version.rows('loans')}").as_uri()
    push(version, StoredBook(url))
    out = folder / "scale-out"
    shutil.rmtree(out, ignore_errors=True)
    told = subprocess.run(
        [sys.executable, __file__, "--alone", url, str(out)],
        env={**os.environ, **ALONE},
        capture_output=True,
        text=True,
        check=True,
    )
    read = ("loans", "instalments", "payments", "charges", "pauses")
    stored = sum(file["bytes"] for table, file in version.files() if table in read)
    return Measured(version.rows("loans"), version.shards, stored=stored, **json.loads(told.stdout)), url


def by_spark(url: str, folder: Path, master: str) -> float:
    """Seconds of a core that Spark adds to a task."""
    from shouyue.ageing import spark

    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    job = job_of(url, folder / "scale-spark")
    with spark.session(master, {"spark.ui.enabled": "false", "spark.log.level": "ERROR"}) as session:
        for _ in range(2):  # the first lets executors start and load
            pieces.begin(job)
            began = time.perf_counter()
            made = spark.age_pieces(job, session)
            wall = time.perf_counter() - began
        cores = session.sparkContext.defaultParallelism
    pieces.finish(job, made)
    inside = sum(piece.seconds for piece in made)
    print(
        f"Spark, {master}, {cores} cores: {len(made)} tasks, {wall:.1f} s, of which tasks' own {inside / cores:.1f} s"
    )
    return max(0.0, wall * cores - inside) / len(made)


def line(what: str, *values: str) -> None:
    print(f"{what:<30}" + "".join(f"{value:>16}" for value in values))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=settings.home() / "bench")
    parser.add_argument("--master", help="measure what Spark adds to a task")
    parser.add_argument("--bandwidth", type=float, default=50, help="MiB/s that a core gets from the store")
    parser.add_argument("--task", type=float, default=0.1, help="seconds that Spark adds to a task, where not measured")
    parser.add_argument("--startup", type=float, default=30, help="seconds until executors stand and have compiled")
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        return alone(*asked.alone)
    few, url = measure(loanbook.opened(asked.folder, SIZES[0]), asked.folder)
    place = asked.folder / "book-one-shard"
    full = Book(place).current() or loanbook.build(place, math.ceil(LARGEST / shard_count(LARGEST)), shards=1)
    large, _ = measure(full, asked.folder)
    print(f"measured on {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    line("", f"{few.shards} shards", "a full shard")
    both = (few, large)
    line("loans", *(f"{m.loans:,}" for m in both))
    line("CPU seconds", *(f"{m.cpu:.2f}" for m in both))
    line("loans/s/core", *(f"{m.loans / m.cpu:,.0f}" for m in both))
    line("bytes a loan, read", *(f"{m.stored / m.loans:.0f}" for m in both))
    line("bytes a loan, written", *(f"{m.written / m.loans:.0f}" for m in both))
    line("memory of a task, MiB", *(f"{m.peak / 2**20:,.0f}" for m in both))
    added = by_spark(url, asked.folder, asked.master) if asked.master else asked.task
    said = "measured" if asked.master else "assumed"
    print(
        f"\nextrapolated, with {asked.bandwidth:.0f} MiB/s from the store per core (assumed), "
        f"{added:.2f} s added by Spark to a task ({said}), {asked.startup:.0f} s until executors stand (assumed)"
    )
    line("loans", *(f"{size:,}" for size in SIZES))
    for name, values in extrapolated(few, large, added, asked.bandwidth * 2**20, asked.startup):
        line(name, *values)
    return 0


def extrapolated(
    few: Measured, large: Measured, added: float, bandwidth: float, startup: float
) -> list[tuple[str, list[str]]]:
    """The table's rows; the slower of the two measured rates, memory on the line through both."""
    rate = max(few.cpu / few.loans, large.cpu / large.loans)
    read, written = few.stored / few.loans, few.written / few.loans
    slope = max(0.0, (large.peak - few.peak) / (large.per_shard - few.per_shard))
    tasks = {size: shard_count(size) for size in SIZES}
    work = {size: size * rate for size in SIZES}
    task = {size: (work[size] + size * (read + written) / bandwidth) / tasks[size] + added for size in SIZES}
    rows = [
        ("tasks (shards)", [f"{tasks[size]:,}" for size in SIZES]),
        ("loans in a task", [f"{size / tasks[size]:,.0f}" for size in SIZES]),
        ("book on the store, GiB", [f"{size * read / 2**30:,.1f}" for size in SIZES]),
        ("ageing written, GiB", [f"{size * written / 2**30:,.1f}" for size in SIZES]),
        ("seconds a task", [f"{task[size]:.2f}" for size in SIZES]),
        (
            "memory of a task, MiB",
            [f"{(few.peak + slope * (size / tasks[size] - few.per_shard)) / 2**20:,.0f}" for size in SIZES],
        ),
        ("core hours", [f"{task[size] * tasks[size] / 3600:.3f}" for size in SIZES]),
    ]
    for cores in CORES:
        times = [startup + math.ceil(tasks[size] / cores) * task[size] for size in SIZES]
        rows.append((f"seconds on {cores} cores", [f"{seconds:,.0f}" for seconds in times]))
    return rows


if __name__ == "__main__":
    sys.exit(main())

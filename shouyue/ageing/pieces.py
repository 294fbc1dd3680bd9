"""A book aged piece by piece into a folder on a store: a shard in, a Parquet file out, wherever it is worked on.

A job is small and says all: any process that reaches book and folder can do any piece, and do it again. A piece's file
appears whole, under the same name with the same bytes whoever wrote it, so a lost machine costs its pieces and no more.
``manifest.json`` is put last; a folder that has one is whole.
"""

from __future__ import annotations

import hashlib
import io
import json
import resource
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from shouyue.ageing.columns import SCHEMA
from shouyue.ageing.convention import Convention
from shouyue.ageing.customers import Customers
from shouyue.ageing.run import EMPTY_BOOK, Progress, age_shard, each_shard, said, shared_customers, write_parquet
from shouyue.base.errors import Code
from shouyue.base.stores import Store
from shouyue.book.store import Version
from shouyue.book.stored import book_at

OTHER_AGEING = Code(
    "AGE-030",
    zh="{folder} 中已有另一次计算的结果，请换一个目录",
    en="{folder} holds another ageing; choose another folder",
)
LOST = Code(
    "AGE-031",
    zh="{host} 写出的 {file} 不在 {folder} 中或已改变：请用所有机器都能访问的目录",
    en="{file}, written by {host}, is not in {folder} or has changed; use a folder that all machines reach",
)

MANIFEST = "manifest.json"
#: a bucket's loans and overdue minor units, by bucket in the convention's order
Tally = list[tuple[int, int]]


@dataclass(frozen=True)
class Job:
    """What to age, and into which folder. ``book`` is a path or URL as all who take part see it."""

    book: str
    version_id: str
    as_of: date
    known_at: date | None
    convention: Convention
    out: Store

    @property
    def version(self) -> Version:
        return _version(self.book, self.version_id)

    def about(self) -> dict[str, str]:
        return said(self.version, self.as_of, self.known_at, self.convention)


@dataclass(frozen=True)
class Piece:
    """A shard aged and written. ``seconds`` it took there; ``peak`` bytes of memory its process held at most so far."""

    shard: int
    rows: int
    size: int
    sha256: str
    tally: Tally
    seconds: float
    peak: int
    host: str

    @property
    def name(self) -> str:
        return file_name(self.shard)


@lru_cache(maxsize=2)
def _version(book: str, version_id: str) -> Version:
    """Opened once in a process, whatever the number of its pieces."""
    return book_at(book).version(version_id)


def file_name(shard_ix: int) -> str:
    return f"shard-{shard_ix:04d}.parquet"


def _customers_name(shard_ix: int) -> str:
    return f"customers-{shard_ix:04d}.npz"


def begin(job: Job) -> None:
    """Make the folder ready: of another ageing it is refused (AGE-030), of an unfinished one swept."""
    there = job.out.get(MANIFEST)
    if there is not None and json.loads(there).get("about") != job.about():
        raise OTHER_AGEING.error(folder=job.out)
    job.out.remove(MANIFEST)
    for name in job.out.names():
        if name.startswith(("shard-", "customers-")):
            job.out.remove(name)


def share_customers(job: Job, workers: int | None = None) -> None:
    """Where the convention looks at customers, put beside the pieces what each must know of loans elsewhere."""
    for shard_ix, known in enumerate(shared_customers(job.version, job.as_of, job.known_at, job.convention, workers)):
        if known is not None:
            data = io.BytesIO()
            np.savez(data, rows=known.rows, figures=known.figures)
            job.out.put(_customers_name(shard_ix), data.getvalue())


def _known(job: Job, shard_ix: int) -> Customers | None:
    if job.convention.customer_dpd == "none":
        return None
    data = job.out.get(_customers_name(shard_ix))
    if data is None:
        raise LOST.error(host="-", file=_customers_name(shard_ix), folder=job.out)
    with np.load(io.BytesIO(data)) as arrays:
        return Customers(arrays["rows"], arrays["figures"])


def age_piece(job: Job, shard_ix: int) -> Piece:
    """Age a shard into its file. Raises as ``run.age_shard``."""
    began = time.perf_counter()
    table = age_shard(job.version, shard_ix, job.as_of, job.known_at, job.convention, _known(job, shard_ix))
    sink = pa.BufferOutputStream()
    write_parquet(table, sink, job.about())
    data = sink.getvalue().to_pybytes()
    job.out.put(file_name(shard_ix), data)
    return Piece(
        shard_ix,
        table.num_rows,
        len(data),
        hashlib.sha256(data).hexdigest(),
        tally(table, job.convention),
        time.perf_counter() - began,
        peak_memory(),
        socket.gethostname(),
    )


def age_pieces(job: Job, workers: int | None = None, progress: Progress | None = None) -> list[Piece]:
    """All pieces on this machine, in threads."""
    return list(each_shard(job.version, lambda ix: age_piece(job, ix), workers, progress))


def finish(job: Job, pieces: Sequence[Piece]) -> None:
    """See that all pieces are there, and say so in the manifest. Raises AGE-031 for one that is not."""
    if not sum(piece.rows for piece in pieces):
        raise EMPTY_BOOK.error()
    for piece in pieces:
        if job.out.size(piece.name) != piece.size:
            raise LOST.error(host=piece.host, file=piece.name, folder=job.out)
        job.out.remove(_customers_name(piece.shard))
    kept = ("rows", "size", "sha256")
    files = [{"file": p.name, **{k: v for k, v in asdict(p).items() if k in kept}} for p in pieces]
    manifest = {"about": job.about(), "rows": sum(p.rows for p in pieces), "files": files}
    job.out.put(MANIFEST, json.dumps(manifest, indent=1).encode())


def assembled(job: Job, pieces: Sequence[Piece]) -> pa.Table:
    """The pieces as one table, shard by shard. Raises AGE-031 for one that is gone or not what was written."""
    tables = [SCHEMA.empty_table()]
    for piece in pieces:
        data = job.out.get(piece.name)
        if data is None or hashlib.sha256(data).hexdigest() != piece.sha256:
            raise LOST.error(host=piece.host, file=piece.name, folder=job.out)
        tables.append(pq.read_table(pa.BufferReader(data)).replace_schema_metadata(None).cast(SCHEMA))
    return pa.concat_tables(tables)


def tally(table: pa.Table, convention: Convention) -> Tally:
    """Loans and overdue of each bucket."""
    grouped = table.group_by("bucket").aggregate([("loan_id", "count"), ("overdue_minor", "sum")])
    found = {row["bucket"]: (row["loan_id_count"], row["overdue_minor_sum"]) for row in grouped.to_pylist()}
    return [found.get(bucket.label, (0, 0)) for bucket in convention.buckets]


def added(tallies: Sequence[Tally]) -> Tally:
    """Tallies of several pieces as one; exact beyond 64 bits."""
    return [(sum(loans for loans, _ in of), sum(owed for _, owed in of)) for of in zip(*tallies, strict=True)]


def peak_memory() -> int:
    """Bytes this process held at most so far; where the system tells, without what its parent held before it began."""
    status = Path("/proc/self/status")
    if status.exists():
        most = next((row for row in status.read_text().splitlines() if row.startswith("VmHWM")), None)
        if most is not None:
            return int(most.split()[1]) * 1024
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held if sys.platform == "darwin" else held * 1024

"""Age a whole book: the kernel over its shards, and the figures as a table or as files.

Same inputs, same bytes: shards come out in their order, loans in theirs, and a file is sorted by loan, so neither the
number of workers nor the number of shards shows in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from shouyue.ageing.columns import DAYS, MONEY, NULL, SCHEMA
from shouyue.ageing.convention import Convention, load
from shouyue.ageing.customers import Customers, of_version
from shouyue.ageing.shard import Aged, BookVersion, age_rows, read_rows
from shouyue.base import cells, files
from shouyue.base.errors import Code

EMPTY_BOOK = Code("AGE-005", zh="账册中没有合同，请先导入", en="the book holds no loan; import first")
BAD_FORMAT = Code(
    "AGE-006", zh="输出文件 {file} 须以 .csv 或 .parquet 结尾", en="the output file {file} must end in .csv or .parquet"
)
BAD_DAY = Code(
    "AGE-007",
    zh="日期 {day} 不在 1902 年至 9000 年之间，无法计算",
    en="the day {day} lies outside the years 1902 to 9000",
)
NEEDS_CUSTOMERS = Code(
    "AGE-013",
    zh="口径“{name}”要看客户的全部合同，不能只计算一个分片",
    en="the convention '{name}' looks at all loans of a customer; a single shard cannot be aged by itself",
)

#: called after each shard with (done, all)
Progress = Callable[[int, int], None]
Made = TypeVar("Made")
FIRST_YEAR, LAST_YEAR = 1902, 9000

#: how an ageing lies in Parquet: whole numbers as differences, which take a quarter less room than plain ones under LZ4
#: and a quarter less time to write; bounds only of the column by which loans are looked for
STORED: dict[str, Any] = {
    "column_encoding": {f.name: "DELTA_BINARY_PACKED" for f in SCHEMA if not pa.types.is_string(f.type)},
    "compression": {f.name: "lz4" if f.name in ("loan_id", "customer_id") else "none" for f in SCHEMA},
    "use_dictionary": ["bucket"],
    "write_statistics": ["loan_id"],
    "write_batch_size": 1 << 16,
}


def age_shard(
    version: BookVersion,
    shard_ix: int,
    as_of: date,
    known_at: date | None = None,
    convention: Convention | str = "default",
    customers: Customers | None = None,
) -> pa.Table:
    """One shard's loans, in loan order, with the columns of ``columns.SCHEMA``.

    Only money with a value date up to ``as_of`` counts, and of it only what the books knew on ``known_at`` (None:
    all that this version knows). ``customers`` is this shard's part of ``customers.of_version``, wanted where the
    convention looks at customers. Raises AGE-001, -002 (convention), -003, -004 (rows), -007 (day), -013 (customers).
    """
    rules = load(convention)
    check_day(as_of)
    if customers is None and rules.customer_dpd != "none":
        raise NEEDS_CUSTOMERS.error(name=rules.name)
    loans = version.read("loans", shard_ix, ["loan_id", "customer_id"])
    rows = read_rows(version, shard_ix, loans.num_rows, known_at, rules)
    aged = age_rows(rows, as_of, rules, shard_ix, lambda row: loans.column("loan_id")[row])
    customer_dpd = None if customers is None else customers.apply(aged.days, rules)
    return _table(loans, aged, customer_dpd, rules)


def check_format(name: str) -> None:
    """Raises AGE-006 for a file that is neither CSV nor Parquet by its name."""
    if not name.endswith((".csv", ".parquet")):
        raise BAD_FORMAT.error(file=name)


def check_day(day: date) -> None:
    """Raises AGE-007 for a day whose window or arithmetic would leave the calendar."""
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise BAD_DAY.error(day=day)


def _table(loans: pa.Table, aged: Aged, customer_dpd: np.ndarray | None, convention: Convention) -> pa.Table:
    places = np.searchsorted(convention.edges, aged.days[DAYS.index("dpd")], side="left")
    labels = pa.array([b.label for b in convention.buckets])
    columns: list[pa.Array | pa.ChunkedArray] = []
    for field in SCHEMA:
        if field.name in ("loan_id", "customer_id"):
            columns.append(loans.column(field.name))
        elif field.name == "bucket":
            columns.append(labels.take(pa.array(places)))
        elif field.name == "customer_dpd":
            columns.append(pa.nulls(loans.num_rows, field.type) if customer_dpd is None else pa.array(customer_dpd))
        elif field.name in MONEY:
            columns.append(pa.array(aged.money[MONEY.index(field.name)]))
        else:
            columns.append(nullable(aged.days[DAYS.index(field.name)], field.type))
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def nullable(values: np.ndarray, kind: pa.DataType, null: int = NULL) -> pa.Array:
    """An int32 column as Arrow, without copying: ``null`` becomes a missing value."""
    present = values != null
    bits = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.Array.from_buffers(kind, values.size, [bits, pa.py_buffer(np.ascontiguousarray(values))])


def each_shard(
    version: BookVersion,
    work: Callable[[int], Made],
    workers: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Made]:
    """``work(shard)`` for all shards, in their order, in threads (the kernel and Parquet hold no lock)."""
    wanted = workers or os.cpu_count() or 1
    if wanted == 1 or version.shards == 1:
        for shard_ix in range(version.shards):
            yield work(shard_ix)
            if progress:
                progress(shard_ix + 1, version.shards)
        return
    with ThreadPoolExecutor(min(wanted, version.shards), thread_name_prefix="age") as pool:
        for done, result in enumerate(pool.map(work, range(version.shards)), 1):
            yield result
            if progress:
                progress(done, version.shards)


def shared_customers(
    version: BookVersion, as_of: date, known_at: date | None, convention: Convention, workers: int | None
) -> Sequence[Customers | None]:
    """What each shard must know of customers with loans elsewhere; nothing where the convention does not ask."""
    check_day(as_of)
    if convention.customer_dpd == "none":
        return [None] * version.shards
    return of_version(version, as_of, known_at, convention, workers or os.cpu_count() or 1)


def age_table(
    version: BookVersion,
    as_of: date,
    known_at: date | None = None,
    convention: Convention | str = "default",
    workers: int | None = None,
    progress: Progress | None = None,
) -> pa.Table:
    """Every loan of a version of a book, shard by shard.

    Raises as ``age_shard``, and AGE-005 for a book without loans.
    """
    rules = load(convention)
    customers = shared_customers(version, as_of, known_at, rules, workers)
    shards = each_shard(
        version, lambda ix: age_shard(version, ix, as_of, known_at, rules, customers[ix]), workers, progress
    )
    table = pa.concat_tables([SCHEMA.empty_table(), *shards])
    if table.num_rows == 0:
        raise EMPTY_BOOK.error()
    return table


def age(
    version: BookVersion,
    as_of: date,
    known_at: date | None = None,
    convention: Convention | str = "default",
    out: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> pa.Table | Path:
    """Age every loan of a version of a book.

    Gives a table, shard by shard; with ``out`` (``.csv`` or ``.parquet``) writes it sorted by loan and gives the path.
    The file appears whole or not at all. Raises AGE-006 for another kind of file, else as ``age_table``.
    """
    rules = load(convention)
    if out is not None:
        check_format(out.name)
    table = age_table(version, as_of, known_at, rules, workers, progress)
    if out is None:
        return table
    write(table, out, said(version, as_of, known_at, rules))
    return out


def said(version: BookVersion, as_of: date, known_at: date | None, convention: Convention) -> dict[str, str]:
    """By what a file was made, to be kept inside it."""
    return {
        "as_of": as_of.isoformat(),
        "known_at": known_at.isoformat() if known_at else "",
        "convention": convention.name,
        "convention_digest": convention.digest(),
        "book_version": str(getattr(version, "id", "")),
    }


def write(table: pa.Table, out: Path, about: Mapping[str, str]) -> None:
    """Write the ageing sorted by loan, aside first and then renamed."""
    frame = pl.DataFrame(pl.from_arrow(table)).sort("loan_id")
    out.parent.mkdir(parents=True, exist_ok=True)
    with files.whole(out) as aside:
        if out.suffix == ".csv":
            frame.with_columns(cells.column(pl.col(pl.String))).write_csv(aside)
        else:
            write_parquet(frame.to_arrow().cast(SCHEMA), aside, about)


def write_parquet(table: pa.Table, where: Path | pa.NativeFile, about: Mapping[str, str]) -> None:
    """Write an ageing with what it was made by; the same bytes wherever it goes."""
    named = table.replace_schema_metadata({f"shouyue.{key}": value for key, value in about.items()})
    pq.write_table(named, where, **STORED)


def snapshot(
    version: BookVersion,
    as_of: date,
    known_at: date | None = None,
    convention: Convention | str = "default",
    *,
    directory: Path,
    workers: int | None = None,
    progress: Progress | None = None,
) -> list[Path]:
    """Age a book into a Parquet file per shard, ``shard-0000.parquet`` and on, in loan order within each.

    Memory is bounded by the shards worked on at a time. A file appears whole or not at all; running again writes the
    same bytes.
    """
    rules = load(convention)
    directory.mkdir(parents=True, exist_ok=True)
    about = said(version, as_of, known_at, rules)
    customers = shared_customers(version, as_of, known_at, rules, workers)

    def one(shard_ix: int) -> Path:
        path = directory / f"shard-{shard_ix:04d}.parquet"
        aged = age_shard(version, shard_ix, as_of, known_at, rules, customers[shard_ix])
        with files.whole(path) as aside:
            write_parquet(aged, aside, about)
        return path

    return list(each_shard(version, one, workers, progress))

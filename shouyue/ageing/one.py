"""The rows of one loan out of a big shard, in a few milliseconds: only the row groups that hold it are read."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from shouyue.ageing.convention import Convention
from shouyue.ageing.shard import (
    CHARGE_COLUMNS,
    PAUSE_COLUMNS,
    PAYMENT_COLUMNS,
    BookVersion,
    Rows,
    age_rows,
    figures_of,
    instalment_columns,
    rows_of,
)
from shouyue.base.errors import Code
from shouyue.book.schema import TABLES, shard_of

UNKNOWN_LOAN = Code("AGE-008", zh="账册中没有合同 {loan}", en="the book has no loan {loan}")


class FileVersion(BookVersion, Protocol):
    """A version whose shards can be opened as files."""

    def opened(self, table: str, shard_ix: int) -> AbstractContextManager[pq.ParquetFile | None]: ...


@dataclass(frozen=True)
class Place:
    """Where a loan lies: its shard, its row in that shard's ``loans``, and what it is called."""

    loan_id: str
    shard: int
    row: int


def find(version: FileVersion, loan_id: str) -> Place:
    """Where the loan lies. Raises AGE-008 when the book does not have it."""
    shard = shard_of(loan_id, version.shards)
    with version.opened("loans", shard) as file:
        at = _row_of(file, loan_id) if file else -1
    if at < 0:
        raise UNKNOWN_LOAN.error(loan=loan_id)
    return Place(loan_id, shard, at)


def _row_of(file: pq.ParquetFile, loan_id: str) -> int:
    before = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if _may_hold(file, group, "loan_id", loan_id):
            ids = file.read_row_group(group, columns=["loan_id"]).column("loan_id")
            at = pc.index(ids, pa.scalar(loan_id, ids.type)).as_py()
            if at >= 0:
                return before + at
        before += rows
    return -1


def _may_hold(file: pq.ParquetFile, group: int, column: str, value: str | int) -> bool:
    place = file.schema_arrow.get_field_index(column)
    statistics = file.metadata.row_group(group).column(place).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.min <= value <= statistics.max)


def rows_of_loan(version: FileVersion, table: str, place: Place, columns: Sequence[str]) -> pa.Table:
    """The loan's rows of a child table, with ``loan_ix`` set to 0. An absent table gives no rows."""
    with version.opened(table, place.shard) as file:
        if file is None:
            return pa.schema([TABLES[table].arrow_schema().field(c) for c in columns]).empty_table()
        groups = [g for g in range(file.num_row_groups) if _may_hold(file, g, "loan_ix", place.row)]
        rows = file.read_row_groups(groups, columns=list(columns), use_threads=False)
    ix = rows.column("loan_ix").combine_chunks().to_numpy() if rows.num_rows else []
    lo, hi = bisect.bisect_left(ix, place.row), bisect.bisect_right(ix, place.row)
    found = rows.slice(lo, hi - lo).combine_chunks().select(list(columns))
    own = pa.array([0] * found.num_rows, pa.int32())
    return found.set_column(found.schema.get_field_index("loan_ix"), "loan_ix", own)


class LoanTables(NamedTuple):
    """The rows of one loan as they lie in the book; ``loan_ix`` is 0."""

    instalments: pa.Table
    payments: pa.Table
    charges: pa.Table
    pauses: pa.Table

    def rows(self, known_at: date | None, convention: Convention) -> Rows:
        """What the kernel reads of them."""
        return rows_of(1, *self, known_at, convention)

    def figures(self, as_of: date, known_at: date | None, convention: Convention) -> dict[str, Any]:
        """The loan's ageing on a day: ``shard.figures_of``."""
        return figures_of(age_rows(self.rows(known_at, convention), as_of, convention), 0, convention)


#: what tells instalments apart, besides what the kernel reads of them
NAMES = ("seq", "version", "debit_date")


def read_tables(version: FileVersion, place: Place, convention: Convention, more: Sequence[str] = NAMES) -> LoanTables:
    """A loan's rows: the columns that the convention asks for, and ``more`` of the instalments."""
    wanted = dict.fromkeys([*instalment_columns(convention), *more])
    payments = rows_of_loan(version, "payments", place, PAYMENT_COLUMNS)
    if payments.column("reversal_of").null_count < payments.num_rows:  # ids are wanted only where money was taken back
        ids = rows_of_loan(version, "payments", place, ["loan_ix", "payment_id"]).column("payment_id")
        payments = payments.append_column("payment_id", ids)
    return LoanTables(
        rows_of_loan(version, "instalments", place, list(wanted)),
        payments,
        rows_of_loan(version, "charges", place, CHARGE_COLUMNS),
        rows_of_loan(version, "pauses", place, PAUSE_COLUMNS),
    )


def read_loan(
    version: FileVersion, place: Place, known_at: date | None, convention: Convention
) -> tuple[Rows, pa.Table]:
    """A loan's rows for the kernel, and its instalments as they lie in the book."""
    tables = read_tables(version, place, convention)
    return tables.rows(known_at, convention), tables.instalments

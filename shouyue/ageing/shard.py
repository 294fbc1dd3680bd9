"""The rows of one shard as the kernel wants them: plain arrays, only what counts, in the order that counts.

Here everything is decided that needs to know the convention's choice of rows (which version of a plan, which day of
an instalment) and what was known when (booking days, reversals). The kernel sees none of it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shouyue.ageing import kernel
from shouyue.ageing.columns import DAYS, MONEY, NULL, SCHEMA
from shouyue.ageing.convention import Convention
from shouyue.ageing.due_days import shifted
from shouyue.base.errors import Code

EPOCH = date(1970, 1, 1)

AMOUNT_OVERFLOW = Code(
    "AGE-003",
    zh="合同 {loan} 的金额为负或合计超出 64 位整数",
    en="the amounts of loan {loan} are negative or their sum does not fit 64 bits",
)
UNSORTED = Code(
    "AGE-004",
    zh="账册分片 {shard} 的行未按合同与日期排序，账册已损坏，请重新导入",
    en="the rows of shard {shard} are not sorted by loan and day; the book is damaged, import it again",
)


class BookVersion(Protocol):
    """What ageing needs of a version of a book (``shouyue.book.store.Version``)."""

    @property
    def shards(self) -> int: ...

    def read(self, table: str, shard_ix: int, columns: Sequence[str] | None = None) -> pa.Table: ...


def day_number(day: date) -> int:
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return date.fromordinal(number + EPOCH.toordinal())


@dataclass
class Rows:
    """The rows of ``loans`` loans, as the kernel reads them."""

    loans: int
    columns: kernel.Rows
    #: rows of the instalment table that count, in the order of ``columns.due``; None when all do, as they lie
    picked: np.ndarray | None = None


@dataclass
class Aged:
    """What the kernel wrote: ``columns.MONEY`` and ``columns.DAYS`` by loan, and the state of every row."""

    money: np.ndarray
    days: np.ndarray
    work: kernel.Work


def _array(table: pa.Table, name: str, dtype: Any, fill: Any = 0) -> np.ndarray:
    """A column as a read-only array, nulls filled; a copy only where Arrow cannot lend its own memory."""
    column = table.column(name)
    if pa.types.is_date32(column.type):
        column = column.cast(pa.int32())
    if column.null_count:
        column = pc.fill_null(column, fill)
    chunk = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if isinstance(chunk, pa.ChunkedArray):
        chunk = pa.concat_arrays(chunk.chunks) if chunk.num_chunks else pa.array([], chunk.type)
    return lent(np.asarray(chunk.to_numpy(zero_copy_only=False), dtype=dtype))


def lent(array: np.ndarray) -> np.ndarray:
    """Read-only and contiguous, so that the kernel is compiled for one kind of array only."""
    array = np.ascontiguousarray(array).view()
    array.flags.writeable = False
    return array


def instalment_columns(convention: Convention) -> list[str]:
    columns = ["loan_ix", "due_date", "amount_minor", "fee_minor", "interest_minor"]
    if convention.count_from == "debit":
        columns.append("debit_date")
    if convention.plan != "each_row":
        columns += ["seq", "version"]
    return columns


PAYMENT_COLUMNS = ["loan_ix", "value_date", "booked_on", "amount_minor", "reversal_of"]
CHARGE_COLUMNS = ["loan_ix", "due_date", "amount_minor", "kind"]
PAUSE_COLUMNS = ["loan_ix", "starts_on", "ends_on"]


def read_rows(version: BookVersion, shard_ix: int, loans: int, known_at: date | None, convention: Convention) -> Rows:
    """The rows of a shard that has ``loans`` loans. ``known_at`` None: all that the version knows."""
    payments = version.read(
        "payments", shard_ix, PAYMENT_COLUMNS if known_at else PAYMENT_COLUMNS[:2] + PAYMENT_COLUMNS[3:]
    )
    if payments.column("reversal_of").null_count < payments.num_rows:  # ids are wanted only where money was taken back
        ids = version.read("payments", shard_ix, ["payment_id"]).column("payment_id")
        payments = payments.append_column("payment_id", ids)
    return rows_of(
        loans,
        version.read("instalments", shard_ix, instalment_columns(convention)),
        payments,
        version.read("charges", shard_ix, CHARGE_COLUMNS),
        version.read("pauses", shard_ix, PAUSE_COLUMNS) if convention.pauses != "none" else None,
        known_at,
        convention,
    )


def rows_of(
    loans: int,
    instalments: pa.Table,
    payments: pa.Table,
    charges: pa.Table | None,
    pauses: pa.Table | None,
    known_at: date | None,
    convention: Convention,
) -> Rows:
    """The arrays from tables of one shard (columns as in shouyue.book.schema, with ``loan_ix``)."""
    inst_loan = _array(instalments, "loan_ix", np.int32)
    due = _array(instalments, "due_date", np.int32)
    amount = _array(instalments, "amount_minor", np.int64)
    fee, interest = (_part(instalments, name) for name in ("fee_minor", "interest_minor"))
    picked = _picked(instalments, inst_loan, due, convention)
    due = _counting_day(instalments, due, convention)
    if picked is not None:
        inst_loan, due, amount = (lent(a[picked]) for a in (inst_loan, due, amount))
        fee, interest = (lent(a[picked]) if a.size else a for a in (fee, interest))
    none32, none64 = lent(np.zeros(0, np.int32)), lent(np.zeros(0, np.int64))
    chg = (none32, none32, none64, none32)
    if charges is not None and charges.num_rows:
        kinds = pc.cast(pc.not_equal(charges.column("kind"), "penalty"), pa.int32())
        chg = (
            _array(charges, "loan_ix", np.int32),
            _array(charges, "due_date", np.int32),
            _array(charges, "amount_minor", np.int64),
            _array(pa.table({"kind": kinds}), "kind", np.int32),
        )
    pause = (none32, none32, none32)
    if pauses is not None and pauses.num_rows:
        pause = tuple(_array(pauses, name, np.int32) for name in PAUSE_COLUMNS)
    columns = kernel.Rows(
        inst_loan,
        due,
        amount,
        fee,
        interest,
        _array(payments, "loan_ix", np.int32),
        _array(payments, "value_date", np.int32),
        net_payments(payments, known_at),
        *chg,
        *pause,
    )
    return Rows(loans, columns, picked)


def _part(instalments: pa.Table, name: str) -> np.ndarray:
    """A part of the amounts; empty where the lender gives none at all."""
    if instalments.column(name).null_count == instalments.num_rows:
        return lent(np.zeros(0, np.int64))
    return _array(instalments, name, np.int64)


def _counting_day(instalments: pa.Table, due: np.ndarray, convention: Convention) -> np.ndarray:
    """The day from which each row counts: its due or debit date, moved off days off."""
    if convention.count_from == "debit":
        debit = _array(instalments, "debit_date", np.int32, fill=EPOCH_NULL)
        due = np.where(debit == EPOCH_NULL, due, debit).astype(np.int32)
    return lent(shifted(due, convention))


EPOCH_NULL = -(2**31)


def _picked(instalments: pa.Table, loan: np.ndarray, due: np.ndarray, convention: Convention) -> np.ndarray | None:
    """Numbers of the instalment rows that count, by loan and counting day; None when that changes nothing."""
    keep = None
    if convention.plan != "each_row":
        version = _array(instalments, "version", np.int32)
        if convention.plan == "latest_seq":
            keep = _newest_of_each(loan, _array(instalments, "seq", np.int32), version)
        else:
            keep = _newest_plan(loan, due, version)
    rows = np.arange(loan.size) if keep is None else np.flatnonzero(keep)
    if convention.count_from == "debit":
        day = _counting_day(instalments, due, convention)
        rows = rows[np.lexsort((day[rows], loan[rows]))]  # stable: ties stay in due order
    elif keep is None:
        return None
    return rows


def _newest_of_each(loan: np.ndarray, seq: np.ndarray, version: np.ndarray) -> np.ndarray:
    """Rows with the highest version among those of the same loan and seq."""
    order = np.lexsort((version, seq, loan))
    same = (loan[order][1:] == loan[order][:-1]) & (seq[order][1:] == seq[order][:-1])
    last = np.append(~same, True) if order.size else np.zeros(0, bool)
    groups = np.concatenate(([0], np.cumsum(last)[:-1])) if order.size else np.zeros(0, int)
    newest = version[order][last][groups] if order.size else version
    keep = np.zeros(loan.size, bool)
    keep[order] = version[order] == newest
    return keep


def _newest_plan(loan: np.ndarray, due: np.ndarray, version: np.ndarray) -> np.ndarray:
    """Rows of a loan's highest version, and older ones that were due before it begins."""
    count = int(loan.max()) + 1 if loan.size else 0
    newest = np.full(count, -(2**31), np.int64)
    np.maximum.at(newest, loan, version)
    top = version == newest[loan]
    begins = np.full(count, 2**31 - 1, np.int64)
    np.minimum.at(begins, loan[top], due[top])
    return top | (due < begins[loan])


def net_payments(payments: pa.Table, known_at: date | None) -> np.ndarray:
    """What each payment row is worth: nothing where not known by ``known_at``, less what was taken back.

    A reversal removes its payment from the beginning, whatever day it was made on; a part takes a part. A reversal
    of a reversal gives back. The reversal's own row is worth nothing.
    """
    amount = _array(payments, "amount_minor", np.int64)
    net = amount
    if known_at is not None:
        booked = pc.coalesce(payments.column("booked_on"), payments.column("value_date"))
        late = _array(pa.table({"booked": booked}), "booked", np.int32) > day_number(known_at)
        net = np.where(late, 0, amount)
    reversal_of = payments.column("reversal_of")
    if reversal_of.null_count == payments.num_rows:
        return lent(net)
    net = np.array(net)
    rows, target = _reversals(payments, reversal_of)
    kernel.take_back(rows, target, net)
    return lent(net)


def _reversals(payments: pa.Table, reversal_of: pa.ChunkedArray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of reversals, those that reverse a reversal first, and the row each takes from (-1: none in its loan)."""
    loan = _array(payments, "loan_ix", np.int32)
    rows = np.flatnonzero(np.asarray(pc.is_valid(reversal_of)))
    among = _rows_of_loans(loan, np.unique(loan[rows]))  # only loans with a reversal: the search stays small
    ids = payments.column("payment_id").take(among)
    found = pc.index_in(reversal_of.take(rows), value_set=ids.combine_chunks())
    place = np.asarray(pc.fill_null(found, -1))
    target = np.where(place >= 0, among[place], -1)
    target[(target >= 0) & (loan[target] != loan[rows])] = -1
    depth = _depths(rows, target, loan.size)
    alive = depth >= 0  # rows that reverse each other in a ring say nothing
    order = np.argsort(-depth[alive], kind="stable")
    dead = rows[~alive]
    return (
        np.concatenate((rows[alive][order], dead)).astype(np.int64),
        np.concatenate((target[alive][order], np.full(dead.size, -1))).astype(np.int64),
    )


def _rows_of_loans(loan: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Numbers of the rows of some loans; rows lie by loan, ``wanted`` rises."""
    begin, end = (np.searchsorted(loan, wanted, side) for side in ("left", "right"))
    count = end - begin
    return np.arange(count.sum()) + np.repeat(begin - np.cumsum(count) + count, count)


def _depths(rows: np.ndarray, target: np.ndarray, size: int) -> np.ndarray:
    """How many reversals lie between each reversal and a payment; -1 for those in a ring."""
    place = np.full(size + 1, -1)
    place[rows] = np.arange(rows.size)
    above = place[target]  # target -1 reads the extra place, which is -1
    depth = np.where(above < 0, 0, -1)
    for level in range(1, rows.size + 1):
        hit = (depth < 0) & (depth[above] == level - 1) & (above >= 0)
        if not hit.any():
            break
        depth[hit] = level
    return depth


#: no room: days of single loans are not asked for
NO_DAYS = kernel.Daily(0, 0, np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int8))


def age_rows(
    rows: Rows,
    as_of: date,
    convention: Convention,
    shard: int = 0,
    loan_name: Callable[[int], object] = str,
    daily: kernel.Daily = NO_DAYS,
) -> Aged:
    """Run the kernel over a shard's rows.

    ``loan_name`` gives the id of a loan by its row, for the error. ``daily`` is filled only under a convention that
    sweeps. Raises AGE-003 when a loan's amounts are negative or too large to add, AGE-004 when rows are not in order.
    """
    aged = Aged(
        money=np.zeros((len(MONEY), rows.loans), np.int64),
        days=np.zeros((len(DAYS), rows.loans), np.int32),
        work=work_for(rows.columns, convention),
    )
    given = (rows.columns, when(as_of), convention.rules(), aged.work)
    if convention.sweeps:
        status, loan = kernel.sweep_rows(*given, daily, aged.money, aged.days)
    else:
        status, loan = kernel.age_rows(*given, aged.money, aged.days)
    if status == kernel.OVERFLOW:
        raise AMOUNT_OVERFLOW.error(loan=loan_name(loan))
    if status == kernel.UNSORTED:
        raise UNSORTED.error(shard=shard)
    return aged


def figures_of(aged: Aged, row: int, convention: Convention) -> dict[str, Any]:
    """Every output column of a loan but the ids and ``customer_dpd``; dates as dates, missing values as None."""
    figures: dict[str, Any] = {name: int(aged.money[n, row]) for n, name in enumerate(MONEY)}
    for n, name in enumerate(DAYS):
        value = int(aged.days[n, row])
        dated = pa.types.is_date(SCHEMA.field(name).type)
        figures[name] = None if value == NULL else day_of(value) if dated else value
    return figures | {"bucket": convention.bucket_of(figures["dpd"])}


def work_for(columns: kernel.Rows, convention: Convention) -> kernel.Work:
    """Room for the kernel to work in; what it never writes is never touched, and costs nothing."""
    plans = columns.due.size
    return kernel.Work(
        open_=np.empty(plans, np.int64),
        met_on=np.empty(plans, np.int32),
        chg_open=np.empty(columns.chg_due.size, np.int64),
        parts=np.empty((3, plans if convention.sweeps or convention.customer_dpd != "none" else 1), np.int64),
        stack=np.empty(plans if convention.instalments == "lifo" else 1, np.int64),
        state=np.zeros(kernel.STATE, np.int64),
    )


def when(as_of: date) -> kernel.When:
    return kernel.When(*map(day_number, (as_of, *(months_before(as_of, n) for n in (3, 6, 12)))))


def months_before(day: date, months: int) -> date:
    """The same day of the month ``months`` earlier, or that month's last day."""
    index = day.year * 12 + day.month - 1 - months
    year, month = index // 12, index % 12 + 1
    following = date(year + month // 12, month % 12 + 1, 1)
    last = (following - date.resolution).day
    return date(year, month, min(day.day, last))

"""The state of every instalment on a day: what is paid, what is open, when it was met and how late that was."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import pyarrow as pa

from shouyue.ageing.columns import NEVER, NULL, STATES
from shouyue.ageing.convention import Convention, load
from shouyue.ageing.one import FileVersion, find, read_loan
from shouyue.ageing.run import check_day, nullable
from shouyue.ageing.shard import Aged, BookVersion, Rows, age_rows, day_number, read_rows

#: what is told of an instalment as it lies in the book
_SHOWN = ("seq", "version", "due_date", "debit_date")


def instalment_states(
    version: BookVersion,
    shard_ix: int,
    loan_ixs: np.ndarray | None,
    as_of: date,
    known_at: date | None = None,
    convention: Convention | str = "default",
) -> pa.Table:
    """The instalments of a shard's loans with the columns of ``columns.STATES``, by loan, then due.

    ``loan_ixs`` are rows of the shard's ``loans`` (any order, repeats do not matter); None takes all. ``met_on`` is the
    day an instalment was met in full; ``counts_from`` is the day from which the convention counts it, mostly the due
    date; ``days_late`` is the first less the second (negative: early), or for an open one the days since, 0 before.
    Rows that the convention's plan rule drops are not in it. Raises as ``run.age_shard`` does.
    """
    rules = load(convention)
    check_day(as_of)
    ids = version.read("loans", shard_ix, ["loan_id"]).column("loan_id")
    chosen = version if loan_ixs is None else _Chosen(version, len(ids), loan_ixs)
    rows = read_rows(chosen, shard_ix, len(ids), known_at, rules)
    aged = age_rows(rows, as_of, rules, shard_ix, lambda row: ids[row])
    shown = chosen.read("instalments", shard_ix, _SHOWN)
    return _states(ids.take(pa.array(rows.columns.inst_loan)), shown, rows, aged, as_of)


class _Chosen:
    """A version in which only the chosen loans of a shard have rows, so that no others are aged."""

    def __init__(self, version: BookVersion, loans: int, loan_ixs: np.ndarray):
        self._version, self.shards = version, version.shards
        self._chosen = np.zeros(loans, bool)
        self._chosen[np.asarray(loan_ixs, dtype=np.int64)] = True

    def read(self, table: str, shard_ix: int, columns: Sequence[str] | None = None) -> pa.Table:
        """Columns of a table whose rows belong to loans; none named: only the loan's place."""
        wanted = list(columns or ["loan_ix"])
        rows = self._version.read(table, shard_ix, list(dict.fromkeys(["loan_ix", *wanted])))
        return rows.filter(pa.array(self._chosen[rows.column("loan_ix").to_numpy()])).select(wanted)


def loan_schedule(
    version: FileVersion,
    loan_id: str,
    as_of: date,
    known_at: date | None = None,
    convention: Convention | str = "default",
) -> pa.Table:
    """The same for one loan, reading only what it needs. Raises AGE-008 when the book does not have the loan."""
    rules = load(convention)
    check_day(as_of)
    place = find(version, loan_id)
    rows, instalments = read_loan(version, place, known_at, rules)
    aged = age_rows(rows, as_of, rules, place.shard, lambda _row: loan_id)
    return _states(pa.array([loan_id] * rows.columns.due.size, pa.string()), instalments, rows, aged, as_of)


def _states(ids, instalments: pa.Table, rows: Rows, aged: Aged, as_of: date) -> pa.Table:
    met, open_, due, amount = aged.work.met_on, aged.work.open_, rows.columns.due, rows.columns.amount
    shown = instalments if rows.picked is None else instalments.take(pa.array(rows.picked))
    today = day_number(as_of)
    days_late = np.where(met == NEVER, np.maximum(today - due, 0), met - due).astype(np.int32)
    met = np.where(met == NEVER, NULL, met).astype(np.int32)
    return pa.Table.from_arrays(
        [
            ids,
            shown.column("seq"),
            shown.column("version"),
            shown.column("due_date"),
            shown.column("debit_date"),
            pa.array(amount),
            pa.array(amount - open_),
            pa.array(open_),
            nullable(met, pa.date32()),
            pa.array(days_late),
            pa.array(due).cast(pa.date32()),
        ],
        schema=STATES,
    )

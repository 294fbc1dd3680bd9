"""One loan on every day of a span: its days past due, how they looked on the day itself, and what changed them.

One walk of the kernel along the loan's events gives all days (``dpd``). What was *seen* is another question: a payment
booked late, or taken back, changes days that have passed. Between two days on which such a row was booked nothing
about the past is learned, so ``seen`` takes one walk more for each of them, and none for a loan without.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shouyue.ageing import kernel
from shouyue.ageing.columns import NEVER
from shouyue.ageing.convention import Convention, load
from shouyue.ageing.events import Event, events_of
from shouyue.ageing.one import FileVersion, LoanTables, find, read_tables
from shouyue.ageing.run import check_day
from shouyue.ageing.shard import NO_DAYS, Rows, age_rows, day_number, day_of, lent, months_before, net_payments
from shouyue.base.errors import Code

BACKWARDS = Code(
    "AGE-009", zh="起始日 {start} 晚于截止日 {end}", en="the first day {start} comes after the last day {end}"
)


class Stay(NamedTuple):
    """Days on end in one bucket, both in, and the most days past due among them."""

    bucket: str
    first: date
    last: date
    worst: int


@dataclass(frozen=True)
class History:
    """A loan from ``start`` on; arrays have one place per day.

    ``dpd`` (int32) is what ``run.age_shard`` gives for each day as ``as_of`` under this ``known_at``; ``seen`` (int32)
    the same with the knowledge of the day itself, and from ``known_at`` on with that of ``known_at``.
    """

    start: date
    known_at: date | None
    convention: Convention
    dpd: np.ndarray
    seen: np.ndarray
    events: tuple[Event, ...]

    @property
    def end(self) -> date:
        return day_of(day_number(self.start) + self.dpd.size - 1)

    def place(self, day: date) -> int:
        """Where the day is in the arrays."""
        return (day - self.start).days

    def buckets(self) -> np.ndarray:
        """Place of each day's bucket in ``convention.buckets``."""
        return np.searchsorted(self.convention.edges, self.dpd, side="left")

    def stays(self) -> Iterator[Stay]:
        """The days by bucket, in order, without a gap."""
        places = self.buckets()
        turns = [0, *(np.flatnonzero(np.diff(places)) + 1).tolist(), places.size]
        begin = day_number(self.start)
        for first, after in pairwise(turns):
            label = self.convention.buckets[places[first]].label
            yield Stay(label, day_of(begin + first), day_of(begin + after - 1), int(self.dpd[first:after].max()))


def loan_history(
    version: FileVersion,
    loan_id: str,
    start: date,
    end: date,
    known_at: date | None = None,
    convention: Convention | str = "default",
) -> History:
    """The loan from ``start`` to ``end``, both in. Raises AGE-008 when the book does not have it, AGE-009 when
    ``start`` is after ``end``."""
    rules = load(convention)
    check_span(start, end)
    return history_of(read_tables(version, find(version, loan_id), rules), start, end, known_at, rules)


def dpd_history(
    version: FileVersion,
    loan_id: str,
    start: date,
    end: date,
    known_at: date | None = None,
    convention: Convention | str = "default",
) -> np.ndarray:
    """Days past due alone: ``History.dpd``. Raises as ``loan_history``."""
    rules = load(convention)
    check_span(start, end)
    tables = read_tables(version, find(version, loan_id), rules, more=())
    return daily(tables.rows(known_at, rules), start, end, rules)


def span_of(tables: LoanTables, until: date, years: int = 3) -> tuple[date, date]:
    """From the first day that the loan's rows speak of to the last, at most ``years`` back from ``until``, where it
    ends at the latest."""
    said = [
        day
        for table, column in (("instalments", "due_date"), ("payments", "value_date"), ("charges", "due_date"))
        for bound in [pc.min_max(getattr(tables, table).column(column)).as_py()]
        for day in (bound["min"], bound["max"])
        if day is not None
    ]
    end = min(until, max(said, default=until))
    return min(end, max(min(said, default=end), months_before(end, 12 * years))), end


def check_span(start: date, end: date) -> None:
    """Raises AGE-007 for a day outside the calendar, AGE-009 when ``start`` is after ``end``."""
    check_day(start)
    check_day(end)
    if start > end:
        raise BACKWARDS.error(start=start, end=end)


def history_of(tables: LoanTables, start: date, end: date, known_at: date | None, convention: Convention) -> History:
    """The same from the tables of a loan."""
    rows = tables.rows(known_at, convention)
    walked = walk(rows, start, end, convention)
    seen = _seen(tables, rows, walked.dpd, start, end, known_at, convention)
    events = events_of(tables, rows, walked, seen, start, known_at, convention)
    return History(start, known_at, convention, walked.dpd, seen, events)


class Walk(NamedTuple):
    """What one walk tells of each day; of a convention without thresholds nobody asks the money, which is then empty.

    ``met_on`` is by row of the instalments that count.
    """

    dpd: np.ndarray
    arrears: np.ndarray
    exposure: np.ndarray
    met_on: np.ndarray


def walk(rows: Rows, start: date, end: date, convention: Convention) -> Walk:
    """Along the events of a single loan, once."""
    size, begin = (end - start).days + 1, day_number(start)
    money = size if convention.gated else 0
    days = NO_DAYS._replace(
        begin=begin,
        opened=begin,
        dpd=np.zeros(size, np.int32),
        arrears=np.zeros(money, np.int64),
        exposure=np.zeros(money, np.int64),
    )
    aged = age_rows(rows, end, convention, daily=days)
    if not convention.sweeps:
        kernel.daily_dpd(rows.columns, convention.rules(), aged.work, days)
    return Walk(days.dpd, days.arrears, days.exposure, aged.work.met_on)


def daily(rows: Rows, start: date, end: date, convention: Convention) -> np.ndarray:
    """Days past due of each day, from the rows of a single loan: int32."""
    return walk(rows, start, end, convention).dpd


def _seen(
    tables: LoanTables,
    rows: Rows,
    dpd: np.ndarray,
    start: date,
    end: date,
    known_at: date | None,
    convention: Convention,
) -> np.ndarray:
    """Days past due by the knowledge of each day.

    From one day on which something about the past was booked to the day before the next, the knowledge of the last of
    these days serves for all: what was booked in between counts from its own day on.
    """
    last = day_number(known_at) if known_at else NEVER
    begin, until = day_number(start), day_number(end)
    learned = _learned(tables.payments)
    if not learned.size or learned[-1] <= begin:
        return dpd
    turns = [begin, *(day for day in learned.tolist() if begin < day <= min(until, last)), until + 1]
    seen = dpd.copy()
    for first, after in pairwise(turns):
        if last < after or learned[-1] < after:
            continue  # the knowledge that ``dpd`` has
        knows = day_of(min(after - 1, last))
        known = Rows(1, rows.columns._replace(paid=net_payments(tables.payments, knows)), rows.picked)
        line = daily(known, start, day_of(after - 1), convention)
        seen[first - begin : after - begin] = line[first - begin :]
    return lent(seen)


def _learned(payments: pa.Table) -> np.ndarray:
    """Days on which something about days past was booked, rising: a payment booked late, a reversal."""
    booked = pc.coalesce(payments.column("booked_on"), payments.column("value_date"))
    late = pc.or_(pc.greater(booked, payments.column("value_date")), pc.is_valid(payments.column("reversal_of")))
    return np.unique(np.asarray(pc.filter(booked.cast(pa.int32()), late)))

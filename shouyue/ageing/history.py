"""Days past due of one loan for every day of a span, as known on one day."""

from __future__ import annotations

from datetime import date

import numpy as np

from shouyue.ageing import kernel
from shouyue.ageing.convention import Convention, load
from shouyue.ageing.one import FileVersion, find, read_loan
from shouyue.ageing.run import check_day
from shouyue.ageing.shard import NO_DAYS, Rows, age_rows, day_number
from shouyue.base.errors import Code

BACKWARDS = Code(
    "AGE-009", zh="起始日 {start} 晚于截止日 {end}", en="the first day {start} comes after the last day {end}"
)


def dpd_history(
    version: FileVersion,
    loan_id: str,
    start: date,
    end: date,
    known_at: date | None = None,
    convention: Convention | str = "default",
) -> np.ndarray:
    """Days past due on each day from ``start`` to ``end``, both in: int32, one place per day.

    Each day stands as ``run.age_shard`` would give it for that ``as_of`` and this ``known_at``. Raises AGE-008 when
    the book does not have the loan, AGE-009 when ``start`` is after ``end``.
    """
    rules = load(convention)
    check_day(start)
    check_day(end)
    if start > end:
        raise BACKWARDS.error(start=start, end=end)
    place = find(version, loan_id)
    rows, _ = read_loan(version, place, known_at, rules)
    return daily(rows, start, end, rules)


def daily(rows: Rows, start: date, end: date, convention: Convention) -> np.ndarray:
    """The same from the rows of a single loan."""
    dpd = np.zeros((end - start).days + 1, np.int32)
    days = NO_DAYS._replace(begin=day_number(start), dpd=dpd)
    aged = age_rows(rows, end, convention, daily=days)
    if not convention.sweeps:
        kernel.daily_dpd(rows.columns, convention.rules(), aged.work, days)
    return dpd

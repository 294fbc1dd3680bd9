"""Chinese working days as columns: public holidays, weekends and make-up working days.

Days are whole numbers since 1970-01-01, as NumPy and Arrow hold them.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import holidays
import numpy as np

EPOCH = date(1970, 1, 1)


def number(day: date) -> int:
    return (day - EPOCH).days


def day_of(number_: int) -> date:
    return EPOCH + timedelta(days=int(number_))


class Workdays:
    """The days ``first`` to ``last``; of days outside nothing is known, they count as working days."""

    def __init__(self, first: int, last: int):
        self.first, self.last = first, last
        years = range(day_of(first).year, day_of(last).year + 1)
        calendar = holidays.country_holidays("CN", years=years, language="en_US")
        days = [day_of(n) for n in range(first, last + 1)]
        working = np.array([calendar.is_working_day(d) for d in days])
        place = np.arange(len(days))
        #: next working day on or after, and last one on or before
        self.after = np.minimum.accumulate(np.where(working, place, len(days) - 1)[::-1])[::-1].astype(np.int32)
        self.before = np.maximum.accumulate(np.where(working, place, 0)).astype(np.int32)
        self.working = working
        #: the fortnight round Spring Festival, when money is spent and debit accounts run dry
        spring = np.zeros(len(days), dtype=bool)
        for n, d in enumerate(days):
            if "Chinese New Year (Spring Festival)" in calendar.get(d, ""):
                spring[max(0, n - 4) : n + 10] = True
        self.spring = spring

    def _place(self, days: np.ndarray) -> np.ndarray:
        return np.clip(days - self.first, 0, self.last - self.first)

    def on_or_after(self, days: np.ndarray) -> np.ndarray:
        return self._moved(self.after, days)

    def on_or_before(self, days: np.ndarray) -> np.ndarray:
        return self._moved(self.before, days)

    def _moved(self, to: np.ndarray, days: np.ndarray) -> np.ndarray:
        inside = (days >= self.first) & (days <= self.last)
        return np.where(inside, to[self._place(days)] + self.first, days).astype(np.int32)

    def near_spring_festival(self, days: np.ndarray) -> np.ndarray:
        return self.spring[self._place(days)]


@lru_cache(maxsize=4)
def around(anchor: int) -> Workdays:
    """Working days from five years before ``anchor`` to five years after."""
    return Workdays(anchor - 1830, anchor + 1830)

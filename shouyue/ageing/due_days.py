"""Due dates that fall on a day off, moved as the convention says."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from shouyue.ageing.convention import Convention
from shouyue.base.workdays import Calendar


def shifted(days: np.ndarray, convention: Convention) -> np.ndarray:
    """Where each of ``days`` (int32 since 1970-01-01) moves. A later day never moves before an earlier one."""
    if convention.shift == "none" or days.size == 0:
        return days
    years = days.astype("datetime64[D]").astype("datetime64[Y]")
    first = years.astype("datetime64[D]").astype(np.int32)
    moved = days.copy()
    for year in np.unique(years):
        here = years == year
        table = _year(convention.workdays, convention.shift, int(year.astype(int)) + 1970)
        moved[here] += table[days[here] - first[here]]
    return moved


@lru_cache(maxsize=1024)
def _year(calendar: Calendar, rule: str, year: int) -> np.ndarray:
    """By how many days each day of a year moves."""
    first = date(year, 1, 1)
    days = (first + timedelta(days=n) for n in range((date(year, 12, 31) - first).days + 1))
    return np.array([(calendar.shifted(day, rule) - day).days for day in days], np.int32)

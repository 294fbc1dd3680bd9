"""Working days of a country: public holidays, weekends, and days off worked instead (调休)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from importlib.metadata import version
from threading import Lock

import holidays

DAY = timedelta(days=1)
#: no run of days off is longer; a rule that finds no working day within it leaves the day where it is
LONGEST_BREAK = 62

SHIFTS = ("none", "following", "preceding", "modified_following")

#: the library works out a year when first asked about it, and is not made for two threads asking at once
_asking = Lock()


@dataclass(frozen=True)
class Calendar:
    """Which days are worked.

    ``name`` is a country of the ``holidays`` library (ISO 3166: ``CN``, ``DE``), one with a subdivision (``US/NY``), a
    market (``ECB``, ``XNYS``), or empty: Monday to Friday. ``off`` and ``worked`` are days that differ from it; they
    win. China's calendar knows the make-up working days that the State Council announces each autumn for the next
    year; of years not yet announced it knows the holidays of the law alone.
    """

    name: str = ""
    off: frozenset[date] = frozenset()
    worked: frozenset[date] = frozenset()

    def working(self, day: date) -> bool:
        if day in self.worked:
            return True
        if day in self.off:
            return False
        if not self.name:
            return day.weekday() < 5
        with _asking:
            return _known(self.name).is_working_day(day)

    def shifted(self, day: date, rule: str) -> date:
        """Where a due date moves that falls on a day off; ``rule`` is one of ``SHIFTS``.

        ``following``: the next working day; ``preceding``: the last one before; ``modified_following``: the next one,
        or the last one before where the next lies in another month.
        """
        if rule == "none" or self.working(day):
            return day
        if rule == "preceding":
            return self._nearest(day, -DAY)
        after = self._nearest(day, DAY)
        if rule == "modified_following" and after.month != day.month:
            return self._nearest(day, -DAY)
        return after

    def _nearest(self, day: date, step: timedelta) -> date:
        for count in range(1, LONGEST_BREAK + 1):
            try:
                found = day + step * count
            except OverflowError:
                break
            if self.working(found):
                return found
        return day


def known_calendar(name: str) -> bool:
    """Is there such a calendar?"""
    try:
        _known(name)
    except (NotImplementedError, KeyError, AttributeError):
        return False
    return True


def edition() -> str:
    """Version of the calendars' data: another one may know other days."""
    return version("holidays")


@lru_cache(maxsize=32)
def _known(name: str) -> holidays.HolidayBase:
    country, _, subdivision = name.partition("/")
    if country in holidays.list_supported_financial(include_aliases=True):
        return holidays.financial_holidays(country)
    return holidays.country_holidays(country, subdiv=subdivision or None)

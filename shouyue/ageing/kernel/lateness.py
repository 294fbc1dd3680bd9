"""How many days past due a day is: pauses, grace and months taken into account."""

from __future__ import annotations

from shouyue.ageing.compiled import compiled
from shouyue.ageing.kernel.places import (
    EARLIEST,
    MISSED_PAYMENTS,
    PAUSE_NONE,
    PAUSE_OVERLAP,
    PAUSE_WHOLE,
    R_COUNTER,
    R_EARLIER,
    R_GRACE,
    R_PAUSES,
)

#: what a missed monthly payment counts
DAYS_OF_A_PAYMENT = 30


@compiled
def paused_until(pause_start, pause_end, lo, hi, day, first):
    """Days up to ``day`` that lie in any pause ``lo:hi``; ``first`` 0 counts a pause's first day, 1 leaves it out.

    Pauses that overlap count once; they are sorted by start.
    """
    total = 0
    counted = EARLIEST
    for k in range(lo, hi):
        begin = max(pause_start[k] + first, counted)
        end = min(pause_end[k], day)
        if end >= begin:
            total += end - begin + 1
            counted = end + 1
    return total


@compiled
def paused_on(pause_start, pause_end, lo, hi, day):
    """Does the day lie in any pause ``lo:hi``?"""
    for k in range(lo, hi):  # noqa: SIM110 (compiled)
        if pause_start[k] <= day <= pause_end[k]:
            return True
    return False


@compiled
def year_month_day(number):
    """Civil date of a day number, by whole eras of 400 years that begin in March."""
    shifted = number + 719_468
    era = shifted // 146_097
    day_of_era = shifted - era * 146_097
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    march_month = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * march_month + 2) // 5 + 1
    month = march_month + 3 if march_month < 10 else march_month - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    return year, month, day


@compiled
def whole_months(begin, end):
    """How many times the day of the month of ``begin`` has come round by ``end``; a shorter month's last day is it."""
    year, month, day = year_month_day(begin)
    year_now, month_now, day_now = year_month_day(end)
    months = (year_now - year) * 12 + month_now - month
    if day_now < day and year_month_day(end + 1)[2] != 1:
        months -= 1
    return months


@compiled
def dpd_of(anchor, day, rules, pause_start, pause_end, lo, hi):
    """Days past due on ``day``, counted from ``anchor`` (the day before the first that counts); not below 0."""
    days = day - anchor - rules[R_GRACE]
    if lo < hi and days > 0:
        if rules[R_PAUSES] == PAUSE_WHOLE:
            days -= paused_until(pause_start, pause_end, lo, hi, day, 1)
        elif rules[R_PAUSES] == PAUSE_OVERLAP:
            days -= paused_until(pause_start, pause_end, lo, hi, day, 0)
            days += paused_until(pause_start, pause_end, lo, hi, anchor, 0)
    if days <= 0:
        return 0
    if rules[R_COUNTER] == MISSED_PAYMENTS:
        return DAYS_OF_A_PAYMENT * whole_months(anchor, anchor + days + rules[R_EARLIER])
    return days


@compiled
def first_late_day(anchor, start, end, rules, pause_start, pause_end, lo, hi):
    """First day of ``start..end`` with days past due above 0; there is one, and they never fall in between."""
    low = max(start, anchor + rules[R_GRACE] + 1)
    if (lo == hi or rules[R_PAUSES] == PAUSE_NONE) and rules[R_COUNTER] != MISSED_PAYMENTS:
        return low
    high = end
    while low < high:
        middle = (low + high) // 2
        if dpd_of(anchor, middle, rules, pause_start, pause_end, lo, hi) > 0:
            high = middle
        else:
            low = middle + 1
    return low

"""The compiled ageing of a shard: one pass over sorted rows, nothing allocated per loan.

For each loan money is first laid against what it owes (``laying``, or ``parts`` where the order of parts asks for
more), which tells what is open of every row and when it was met; its figures are read off those (``figures``), and how
late it is and was (``past``, or ``sweep`` where days past due may fall while the loan stays late). ``age_rows`` is the
quick way, ``sweep_rows`` the other: two functions, so that a convention compiles and runs only what it needs.

Days are int32 since 1970-01-01, money int64 minor units. ``rules`` comes from ``Convention.rules``; ``places`` has its
places and those of the output. docs/ageing.md has the definitions, ``shouyue.ageing.reference`` the same in plain
Python.
"""

from __future__ import annotations

from shouyue.ageing.compiled import compiled, woven
from shouyue.ageing.kernel.customers import age_customers
from shouyue.ageing.kernel.figures import write_counts, write_oldest, write_open_amounts, write_payments
from shouyue.ageing.kernel.laying import lay_money, unpaid
from shouyue.ageing.kernel.parts import STATE
from shouyue.ageing.kernel.past import past_days, write_past
from shouyue.ageing.kernel.places import (
    M_CREDIT,
    MAX_MINOR,
    OK,
    OVERFLOW,
    UNSORTED,
    Daily,
    Rows,
    Span,
    When,
    Work,
)
from shouyue.ageing.kernel.sweep import sweep

__all__ = [
    "OK",
    "OVERFLOW",
    "STATE",
    "UNSORTED",
    "Daily",
    "Rows",
    "When",
    "Work",
    "age_customers",
    "age_rows",
    "daily_dpd",
    "sweep_rows",
    "take_back",
]

#: amounts below it, in fewer rows than that, do not leave 64 bits in sum: instalments and charges together
SMALL, SMALL_ROWS = 2**38, 2**24


@woven
def _rows_end(loan, start, of):
    """End of the rows of loan ``of`` that begin at ``start``."""
    end = start
    while end < loan.size and loan[end] == of:
        end += 1
    return end


@woven
def _fits(amount, lo, hi, total):
    """``total`` plus the amounts, or -1 when that leaves 64 bits or an amount is negative."""
    for k in range(lo, hi):
        if amount[k] < 0 or total > MAX_MINOR - amount[k]:
            return -1
        total += amount[k]
    return total


@woven
def _rises(day, lo, hi):
    for k in range(lo + 1, hi):  # noqa: SIM110 (compiled)
        if day[k] < day[k - 1]:
            return False
    return True


@compiled
def _small(amount):
    """Is every amount so small, and none negative, that the sum of a shard's fits 64 bits?"""
    bits = 0
    for k in range(amount.size):
        bits |= amount[k]
    return 0 <= bits < SMALL and amount.size < SMALL_ROWS


@compiled
def _rises_by_loan(loan, day):
    wrong = 0
    for k in range(1, loan.size):
        wrong += (loan[k] == loan[k - 1]) & (day[k] < day[k - 1])
    return wrong == 0


@compiled
def _plainly_good(rows):
    """Can every loan of the shard be aged? Quick, by whole columns; where it says no, each loan is asked."""
    return (
        _small(rows.amount)
        and _small(rows.chg_amount)
        and _small(rows.paid)
        and _rises_by_loan(rows.inst_loan, rows.due)
        and _rises_by_loan(rows.pay_loan, rows.value_day)
        and _rises_by_loan(rows.chg_loan, rows.chg_due)
        and _rises_by_loan(rows.pause_loan, rows.pause_start)
    )


@woven
def _following(rows, before, row):
    """The rows of loan ``row``, which begin where those of the loan before end."""
    return Span(
        row,
        before.ihi,
        _rows_end(rows.inst_loan, before.ihi, row),
        before.phi,
        _rows_end(rows.pay_loan, before.phi, row),
        before.chi,
        _rows_end(rows.chg_loan, before.chi, row),
        before.uhi,
        _rows_end(rows.pause_loan, before.uhi, row),
    )


@woven
def _status(rows, span):
    """Can these rows be aged?"""
    owed = _fits(rows.amount, span.ilo, span.ihi, 0)
    if owed >= 0:
        owed = _fits(rows.chg_amount, span.clo, span.chi, owed)
    if owed < 0 or _fits(rows.paid, span.plo, span.phi, 0) < 0:
        return OVERFLOW
    if not (
        _rises(rows.due, span.ilo, span.ihi)
        and _rises(rows.value_day, span.plo, span.phi)
        and _rises(rows.chg_due, span.clo, span.chi)
        and _rises(rows.pause_start, span.ulo, span.uhi)
    ):
        return UNSORTED
    return OK


@compiled
def _all_used(rows, span):
    """Is there no row after the last loan's?"""
    return (
        span.ihi == rows.inst_loan.size
        and span.phi == rows.pay_loan.size
        and span.chi == rows.chg_loan.size
        and span.uhi == rows.pause_loan.size
    )


@compiled
def age_rows(rows, when, rules, work, money, days):
    """Age every loan of a shard: ``money`` and ``days`` get a column per loan, ``work`` what is open and when met.

    Returns a status and the loan it concerns: ``OK``, ``OVERFLOW`` or ``UNSORTED``.
    """
    good = _plainly_good(rows)
    span = Span(-1, 0, 0, 0, 0, 0, 0, 0, 0)
    for row in range(money.shape[1]):
        span = _following(rows, span, row)
        status = OK if good else _status(rows, span)
        if status != OK:
            return status, row
        write_payments(rows, span, when.as_of, money, days)
        money[M_CREDIT, row] = lay_money(rows, span, when.as_of, rules, work)
        oldest = write_past(rows, span, when, rules, work.met_on, days)
        write_oldest(row, oldest, when.as_of, rules, days)
        write_open_amounts(rows, span, when.as_of, rules, work, money, days)
        write_counts(rows, span, when.as_of, rules, work.met_on, days)
    return (OK, 0) if _all_used(rows, span) else (UNSORTED, money.shape[1])


@compiled
def sweep_rows(rows, when, rules, work, daily, money, days):
    """The same for conventions that sweep. ``daily`` has room only where a single loan's days are asked for."""
    good = _plainly_good(rows)
    span = Span(-1, 0, 0, 0, 0, 0, 0, 0, 0)
    for row in range(money.shape[1]):
        span = _following(rows, span, row)
        status = OK if good else _status(rows, span)
        if status != OK:
            return status, row
        write_payments(rows, span, when.as_of, money, days)
        unpaid(rows, span, work)
        oldest = sweep(rows, span, when, rules, work, daily, money, days)
        write_oldest(row, oldest, when.as_of, rules, days)
        write_open_amounts(rows, span, when.as_of, rules, work, money, days)
        write_counts(rows, span, when.as_of, rules, work.met_on, days)
    return (OK, 0) if _all_used(rows, span) else (UNSORTED, money.shape[1])


@compiled
def daily_dpd(rows, rules, work, daily):
    """Days past due of the only loan of ``rows`` on each day of ``daily``; ``work`` as of the last of them."""
    span = Span(0, 0, rows.due.size, 0, rows.value_day.size, 0, rows.chg_due.size, 0, rows.pause_start.size)
    past_days(rows, span, rules, work.met_on, daily)


@compiled
def take_back(reversal, target, net):
    """Take each reversal's worth off the row it reverses; ``net`` holds what each row is worth in the end.

    ``reversal`` are rows in the order to apply them (reversals of reversals first), ``target`` the row each one
    takes from, -1 where that row is not known.
    """
    for k in range(reversal.size):
        row = target[k]
        if row >= 0:
            net[row] = max(0, net[row] - net[reversal[k]])
    for k in range(reversal.size):
        net[reversal[k]] = 0

"""The figures of a loan that follow from what is open and when it was met."""

from __future__ import annotations

from shouyue.ageing.columns import NULL
from shouyue.ageing.compiled import woven
from shouyue.ageing.kernel.places import (
    D_DAYS_TO_DUE,
    D_DELINQUENT_DATE,
    D_DUE,
    D_FIRST_DUE,
    D_LAST_DUE,
    D_LAST_PAYMENT_ON,
    D_LATE,
    D_LATE_1,
    D_NEXT_DUE,
    D_OLDEST,
    D_PAID,
    D_PAST_DUE,
    D_TIMES_LATE,
    M_FEE,
    M_INTEREST,
    M_LAST_PAYMENT,
    M_LATE_FEE,
    M_NEXT_DUE,
    M_OUTSTANDING,
    M_OVERDUE,
    M_PAID_TOTAL,
    M_PENALTY,
    M_PRINCIPAL,
    PENALTY,
    R_FEE,
    R_GRACE,
    R_INTEREST,
    R_OVERDUE_CHARGES,
)


@woven
def write_open_amounts(rows, span, as_of, rules, work, money, days):
    """Overdue, next due and outstanding amounts, by part; how many instalments are paid and late.

    Own parts of an instalment are always met in one order, so how much of it is open tells which.
    """
    row = span.row
    due, amount, fee, interest, open_ = rows.due, rows.amount, rows.fee, rows.interest, work.open_
    overdue = 0
    outstanding = 0
    next_due = NULL
    next_amount = 0
    principal_open = interest_open = fee_open = 0
    has_fee = fee.size > 0
    has_interest = interest.size > 0
    n_late = 0
    n_paid = 0
    for i in range(span.ilo, span.ihi):
        left = open_[i]
        if left == 0:
            n_paid += 1
            continue
        outstanding += left
        if due[i] < as_of:
            overdue += left
            n_late += 1
        elif next_due == NULL or next_due == due[i]:
            next_due = due[i]
            next_amount += left
        fee_part = min(fee[i], amount[i]) if has_fee else 0
        interest_part = min(interest[i], amount[i] - fee_part) if has_interest else 0
        principal_part = amount[i] - fee_part - interest_part
        met = amount[i] - left
        if met > 0:
            for place in range(3):
                if rules[R_FEE] == place:
                    part = min(fee_part, met)
                    fee_part -= part
                elif rules[R_INTEREST] == place:
                    part = min(interest_part, met)
                    interest_part -= part
                else:
                    part = min(principal_part, met)
                    principal_part -= part
                met -= part
        fee_open += fee_part
        interest_open += interest_part
        principal_open += principal_part
    penalty = 0
    late_fee = 0
    for c in range(span.clo, span.chi):
        if rows.chg_due[c] <= as_of:
            if rows.chg_kind[c] == PENALTY:
                penalty += work.chg_open[c]
            else:
                late_fee += work.chg_open[c]
    if rules[R_OVERDUE_CHARGES]:
        overdue += penalty + late_fee
    money[M_OVERDUE, row] = overdue
    money[M_NEXT_DUE, row] = next_amount
    money[M_OUTSTANDING, row] = outstanding + penalty + late_fee
    money[M_PRINCIPAL, row] = principal_open
    money[M_INTEREST, row] = interest_open
    money[M_FEE, row] = fee_open
    money[M_PENALTY, row] = penalty
    money[M_LATE_FEE, row] = late_fee
    days[D_LATE, row] = n_late
    days[D_PAID, row] = n_paid
    days[D_NEXT_DUE, row] = next_due
    days[D_DAYS_TO_DUE, row] = next_due - as_of if next_due != NULL else NULL


@woven
def write_oldest(row, oldest, as_of, rules, days):
    """What follows from the due date of the oldest unpaid instalment (``NULL``: none is past due)."""
    days[D_OLDEST, row] = oldest
    days[D_PAST_DUE, row] = as_of - oldest if oldest != NULL else 0
    days[D_DELINQUENT_DATE, row] = oldest + rules[R_GRACE] if oldest != NULL else NULL


@woven
def write_counts(rows, span, as_of, rules, met_on, days):
    """How many instalments are due, how often one was late, and the last six."""
    row, ilo, ihi, due = span.row, span.ilo, span.ihi, rows.due
    end = ilo
    grace = rules[R_GRACE]
    times_late = 0
    while end < ihi and due[end] <= as_of:
        times_late += min(met_on[end], as_of) - due[end] > grace
        end += 1
    for place in range(6):
        i = end - 1 - place
        days[D_LATE_1 + place, row] = min(met_on[i], as_of) - due[i] if i >= ilo else NULL
    days[D_DUE, row] = end - ilo
    days[D_TIMES_LATE, row] = times_late
    days[D_FIRST_DUE, row] = due[ilo] if ihi > ilo else NULL
    days[D_LAST_DUE, row] = due[ihi - 1] if ihi > ilo else NULL


@woven
def write_payments(rows, span, as_of, money, days):
    """What was paid in all and on the last day that brought money."""
    end = span.phi
    while end > span.plo and rows.value_day[end - 1] > as_of:
        end -= 1
    total = 0
    for p in range(span.plo, end):
        total += rows.paid[p]
    while end > span.plo and rows.paid[end - 1] == 0:
        end -= 1
    last_on = rows.value_day[end - 1] if end > span.plo else NULL
    last = 0
    while end > span.plo and rows.value_day[end - 1] == last_on:
        last += rows.paid[end - 1]
        end -= 1
    money[M_PAID_TOTAL, span.row] = total
    money[M_LAST_PAYMENT, span.row] = last
    days[D_LAST_PAYMENT_ON, span.row] = last_on

"""The compiled ageing of a shard: one pass over sorted rows, nothing allocated per loan.

Rows of one loan lie together (``*_loan`` rises), its instalments in due order, its payments in value-date order. For
each loan money is first laid against what it owes (``_lay_*``), which fills ``met_on`` and ``open_`` of every
instalment; then its figures are read off those (``_write_figures``).

The idea that makes history cheap: whatever the order of payment, instalment ``i`` is the oldest unpaid one on exactly
the days from ``max(met_on of those due earlier)`` to ``met_on[i] - 1``, a *reign*. Reigns of a loan follow each other
and never overlap, and within a reign the days past due never fall. So the worst day of any window is the last day of
some reign, and days past due of three years are as many reigns as instalments, not a thousand replays.

Days are int32 since 1970-01-01, money int64 minor units. ``rules`` comes from ``Convention.rules``; its places are the
``R_*`` constants. All of it is in this one file because Numba's cache notices a change only in the file of the function
it compiled. docs/ageing.md has the definitions, ``shouyue.ageing.reference`` the same in plain Python.
"""

from __future__ import annotations

import shouyue.ageing.compiled  # noqa: F401  isort: skip  (before numba)

from numba import njit

from shouyue.ageing.columns import DAYS, MONEY, NEVER, NULL

R_GRACE, R_PAUSES, R_LIFO, R_CHARGES, R_OVERDUE_CHARGES, R_FEE, R_INTEREST, R_PRINCIPAL = range(8)
PAUSE_NONE, PAUSE_WHOLE, PAUSE_OVERLAP = range(3)
CHARGES_AFTER_DUE, CHARGES_FIRST, CHARGES_LAST = range(3)
PENALTY = 0

OK, OVERFLOW, UNSORTED = range(3)
MAX_MINOR = 2**63 - 1
EARLIEST = -(2**31) + 1

(
    M_OVERDUE,
    M_NEXT_DUE,
    M_OUTSTANDING,
    M_PRINCIPAL,
    M_INTEREST,
    M_FEE,
    M_PENALTY,
    M_LATE_FEE,
    M_LAST_PAYMENT,
    M_CREDIT,
    M_PAID_TOTAL,
) = range(len(MONEY))
(
    D_DPD,
    D_OLDEST,
    D_NEXT_DUE,
    D_DUE,
    D_PAID,
    D_LATE,
    D_LAST_PAYMENT_ON,
    D_WORST_3M,
    D_WORST_6M,
    D_WORST_12M,
    D_TIMES_LATE,
    D_LATE_1,
    _,
    _,
    _,
    _,
    _,
    D_PAST_DUE,
    D_SINCE,
    D_DELINQUENT_DATE,
    D_CURED,
    D_DAYS_TO_DUE,
    D_FIRST_DUE,
    D_LAST_DUE,
) = range(len(DAYS))


@njit(nogil=True, cache=True)
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


@njit(nogil=True, cache=True)
def dpd_of(due, day, rules, pause_start, pause_end, lo, hi):
    """Days past due on ``day`` when the oldest unpaid instalment was due on ``due`` (not below 0)."""
    days = day - due - rules[R_GRACE]
    if lo < hi and days > 0:
        if rules[R_PAUSES] == PAUSE_WHOLE:
            days -= paused_until(pause_start, pause_end, lo, hi, day, 1)
        elif rules[R_PAUSES] == PAUSE_OVERLAP:
            days -= paused_until(pause_start, pause_end, lo, hi, day, 0)
            days += paused_until(pause_start, pause_end, lo, hi, due, 0)
    return max(days, 0)


@njit(nogil=True, cache=True)
def first_late_day(due, start, end, rules, pause_start, pause_end, lo, hi):
    """First day of ``start..end`` with days past due above 0; there is one, and they never fall in between."""
    low = max(start, due + rules[R_GRACE] + 1)
    if lo == hi or rules[R_PAUSES] == PAUSE_NONE:
        return low
    high = end
    while low < high:
        middle = (low + high) // 2
        if dpd_of(due, middle, rules, pause_start, pause_end, lo, hi) > 0:
            high = middle
        else:
            low = middle + 1
    return low


@njit(nogil=True, cache=True)
def _lay_on_charges(chg_due, chg_open, head, hi, until, money):
    """Lay money on charges raised by ``until``, oldest first. Gives back the first open one and the rest."""
    while money > 0 and head < hi and chg_due[head] <= until:
        part = min(money, chg_open[head])
        chg_open[head] -= part
        money -= part
        if chg_open[head] == 0:
            head += 1
    return head, money


@njit(nogil=True, cache=True)
def _lay_in_order(due, open_, met_on, head, hi, until, day, money):
    """Lay money on instalments from ``head`` that are due by ``until``, in order."""
    while head < hi and due[head] <= until and money > 0:
        part = min(money, open_[head])
        open_[head] -= part
        money -= part
        if open_[head] == 0:
            if part > 0:
                met_on[head] = day
            head += 1
    return head, money


@njit(nogil=True, cache=True)
def _lay_newest_first(open_, met_on, stack, top, day, money):
    """Lay money on the instalments in ``stack[:top]``, the last first."""
    while money > 0 and top > 0:
        i = stack[top - 1]
        part = min(money, open_[i])
        open_[i] -= part
        money -= part
        if open_[i] == 0:
            met_on[i] = day
            top -= 1
    return top, money


@njit(nogil=True, cache=True)
def _lay_money(
    due, open_, met_on, ilo, ihi, value_day, paid, plo, phi, chg_due, chg_open, clo, chi, as_of, rules, stack
):
    """Lay each payment of a loan, by value date, against what it owes. Gives back what is left over."""
    credit = 0
    head = ilo  # instalments before it are paid (lifo: or lie on the stack when money is left, and then it is empty)
    pushed = ilo  # lifo: instalments before it have been put on the stack
    top = 0
    charge = clo
    for p in range(plo, phi):
        day = value_day[p]
        if day > as_of:
            break
        money = paid[p]
        if money <= 0:
            continue
        if rules[R_CHARGES] == CHARGES_FIRST:
            charge, money = _lay_on_charges(chg_due, chg_open, charge, chi, day, money)
        if rules[R_LIFO]:
            while pushed < ihi and due[pushed] <= day:
                if open_[pushed] > 0:
                    stack[top] = pushed
                    top += 1
                pushed += 1
            top, money = _lay_newest_first(open_, met_on, stack, top, day, money)
        else:
            head, money = _lay_in_order(due, open_, met_on, head, ihi, day, day, money)
        if rules[R_CHARGES] == CHARGES_AFTER_DUE:
            charge, money = _lay_on_charges(chg_due, chg_open, charge, chi, day, money)
        head, money = _lay_in_order(due, open_, met_on, head, ihi, NEVER, day, money)
        if rules[R_CHARGES] == CHARGES_LAST:
            charge, money = _lay_on_charges(chg_due, chg_open, charge, chi, day, money)
        credit += money
    # money left over waits and meets a charge raised later
    charge, credit = _lay_on_charges(chg_due, chg_open, charge, chi, as_of, credit)
    return credit


@njit(nogil=True, cache=True)
def _write_open_amounts(
    row, due, amount, fee, interest, open_, ilo, ihi, chg_due, chg_open, chg_kind, clo, chi, as_of, rules, money, days
):
    """Overdue, next due and outstanding amounts, by part; how many instalments are paid and late."""
    overdue = 0
    outstanding = 0
    next_due = NULL
    next_amount = 0
    principal_open = interest_open = fee_open = 0
    has_fee = fee.size > 0
    has_interest = interest.size > 0
    n_late = 0
    n_paid = 0
    for i in range(ilo, ihi):
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
    for c in range(clo, chi):
        if chg_due[c] <= as_of:
            if chg_kind[c] == PENALTY:
                penalty += chg_open[c]
            else:
                late_fee += chg_open[c]
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


@njit(nogil=True, cache=True)
def _write_past(
    row, due, met_on, ilo, ihi, pause_start, pause_end, ulo, uhi, as_of, after_3m, after_6m, after_12m, rules, days
):
    """Days past due now and at their worst, and the spell the loan is in, from the reigns."""
    worst_3m = 0
    worst_6m = 0
    worst_12m = 0
    dpd = 0
    oldest = NULL
    since = NULL  # first day of the newest spell of days past due above 0
    spell_end = NULL  # its last day
    cured = NULL
    met_before = EARLIEST
    for i in range(ilo, ihi):
        if due[i] >= as_of or met_before > as_of:
            break
        met = met_on[i]
        start = max(met_before, due[i] + 1)
        end = min(met - 1, as_of)
        met_before = max(met_before, met)
        if start > end:
            continue
        if end == as_of:
            oldest = due[i]
        at_end = dpd_of(due[i], end, rules, pause_start, pause_end, ulo, uhi)
        if at_end == 0:
            continue
        first = first_late_day(due[i], start, end, rules, pause_start, pause_end, ulo, uhi)
        if spell_end == NULL or first > spell_end + 1:
            if spell_end != NULL:
                cured = spell_end + 1
            since = first
        spell_end = end
        if end == as_of:
            dpd = at_end
        if end > after_12m:
            worst_12m = max(worst_12m, at_end)
            if end > after_6m:
                worst_6m = max(worst_6m, at_end)
                if end > after_3m:
                    worst_3m = max(worst_3m, at_end)
    if spell_end != NULL and spell_end < as_of:
        cured = spell_end + 1
        since = NULL
    days[D_DPD, row] = dpd
    days[D_OLDEST, row] = oldest
    days[D_PAST_DUE, row] = as_of - oldest if oldest != NULL else 0
    days[D_DELINQUENT_DATE, row] = oldest + rules[R_GRACE] if oldest != NULL else NULL
    days[D_SINCE, row] = since
    days[D_CURED, row] = cured
    days[D_WORST_3M, row] = worst_3m
    days[D_WORST_6M, row] = worst_6m
    days[D_WORST_12M, row] = worst_12m


@njit(nogil=True, cache=True)
def _write_counts(row, due, met_on, ilo, ihi, as_of, rules, days):
    """How many instalments are due, how often one was late, and the last six."""
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


@njit(nogil=True, cache=True)
def _write_payments(row, value_day, paid, plo, phi, as_of, money, days):
    """What was paid in all and on the last day that brought money. False when the sum does not fit 64 bits."""
    total = 0
    last_on = NULL
    last = 0
    for p in range(plo, phi):
        if value_day[p] > as_of:
            break
        if paid[p] <= 0:
            continue
        if total > MAX_MINOR - paid[p]:
            return False
        total += paid[p]
        if value_day[p] != last_on:
            last_on = value_day[p]
            last = 0
        last += paid[p]
    money[M_PAID_TOTAL, row] = total
    money[M_LAST_PAYMENT, row] = last
    days[D_LAST_PAYMENT_ON, row] = last_on
    return True


@njit(nogil=True, cache=True)
def _rows_end(loan, start, of):
    """End of the rows of loan ``of`` that begin at ``start``."""
    end = start
    while end < loan.size and loan[end] == of:
        end += 1
    return end


@njit(nogil=True, cache=True)
def _fits(amount, lo, hi, total):
    """``total`` plus the amounts, or -1 when that leaves 64 bits or an amount is negative."""
    for k in range(lo, hi):
        if amount[k] < 0 or total > MAX_MINOR - amount[k]:
            return -1
        total += amount[k]
    return total


@njit(nogil=True, cache=True)
def _rises(day, lo, hi):
    for k in range(lo + 1, hi):  # noqa: SIM110 (compiled)
        if day[k] < day[k - 1]:
            return False
    return True


@njit(nogil=True, cache=True)
def age_rows(
    inst_loan,
    due,
    amount,
    fee,
    interest,
    pay_loan,
    value_day,
    paid,
    chg_loan,
    chg_due,
    chg_amount,
    chg_kind,
    pause_loan,
    pause_start,
    pause_end,
    as_of,
    after_3m,
    after_6m,
    after_12m,
    rules,
    met_on,
    open_,
    chg_open,
    stack,
    money,
    days,
):
    """Age every loan of a shard.

    In: columns of instalments, payments (``paid`` net of what is not known or was reversed), charges and pauses;
    ``fee`` and ``interest`` may be empty where the lender gives no parts; ``after_*`` the day before each window.
    Out: ``met_on`` (``NEVER`` while open) and ``open_`` per instalment, ``chg_open`` per charge, ``money`` and
    ``days`` a column per loan. ``stack`` is scratch, as long as the longest plan.
    Returns a status and the loan it concerns: ``OK``, ``OVERFLOW`` or ``UNSORTED``.
    """
    ihi = phi = chi = uhi = 0
    for row in range(money.shape[1]):
        ilo, plo, clo, ulo = ihi, phi, chi, uhi
        ihi = _rows_end(inst_loan, ilo, row)
        phi = _rows_end(pay_loan, plo, row)
        chi = _rows_end(chg_loan, clo, row)
        uhi = _rows_end(pause_loan, ulo, row)
        owed = _fits(amount, ilo, ihi, 0)
        if owed >= 0:
            owed = _fits(chg_amount, clo, chi, owed)
        if owed < 0:
            return OVERFLOW, row
        if not (
            _rises(due, ilo, ihi)
            and _rises(value_day, plo, phi)
            and _rises(chg_due, clo, chi)
            and _rises(pause_start, ulo, uhi)
        ):
            return UNSORTED, row
        for i in range(ilo, ihi):
            open_[i] = amount[i]
            met_on[i] = NEVER if amount[i] > 0 else due[i]
        for c in range(clo, chi):
            chg_open[c] = chg_amount[c]
        if not _write_payments(row, value_day, paid, plo, phi, as_of, money, days):
            return OVERFLOW, row
        money[M_CREDIT, row] = _lay_money(
            due, open_, met_on, ilo, ihi, value_day, paid, plo, phi, chg_due, chg_open, clo, chi, as_of, rules, stack
        )
        _write_open_amounts(
            row, due, amount, fee, interest, open_, ilo, ihi,
            chg_due, chg_open, chg_kind, clo, chi, as_of, rules, money, days,
        )  # fmt: skip
        _write_counts(row, due, met_on, ilo, ihi, as_of, rules, days)
        _write_past(
            row, due, met_on, ilo, ihi, pause_start, pause_end, ulo, uhi,
            as_of, after_3m, after_6m, after_12m, rules, days,
        )  # fmt: skip
    if ihi != inst_loan.size or phi != pay_loan.size or chi != chg_loan.size or uhi != pause_loan.size:
        return UNSORTED, money.shape[1]
    return OK, 0


@njit(nogil=True, cache=True)
def daily_dpd(due, met_on, ilo, ihi, pause_start, pause_end, ulo, uhi, begin, rules, out):
    """Days past due of one loan on each day from ``begin``, into ``out``; ``met_on`` as of the last of them."""
    out[:] = 0
    until = begin + out.size - 1
    met_before = EARLIEST
    for i in range(ilo, ihi):
        start = max(met_before, due[i] + 1, begin)
        end = min(met_on[i] - 1, until)
        for day in range(start, end + 1):
            out[day - begin] = dpd_of(due[i], day, rules, pause_start, pause_end, ulo, uhi)
        met_before = max(met_before, met_on[i])


@njit(nogil=True, cache=True)
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

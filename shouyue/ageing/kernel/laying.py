"""Money laid against what a loan owes, instalment by instalment: the quick way, for conventions that do no more.

Within an instalment the order of the parts then follows from how much of it is paid, so only whole amounts are kept.
``shouyue.ageing.kernel.parts`` is the way for every other order.
"""

from __future__ import annotations

from shouyue.ageing.columns import NEVER
from shouyue.ageing.compiled import woven
from shouyue.ageing.kernel.places import CHARGES_AFTER_DUE, CHARGES_FIRST, CHARGES_LAST, R_CHARGES, R_LIFO


@woven
def unpaid(rows, span, work):
    """Everything open in full."""
    for i in range(span.ilo, span.ihi):
        work.open_[i] = rows.amount[i]
        work.met_on[i] = NEVER if rows.amount[i] > 0 else rows.due[i]
    for c in range(span.clo, span.chi):
        work.chg_open[c] = rows.chg_amount[c]


@woven
def lay_on_charges(chg_due, chg_open, head, hi, until, money):
    """Lay money on charges raised by ``until``, oldest first. Gives back the first open one and the rest."""
    while money > 0 and head < hi and chg_due[head] <= until:
        part = min(money, chg_open[head])
        chg_open[head] -= part
        money -= part
        if chg_open[head] == 0:
            head += 1
    return head, money


@woven
def lay_in_order(due, open_, met_on, head, hi, until, day, money):
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


@woven
def lay_newest_first(open_, met_on, stack, top, day, money):
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


@woven
def lay_straight(rows, span, as_of, work):
    """Lay money where nothing stands between what is due and what is not: every row is touched once."""
    amount, open_, met_on = rows.amount, work.open_, work.met_on
    head, hi = span.ilo, span.ihi
    left = amount[head] if head < hi else 0
    credit = 0
    for p in range(span.plo, span.phi):
        day = rows.value_day[p]
        if day > as_of:
            break
        money = rows.paid[p]
        while head < hi and money >= left:
            money -= left
            open_[head] = 0
            met_on[head] = day if left > 0 else rows.due[head]
            head += 1
            left = amount[head] if head < hi else 0
        if head < hi:
            left -= money
        else:
            credit += money
    for i in range(head, hi):
        open_[i] = amount[i]
        met_on[i] = NEVER if amount[i] > 0 else rows.due[i]
    if head < hi:
        open_[head] = left
    return credit


@woven
def lay_money(rows, span, as_of, rules, work):
    """Lay each payment of a loan, by value date, against what it owes. Gives back what is left over."""
    if not rules[R_LIFO] and span.clo == span.chi:
        return lay_straight(rows, span, as_of, work)
    unpaid(rows, span, work)
    due, open_, met_on, stack = rows.due, work.open_, work.met_on, work.stack
    credit = 0
    # instalments before it are paid (lifo: or lie on the stack when money is left, and then it is empty)
    head = span.ilo
    pushed = span.ilo  # lifo: instalments before it have been put on the stack
    top = 0
    charge = span.clo
    for p in range(span.plo, span.phi):
        day = rows.value_day[p]
        if day > as_of:
            break
        money = rows.paid[p]
        if money == 0:
            continue
        if rules[R_CHARGES] == CHARGES_FIRST:
            charge, money = lay_on_charges(rows.chg_due, work.chg_open, charge, span.chi, day, money)
        if rules[R_LIFO]:
            while pushed < span.ihi and due[pushed] <= day:
                if open_[pushed] > 0:
                    stack[top] = pushed
                    top += 1
                pushed += 1
            top, money = lay_newest_first(open_, met_on, stack, top, day, money)
        else:
            head, money = lay_in_order(due, open_, met_on, head, span.ihi, day, day, money)
        if rules[R_CHARGES] == CHARGES_AFTER_DUE:
            charge, money = lay_on_charges(rows.chg_due, work.chg_open, charge, span.chi, day, money)
        head, money = lay_in_order(due, open_, met_on, head, span.ihi, NEVER, day, money)
        if rules[R_CHARGES] == CHARGES_LAST:
            charge, money = lay_on_charges(rows.chg_due, work.chg_open, charge, span.chi, day, money)
        credit += money
    # money left over waits and meets a charge raised later
    charge, credit = lay_on_charges(rows.chg_due, work.chg_open, charge, span.chi, as_of, credit)
    return credit

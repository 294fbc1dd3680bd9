"""Money laid against what a loan owes, part by part: any order of penalty, late fee, fee, interest and principal.

Horizontal: an instalment's parts in their order, then the next instalment. Vertical: a part of all instalments that
are due, then the next part. Where charges are parts themselves, an instalment's are those raised from its due date
until the next one's.

``work.parts`` holds the open fee, interest and principal of each instalment of the loan at hand; ``work.state`` what
is open in sum and how far each pointer has come (``S_*``). Everything is kept up to date payment by payment, so that
the sums stand for the end of any day.
"""

from __future__ import annotations

from shouyue.ageing.columns import NEVER
from shouyue.ageing.compiled import compiled, woven
from shouyue.ageing.kernel.places import (
    CHARGES_AFTER_DUE,
    CHARGES_AS_PARTS,
    CHARGES_FIRST,
    CHARGES_LAST,
    EARLIEST,
    FEE,
    INTEREST,
    PRINCIPAL,
    R_CHARGES,
    R_LIFO,
    R_ORDER,
    R_PARTS,
    R_VERTICAL,
)

#: in ``work.state``: open in sum (instalments, those of them past due, interest and fees of those not past due,
#: charges raised), money left over
S_OPEN, S_PAST, S_AHEAD, S_CHARGES, S_CREDIT = range(5)
#: first instalment with something open; first not due, first not past due; first charge open, first not raised
S_HEAD, S_DUE, S_PAST_END, S_CHARGE, S_RAISED = range(5, 10)
STATE = 10


@compiled
def skip_met(span, work):
    """Move the pointers to the first instalment and the first raised charge with something open."""
    state = work.state
    while state[S_HEAD] < span.ihi and work.open_[state[S_HEAD]] == 0:
        state[S_HEAD] += 1
    while state[S_CHARGE] < state[S_RAISED] and work.chg_open[state[S_CHARGE]] == 0:
        state[S_CHARGE] += 1


@woven
def begin_loan(rows, span, work):
    """Nothing paid, nothing due yet."""
    state = work.state
    state[:] = 0
    for i in range(span.ilo, span.ihi):
        k = i - span.ilo
        whole = rows.amount[i]
        fee = min(rows.fee[i], whole) if rows.fee.size > 0 else 0
        interest = min(rows.interest[i], whole - fee) if rows.interest.size > 0 else 0
        work.parts[FEE - FEE, k] = fee
        work.parts[INTEREST - FEE, k] = interest
        work.parts[PRINCIPAL - FEE, k] = whole - fee - interest
        state[S_OPEN] += whole
        state[S_AHEAD] += fee + interest
    state[S_HEAD] = state[S_DUE] = state[S_PAST_END] = span.ilo
    state[S_CHARGE] = state[S_RAISED] = span.clo
    skip_met(span, work)


@compiled
def _pay_part(span, i, part, day, money, work):
    """Pay one part of an instalment; gives back what is left."""
    k = i - span.ilo
    paid = min(money, work.parts[part - FEE, k])
    if paid > 0:
        state = work.state
        work.parts[part - FEE, k] -= paid
        work.open_[i] -= paid
        state[S_OPEN] -= paid
        if i < state[S_PAST_END]:
            state[S_PAST] -= paid
        elif part != PRINCIPAL:
            state[S_AHEAD] -= paid
        if work.open_[i] == 0:
            work.met_on[i] = day
    return money - paid


@compiled
def _pay_charge(c, money, work):
    paid = min(money, work.chg_open[c])
    work.chg_open[c] -= paid
    work.state[S_CHARGES] -= paid
    return money - paid


@compiled
def pay_charges(money, work):
    """Pay charges raised so far, oldest first."""
    state = work.state
    while money > 0 and state[S_CHARGE] < state[S_RAISED]:
        money = _pay_charge(state[S_CHARGE], money, work)
        if work.chg_open[state[S_CHARGE]] == 0:
            state[S_CHARGE] += 1
    return money


@compiled
def _pay_instalment(span, i, day, money, rules, work):
    """Pay an instalment's own parts in their order."""
    for place in range(rules[R_PARTS]):
        part = rules[R_ORDER + place]
        if part >= FEE and money > 0:
            money = _pay_part(span, i, part, day, money, work)
    return money


@compiled
def _pay_with_charges(rows, span, i, day, money, rules, work):
    """Pay instalment ``i`` and the charges raised from its due date until the next one's, in the order of the parts.

    Of instalments due together the last has the charges; ``i`` one before the first has those raised before it.
    """
    state = work.state
    begins = rows.due[i] if i >= span.ilo else EARLIEST
    ends = rows.due[i + 1] if i + 1 < span.ihi else NEVER
    for place in range(rules[R_PARTS]):
        part = rules[R_ORDER + place]
        if part >= FEE:
            if i >= span.ilo and money > 0:
                money = _pay_part(span, i, part, day, money, work)
        elif ends > begins:
            for c in range(state[S_CHARGE], state[S_RAISED]):
                if money > 0 and begins <= rows.chg_due[c] < ends and rows.chg_kind[c] == part:
                    money = _pay_charge(c, money, work)
    return money


@compiled
def _pay_due_across(rows, span, day, money, rules, work):
    """Pay instalment by instalment what is due by the day, oldest or newest first."""
    state = work.state
    own_only = rules[R_CHARGES] != CHARGES_AS_PARTS
    first = span.ilo - 1  # an instalment that is met may still have an open charge
    if own_only or state[S_CHARGE] == state[S_RAISED]:
        first = state[S_HEAD]
    for step in range(state[S_DUE] - first):
        if money == 0:
            break
        i = state[S_DUE] - 1 - step if rules[R_LIFO] else first + step
        if own_only:
            money = _pay_instalment(span, i, day, money, rules, work)
        else:
            money = _pay_with_charges(rows, span, i, day, money, rules, work)
    return money


@compiled
def _pay_due_down(rows, span, day, money, rules, work):
    """Pay part by part what is due by the day."""
    state = work.state
    for place in range(rules[R_PARTS]):
        part = rules[R_ORDER + place]
        if part >= FEE:
            for step in range(state[S_DUE] - state[S_HEAD]):
                if money == 0:
                    break
                i = state[S_DUE] - 1 - step if rules[R_LIFO] else state[S_HEAD] + step
                money = _pay_part(span, i, part, day, money, work)
        else:
            for c in range(state[S_CHARGE], state[S_RAISED]):
                if money > 0 and rows.chg_kind[c] == part:
                    money = _pay_charge(c, money, work)
    return money


@woven
def lay_payment(rows, span, day, money, rules, work):
    """Lay a payment; what is left over joins ``S_CREDIT``. ``S_DUE`` and ``S_RAISED`` stand for the day."""
    state = work.state
    if rules[R_CHARGES] == CHARGES_FIRST:
        money = pay_charges(money, work)
    if rules[R_VERTICAL]:
        money = _pay_due_down(rows, span, day, money, rules, work)
    else:
        money = _pay_due_across(rows, span, day, money, rules, work)
    if rules[R_CHARGES] == CHARGES_AFTER_DUE:
        money = pay_charges(money, work)
    for i in range(max(state[S_DUE], state[S_HEAD]), span.ihi):  # not due yet: always the next one
        if money == 0:
            break
        money = _pay_instalment(span, i, day, money, rules, work)
    if rules[R_CHARGES] == CHARGES_LAST:
        money = pay_charges(money, work)
    state[S_CREDIT] += money
    skip_met(span, work)

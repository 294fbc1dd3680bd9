"""Customers with several loans: how late the customer is, from the days of all his loans.

Day by day, in scratch that holds one customer: few customers have more than one loan, and only theirs come here.
"""

from __future__ import annotations

from shouyue.ageing.columns import NULL
from shouyue.ageing.compiled import compiled
from shouyue.ageing.kernel.laying import unpaid
from shouyue.ageing.kernel.places import CONSECUTIVE, COUNTED, R_COUNTER, R_GRACE, Daily, Span
from shouyue.ageing.kernel.sweep import is_gated, material, sweep

#: what is written of each customer
C_DPD, C_WORST_3M, C_WORST_6M, C_WORST_12M, C_SINCE, C_CURED = range(6)
FIGURES = 6


@compiled
def _span(at, loan):
    return Span(
        0, at[0, loan], at[0, loan + 1], at[1, loan], at[1, loan + 1], at[2, loan], at[2, loan + 1], at[3, loan],
        at[3, loan + 1],
    )  # fmt: skip


@compiled
def _begin(rows, at, loans, as_of):
    """First day on which something of these loans is due; after ``as_of`` where nothing is by then."""
    begin = as_of + 1
    for loan in loans:
        if at[0, loan] < at[0, loan + 1]:
            begin = min(begin, rows.due[at[0, loan]])
        if at[2, loan] < at[2, loan + 1]:
            begin = min(begin, rows.chg_due[at[2, loan]])
    return begin


@compiled
def _judge_together(daily, rules):
    """Days past due of a customer whose arrears are held against the thresholds in sum."""
    counted = 0
    gated = is_gated(rules)
    for place in range(daily.dpd.size):
        late = daily.counts[place] > 0
        if late and gated:
            late = material(daily.arrears[place], daily.exposure[place], rules)
        if rules[R_COUNTER] == CONSECUTIVE:
            counted = counted + (daily.counts[place] == COUNTED) if late else 0
            daily.dpd[place] = max(0, counted - rules[R_GRACE])
        elif not late:
            daily.dpd[place] = 0


@compiled
def _look_back(daily, when, figures, customer):
    """The figures of a customer from his days past due of each day."""
    since = NULL
    cured = NULL
    before = 0
    worst_3m = worst_6m = worst_12m = 0
    for place in range(daily.dpd.size):
        day = daily.begin + place
        days = daily.dpd[place]
        if days > 0 and before == 0:
            since = day
        if days == 0 and before > 0:
            since = NULL
            cured = day
        before = days
        if day > when.after_12m:
            worst_12m = max(worst_12m, days)
            if day > when.after_6m:
                worst_6m = max(worst_6m, days)
                if day > when.after_3m:
                    worst_3m = max(worst_3m, days)
    figures[C_DPD, customer] = before
    figures[C_WORST_3M, customer] = worst_3m
    figures[C_WORST_6M, customer] = worst_6m
    figures[C_WORST_12M, customer] = worst_12m
    figures[C_SINCE, customer] = since
    figures[C_CURED, customer] = cured


@compiled
def age_customers(rows, at, loans, first, opened, when, rules, own_rules, pooled, work, scratch, money, days, figures):
    """Age customers by all their loans.

    ``at`` (4 by loans + 1) are the offsets of each loan's instalments, payments, charges and pauses; customer ``c`` has
    ``loans[first[c]:first[c + 1]]``; ``opened`` is the day from which a loan counts in the exposure. ``own_rules`` are
    those by which a single loan is judged: where ``pooled``, without thresholds. ``scratch`` (``Daily``) has a place
    for each day; ``money`` and ``days`` are room for one loan; ``figures`` gets a column per customer.
    """
    for customer in range(first.size - 1):
        mine = loans[first[customer] : first[customer + 1]]
        begin = _begin(rows, at, mine, when.as_of)
        length = max(0, when.as_of - begin + 1)
        room = length if pooled else 0
        dpd = scratch.dpd[:length]
        arrears, exposure, counts = scratch.arrears[:room], scratch.exposure[:room], scratch.counts[:room]
        dpd[:] = 0
        arrears[:] = 0
        exposure[:] = 0
        counts[:] = 0
        for loan in mine:
            span = _span(at, loan)
            daily = Daily(begin, max(begin, opened[loan]), dpd, arrears, exposure, counts)
            unpaid(rows, span, work)
            sweep(rows, span, when, own_rules, work, daily, money, days)
        whole = Daily(begin, begin, dpd, arrears, exposure, counts)
        if pooled:
            _judge_together(whole, rules)
        _look_back(whole, when, figures, customer)

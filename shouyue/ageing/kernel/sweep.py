"""A loan's life from event to event, for conventions under which days past due may fall while the loan stays late.

Events are the days on which something changes: an instalment becomes past due, a charge is raised, money comes.
Between two events nothing does, so what is past due, whether that is material, and from where days are counted stay the
same, and days past due do not fall: a *stretch*. The worst day of a window is therefore the last day of a stretch, and
a loan has no more stretches than rows.
"""

from __future__ import annotations

from shouyue.ageing.columns import NEVER, NULL
from shouyue.ageing.compiled import compiled, woven
from shouyue.ageing.kernel.lateness import dpd_of, first_late_day, paused_on
from shouyue.ageing.kernel.parts import (
    S_AHEAD,
    S_CHARGE,
    S_CHARGES,
    S_CREDIT,
    S_DUE,
    S_HEAD,
    S_OPEN,
    S_PAST,
    S_PAST_END,
    S_RAISED,
    begin_loan,
    lay_payment,
    pay_charges,
    skip_met,
)
from shouyue.ageing.kernel.places import (
    AMOUNT_EQUIVALENT,
    BALANCE,
    BASIS,
    CONSECUTIVE,
    COUNTED,
    D_CURED,
    D_DPD,
    D_SINCE,
    D_WORST_3M,
    D_WORST_6M,
    D_WORST_12M,
    FEE,
    INTEREST,
    M_CREDIT,
    PAUSE_OVERLAP,
    PAUSED,
    R_BASIS_POINTS,
    R_CHARGES_LATE,
    R_COUNTER,
    R_EXPOSURE,
    R_OVERDUE_CHARGES,
    R_PAUSES,
    R_THRESHOLD,
)


@compiled
def is_gated(rules):
    """Is there a threshold at all?"""
    return rules[R_THRESHOLD] > 0 or rules[R_BASIS_POINTS] > 0


@compiled
def material(arrears, exposure, rules):
    """Do arrears exceed both thresholds? Exact: ``basis points / 10000 * exposure`` is never formed as such."""
    share = rules[R_BASIS_POINTS]
    relative = share * (exposure // BASIS) + share * (exposure % BASIS) // BASIS
    return arrears > rules[R_THRESHOLD] and arrears > relative


@compiled
def share_of(money, whole, days):
    """``money * days // whole`` for ``money < whole``, without leaving 64 bits: by doubling, bit by bit of ``days``."""
    if money <= NEVER and days <= NEVER:
        return money * days // whole
    result = 0
    rest = 0  # always below whole
    for bit in range(31, -1, -1):
        result *= 2
        if rest >= whole - rest:
            rest -= whole - rest
            result += 1
        else:
            rest += rest
        if days >> bit & 1:
            if rest >= whole - money:
                rest -= whole - money
                result += 1
            else:
                rest += money
    return result


@compiled
def days_worth(rows, span, end, arrears):
    """How many days of the plan's payments the arrears amount to, going back from the last one before ``end``.

    An instalment pays for the days until the next one is due, the last one for as many as the one before it.
    ``NEVER`` where the plan has a single due date, and so no regular payment to compare with.
    """
    due = rows.due
    if span.ihi == span.ilo or due[span.ihi - 1] == due[span.ilo]:
        return NEVER
    worth = 0
    i = end - 1
    while i >= span.ilo and arrears > 0:
        first = i  # of the instalments due together
        whole = rows.amount[i]
        while first > span.ilo and due[first - 1] == due[i]:
            first -= 1
            whole += rows.amount[first]
        days = due[i + 1] - due[i] if i + 1 < span.ihi else due[i] - due[first - 1]
        if arrears >= whole:
            worth += days
            arrears -= whole
        else:
            worth += share_of(arrears, whole, days)
            arrears = 0
        i = first - 1
    return worth if arrears == 0 else NEVER


@compiled
def _plan_end(rows, span):
    """The day up to which the last instalment pays: from then on each day counts, as no payment can fall due."""
    due = rows.due
    last = due[span.ihi - 1]
    i = span.ihi - 1
    while i > span.ilo and due[i] == last:
        i -= 1
    return last + (last - due[i])


@compiled
def _capped(anchor, day, worth, plan_end, rules, pause_start, pause_end, lo, hi):
    days = dpd_of(anchor, day, rules, pause_start, pause_end, lo, hi)
    if worth != NEVER:
        days = min(days, worth + max(0, day - plan_end))
    return days


@compiled
def _first_late(anchor, start, end, worth, plan_end, rules, pause_start, pause_end, lo, hi):
    """First day of ``start..end`` with days past due above 0; there is one, and they never fall in between."""
    low = first_late_day(anchor, start, end, rules, pause_start, pause_end, lo, hi)
    if worth == 0:
        low = max(low, plan_end + 1)
    return low


@woven
def _next_event(rows, span, day, p, rules, work):
    """The first day on or after which something changes; ``day`` is the last event, ``p`` the next payment."""
    state = work.state
    found = NEVER
    if state[S_PAST_END] < span.ihi:
        found = min(found, rows.due[state[S_PAST_END]] + 1)
    if p < span.phi:
        found = min(found, rows.value_day[p])
    if state[S_RAISED] < span.chi:
        found = min(found, rows.chg_due[state[S_RAISED]])
    if rules[R_CHARGES_LATE] and state[S_CHARGE] < state[S_RAISED] and rows.chg_due[state[S_CHARGE]] + 1 > day:
        found = min(found, rows.chg_due[state[S_CHARGE]] + 1)
    return found


@woven
def _advance(rows, span, day, p, rules, work):
    """Everything that happens on ``day``; gives back the next payment."""
    state = work.state
    while state[S_PAST_END] < span.ihi and rows.due[state[S_PAST_END]] < day:
        k = state[S_PAST_END] - span.ilo
        state[S_PAST] += work.open_[state[S_PAST_END]]
        state[S_AHEAD] -= work.parts[0, k] + work.parts[INTEREST - FEE, k]
        state[S_PAST_END] += 1
    while state[S_DUE] < span.ihi and rows.due[state[S_DUE]] <= day:
        state[S_DUE] += 1
    while state[S_RAISED] < span.chi and rows.chg_due[state[S_RAISED]] <= day:
        state[S_CHARGES] += rows.chg_amount[state[S_RAISED]]
        state[S_RAISED] += 1
    if state[S_CREDIT] > 0:  # money that was left over meets what is raised now
        credit = state[S_CREDIT]
        state[S_CREDIT] = 0
        state[S_CREDIT] = pay_charges(credit, work)
    skip_met(span, work)
    while p < span.phi and rows.value_day[p] <= day:
        if rows.paid[p] > 0:
            lay_payment(rows, span, day, rows.paid[p], rules, work)
        p += 1
    return p


@woven
def _oldest_late(rows, span, day, rules, work):
    """Due date of the oldest thing that is past due on ``day``, ``NULL`` when nothing is."""
    state = work.state
    oldest = NULL
    if state[S_HEAD] < state[S_PAST_END]:
        oldest = rows.due[state[S_HEAD]]
    if rules[R_CHARGES_LATE] and state[S_CHARGE] < state[S_RAISED]:
        raised = rows.chg_due[state[S_CHARGE]]
        if raised < day and (oldest == NULL or raised < oldest):
            oldest = raised
    return oldest


@compiled
def _write_daily(daily, start, end, late, anchor, worth, plan_end, arrears, exposure, rules, rows, span):
    """Add a stretch to the figures of its days."""
    if late:
        for day in range(max(start, daily.begin), min(end + 1, daily.begin + daily.dpd.size)):
            days = _capped(anchor, day, worth, plan_end, rules, rows.pause_start, rows.pause_end, span.ulo, span.uhi)
            daily.dpd[day - daily.begin] = max(daily.dpd[day - daily.begin], days)
        for day in range(max(start, daily.begin), min(end + 1, daily.begin + daily.counts.size)):
            paused = rules[R_PAUSES] == PAUSE_OVERLAP and paused_on(
                rows.pause_start, rows.pause_end, span.ulo, span.uhi, day
            )
            daily.counts[day - daily.begin] = max(daily.counts[day - daily.begin], PAUSED if paused else COUNTED)
    for day in range(max(start, daily.begin, daily.opened), min(end + 1, daily.begin + daily.arrears.size)):
        daily.arrears[day - daily.begin] += arrears
        daily.exposure[day - daily.begin] += exposure


@compiled
def sweep(rows, span, when, rules, work, daily, money, days):
    """Live through a loan's events up to ``when.as_of``: lays its money and writes how late it is and was.

    Fills ``work``, ``M_CREDIT`` and the columns that look back; adds to ``daily`` where that has room. Gives back the
    due date of the oldest thing past due on the day, ``NULL`` where there is none.
    """
    begin_loan(rows, span, work)
    state = work.state
    as_of = when.as_of
    plan_end = _plan_end(rows, span) if span.ihi > span.ilo else 0
    gated = is_gated(rules)
    worst_3m = worst_6m = worst_12m = 0
    dpd = 0
    since = NULL
    spell_end = NULL
    cured = NULL
    run = NULL  # first day of the present run of late days
    oldest = NULL
    p = span.plo
    wants_daily = daily.dpd.size > 0 or daily.arrears.size > 0
    day = _next_event(rows, span, NULL, p, rules, work)
    if wants_daily:
        before = state[S_OPEN] - (state[S_AHEAD] if rules[R_EXPOSURE] == BALANCE else 0)
        _write_daily(daily, daily.begin, min(day - 1, as_of), False, NULL, NEVER, 0, 0, before, rules, rows, span)
    while day <= as_of:
        p = _advance(rows, span, day, p, rules, work)
        following = _next_event(rows, span, day, p, rules, work)
        end = min(following - 1, as_of)
        arrears = state[S_PAST] + (state[S_CHARGES] if rules[R_OVERDUE_CHARGES] else 0)
        exposure = state[S_OPEN] + state[S_CHARGES] - (state[S_AHEAD] if rules[R_EXPOSURE] == BALANCE else 0)
        oldest = _oldest_late(rows, span, day, rules, work)
        late = oldest != NULL and (not gated or material(arrears, exposure, rules))
        worth = NEVER
        anchor = oldest
        if not late:
            run = NULL
        else:
            if run == NULL:
                run = day
            if rules[R_COUNTER] == CONSECUTIVE:
                anchor = run - 1
            elif rules[R_COUNTER] == AMOUNT_EQUIVALENT:
                worth = days_worth(rows, span, state[S_PAST_END], arrears)
            at_end = _capped(anchor, end, worth, plan_end, rules, rows.pause_start, rows.pause_end, span.ulo, span.uhi)
            if at_end > 0:
                first = _first_late(
                    anchor, day, end, worth, plan_end, rules, rows.pause_start, rows.pause_end, span.ulo, span.uhi
                )
                if spell_end == NULL or first > spell_end + 1:
                    if spell_end != NULL:
                        cured = spell_end + 1
                    since = first
                spell_end = end
                if end == as_of:
                    dpd = at_end
                if end > when.after_12m:
                    worst_12m = max(worst_12m, at_end)
                    if end > when.after_6m:
                        worst_6m = max(worst_6m, at_end)
                        if end > when.after_3m:
                            worst_3m = max(worst_3m, at_end)
        if wants_daily:
            _write_daily(daily, day, end, late, anchor, worth, plan_end, arrears, exposure, rules, rows, span)
        day = following
    if spell_end != NULL and spell_end < as_of:
        cured = spell_end + 1
        since = NULL
    row = span.row
    money[M_CREDIT, row] = state[S_CREDIT]
    days[D_DPD, row] = dpd
    days[D_SINCE, row] = since
    days[D_CURED, row] = cured
    days[D_WORST_3M, row] = worst_3m
    days[D_WORST_6M, row] = worst_6m
    days[D_WORST_12M, row] = worst_12m
    return oldest

"""How late a loan is and was, from the days its instalments were met: no day is replayed.

Whatever the order of payment, instalment ``i`` is the oldest unpaid one on exactly the days from ``max(met_on of those
due earlier)`` to ``met_on[i] - 1``, a *reign*. Reigns of a loan follow each other and never overlap, and where days are
counted from the oldest unpaid instalment they never fall within a reign. So the worst day of any window is the last day
of some reign, and days past due of three years are as many reigns as instalments, not a thousand replays.

Rules under which they may fall (thresholds, amounts) are for ``shouyue.ageing.kernel.sweep``.
"""

from __future__ import annotations

from shouyue.ageing.columns import NULL
from shouyue.ageing.compiled import compiled, woven
from shouyue.ageing.kernel.lateness import dpd_of, first_late_day
from shouyue.ageing.kernel.places import (
    D_CURED,
    D_DPD,
    D_SINCE,
    D_WORST_3M,
    D_WORST_6M,
    D_WORST_12M,
    EARLIEST,
)


@woven
def write_past(rows, span, when, rules, met_on, days):
    """Days past due now and at their worst, and the spell the loan is in. Gives back the oldest unpaid due date."""
    worst_3m = 0
    worst_6m = 0
    worst_12m = 0
    dpd = 0
    oldest = NULL
    since = NULL  # first day of the newest spell of days past due above 0
    spell_end = NULL  # its last day
    cured = NULL
    met_before = EARLIEST
    due, as_of = rows.due, when.as_of
    pause_start, pause_end, ulo, uhi = rows.pause_start, rows.pause_end, span.ulo, span.uhi
    for i in range(span.ilo, span.ihi):
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
        if end > when.after_12m:
            worst_12m = max(worst_12m, at_end)
            if end > when.after_6m:
                worst_6m = max(worst_6m, at_end)
                if end > when.after_3m:
                    worst_3m = max(worst_3m, at_end)
    if spell_end != NULL and spell_end < as_of:
        cured = spell_end + 1
        since = NULL
    row = span.row
    days[D_DPD, row] = dpd
    days[D_SINCE, row] = since
    days[D_CURED, row] = cured
    days[D_WORST_3M, row] = worst_3m
    days[D_WORST_6M, row] = worst_6m
    days[D_WORST_12M, row] = worst_12m
    return oldest


@compiled
def past_days(rows, span, rules, met_on, daily):
    """Days past due of a loan on each day of ``daily``; ``met_on`` as of the last of them."""
    until = daily.begin + daily.dpd.size - 1
    met_before = EARLIEST
    for i in range(span.ilo, span.ihi):
        start = max(met_before, rows.due[i] + 1, daily.begin)
        end = min(met_on[i] - 1, until)
        for day in range(start, end + 1):
            late = dpd_of(rows.due[i], day, rules, rows.pause_start, rows.pause_end, span.ulo, span.uhi)
            daily.dpd[day - daily.begin] = max(daily.dpd[day - daily.begin], late)
        met_before = max(met_before, met_on[i])

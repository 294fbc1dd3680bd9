"""What the desk itself knows about a customer at the start of a business day, as columns for the strategy.

Only what happened on earlier business days counts, so that a day published again, with calls already made on it, is
decided as it was in the morning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from uuid import UUID

import polars as pl
from django.db.models import Max

from shouyue.base import clock
from shouyue.casework import manners
from shouyue.casework.matters.facts import holding
from shouyue.casework.matters.kinds import kinds
from shouyue.casework.models import Plan, Promise, Quote, QuoteStep
from shouyue.casework.plans.judging import Judged
from shouyue.casework.promises import ENDED, Judgement
from shouyue.casework.quotes import states as quotes
from shouyue.casework.quotes.terms import rules
from shouyue.daily import staging, unreached
from shouyue.daily.figures import Figures

#: days for which a promise, kept or broken, still says something about the customer
PROMISE_DAYS = 90
#: days for which the last contact is remembered
CONTACT_DAYS = 180
#: days for which a dispute or a hardship that was told on the telephone holds the case, unless told otherwise since
TOLD_DAYS = 30
#: days for which a wish to be called back stands, unless he was spoken to since
CALL_BACK_DAYS = 7

State = Promise.State
#: what matters add, before it is put together with what was told in calls and what the lender paused
MATTER = {"matter_dispute": pl.Boolean, "matter_hardship": pl.Boolean, "matter_until": pl.Date}
#: which of several standing promises speaks for the customer
WORST_FIRST = [state.value for state in (State.BROKEN, State.PART_KEPT, State.OPEN, State.KEPT)]


def facts(as_of: date, judged: Iterable[Judgement], figures: Figures, plans: Iterable[Judged] = ()) -> pl.DataFrame:
    """A row per customer of whom the desk knows something; columns of ``strategy.features.DESK``."""
    promises = _promises(as_of, judged, plans)
    told = [
        _contacts(as_of),
        unreached.lost(as_of, figures),
        _interviews(as_of),
        pauses(as_of, figures),
        _matters(as_of),
    ]
    return _together([promises, *told])


def of_persons(as_of: date, figures: Figures) -> pl.DataFrame:
    """What of it no strategy has made: who has no number, interviews, pauses and matters."""
    lost = unreached.lost(as_of, figures, contacts=False)
    return _together([lost, _interviews(as_of), pauses(as_of, figures), _matters(as_of)])


def _together(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.join(part, on="customer_id", how="full", coalesce=True)
    told = ("dispute", "hardship")
    whole = whole.with_columns(pl.lit(None, pl.Boolean).alias(n) for n in told if n not in whole.columns)
    return whole.sort("customer_id").select(
        pl.exclude(*told, "paused_until", *MATTER),
        *(pl.any_horizontal(name, f"matter_{name}").fill_null(value=False).alias(name) for name in told),
        pl.max_horizontal("paused_until", "matter_until").alias("paused_until"),
    )


def _promises(as_of: date, judged: Iterable[Judgement], plans: Iterable[Judged]) -> pl.DataFrame:
    """State and day of the promises that stand, and how often promises were broken, by customer.

    The newest promise stands, and with it those that were not over when it was made: parts of one, or one beside
    another. The worst of them speaks: broken, part kept, open (the next to come), kept. A promise that was ended today
    was open in the morning; one ended before says nothing. A payment plan is a promise whose day is that of its next
    part; it takes the place of promises, and they of a plan that is over. An early settlement quote that was accepted
    is one for its day.
    """
    states = {j.promise.id: j.state.value for j in judged}
    rows = (
        Promise.objects.filter(made_on__lt=as_of, due_on__gte=as_of - timedelta(days=PROMISE_DAYS))
        .exclude(ended_on__lt=as_of)
        .values_list(
            *("id", "case__customer__customer_id", "contact_id", "made_on", "due_on", "grace_days", "state"),
        )
    )
    frame = pl.DataFrame(
        [
            (customer, str(call), made, due, due + timedelta(days=grace), _in_the_morning(states.get(i) or state))
            for i, customer, call, made, due, grace, state in rows
        ]
        + _planned(as_of, plans)
        + _settling(as_of),
        schema={
            "customer_id": pl.String,
            "call": pl.String,
            "made_on": pl.Date,
            "due_on": pl.Date,
            "last_day": pl.Date,
            "state": pl.Enum(WORST_FIRST),
        },
        orient="row",
    )
    standing = frame.filter(pl.col("last_day") >= pl.col("made_on").max().over("customer_id"))
    worst = standing.sort("state", "due_on").unique("customer_id", keep="first", maintain_order=True)
    broken = frame.filter(pl.col("state") == State.BROKEN.value).group_by("customer_id")
    counts = broken.agg(pl.col("call").n_unique().cast(pl.Int64).alias("broken_promises_90d"))  # not each part of one
    return (
        worst.select(
            "customer_id",
            pl.col("state").cast(pl.String).alias("promise_state"),
            pl.col("due_on").alias("promise_due_on"),
        )
        .join(counts, on="customer_id", how="left")
        .with_columns(pl.col("broken_promises_90d").fill_null(0))
    )


#: what the state of a plan is as a promise
_AS_PROMISE = {"active": State.OPEN.value, "kept": State.KEPT.value, "broken": State.BROKEN.value}


def _planned(as_of: date, plans: Iterable[Judged]) -> list[tuple]:
    """Plans of earlier days as rows of ``_promises``."""
    states = {j.plan.id: (j.state.value, j.at.due_on if j.at else None) for j in plans}
    found = Plan.objects.filter(made_on__lt=as_of).exclude(ended_on__lt=as_of).annotate(last=Max("instalments__due_on"))
    rows = []
    for plan in found.filter(last__gte=as_of - timedelta(days=PROMISE_DAYS)).select_related("case__customer"):
        state, at = states.get(plan.pk, (plan.state, None))
        state = "active" if state in ENDED else state
        due = at or plan.last  # type: ignore[attr-defined]
        # a plan that runs goes on until its last part, so that nothing older stands beside it
        over = (at if state == "broken" and at else plan.last) + timedelta(days=plan.grace_days)  # type: ignore[attr-defined]
        rows.append((plan.case.customer.customer_id, str(plan.pk), plan.made_on, due, over, _AS_PROMISE[state]))
    return rows


#: what an accepted quote is as a promise; one that expired was no promise broken, the borrower may change his mind
_QUOTE_AS_PROMISE = {
    quotes.ACCEPTED: State.OPEN.value,
    **dict.fromkeys((quotes.PAID, quotes.SETTLED, quotes.DIFFERS), State.KEPT.value),
}


def _settling(as_of: date) -> list[tuple]:
    """Early settlement quotes that were accepted on an earlier day, as they stood in the morning, as rows of
    ``_promises``."""
    recent = Quote.objects.filter(pay_by__gte=as_of - timedelta(days=PROMISE_DAYS))
    earlier = QuoteStep.objects.filter(quote__in=recent, on__lt=as_of).order_by("seq")
    steps: dict[UUID, list[QuoteStep]] = {}
    for step in earlier.select_related("quote__case__customer"):
        steps.setdefault(step.quote_id, []).append(step)
    rows = []
    for taken in steps.values():
        quote, state = taken[0].quote, _QUOTE_AS_PROMISE.get(taken[-1].state)
        accepted = next((step.on for step in reversed(taken) if step.action == "accept"), None)
        if state and accepted:
            last = quote.pay_by + timedelta(days=rules().booking_days)
            customer = quote.case.customer.customer_id
            rows.append((customer, str(quote.pk), accepted, quote.pay_by, last, state))
    return rows


def _in_the_morning(state: str) -> str:
    return State.OPEN.value if state in ENDED else state


_CONTACTS = """
WITH recent AS (
    SELECT cu.customer_id, c.business_day, c.started_at, c.reached, c.result, c.purpose,
           CASE WHEN ca.closed_on IS NULL OR ca.closed_on >= %(day)s THEN c.why_late ELSE '' END AS why_late,
           CASE WHEN c.business_day >= %(manners)s THEN c.manner ELSE '' END AS manner
      FROM casework_contact c
      JOIN casework_case ca ON ca.id = c.case_id
      JOIN casework_customer cu ON cu.id = ca.customer_id
     WHERE c.status = 'finished' AND c.business_day < %(day)s AND c.business_day >= %(since)s
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY customer_id, reached = 'self' ORDER BY started_at DESC) AS talk
      FROM recent
)
SELECT customer_id,
       max(business_day),
       max(business_day) FILTER (WHERE purpose = 'reminder' AND reached = 'self'),
       max(business_day) FILTER (WHERE reached = 'self' AND talk = 1 AND result = 'dispute'),
       max(business_day) FILTER (WHERE reached = 'self' AND talk = 1 AND result = 'hardship'),
       max(business_day) FILTER (WHERE reached = 'self' AND talk = 1 AND result = 'call_back'),
       (array_agg(why_late ORDER BY started_at DESC) FILTER (WHERE why_late <> ''))[1],
       (array_agg(business_day ORDER BY started_at DESC) FILTER (WHERE why_late <> ''))[1],
       (array_agg(manner ORDER BY started_at DESC) FILTER (WHERE manner <> ''))[1]
  FROM ranked
 GROUP BY customer_id
"""


def _contacts(as_of: date) -> pl.DataFrame:
    """Last contact and reminder, what was told last; why he is late only in the case that runs on the day."""
    told_since = as_of - timedelta(days=TOLD_DAYS)
    frame = staging.read(
        _CONTACTS,
        {
            "day": as_of,
            "since": as_of - timedelta(days=CONTACT_DAYS),
            "manners": as_of - timedelta(days=manners.DAYS),
        },
        {
            "customer_id": pl.String,
            "last": pl.Date,
            "reminded_on": pl.Date,
            "dispute": pl.Date,
            "hardship": pl.Date,
            "call_back": pl.Date,
            "why_late": pl.String,
            "why_late_on": pl.Date,
            "manner": pl.String,
        },
    )
    return frame.select(
        "customer_id",
        (pl.lit(as_of) - pl.col("last")).dt.total_days().alias("last_contact_days"),
        "reminded_on",
        (pl.col("dispute") >= told_since).fill_null(value=False),
        (pl.col("hardship") >= told_since).fill_null(value=False),
        (pl.col("call_back") >= as_of - timedelta(days=CALL_BACK_DAYS)).fill_null(value=False),
        "why_late",
        (pl.lit(as_of) - pl.col("why_late_on")).dt.total_days().alias("why_late_days"),
        "manner",
    )


_INTERVIEWS = """
SELECT c.customer_id, i.answers -> 'early_settlement' = 'true', i.answers -> 'corporate_account' = 'true'
  FROM (SELECT DISTINCT ON (customer_id) customer_id, answers FROM casework_interview
         WHERE at < %(morning)s ORDER BY customer_id, seq DESC) i
  JOIN casework_customer c ON c.id = i.customer_id
 WHERE 'true' IN (i.answers -> 'early_settlement', i.answers -> 'corporate_account')
"""


def _interviews(as_of: date) -> pl.DataFrame:
    """Who said in his newest interview by the morning that he wants to settle early, or pays to the corporate
    account."""
    said = ("wants_early_settlement_said", "pays_corporate_said")
    schema = {"customer_id": pl.String, **dict.fromkeys(said, pl.Boolean)}
    return staging.read(_INTERVIEWS, {"morning": clock.moment(as_of)}, schema)


_MATTERS = """
SELECT u.customer_id,
       bool_or(m.kind = ANY(%(dispute)s)),
       bool_or(m.kind = ANY(%(hardship)s)),
       max(CASE WHEN (c.phase = 'reminder' AND m.kind = ANY(%(reminder)s))
                  OR (coalesce(c.phase, 'collection') = 'collection' AND m.kind = ANY(%(collection)s))
                THEN coalesce(m.paused_until, %(day)s) END)
  FROM casework_matter m
  JOIN casework_case k ON k.id = m.case_id
  JOIN casework_customer told ON told.id = k.customer_id
  JOIN casework_customer u ON u.person_id = told.person_id
  LEFT JOIN casework_case c ON c.customer_id = u.id AND c.status = 'open'
 WHERE m.opened_on < %(day)s AND (m.closed_on IS NULL OR m.closed_on >= %(day)s)
 GROUP BY u.customer_id
"""


def _matters(as_of: date) -> pl.DataFrame:
    """What live matters say of every customer who is the person: what stops calls pauses him, see matters/kinds.toml.

    As it was in the morning: one opened today says nothing yet, one closed today still speaks.
    """
    known = kinds().values()
    asked = {work: [k.id for k in known if k.work == work] for work in ("dispute", "hardship")}
    asked |= {purpose: holding(purpose) for purpose in ("reminder", "collection")}
    schema = {"customer_id": pl.String, **MATTER}
    return staging.read(_MATTERS, {**asked, "day": as_of}, schema)


def pauses(as_of: date, figures: Figures) -> pl.DataFrame:
    """Customers with a loan that the lender has paused on the day, and until when."""
    pauses = figures.table("pauses", ["loan_id", "starts_on", "ends_on"])
    loans = figures.table("loans", ["loan_id", "customer_id"])
    return (
        pauses.filter((pl.col("starts_on") <= as_of) & (pl.col("ends_on") >= as_of))
        .join(loans, on="loan_id")
        .group_by("customer_id")
        .agg(pl.col("ends_on").max().alias("paused_until"))
        .collect()
    )

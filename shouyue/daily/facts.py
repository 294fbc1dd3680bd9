"""What the desk itself knows about a customer at the start of a business day, as columns for the strategy.

Only what happened on earlier business days counts, so that a day published again, with calls already made on it, is
decided as it was in the morning.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

import polars as pl

from shouyue.casework.models import Promise
from shouyue.casework.promises import Judgement
from shouyue.daily import staging
from shouyue.daily.figures import Figures

#: days for which a promise, kept or broken, still says something about the customer
PROMISE_DAYS = 90
#: days for which attempts count towards lost contact, and the last contact is remembered
CONTACT_DAYS = 180
#: days for which a dispute or a hardship that was told on the telephone holds the case, unless told otherwise since
TOLD_DAYS = 30
#: days for which a wish to be called back stands, unless he was spoken to since
CALL_BACK_DAYS = 7

State = Promise.State


def facts(as_of: date, judged: Iterable[Judgement], figures: Figures) -> pl.DataFrame:
    """A row per customer of whom the desk knows something; columns of ``strategy.features.DESK``."""
    parts = [_promises(as_of, judged), _contacts(as_of), pauses(as_of, figures)]
    whole = parts[0]
    for part in parts[1:]:
        whole = whole.join(part, on="customer_id", how="full", coalesce=True)
    return whole.sort("customer_id")


def _promises(as_of: date, judged: Iterable[Judgement]) -> pl.DataFrame:
    """State and day of the newest promise of earlier days, and how often promises were broken.

    A promise replaced by one of today's was open in the morning.
    """
    states = {j.promise.id: j.state.value for j in judged}
    rows = Promise.objects.filter(made_on__lt=as_of, due_on__gte=as_of - timedelta(days=PROMISE_DAYS)).values_list(
        "id", "case__customer__customer_id", "made_on", "due_on", "grace_days", "state", "contact__started_at"
    )
    frame = pl.DataFrame(
        [
            (str(i), customer, made, due, due + timedelta(days=grace), states.get(i, state), at)
            for i, customer, made, due, grace, state, at in rows
        ],
        schema={
            "id": pl.String,
            "customer_id": pl.String,
            "made_on": pl.Date,
            "due_on": pl.Date,
            "last_day": pl.Date,
            "state": pl.String,
            "at": pl.Datetime("us", "UTC"),
        },
        orient="row",
    )
    newest = frame.sort("made_on", "at", "id").group_by("customer_id").last()
    replaced = pl.col("state") == State.REPLACED.value
    counts = frame.group_by("customer_id").agg(
        (pl.col("state") == State.BROKEN.value).sum().cast(pl.Int64).alias("broken_promises_90d")
    )
    return newest.select(
        "customer_id",
        pl.when(replaced).then(pl.lit(State.OPEN.value)).otherwise("state").alias("promise_state"),
        pl.col("due_on").alias("promise_due_on"),
    ).join(counts, on="customer_id", how="left")


_CONTACTS = """
WITH recent AS (
    SELECT cu.customer_id, c.business_day, c.started_at, c.reached, c.result, c.purpose,
           coalesce(p.relation, 'self') = 'self' AS own
      FROM casework_contact c
      JOIN casework_case ca ON ca.id = c.case_id
      JOIN casework_customer cu ON cu.id = ca.customer_id
      LEFT JOIN casework_contactpoint p ON p.id = c.contact_point_id
     WHERE c.status = 'finished' AND c.business_day < %s AND c.business_day >= %s
), ranked AS (
    SELECT *, row_number() OVER (PARTITION BY customer_id, own ORDER BY started_at DESC) AS back,
           row_number() OVER (PARTITION BY customer_id, reached = 'self' ORDER BY started_at DESC) AS talk
      FROM recent
)
SELECT customer_id,
       max(business_day),
       max(business_day) FILTER (WHERE purpose = 'reminder' AND reached = 'self'),
       count(*) FILTER (WHERE own AND back <= 3 AND reached IN ('nobody', 'off', 'invalid')) = 3
           OR bool_or(own AND back = 1 AND reached = 'invalid'),
       max(business_day) FILTER (WHERE reached = 'self' AND talk = 1 AND result = 'dispute'),
       max(business_day) FILTER (WHERE reached = 'self' AND talk = 1 AND result = 'hardship'),
       max(business_day) FILTER (WHERE reached = 'self' AND talk = 1 AND result = 'call_back')
  FROM ranked
 GROUP BY customer_id
"""


def _contacts(as_of: date) -> pl.DataFrame:
    """Last contact and reminder, lost contact (three attempts in vain, or a dead number), what was told last."""
    told_since = as_of - timedelta(days=TOLD_DAYS)
    frame = staging.read(
        _CONTACTS,
        [as_of, as_of - timedelta(days=CONTACT_DAYS)],
        {
            "customer_id": pl.String,
            "last": pl.Date,
            "reminded_on": pl.Date,
            "lost_contact": pl.Boolean,
            "dispute": pl.Date,
            "hardship": pl.Date,
            "call_back": pl.Date,
        },
    )
    return frame.select(
        "customer_id",
        (pl.lit(as_of) - pl.col("last")).dt.total_days().alias("last_contact_days"),
        "reminded_on",
        pl.col("lost_contact").fill_null(value=False),
        (pl.col("dispute") >= told_since).fill_null(value=False),
        (pl.col("hardship") >= told_since).fill_null(value=False),
        (pl.col("call_back") >= as_of - timedelta(days=CALL_BACK_DAYS)).fill_null(value=False),
    )


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

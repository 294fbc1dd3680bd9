"""What a trial may know beside the book: the desk's facts, contacts and capacity, as they were on the morning.

Without a desk only what the book itself says is known; the result says so.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, available_timezones

import polars as pl
from django.db import connection
from django.db.models import Count, Sum

from shouyue.base import settings
from shouyue.casework.models import Case, Contact
from shouyue.compliance import identity
from shouyue.compliance.inputs import Past
from shouyue.compliance.rule import Pack
from shouyue.daily import business_day, facts, judging, staging
from shouyue.daily.figures import Figures
from shouyue.daily.models import DailyRun
from shouyue.daily.trial.law import KNOWN, Earlier, lookback
from shouyue.daily.trial.workload import CAPACITY
from shouyue.people.models import Role, User


@dataclass(frozen=True)
class Knowledge:
    """``facts`` as the strategy is told them; ``past`` contacts by customer; ``capacity`` per store."""

    facts: pl.DataFrame
    capacity: pl.DataFrame
    desk: bool

    def with_days_of(self, minutes: int) -> Knowledge:
        """As if every rep had so many minutes a day."""
        whole = (pl.col("reps") * minutes).alias("capacity")
        return replace(self, capacity=self.capacity.with_columns(whole))

    def digest(self) -> str:
        """SHA-256 of what the desk knew, so that two trials can be told apart by it."""
        whole = hashlib.sha256()
        for frame in (self.facts, self.capacity):
            whole.update(frame.write_csv().encode())
        return whole.hexdigest()


def of_desk(figures: Figures) -> Knowledge:
    """What the desk knew on the morning of the day: on a day to come as the daily cycle reads it, on a day that is past
    with promises judged afresh as of that day. Capacity is today's."""
    newest = business_day.newest()
    past = newest is not None and figures.as_of < newest.as_of
    judged = judging.judged_then(figures) if past else judging.judged(figures)
    plans = judging.plans_then(figures) if past else judging.plans(figures)
    return Knowledge(facts.facts(figures.as_of, judged, figures, plans), _capacity(), desk=True)


def of_book(figures: Figures) -> Knowledge:
    """What the book alone says: pauses."""
    return Knowledge(facts.pauses(figures.as_of, figures), pl.DataFrame(schema=CAPACITY), desk=False)


def _capacity() -> pl.DataFrame:
    reps = User.objects.filter(is_active=True, role=Role.REP, store__isnull=False)
    rows = reps.values_list("store__code").annotate(Count("id"), Sum("capacity_minutes")).order_by("store__code")
    return pl.DataFrame(list(rows), schema=CAPACITY, orient="row")


def of_law(figures: Figures, customers: pl.Series, known: Knowledge) -> pl.DataFrame:
    """What the rules are told about each customer's own first number; columns of ``law.KNOWN``."""
    wanted = pl.DataFrame({"customer_id": customers}).lazy()
    zones = figures.table("customers", ["customer_id", "zone"]).join(wanted, on="customer_id", how="semi")
    numbers = (
        figures.table("contacts", ["customer_id", "phone", "relation", "rank", "knows_of_loan", "consent"])
        .filter(pl.col("relation") == "self")
        .join(wanted, on="customer_id", how="semi")
        .sort("customer_id", "rank", "phone", nulls_last=True)
        .group_by("customer_id", maintain_order=True)
        .first()
        .with_columns(pl.lit(value=True).alias("has_number"))
    )
    promised = known.facts if "promise_due_on" in known.facts.columns else None
    whole = wanted.join(zones, on="customer_id", how="left").join(numbers, on="customer_id", how="left").collect()
    if promised is not None:
        due = promised.filter(pl.col("promise_state") == "open").select(
            "customer_id", pl.col("promise_due_on").cast(pl.String).alias("promise_due")
        )
        whole = whole.join(due, on="customer_id", how="left")
    whole = whole.join(_call_backs(known.desk), on="customer_id", how="left")
    exists = pl.col("zone").is_in(sorted(available_timezones()))
    return whole.with_columns(pl.when(exists).then("zone"), pl.col("has_number").fill_null(value=False)).select(
        (pl.col(n) if n in whole.columns else pl.lit(None, dtype=t).alias(n)).cast(t) for n, t in KNOWN.items()
    )


def _call_backs(desk: bool) -> pl.DataFrame:
    asked = Case.objects.none()
    if desk:
        asked = Case.objects.filter(
            status=Case.Status.OPEN, last_result=Contact.Result.CALL_BACK, next_action_at__isnull=False
        )
    rows = (
        [(c, at.isoformat()) for c, at in asked.values_list("customer__customer_id", "next_action_at")] if desk else []
    )
    return pl.DataFrame(rows, schema={"customer_id": pl.String, "call_back_at": pl.String}, orient="row")


_ATTEMPTS = """
SELECT a.person_id, a.at, a.channel, a.staff_id, a.loans, o.kind
  FROM compliance_attempt a
  LEFT JOIN LATERAL (
       SELECT kind FROM compliance_attemptoutcome WHERE attempt_id = a.id ORDER BY id DESC LIMIT 1
  ) o ON true
 WHERE a.at >= %s AND a.at < %s
 ORDER BY a.at, a.id
"""


def earlier_contacts(figures: Figures, customers: pl.Series, with_pack: Pack, desk: bool) -> dict[str, Earlier]:
    """Earlier contacts with each customer's person that the pack may still look at on the morning of the day.

    A person is found over all his customer numbers; attempts at a number that he shares with others are not looked for.
    """
    back = lookback(with_pack)
    if not desk or not back:
        return {}
    morning = datetime.combine(figures.as_of, time.min, ZoneInfo(settings.zone()))
    by_person: defaultdict[str, list[Past]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_ATTEMPTS, [morning - back, morning])
        for person, at, channel, staff, loans, kind in cursor.fetchall():
            by_person[person].append(Past(at, channel, kind or "open", staff, loans=tuple(loans)))
    wanted = pl.DataFrame({"customer_id": customers}).lazy()
    people = figures.table("customers", ["customer_id", "id_number"])
    people = people.join(wanted, on="customer_id", how="right").select("customer_id", "id_number").collect()
    found = {c: by_person.get(identity.person_key(i, c)) for c, i in people.iter_rows()} if by_person else {}
    touched = pl.DataFrame({"customer_id": [c for c, past in found.items() if past]}, schema={"customer_id": pl.String})
    loans = figures.table("loans", ["customer_id", "loan_id"]).join(touched.lazy(), on="customer_id", how="semi")
    owned = dict(loans.group_by("customer_id").agg(pl.col("loan_id").sort()).collect().iter_rows())
    return {c: Earlier(tuple(owned.get(c, ())), tuple(past)) for c, past in found.items() if past}


def days_with_a_desk(book: str) -> list[date]:
    """Business days of the book that were published, oldest first."""
    return sorted(set(DailyRun.objects.filter(book=book).values_list("as_of", flat=True)))


def reached_between(after: date, until: date) -> pl.Series:
    """Customers who were spoken to on business days after the one and up to the other."""
    frame = staging.read(
        """
        SELECT DISTINCT cu.customer_id
          FROM casework_contact c
          JOIN casework_case ca ON ca.id = c.case_id
          JOIN casework_customer cu ON cu.id = ca.customer_id
         WHERE c.status = 'finished' AND c.reached = 'self' AND c.business_day > %s AND c.business_day <= %s
        """,
        [after, until],
        {"customer_id": pl.String},
    )
    return frame["customer_id"]

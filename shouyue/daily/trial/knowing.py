"""What a trial may know beside the book: the desk's facts, contacts and capacity, as they were on the morning.

Without a desk only what the book itself says is known; the result says so.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from zoneinfo import available_timezones

import polars as pl
from django.db import connection
from django.db.models import Count, Sum

from shouyue.base import clock
from shouyue.casework import ending
from shouyue.casework.agencies import managing
from shouyue.casework.matters.facts import Live, live_before, stopping
from shouyue.casework.matters.facts import facts as matter_facts
from shouyue.casework.models import Case, Contact
from shouyue.compliance import identity, wishes
from shouyue.compliance.contradictions import PURPOSES
from shouyue.compliance.inputs import Past
from shouyue.compliance.models import Wish
from shouyue.compliance.rule import Pack
from shouyue.compliance.wishes import Row
from shouyue.daily import business_day, facts, judging, staging
from shouyue.daily.figures import Figures
from shouyue.daily.models import DailyRun
from shouyue.daily.trial.law import KNOWN, Told, lookback
from shouyue.daily.trial.workload import CAPACITY
from shouyue.people.models import Role, User


@dataclass(frozen=True)
class Knowledge:
    """``facts`` as the strategy is told them; ``capacity`` per store; ``ended`` customers with the reason; those
    ``placed`` with the agency's code; by person the ``matters`` that are live and the words about being contacted that
    are in force (``said``). ``desk`` tells that contacts, promises and calls back of the desk count as well."""

    facts: pl.DataFrame
    capacity: pl.DataFrame
    desk: bool
    ended: Mapping[str, str] = field(default_factory=dict)
    placed: Mapping[str, str] = field(default_factory=dict)
    matters: Mapping[str, Sequence[Live]] = field(default_factory=dict)
    said: Mapping[str, Sequence[Row]] = field(default_factory=dict)

    def with_days_of(self, minutes: int) -> Knowledge:
        """As if every rep had so many minutes a day."""
        whole = (pl.col("reps") * minutes).alias("capacity")
        return replace(self, capacity=self.capacity.with_columns(whole))

    def digest(self) -> str:
        """SHA-256 of what the desk knew, so that two trials can be told apart by it."""
        whole = hashlib.sha256()
        for frame in (self.facts, self.capacity):
            whole.update(frame.write_csv().encode())
        for told in (self.ended, self.placed, self.matters, self.said):
            whole.update(repr(sorted(told.items())).encode())
        return whole.hexdigest()


def of_desk(figures: Figures) -> Knowledge:
    """What the desk knew on the morning of the day: on a day to come as the daily cycle reads it, on a day that is past
    with promises judged afresh as of that day. Capacity is today's."""
    newest = business_day.newest()
    past = newest is not None and figures.as_of < newest.as_of
    judged = judging.judged_then(figures) if past else judging.judged(figures)
    plans = judging.plans_then(figures) if past else judging.plans(figures)
    told = facts.facts(figures.as_of, judged, figures, plans)
    return Knowledge(told, _capacity(), desk=True, **_of_persons(figures.as_of, past))


def of_persons(figures: Figures) -> Knowledge:
    """What the desk knew on the morning that no strategy has made: matters, wishes, on whom the work was ended, who was
    placed with an agency."""
    told = facts.of_persons(figures.as_of, figures)
    return Knowledge(told, pl.DataFrame(schema=CAPACITY), desk=False, **_of_persons(figures.as_of, past=True))


def of_book(figures: Figures) -> Knowledge:
    """What the book alone says: pauses."""
    return Knowledge(facts.pauses(figures.as_of, figures), pl.DataFrame(schema=CAPACITY), desk=False)


def _of_persons(day: date, past: bool) -> dict[str, Any]:
    morning = clock.moment(day)
    return {
        "ended": ending.ended(morning if past else None),
        "placed": managing.with_agencies(day, morning if past else None),
        "matters": live_before(morning),
        "said": wishes.of_persons(morning),
    }


def is_desks(book: str) -> bool:
    """Does the desk show this book?"""
    return DailyRun.objects.filter(book=book).exists()


def _capacity() -> pl.DataFrame:
    reps = User.objects.filter(is_active=True, role=Role.REP, store__isnull=False)
    rows = reps.values_list("store__code").annotate(Count("id"), Sum("capacity_minutes")).order_by("store__code")
    return pl.DataFrame(list(rows), schema=CAPACITY, orient="row")


def of_law(figures: Figures, customers: pl.Series, known: Knowledge) -> pl.DataFrame:
    """What the rules are told about each customer's own first number; columns of ``law.KNOWN``."""
    wanted = pl.DataFrame({"customer_id": customers}).lazy()
    zones = figures.table("customers", ["customer_id", "zone"]).join(wanted, on="customer_id", how="semi")
    numbers = (
        figures.table("contacts", ["customer_id", "phone", "relation", "rank", "place", "knows_of_loan", "consent"])
        .filter(pl.col("relation") == "self")
        .join(wanted, on="customer_id", how="semi")
        .join(_wrong_numbers(figures, customers, known).lazy(), on=["customer_id", "phone"], how="anti")
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
    place = pl.when(pl.col("place").is_in(wishes.PLACES)).then("place")
    return whole.with_columns(pl.when(exists).then("zone"), place, pl.col("has_number").fill_null(value=False)).select(
        (pl.col(n) if n in whole.columns else pl.lit(None, dtype=t).alias(n)).cast(t) for n, t in KNOWN.items()
    )


def _wrong_numbers(figures: Figures, customers: pl.Series, known: Knowledge) -> pl.DataFrame:
    """Own numbers of customers that turned out not to be theirs: customer_id, phone."""
    wrong = {
        person: {row.number for row in rows if row.kind == Wish.Kind.WRONG_NUMBER}
        for person, rows in known.said.items()
    }
    wrong = {person: numbers for person, numbers in wrong.items() if numbers}
    schema = {"customer_id": pl.String, "phone": pl.String}
    persons = _persons(figures, customers) if wrong else {}
    touched = {customer: wrong[person] for customer, person in persons.items() if person in wrong}
    if not touched:
        return pl.DataFrame(schema=schema)
    own = figures.table("contacts", ["customer_id", "phone"]).filter(pl.col("customer_id").is_in(list(touched)))
    rows = [(c, phone) for c, phone in own.collect().iter_rows() if identity.number_key(phone or "") in touched[c]]
    return pl.DataFrame(rows, schema=schema, orient="row")


def _persons(figures: Figures, customers: pl.Series) -> dict[str, str]:
    """The person of each customer."""
    wanted = pl.DataFrame({"customer_id": customers}).lazy()
    people = figures.table("customers", ["customer_id", "id_number"])
    people = people.join(wanted, on="customer_id", how="right").select("customer_id", "id_number").collect()
    return {c: identity.person_key(i, c) for c, i in people.iter_rows()}


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


def told(figures: Figures, customers: pl.Series, with_pack: Pack, known: Knowledge) -> dict[str, Told]:
    """What the rules are told of each customer's person as of the morning, of those of whom the desk holds anything.

    A person is found over all his customer numbers; attempts at a number that he shares with others are not looked for.
    """
    past = _past(figures.as_of, with_pack) if known.desk else {}
    touched = past.keys() | known.matters.keys() | known.said.keys()
    persons = {c: p for c, p in _persons(figures, customers).items() if p in touched} if touched else {}
    if not persons:
        return {}
    some = pl.DataFrame({"customer_id": list(persons)})
    loans = figures.table("loans", ["customer_id", "loan_id"]).join(some.lazy(), on="customer_id", how="semi")
    owned = dict(loans.group_by("customer_id").agg(pl.col("loan_id").sort()).collect().iter_rows())
    day = figures.as_of
    return {
        customer: Told(
            loans=tuple(owned.get(customer, ())),
            past=tuple(past.get(person, ())),
            said=wishes.about(known.said.get(person, ()), person, "", "self"),
            facts={p: matter_facts(known.matters.get(person, ()), "call", p) for p in PURPOSES},
            stopped={p: stopping(known.matters.get(person, ()), "call", p, day) for p in PURPOSES},
        )
        for customer, person in persons.items()
    }


def _past(day: date, with_pack: Pack) -> dict[str, list[Past]]:
    """Contacts with each person that the pack may still look at on the morning of the day."""
    back, morning = lookback(with_pack), clock.moment(day)
    by_person: defaultdict[str, list[Past]] = defaultdict(list)
    if back:
        with connection.cursor() as cursor:
            cursor.execute(_ATTEMPTS, [morning - back, morning])
            for person, at, channel, staff, loans, kind in cursor.fetchall():
                by_person[person].append(Past(at, channel, kind or "open", staff, loans=tuple(loans)))
    return by_person


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

"""The numbers that a planned call may go to, and what the rules are told about each.

As the desk tries them: the borrower's own by their rank, then a guarantor's, last of all those of others, who may only
be asked for a way to reach him. Beside the book's numbers the desk has those that somebody told it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import available_timezones

import polars as pl
from django.db import connection

from shouyue.base import clock
from shouyue.casework.matters.facts import facts as matter_facts
from shouyue.casework.matters.facts import stopping
from shouyue.casework.models import Case, Contact
from shouyue.compliance import identity, wishes
from shouyue.compliance.contradictions import PURPOSES
from shouyue.compliance.inputs import Past
from shouyue.compliance.models import Wish
from shouyue.compliance.rule import Pack
from shouyue.compliance.wishes import BORROWERS
from shouyue.daily import unreached
from shouyue.daily.figures import Figures
from shouyue.daily.trial.knowing import Knowledge
from shouyue.daily.trial.law import KNOWN, On, Told

_BOOK = ["customer_id", "phone", "relation", "rank", "place", "knows_of_loan", "consent"]
_SAID_OF_HOLDER = ("knows_of_loan", "consent")
_OWN = pl.col("relation") == "self"


def first(figures: Figures, customers: pl.Series, known: Knowledge) -> pl.DataFrame:
    """A row per customer with his own first number, null where he has none; columns of ``law.KNOWN``."""
    numbers = _numbers(figures, customers, known).filter(_OWN).group_by("customer_id", maintain_order=True).first()
    wanted = pl.DataFrame({"customer_id": customers}).lazy()
    return _told_of(figures, wanted.join(numbers, on="customer_id", how="left"), known)


def further(figures: Figures, customers: Collection[str], known: Knowledge) -> pl.DataFrame:
    """Every other number of some customers, in the order in which it is tried; columns of ``law.KNOWN``."""
    wanted = pl.Series("customer_id", sorted(customers), dtype=pl.String)
    numbers = _numbers(figures, wanted, known).with_columns(
        pl.when(_OWN).then(0).when(pl.col("relation").is_in(BORROWERS)).then(1).otherwise(2).alias("turn"),
        pl.int_range(pl.len()).over("customer_id", "relation").alias("nth"),
    )
    rest = numbers.filter(~_OWN | (pl.col("nth") > 0)).sort("customer_id", "turn", maintain_order=True)
    return _told_of(figures, rest, known)


def several(figures: Figures, customers: pl.Series, known: Knowledge) -> dict[str, list[str]]:
    """By customer his own numbers, of those who have more than one; without those that turned out to be another's."""
    own = _numbers(figures, customers, known).filter(_OWN).group_by("customer_id").agg("phone")
    found = dict(own.filter(pl.col("phone").list.len() > 1).collect().iter_rows())
    wrong = {person: numbers for person, rows in known.said.items() if (numbers := _wrong(rows))}
    persons = persons_of(figures, pl.Series("customer_id", list(found), dtype=pl.String)) if wrong and found else {}
    return {
        customer: [p for p in phones if _key(p) not in wrong.get(persons.get(customer, ""), ())]
        for customer, phones in found.items()
    }


def _numbers(figures: Figures, customers: pl.Series, known: Knowledge) -> pl.LazyFrame:
    """All numbers of the customers, in the order of their rank."""
    wanted = pl.DataFrame({"customer_id": customers}).lazy()
    book = figures.table("contacts", _BOOK).join(wanted, on="customer_id", how="semi")
    book = book.with_columns(pl.col("relation").fill_null("other"), pl.col("rank").cast(pl.Int64) + 1)
    desk = known.numbers.lazy().join(wanted, on="customer_id", how="semi")
    said = desk.select("customer_id", "phone", "said_to_know", "liable", "told_relation", "told_place", "anothers")
    more = desk.filter("beyond_book").drop("beyond_book").join(book, on=["customer_id", "phone"], how="anti")
    whole = pl.concat([book.join(said, on=["customer_id", "phone"], how="left"), more], how="diagonal_relaxed")
    whole = whole.with_columns(
        pl.coalesce("told_relation", "relation").alias("relation"),
        pl.coalesce("told_place", "place").alias("place"),
        # as the desk has it: another person's yes is not his
        *(pl.when(~(pl.col("anothers").fill_null(value=False) & pl.col(n))).then(n).alias(n) for n in _SAID_OF_HOLDER),
    )
    return whole.sort("customer_id", "rank", "phone", nulls_last=True).unique(
        ["customer_id", "phone"], keep="first", maintain_order=True
    )


def _told_of(figures: Figures, numbers: pl.LazyFrame, known: Knowledge) -> pl.DataFrame:
    """What the rules are told of each number, and of the customer whichever is called."""
    customers = numbers.select("customer_id").unique().collect()
    zones = figures.table("customers", ["customer_id", "zone"]).join(customers.lazy(), on="customer_id", how="semi")
    whole = numbers.join(zones, on="customer_id", how="left", maintain_order="left").collect()
    for told in (
        known.zones,
        _promises(known),
        _call_backs(known, figures.as_of),
        _lost(known),
    ):
        whole = whole.join(told, on="customer_id", how="left", maintain_order="left")
    return whole.with_columns(
        pl.when(pl.col("zone").is_in(sorted(available_timezones()))).then("zone"),
        pl.when(pl.col("place").is_in(wishes.PLACES)).then("place"),
        pl.coalesce("said_to_know", "knows_of_loan").alias("knows_of_loan"),
        pl.when(pl.col("relation") == "guarantor").then("liable").alias("liable"),
        pl.col("lost").fill_null(value=False),
    ).select(pl.col(n).cast(t) for n, t in KNOWN.items())


def _promises(known: Knowledge) -> pl.DataFrame:
    if "promise_due_on" not in known.facts.columns:
        return pl.DataFrame(schema={"customer_id": pl.String, "promise_due": pl.String})
    return known.facts.filter(pl.col("promise_state") == "open").select(
        "customer_id", pl.col("promise_due_on").cast(pl.String).alias("promise_due")
    )


def _call_backs(known: Knowledge, day: date) -> pl.DataFrame:
    """The times to call back that stand and were agreed before the day: one that was agreed anew since is not kept."""
    rows = []
    if known.desk:
        morning = clock.moment(day)
        asked = Case.objects.filter(
            status=Case.Status.OPEN, last_result=Contact.Result.CALL_BACK, next_action_at__isnull=False
        )
        asked = asked.exclude(call_asked_at__gte=morning).exclude(call_asked_at=None, last_contact_at__gte=morning)
        told = asked.values_list("customer__customer_id", "next_action_at", "call_asked_at")
        rows = [(c, at.isoformat(), asked_at and asked_at.isoformat()) for c, at, asked_at in told]
    names = ("customer_id", "call_back_at", "call_asked_at")
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")


def _lost(known: Knowledge) -> pl.DataFrame:
    """Who cannot be reached himself, as the strategy is told it."""
    told = known.facts if "lost_contact" in known.facts.columns else pl.DataFrame(schema=unreached.LOST)
    return told.filter("lost_contact").select("customer_id", pl.col("lost_contact").alias("lost"))


def persons_of(figures: Figures, customers: pl.Series) -> dict[str, str]:
    """The person of each customer."""
    wanted = pl.DataFrame({"customer_id": customers}).lazy()
    people = figures.table("customers", ["customer_id", "id_number"])
    people = people.join(wanted, on="customer_id", how="right").select("customer_id", "id_number").collect()
    return {c: identity.person_key(i, c) for c, i in people.iter_rows()}


def told(figures: Figures, customers: pl.Series, with_pack: Pack, known: Knowledge) -> dict[str, Told]:
    """What the rules are told of each customer's person as of the morning, of those of whom the desk holds anything.

    A person is found over all his customer numbers; attempts at a number that he shares with others are not looked for.
    """
    past = _past(figures, with_pack, known) if known.desk else {}
    touched = past.keys() | known.matters.keys() | known.said.keys()
    persons = {c: p for c, p in persons_of(figures, customers).items() if p in touched} if touched else {}
    if not persons:
        return {}
    some = pl.Series("customer_id", list(persons))
    loans = figures.table("loans", ["customer_id", "loan_id"]).join(
        some.to_frame().lazy(), on="customer_id", how="semi"
    )
    owned = dict(loans.group_by("customer_id").agg(pl.col("loan_id").sort()).collect().iter_rows())
    numbers: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for customer, phone, relation in (
        _numbers(figures, some, known).select("customer_id", "phone", "relation").collect().iter_rows()
    ):
        numbers[customer].append((phone, relation))
    day = figures.as_of
    return {
        customer: Told(
            loans=tuple(owned.get(customer, ())),
            stopped={p: stopping(known.matters.get(person, ()), "call", p, day) for p in PURPOSES},
            on={phone: _on(person, phone, relation, past, known) for phone, relation in numbers[customer]},
        )
        for customer, person in persons.items()
    }


def _on(person: str, phone: str, relation: str, past: dict[str, list[tuple[str, Past]]], known: Knowledge) -> On:
    key, said = _key(phone), known.said.get(person, ())
    wrong = _wrong(said)
    return On(
        past=tuple(
            replace(one, same_number=bool(key) and number == key, wrong_number=number in wrong)
            for number, one in past.get(person, ())
        ),
        said=wishes.about(said, person, key, relation),
        facts={p: matter_facts(known.matters.get(person, ()), "call", p, relation) for p in PURPOSES},
    )


def _wrong(said: Iterable[wishes.Row]) -> set[str]:
    """Keys of the numbers that turned out not to be the person's."""
    return {row.number for row in said if row.kind == Wish.Kind.WRONG_NUMBER and row.number}


def _key(phone: str | None) -> str:
    return identity.number_key(phone or "")


_ATTEMPTS = """
SELECT a.person_id, a.number_key, a.at, a.channel, a.staff_id, a.loans, a.asked_for, o.kind
  FROM compliance_attempt a
  LEFT JOIN LATERAL (
       SELECT kind FROM compliance_attemptoutcome WHERE attempt_id = a.id ORDER BY id DESC LIMIT 1
  ) o ON true
 WHERE a.at >= %(since)s AND a.at < %(morning)s AND (%(all)s OR a.person_id = ANY(%(persons)s))
 ORDER BY a.at, a.id
"""


def _past(figures: Figures, with_pack: Pack, known: Knowledge) -> dict[str, list[tuple[str, Past]]]:
    """Contacts with each person that the pack may still look at on the morning of the day, and on which number.

    Where no rule looks further back than the day itself, only of those on another of whose clocks it may still be
    yesterday.
    """
    everybody = with_pack.lookback_days > 1 or with_pack.heeds_every_place
    elsewhere = known.zones["customer_id"]
    persons = sorted(persons_of(figures, elsewhere).values()) if len(elsewhere) and not everybody else []
    by_person: defaultdict[str, list[tuple[str, Past]]] = defaultdict(list)
    if everybody or persons:
        morning = clock.moment(figures.as_of)
        since = morning - timedelta(days=with_pack.lookback_days + 1)
        with connection.cursor() as cursor:
            cursor.execute(_ATTEMPTS, {"since": since, "morning": morning, "all": everybody, "persons": persons})
            for person, number, at, channel, staff, loans, asked_for, kind in cursor.fetchall():
                past = Past(at, channel, kind or "open", staff, loans=tuple(loans), asked_for=asked_for)
                by_person[person].append((number, past))
    return by_person

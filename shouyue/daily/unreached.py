"""Who could not be reached on the morning of a day: the desk's statement, on the numbers as that day's file has them.

The desk holds the numbers of customers with cases, as its newest day has them. The book of the day asked about may be
an earlier one, or hold what is not on the desk yet; a customer whom the desk does not have may have no number at all.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from shouyue.base import clock
from shouyue.casework import number_history, unreachable
from shouyue.casework.models import Customer
from shouyue.casework.number_history import Whose
from shouyue.casework.unreachable import Then
from shouyue.compliance.identity import person_key
from shouyue.daily import staging
from shouyue.daily.figures import Figures

#: longest number that the desk holds
LONGEST = 32
LOST = {"customer_id": pl.String, "lost_contact": pl.Boolean}
_KEY = ["customer_id", "phone"]
_POINTS = {
    "point": pl.Int64,
    **dict.fromkeys((*_KEY, "relation", "filed"), pl.String),
    **dict.fromkeys(("added", "not_yet", "later"), pl.Boolean),
}
_ON_THE_DESK = """
SELECT p.id, u.customer_id, p.phone, p.relation, coalesce(p.filed ->> 'relation', p.relation), p.added_at IS NOT NULL,
       p.added_at >= %(morning)s OR p.came_on > %(day)s, late.customer_id IS NOT NULL
  FROM casework_customer u
  LEFT JOIN casework_contactpoint p ON p.customer_id = u.id
  LEFT JOIN (SELECT customer_id FROM casework_case GROUP BY customer_id HAVING min(opened_on) > %(day)s) late
         ON late.customer_id = u.id
"""


def lost(as_of: date, figures: Figures, contacts: bool = True) -> pl.DataFrame:
    """Columns of ``LOST``, a row per customer who could not be reached. Without ``contacts``: by his numbers alone."""
    then, new = _as_filed(as_of, figures)
    here = Customer.objects.filter(pk__in=list(unreachable.on_morning(as_of, then, contacts)))
    persons = dict(here.values_list("customer_id", "person_id")) | _fresh_lost(as_of, _fresh(figures), then, contacts)
    alike = Customer.objects.filter(person__in=set(persons.values())).values_list("customer_id", "person_id")
    untried = {person for name, person in alike if name in new}
    names = sorted(name for name, person in persons.items() if person not in untried)
    return pl.DataFrame({"customer_id": names, "lost_contact": [True] * len(names)}, schema=LOST)


def _fresh_lost(as_of: date, fresh: dict[str, str], then: Then, contacts: bool) -> dict[str, str]:
    """Those of ``fresh`` who are lost: all but who is known by another customer number and can be reached by that."""
    known = set(Customer.objects.filter(person__in=set(fresh.values())).values_list("person_id", flat=True))
    persons = sorted(known)
    lost = {persons[n] for n in unreachable.on_morning(as_of, then, contacts, persons)} if persons else set()
    return {name: person for name, person in fresh.items() if person not in known or person in lost}


def _filed(figures: Figures) -> pl.LazyFrame:
    """The numbers of the file; a relation that it does not name is another's."""
    rows = figures.table("contacts", [*_KEY, "relation"]).filter(pl.col("phone").str.len_chars() <= LONGEST)
    return rows.select(*_KEY, pl.col("relation").fill_null("other").alias("says")).unique(_KEY, keep="first")


def _fresh(figures: Figures) -> dict[str, str]:
    """The person of each customer with a loan whom the desk does not have, and of whom the file has no number of his
    own."""
    own = _filed(figures).filter(pl.col("says") == "self")
    loans = figures.table("loans", ["customer_id"]).unique()
    without = loans.join(own, on="customer_id", how="anti").collect()["customer_id"]
    here = set(Customer.objects.filter(customer_id__in=without.to_list()).values_list("customer_id", flat=True))
    fresh = without.filter(~without.is_in(list(here))).sort().to_frame().lazy()
    people = figures.table("customers", ["customer_id", "id_number"])
    rows = fresh.join(people, on="customer_id", how="left").select("customer_id", "id_number").collect()
    return {c: person_key(i, c) for c, i in rows.iter_rows()}


def _as_filed(as_of: date, figures: Figures) -> tuple[Then, set[str]]:
    """The desk's numbers as they were with the file of the day, and the customers of whom that file has a number of
    their own that the desk did not have: it is tried before they are lost."""
    morning = clock.moment(as_of)
    desk = staging.read(_ON_THE_DESK, {"morning": morning, "day": as_of}, _POINTS)
    filed = _filed(figures).join(desk.select("customer_id").unique().lazy(), on="customer_id", how="semi").collect()
    since = number_history.whose(morning)
    before = pl.DataFrame(
        [(id_, *whose) for id_, whose in since.items()],
        schema={"point": pl.Int64, "stood": pl.String, "stood_filed": pl.String},
        orient="row",
    )
    whole = (
        desk.filter(pl.col("point").is_not_null()).join(filed, on=_KEY, how="left").join(before, on="point", how="left")
    )
    counts = pl.coalesce("stood", "relation"), pl.coalesce("stood_filed", "filed")
    whole = whole.with_columns(
        pl.when(counts[0] == counts[1]).then(pl.coalesce("says", counts[0])).otherwise(counts[0]).alias("then"),
        pl.coalesce("says", counts[1]).alias("then_filed"),
        (pl.col("says").is_null() & ~pl.col("added") & pl.col("later")).alias("unknown"),
    )
    other = (pl.col("then") != pl.col("relation")) | (pl.col("then_filed") != pl.col("filed"))
    rows = whole.filter(other).select("point", "then", "then_filed").iter_rows()
    had = desk.filter(~pl.col("not_yet").fill_null(value=False))
    new = filed.filter(pl.col("says") == "self").join(had, on=_KEY, how="anti")
    unknown = whole.filter("unknown")["point"].to_list()
    return Then({point: Whose(*told) for point, *told in rows}, unknown), set(new["customer_id"])

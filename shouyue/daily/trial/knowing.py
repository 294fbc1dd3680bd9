"""What a trial may know beside the book: the desk's facts, contacts and capacity, as they were on the morning.

Without a desk only what the book itself says is known; the result says so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import polars as pl
from django.db.models import Count, Sum

from shouyue.base import clock
from shouyue.casework import ending, number_history
from shouyue.casework.agencies import managing
from shouyue.casework.matters.facts import Live, live_before
from shouyue.compliance import wishes
from shouyue.compliance.wishes import Row
from shouyue.daily import business_day, facts, judging, staging
from shouyue.daily.figures import Figures
from shouyue.daily.models import DailyRun
from shouyue.daily.publishing import GONE_RANK
from shouyue.daily.trial.workload import CAPACITY
from shouyue.people.models import Role, User

#: what the desk knows of numbers: those that somebody told it or that the lender's file no longer holds
#: (``beyond_book``), who knows of the loan by the customer's own word, which guarantor the contract binds, whose
#: number it is and of which kind where that was corrected, and that the file speaks of somebody else (``anothers``)
NUMBERS = {
    **dict.fromkeys(("customer_id", "phone", "relation", "place", "told_relation", "told_place"), pl.String),
    "rank": pl.Int64,
    **dict.fromkeys(("knows_of_loan", "consent", "said_to_know", "liable", "anothers", "beyond_book"), pl.Boolean),
}
_NUMBERS = """
WITH corrected AS (
    SELECT p.id, t.data, t.at, t.id AS line
      FROM casework_contactpoint p
      JOIN casework_case k ON k.customer_id = p.customer_id
      JOIN casework_timelineentry t ON t.case_id = k.id
     WHERE (p.filed IS NOT NULL OR p.added_at IS NOT NULL)
       AND t.kind = 'number' AND t.data ? 'corrected' AND (t.data ->> 'number')::bigint = p.id
), later AS (  -- what was corrected since stood as it was before the first of these
    SELECT DISTINCT ON (id, what) id, what, data -> what ->> 0 AS was
      FROM corrected, unnest(ARRAY['relation', 'place', 'name']) what
     WHERE at >= %(morning)s AND data -> 'corrected' ? what
     ORDER BY id, what, at, line
), held AS (
    SELECT p.id, what, l.id IS NOT NULL AS changed, l.was,
           CASE WHEN l.id IS NULL THEN coalesce(p.filed ? what, false)
                ELSE EXISTS (SELECT FROM corrected e
                              WHERE e.id = p.id AND e.at < %(morning)s AND e.data -> 'corrected' ? what) END AS told
      FROM casework_contactpoint p
      CROSS JOIN unnest(ARRAY['relation', 'place', 'name']) what
      LEFT JOIN later l USING (id, what)
     WHERE p.filed IS NOT NULL OR p.added_at IS NOT NULL
), number AS (
    SELECT p.*, r.told AS told_relation, w.told AS told_place,
           coalesce(r.told, false) OR (coalesce(n.told, false) AND coalesce(p.filed ->> 'name', '-') <> '') AS anothers,
           CASE WHEN r.changed THEN r.was ELSE p.relation END AS relation_then,
           CASE WHEN w.changed THEN w.was ELSE p.place END AS place_then
      FROM casework_contactpoint p
      LEFT JOIN held r ON r.id = p.id AND r.what = 'relation'
      LEFT JOIN held w ON w.id = p.id AND w.what = 'place'
      LEFT JOIN held n ON n.id = p.id AND n.what = 'name'
), bound AS (  -- by the last word of it until then
    SELECT DISTINCT ON (p.id) p.id, (t.data ->> 'liable')::boolean AS liable
      FROM casework_contactpoint p
      JOIN casework_case k ON k.customer_id = p.customer_id
      JOIN casework_timelineentry t ON t.case_id = k.id
     WHERE p.liable IS NOT NULL AND t.kind = 'guarantor' AND t.at < %(morning)s
       AND (t.data ->> 'number')::bigint = p.id
     ORDER BY p.id, t.at DESC, t.id DESC
), said AS (
    SELECT p.id, CASE WHEN s.id IS NULL THEN p.said_to_know ELSE s.knows END AS to_know
      FROM casework_contactpoint p
      LEFT JOIN unnest(%(said)s::bigint[], %(said_to_know)s::boolean[]) AS s (id, knows) ON s.id = p.id
     WHERE p.said_to_know IS NOT NULL OR s.id IS NOT NULL
)
SELECT c.customer_id, p.phone, p.relation_then, p.place_then,
       CASE WHEN p.told_relation THEN p.relation_then END, CASE WHEN p.told_place THEN p.place_then END,
       p.rank, p.knows_of_loan, p.consent, s.to_know, b.liable, p.anothers,
       coalesce(p.added_at < %(morning)s, p.rank = %(gone)s AND coalesce(p.came_on <= %(day)s, true))
  FROM number p
  JOIN casework_customer c ON c.id = p.customer_id
  LEFT JOIN bound b ON b.id = p.id
  LEFT JOIN said s ON s.id = p.id
 WHERE p.added_at < %(morning)s OR (p.added_at IS NULL AND p.rank = %(gone)s AND coalesce(p.came_on <= %(day)s, true))
    OR (p.added_at IS NULL AND (s.to_know IS NOT NULL OR b.liable IS NOT NULL OR p.told_relation OR p.told_place
                                OR p.anothers))
 ORDER BY c.customer_id, p.rank, p.phone
"""


ZONES = {"customer_id": pl.String, "told_zone": pl.String}
_ZONES = """
SELECT c.customer_id, t.zone
  FROM (SELECT DISTINCT ON (customer_id) customer_id, zone FROM casework_tolddetail
         WHERE what = 'address' AND at < %(morning)s ORDER BY customer_id, id DESC) t
  JOIN casework_customer c ON c.id = t.customer_id
 WHERE t.zone <> ''
 ORDER BY c.customer_id
"""


@dataclass(frozen=True)
class Knowledge:
    """``facts`` as the strategy is told them; ``capacity`` per store; ``ended`` customers with the reason; those
    ``placed`` with the agency's code; by person the ``matters`` that are live and the words about being contacted that
    are in force (``said``); ``numbers`` of which the desk knows more than the book. ``desk`` tells that contacts,
    promises and calls back of the desk count as well."""

    facts: pl.DataFrame
    capacity: pl.DataFrame
    desk: bool
    ended: Mapping[str, str] = field(default_factory=dict)
    placed: Mapping[str, str] = field(default_factory=dict)
    matters: Mapping[str, Sequence[Live]] = field(default_factory=dict)
    said: Mapping[str, Sequence[Row]] = field(default_factory=dict)
    numbers: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=NUMBERS))
    #: customers who live in another time zone by what was told
    zones: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=ZONES))

    def with_days_of(self, minutes: int) -> Knowledge:
        """As if every rep had so many minutes a day."""
        whole = (pl.col("reps") * minutes).alias("capacity")
        return replace(self, capacity=self.capacity.with_columns(whole))

    def digest(self) -> str:
        """SHA-256 of what the desk knew, so that two trials can be told apart by it."""
        whole = hashlib.sha256()
        for frame in (self.facts, self.capacity, self.numbers, self.zones):
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
        "numbers": numbers_on(day),
        "zones": staging.read(_ZONES, {"morning": morning}, ZONES),
    }


def numbers_on(day: date) -> pl.DataFrame:
    """What the desk knew of numbers on the morning; columns of ``NUMBERS``. What was corrected or said since is not
    known."""
    morning = clock.moment(day)
    said = number_history.said_to_know(morning)
    told = {"said": list(said), "said_to_know": list(said.values())}
    return staging.read(_NUMBERS, {"morning": morning, "day": day, "gone": GONE_RANK, **told}, NUMBERS)


def is_desks(book: str) -> bool:
    """Does the desk show this book?"""
    return DailyRun.objects.filter(book=book).exists()


def _capacity() -> pl.DataFrame:
    reps = User.objects.filter(is_active=True, role=Role.REP, store__isnull=False)
    rows = reps.values_list("store__code").annotate(Count("id"), Sum("capacity_minutes")).order_by("store__code")
    return pl.DataFrame(list(rows), schema=CAPACITY, orient="row")


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

"""Who cannot be reached (失联). One statement decides it for the gate, the queue and the day's strategy.

A borrower is lost when none of his own numbers works, or when the last three attempts at him failed; not while a number
that became known meanwhile, told at the desk or new in the lender's file, was not tried. He was reached wherever he was
spoken to himself: on somebody else's number, from a number of which nobody knows, at a visit, by an agency, as a
customer under another of his numbers. Where the law opens a way to third persons by this, none of that may be missed.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connection

from shouyue.base import clock
from shouyue.casework.models import Case

#: days for which an attempt says something: what was dead or silent longer ago is tried anew
DAYS = 180
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)

#: ``day``: contacts of earlier business days count, and numbers that came with the file by then; ``calls``, ``told``:
#: contacts begun, and what was told, before these moments; ``{asked}``: the customers it is about, ``id, person_id``
_LOST = """
WITH asked AS MATERIALIZED ({asked}),
persons AS (SELECT DISTINCT person_id FROM asked),
attempt AS MATERIALIZED (
    SELECT u.person_id, k.contact_point_id AS point, k.reached, k.started_at AS at
      FROM persons
      JOIN casework_customer u ON u.person_id = persons.person_id
      JOIN casework_case c ON c.customer_id = u.id
      JOIN casework_contact k ON k.case_id = c.id
      LEFT JOIN casework_contactpoint p ON p.id = k.contact_point_id
     WHERE k.status = 'finished' AND k.business_day < %(day)s AND k.business_day >= %(since)s
       AND k.started_at < %(calls)s
       AND (k.reached = 'self'
            OR (k.channel = 'call' AND NOT k.inbound AND coalesce(p.relation, 'self') = 'self'))
    UNION ALL
    SELECT t.person_id, NULL, 'self', t.at
      FROM (SELECT t.id, t.person_id, t.decision_id, t.at FROM persons
              JOIN compliance_attempt t ON t.person_id = persons.person_id
             WHERE t.agency <> '' AND t.at >= %(since)s AND t.at < %(calls)s
               AND coalesce(t.reported_at, t.at) < %(told)s OFFSET 0) t  -- few: looked into one by one
     WHERE (SELECT o.kind FROM compliance_attemptoutcome o WHERE o.attempt_id = t.id AND o.at < %(told)s
             ORDER BY o.id DESC LIMIT 1) = 'conversation'
       AND (SELECT d.inputs ->> 'relation' FROM compliance_gatedecision d WHERE d.id = t.decision_id) = 'self'
),
tried AS (
    SELECT person_id,
           count(*) FILTER (WHERE back <= 3 AND reached IN ('nobody', 'off', 'invalid', 'wrong')) = 3 AS in_vain,
           bool_or(back = 1 AND reached = 'self') AS reached,
           bool_or(back = 1 AND reached IN ('invalid', 'wrong')) AS dead
      FROM (SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY at DESC) AS back FROM attempt) x
     GROUP BY person_id
),
on_number AS (
    SELECT DISTINCT ON (point) point, reached IN ('invalid', 'wrong') AS dead FROM attempt ORDER BY point, at DESC
),
number AS (
    SELECT u.person_id, p.id,
           p.relation <> 'self' OR (p.mark = 'wrong' AND p.marked_at < %(told)s) AS anothers,
           coalesce(n.dead, false) AS dead,
           p.added_at IS NOT NULL OR p.came_on IS NOT NULL OR coalesce(p.filed ? 'relation', false) AS became_known
      FROM persons
      JOIN casework_customer u ON u.person_id = persons.person_id
      JOIN casework_contactpoint p ON p.customer_id = u.id
      LEFT JOIN on_number n ON n.point = p.id
     WHERE (p.relation = 'self' OR p.filed ->> 'relation' = 'self')
       AND coalesce(p.added_at < %(told)s, true) AND coalesce(p.came_on <= %(day)s, true)
),
known AS (
    SELECT person_id,
           bool_or(NOT anothers AND NOT dead) AS one_works,
           bool_or(anothers OR dead) AS one_is_dead,
           bool_or(became_known AND NOT anothers AND NOT EXISTS (
               SELECT FROM casework_contact k
                WHERE k.contact_point_id = number.id AND k.status = 'finished'
                  AND k.business_day < %(day)s AND k.started_at < %(calls)s)) AS one_is_untried
      FROM number
     GROUP BY person_id
)
SELECT asked.id
  FROM asked
  LEFT JOIN tried USING (person_id)
  LEFT JOIN known USING (person_id)
 WHERE NOT coalesce(known.one_is_untried, false) AND NOT coalesce(tried.reached, false)
   AND (coalesce(tried.in_vain, false)
        OR (NOT coalesce(known.one_works, false)
            AND (coalesce(known.one_is_dead, false) OR coalesce(tried.dead, false))))
"""
_ONE = "SELECT id, person_id FROM casework_customer WHERE id = %(customer)s"
_AT_WORK = """
SELECT u.id, u.person_id FROM casework_customer u
 WHERE EXISTS (SELECT FROM casework_case c
                WHERE c.customer_id = u.id AND c.status = 'open' AND NOT c.left_alone AND NOT c.placed)
"""
_ALL = "SELECT id, person_id FROM casework_customer"


def is_lost(case: Case, at: datetime | None = None) -> bool:
    """Can the borrower not be reached: by all that is known now, or by what had happened and was told before ``at``."""
    return bool(_lost(_ONE, date.max, at or _NEVER, at or _NEVER, clock.day_of(at or clock.now()), case.customer_id))


def at_work() -> list[int]:
    """Ids of the lost customers whom the desk works itself."""
    return _lost(_AT_WORK, date.max, _NEVER, _NEVER, clock.day_of(clock.now()))


def on_morning(day: date) -> list[int]:
    """Ids of the customers who were lost on the morning of a business day, whether or not they have a case."""
    return _lost(_ALL, day, _NEVER, clock.moment(day), day)


def _lost(
    asked: str, day: date, calls: datetime, told: datetime, today: date, customer: int | None = None
) -> list[int]:
    values: dict[str, Any] = {"day": day, "since": today - timedelta(days=DAYS), "calls": calls, "told": told}
    with connection.cursor() as cursor:
        cursor.execute(_LOST.format(asked=asked), {**values, "customer": customer})
        return [row[0] for row in cursor.fetchall()]

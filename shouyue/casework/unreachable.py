"""Who cannot be reached (失联). One statement decides it for the gate, the queue, the day's strategy and trials.

A borrower is lost when none of his own numbers works, or when the last three attempts at him failed; not while a number
that became known meanwhile, told at the desk or new in the lender's file, was not tried. He was reached wherever he was
spoken to himself: on somebody else's number, from a number of which nobody knows, at a visit, by an agency, as a
customer under another of his numbers. Where the law opens a way to third persons by this, none of that may be missed.

A number that is said to be out of service must have been tried, one that is somebody else's is none of his. Who has
none that may be tried is lost at once: nothing can be tried. As others may have been spoken to since, a conversation
with him keeps him found for the days that lost_contact.toml says (``lost_terms``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from shouyue.base import clock
from shouyue.casework import lost_terms, number_history
from shouyue.casework.models import Case
from shouyue.casework.number_history import Whose

#: days for which an attempt says something: what was dead or silent longer ago is tried anew
DAYS = lost_terms.MOST_DAYS
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)

#: ``day``: contacts of earlier business days count, and numbers that came with the file by then; ``calls``, ``told``:
#: contacts begun, and what was told, before these moments; ``spoken``: who was spoken to since is not lost for want of
#: a number; ``{asked}``: the customers it is about, ``id, person_id``. Of numbers, as they were then: ``then…`` whose
#: they were and what the file said, where that is otherwise by now; ``unknown`` ones that nobody had; ``anothers`` ones
#: that were said to be somebody else's, ``marked…`` whether they were said to be out of service
_LOST = """
WITH asked AS MATERIALIZED ({asked}),
persons AS (SELECT DISTINCT person_id FROM asked),
point AS NOT MATERIALIZED (
    SELECT p.id, p.customer_id, coalesce(t.relation, p.relation) AS relation, p.added_at, p.came_on,
           coalesce(t.filed, p.filed ->> 'relation', p.relation) AS filed,
           coalesce(m.silent, p.mark = 'out_of_service') AS silent
      FROM casework_contactpoint p
      LEFT JOIN unnest(%(then)s::bigint[], %(then_relation)s::text[], %(then_filed)s::text[])
                AS t (id, relation, filed) ON t.id = p.id
      LEFT JOIN unnest(%(marked)s::bigint[], %(marked_silent)s::boolean[]) AS m (id, silent) ON m.id = p.id
),
attempt AS MATERIALIZED (
    SELECT u.person_id, k.contact_point_id AS point, k.reached, k.started_at AS at
      FROM persons
      JOIN casework_customer u ON u.person_id = persons.person_id
      JOIN casework_case c ON c.customer_id = u.id
      JOIN casework_contact k ON k.case_id = c.id
      LEFT JOIN point p ON p.id = k.contact_point_id
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
           min(at) AS first_at, max(at) FILTER (WHERE reached = 'self') AS spoken_at
      FROM (SELECT *, row_number() OVER (PARTITION BY person_id ORDER BY at DESC) AS back FROM attempt) x
     GROUP BY person_id
),
on_number AS (
    SELECT DISTINCT ON (point) point, reached IN ('invalid', 'wrong') AS dead,
           reached IN ('nobody', 'off', 'invalid', 'wrong') AS in_vain
      FROM attempt ORDER BY point, at DESC
),
number AS (
    SELECT u.person_id, p.id,
           p.relation <> 'self' OR p.id = ANY (%(anothers)s::bigint[]) AS anothers,
           coalesce(n.dead OR (n.in_vain AND p.silent), false) AS dead,
           p.added_at IS NOT NULL OR p.came_on IS NOT NULL OR p.relation <> p.filed AS became_known
      FROM persons
      JOIN casework_customer u ON u.person_id = persons.person_id
      JOIN point p ON p.customer_id = u.id
      LEFT JOIN on_number n ON n.point = p.id
     WHERE (p.relation = 'self' OR p.filed = 'self') AND NOT p.id = ANY (%(unknown)s::bigint[])
       AND coalesce(p.added_at < %(told)s, true) AND coalesce(p.came_on <= %(day)s, true)
),
known AS (
    SELECT person_id,
           bool_or(NOT anothers AND NOT dead) AS one_works,
           bool_or(NOT anothers) AS one_is_his,
           bool_or(became_known AND NOT anothers AND NOT EXISTS (
               SELECT FROM casework_contact k
                WHERE k.contact_point_id = number.id AND k.status = 'finished'
                  AND k.business_day < %(day)s AND k.started_at < %(calls)s)) AS one_is_untried
      FROM number
     GROUP BY person_id
),
judged AS (
    SELECT asked.id,
           NOT coalesce(known.one_is_untried, false)
           AND NOT coalesce(tried.reached AND (known.one_is_his OR tried.spoken_at >= %(spoken)s), false)
           AND (coalesce(tried.in_vain, false) OR NOT coalesce(known.one_works, false)) AS lost,
           CASE WHEN NOT coalesce(known.one_is_his, false) THEN 'no_number'
                WHEN NOT known.one_works THEN 'dead' ELSE 'silent' END AS why,
           coalesce(tried.spoken_at, tried.first_at) AS since
      FROM asked
      LEFT JOIN tried USING (person_id)
      LEFT JOIN known USING (person_id)
)
SELECT id, why, since FROM judged WHERE lost
"""
_ONE = "SELECT id, person_id FROM casework_customer WHERE id = %(customer)s"
_AT_WORK = """
SELECT u.id, u.person_id FROM casework_customer u
 WHERE EXISTS (SELECT FROM casework_case c
                WHERE c.customer_id = u.id AND c.status = 'open' AND NOT c.left_alone AND NOT c.placed)
"""
_ALL = "SELECT id, person_id FROM casework_customer"
_FRESH = "SELECT * FROM unnest(%(ids)s::bigint[], %(persons)s::text[]) AS fresh (id, person_id)"


class Lost(NamedTuple):
    """``why``: one of ``lost_terms.WHY``; ``since``: when he was last spoken to himself, else first tried."""

    why: str
    since: datetime | None


@dataclass(frozen=True)
class Then:
    """Numbers as they were: by id whose they were where that is otherwise by now, and those that nobody had."""

    whose: Mapping[int, Whose] = field(default_factory=dict)
    unknown: Collection[int] = ()


def of(case: Case, at: datetime | None = None) -> Lost | None:
    """Why the borrower cannot be reached, by all that is known now, or by what had happened and was told before ``at``;
    None where he can."""
    moment, today = at or _NEVER, clock.day_of(at or clock.now())
    then = Then(number_history.whose(at, case.customer_id)) if at else Then()
    return _asked(_ONE, date.max, moment, moment, today, then, customer=case.customer_id).get(case.customer_id)


def is_lost(case: Case, at: datetime | None = None) -> bool:
    """Can the borrower not be reached: ``of``."""
    return of(case, at) is not None


def at_work() -> dict[int, Lost]:
    """The lost customers whom the desk works itself, by id."""
    return _asked(_AT_WORK, date.max, _NEVER, _NEVER, clock.day_of(clock.now()), Then())


def on_morning(day: date, then: Then, contacts: bool = True, fresh: Sequence[str] | None = None) -> dict[int, Lost]:
    """Who was lost on the morning of a business day, whether or not he has a case, by id. ``fresh``: asked of these
    persons alone, by their place, for customers who have no number and whom the desk has by no such customer number.
    Without ``contacts`` no attempt and no conversation counts."""
    asked, about = (_ALL, {}) if fresh is None else (_FRESH, {"ids": [*range(len(fresh))], "persons": [*fresh]})
    calls = _NEVER if contacts else _BEFORE_ALL
    return _asked(asked, day, calls, clock.moment(day), day, then, about=about)


def _asked(
    asked: str,
    day: date,
    calls: datetime,
    told: datetime,
    today: date,
    then: Then,
    *,
    customer: int | None = None,
    about: Mapping[str, Any] | None = None,
) -> dict[int, Lost]:
    marked = number_history.silent(told, customer) if told != _NEVER else {}
    values: dict[str, Any] = {
        "day": day,
        "since": today - timedelta(days=DAYS),
        "calls": calls,
        "told": told,
        "spoken": clock.moment(today - timedelta(days=lost_terms.spoken_to_days())),
        "then": list(then.whose),
        "then_relation": [one.relation for one in then.whose.values()],
        "then_filed": [one.filed for one in then.whose.values()],
        "unknown": list(then.unknown),
        "anothers": number_history.anothers(told, customer),
        "marked": list(marked),
        "marked_silent": list(marked.values()),
        "customer": customer,
        **(about or {}),
    }
    with connection.cursor() as cursor:
        cursor.execute(_LOST.format(asked=asked), values)
        return {id_: Lost(why, since) for id_, why, since in cursor.fetchall()}

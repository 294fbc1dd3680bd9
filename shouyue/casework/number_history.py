"""What was known of numbers at an earlier moment: replayed from the lines, wishes and interviews that were written.

A number's own columns hold what counts now. What was corrected, marked or said since a moment is taken back here from
what was appended then. Not in any line, and so as it is now: what the lender's file said of a number that is no longer
in the day's book, and what was erased (docs/privacy.md).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from shouyue.casework.interviews import reading
from shouyue.casework.models import Interview
from shouyue.compliance.identity import number_key

#: lines of numbers of everybody (``timeline_of_numbers``), or of the customers who are one person
_LINES = """
SELECT (t.data ->> 'number')::bigint AS number, t.data, t.at, t.id AS line
  FROM casework_timelineentry t
 WHERE t.kind = 'number'
   AND (%(customer)s::bigint IS NULL OR t.case_id IN (
        SELECT k.id FROM casework_case k JOIN casework_customer u ON u.id = k.customer_id
         WHERE u.person_id = (SELECT person_id FROM casework_customer WHERE id = %(customer)s)))
"""
_WHOSE = f"""
WITH line AS ({_LINES} AND t.data -> 'corrected' ? 'relation'),
stood AS (
    SELECT number, (array_agg(data -> 'relation' ->> 0 ORDER BY at, line) FILTER (WHERE at >= %(at)s))[1] AS relation,
           bool_or(at < %(at)s) AS told
      FROM line GROUP BY number HAVING bool_or(at >= %(at)s)
)
SELECT p.id, s.relation, CASE WHEN s.told THEN coalesce(p.filed ->> 'relation', p.relation) ELSE s.relation END
  FROM stood s JOIN casework_contactpoint p ON p.id = s.number
"""  # noqa: S608 no names but this file's
_SILENT = f"""
WITH line AS ({_LINES} AND t.data ? 'mark')
SELECT number, coalesce((array_agg(data ->> 'mark' ORDER BY at DESC, line DESC) FILTER (WHERE at < %(at)s))[1]
                        = 'out_of_service', false)
  FROM line GROUP BY number
"""  # noqa: S608 no names but this file's
_WRONG = """
SELECT w.number_key, p.id, p.phone
  FROM (SELECT DISTINCT ON (person_id, number_key) person_id, number_key, given FROM compliance_wish
         WHERE kind = 'wrong_number' AND at < %(at)s
           AND (%(customer)s::bigint IS NULL
                OR person_id = (SELECT person_id FROM casework_customer WHERE id = %(customer)s))
         ORDER BY person_id, number_key, at DESC, id DESC) w
  JOIN casework_customer u ON u.person_id = w.person_id
  JOIN casework_contactpoint p ON p.customer_id = u.id
 WHERE w.given
"""
#: corrections after which somebody else has the number, which older lines do not say themselves; of some customers, or
#: of those of whom a number was corrected since
_PASSED_ON = f"""
WITH line AS ({_LINES} AND t.data -> 'corrected' ?| ARRAY['relation', 'name'])
SELECT p.customer_id, p.id, line.at FROM line JOIN casework_contactpoint p ON p.id = line.number
 WHERE (p.customer_id = ANY(%(customers)s) OR (%(since)s AND line.at >= %(at)s))
   AND coalesce((line.data ->> 'another')::boolean,
                line.data -> 'corrected' ? 'relation' OR coalesce(p.filed ->> 'name', '') <> '')
 ORDER BY line.at, line.line
"""  # noqa: S608 no names but this file's


class Whose(NamedTuple):
    """Whose a number was by what counted, and by the lender's file."""

    relation: str
    filed: str


def whose(at: datetime, customer: int | None = None) -> dict[int, Whose]:
    """Numbers that were corrected at ``at`` or after it, as they stood before; of everybody, or of one person."""
    return {id_: Whose(*told) for id_, *told in _rows(_WHOSE, at, customer)}


def silent(at: datetime, customer: int | None = None) -> dict[int, bool]:
    """Numbers that were ever marked: had they last been said to be out of service, before ``at``?"""
    return dict(_rows(_SILENT, at, customer))


def anothers(at: datetime, customer: int | None = None) -> list[int]:
    """Numbers that were said, before ``at`` and not taken back, to be somebody else's than the person's who has them
    in his file: of everybody, or of one person."""
    return [point for key, point, phone in _rows(_WRONG, at, customer) if number_key(phone) == key]


def said_to_know(at: datetime) -> dict[int, bool | None]:
    """By number whether its holder was said, by then, to know of the loan: of the customers of whom anything was said,
    or a number corrected, at ``at`` or after it."""
    since = set(Interview.objects.filter(at__gte=at).values_list("customer_id", flat=True))
    since |= {customer for customer, *_ in _passed_on(at, [], since=True)}
    events: defaultdict[int, list[tuple[datetime, Interview | int]]] = defaultdict(list)
    for customer, number, when in _passed_on(at, list(since)):
        events[customer].append((when, number))
    for interview in Interview.objects.filter(customer__in=since).select_related("form").order_by("seq"):
        events[interview.customer_id].append((interview.at, interview))
    found: dict[int, bool | None] = {}
    people: dict[str, list[str]] = {}
    for told in events.values():
        answers: dict[str, Any] = {}
        for when, event in sorted(told, key=lambda one: one[0]):
            if isinstance(event, int):
                said = {event: None if found.get(event) else found.get(event)}  # a yes is not another's
            else:
                if event.form_id not in people:
                    people[event.form_id] = [
                        q.id for q in reading.form_of(event).questions.values() if q.kind == "people"
                    ]
                was, said = (_knowing(people[event.form_id], one) for one in (answers, event.answers))
                answers, numbers = event.answers, was.keys() | said.keys()
                said = {number: said.get(number) for number in numbers if said.get(number) != was.get(number)}
            for number, knows in said.items():
                found[number] = knows if when < at else found.get(number)
    return found


def _knowing(questions: list[str], answers: dict[str, Any]) -> dict[int, bool | None]:
    return {int(number): knows for name in questions for number, knows in answers.get(name, {}).items()}


def _passed_on(at: datetime, customers: list[int], *, since: bool = False) -> list[tuple[int, int, datetime]]:
    return _rows(_PASSED_ON, at, None, customers=customers, since=since)


def _rows(sql: str, at: datetime, customer: int | None, **more: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"at": at, "customer": customer, **more})
        return cursor.fetchall()

"""The manager's day at a glance (今日): what is due, done, reached, promised and paid, live, per rep or per store.

Seven queries, all grouped in the database; metrics.py holds the definition of every number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Sum

from shouyue.base import settings
from shouyue.casework.promises import REVIEW_DAYS
from shouyue.daily.models import DailyRun
from shouyue.people.models import Role, Store, User
from shouyue.reports.rows import Figure, Row


@dataclass(frozen=True)
class Today:
    """``total`` is the sum of the stores in view; ``reps`` are there for one store, ``stores`` for head office.

    Amounts are in ``currency`` alone; ``currencies`` are those that the open cases have, the most frequent first.
    """

    business_day: date
    published_at: datetime | None
    currency: str
    currencies: list[str]
    total: Row
    reps: list[Row]
    stores: list[Row]


def today(scope: Store | None, business_day: date, currency: str | None = None) -> Today:
    """The numbers of a store, or of all stores, as they are now.

    Counts are over all currencies, amounts over ``currency`` (the one with the most cases where not given).
    """
    store_id = scope.pk if scope else None
    cases = list(_rows(_CASES, store_id, day=business_day))
    having: Counter[str] = Counter()
    for row in cases:
        having[row[2]] += row[3]
    currencies = sorted(having, key=lambda c: (-having[c], c)) or [settings.currency()]
    book = _Book(scope, currency or currencies[0])
    book.cases(cases)
    book.contacts(_rows(_CONTACTS, store_id, day=business_day))
    book.promised(_rows(_PROMISED, store_id, day=business_day))
    since = business_day - timedelta(days=REVIEW_DAYS + 31)
    book.judged(_rows(_JUDGED, store_id, day=business_day, since=since))
    run = DailyRun.objects.filter(as_of=business_day).order_by("-published_at").first()
    book.paid(run.totals.get("paid", {}) if run else {})
    return Today(
        business_day,
        run.published_at if run else None,
        book.currency,
        currencies,
        book.total(scope),
        book.rep_rows() if scope else [],
        [] if scope else book.store_rows(),
    )


# Contacts and promises belong to the store of their case and to the staff who made them.
_CASES = """
SELECT c.store_id, c.assignee_id, c.currency, count(*),
       count(*) FILTER (WHERE c.hold OR c.placed),
       count(*) FILTER (WHERE NOT (c.hold OR c.placed) AND c.done_on = %(day)s),
       coalesce(sum(c.minutes) FILTER (WHERE NOT (c.hold OR c.placed)), 0)::bigint,
       coalesce(sum(c.overdue_minor + c.due_minor) FILTER (WHERE NOT (c.hold OR c.placed)), 0)::bigint,
       coalesce(sum(c.overdue_minor + c.due_minor), 0)::bigint,
       count(*) FILTER (WHERE c.inflow_on = %(day)s),
       coalesce(sum(c.overdue_minor) FILTER (WHERE c.inflow_on = %(day)s), 0)::bigint
  FROM casework_case c
 WHERE c.status = 'open' AND (%(store)s::bigint IS NULL OR c.store_id = %(store)s)
 GROUP BY 1, 2, 3
"""
_CONTACTS = """
SELECT c.store_id, k.staff_id, grouping(k.staff_id) = 1,
       count(*),
       count(*) FILTER (WHERE k.reached = 'self'),
       count(DISTINCT k.case_id) FILTER (WHERE k.reached = 'self'),
       count(DISTINCT k.case_id) FILTER (WHERE k.purpose = 'reminder'),
       coalesce(sum(extract(epoch FROM k.finished_at - k.started_at)), 0)::bigint
  FROM casework_contact k
  JOIN casework_case c ON c.id = k.case_id
 WHERE k.business_day = %(day)s AND k.status = 'finished'
   AND (%(store)s::bigint IS NULL OR c.store_id = %(store)s)
 GROUP BY GROUPING SETS ((c.store_id), (c.store_id, k.staff_id))
"""
_PROMISED = """
SELECT c.store_id, p.staff_id, p.currency, count(DISTINCT p.contact_id), sum(p.amount_minor)::bigint
  FROM casework_promise p
  JOIN casework_case c ON c.id = p.case_id
 WHERE p.made_on = %(day)s AND p.state NOT IN ('replaced', 'cancelled')
   AND (%(store)s::bigint IS NULL OR c.store_id = %(store)s)
 GROUP BY 1, 2, 3
"""
_JUDGED = """
SELECT c.store_id, p.staff_id, p.currency, p.state, count(*), sum(p.amount_minor)::bigint, sum(p.paid_minor)::bigint
  FROM casework_promise p
  JOIN casework_case c ON c.id = p.case_id
 WHERE p.state IN ('kept', 'part_kept', 'broken') AND p.due_on >= %(since)s AND p.judged_as_of = %(day)s
   AND (%(store)s::bigint IS NULL OR c.store_id = %(store)s)
 GROUP BY 1, 2, 3, 4
"""


def _rows(sql: str, store_id: int | None, **values: Any) -> Iterator[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"store": store_id, **values})
        yield from cursor.fetchall()


class _Book:
    """Rows per store and per rep, filled query by query."""

    def __init__(self, scope: Store | None, currency: str):
        self.currency = currency
        stores = [scope] if scope else Store.objects.all()
        self.stores = {s.pk: Row(s.pk, str(s), currency) for s in stores}
        self.codes = {s.code: s.pk for s in stores}
        self.reps: dict[int | None, Row] = {}
        self._staff(scope)

    def _staff(self, scope: Store | None) -> None:
        """The capacity of each store's reps; for one store also a row for everybody who works there."""
        staff = User.objects.filter(is_active=True, store__isnull=False)
        if scope is None:
            reps = staff.filter(role=Role.REP).values_list("store_id")
            for store_id, minutes in reps.annotate(Sum("capacity_minutes")):
                self.stores[store_id].capacity_minutes = minutes
            return
        for user in staff.filter(store=scope):
            capacity = user.capacity_minutes if user.role == Role.REP else 0
            self.stores[scope.pk].capacity_minutes += capacity
            self.reps[user.pk] = Row(user.pk, str(user), self.currency, capacity_minutes=capacity)

    def _both(self, store_id: int, staff_id: int | None) -> Iterator[Row]:
        """The rows that a number of this store and this staff belongs to."""
        yield self.stores[store_id]
        if staff_id is not None:
            yield self._rep(staff_id)

    def _rep(self, staff_id: int | None) -> Row:
        if staff_id not in self.reps:  # of another store by now, or signed off
            self.reps[staff_id] = Row(staff_id, "", self.currency)
        return self.reps[staff_id]

    def _money(self, currency: str, minor: int) -> int:
        return minor if currency == self.currency else 0

    def cases(self, rows: list[tuple]) -> None:
        for store, rep, currency, count, held, done, minutes, due, whole, inflow, inflow_minor in rows:
            for row in self._both(store, rep):
                row.assigned += count
                row.held += held
                row.done += done
                row.planned_minutes += minutes
                row.due.more(count - held, self._money(currency, due))
                row.inflow.more(inflow, self._money(currency, inflow_minor))
            if rep is None:
                self.stores[store].unassigned.more(count, self._money(currency, whole))

    def contacts(self, rows: Iterator[tuple]) -> None:
        for store, staff, whole_store, calls, talks, reached, reminded, seconds in rows:
            row = self.stores[store] if whole_store else self._rep(staff)
            row.calls += calls
            row.talks += talks
            row.reached += reached
            row.reminded += reminded
            row.call_seconds += seconds

    def promised(self, rows: Iterator[tuple]) -> None:
        for store, staff, currency, count, minor in rows:
            for row in self._both(store, staff):
                row.promised.more(count, self._money(currency, minor))

    def judged(self, rows: Iterator[tuple]) -> None:
        for store, staff, currency, state, count, minor, paid in rows:
            for row in self._both(store, staff):
                figure: Figure = getattr(row, state)
                figure.more(count, self._money(currency, minor))
                row.came_minor += self._money(currency, paid)

    def paid(self, stores: dict[str, dict[str, dict[str, int]]]) -> None:
        for code, sums in stores.items():
            if code in self.codes:
                for currency, figure in sums.items():
                    row = self.stores[self.codes[code]]
                    row.paid.more(figure["count"], self._money(currency, figure["minor"]))

    def total(self, scope: Store | None) -> Row:
        total = Row(None, str(scope) if scope else "", self.currency)
        for row in self.stores.values():
            total.add(row)
        return total

    def rep_rows(self) -> list[Row]:
        names = dict(
            User.objects.filter(pk__in=[i for i, r in self.reps.items() if not r.name]).values_list("pk", "full_name")
        )
        for row in self.reps.values():
            row.name = row.name or names.get(row.id, "")
        return sorted(self.reps.values(), key=lambda r: (r.name, r.id or 0))

    def store_rows(self) -> list[Row]:
        """Stores in which anything is going on."""
        busy = (r for r in self.stores.values() if r.assigned or r.calls or r.paid.count or r.judged)
        return sorted(busy, key=lambda r: (r.name, r.id or 0))

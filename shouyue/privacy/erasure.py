"""Erasing who somebody was, once the time to keep it is over: amounts and days stay, and tell of nobody.

Only of customers whose last case was closed before the day, who have no open case and owe nothing. What the compliance
gate wrote (decisions, attempts, wishes) holds persons and numbers as keyed digests and stays as evidence; the audit
chain holds no personal data and stays whole. Versions of the book are the lender's files, erased where they are kept.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, Field, OuterRef, QuerySet

from shouyue.casework.contact_changes import exporting
from shouyue.casework.house import house
from shouyue.casework.models import Case, ContactPoint, Customer, Loan
from shouyue.compliance import audit
from shouyue.messaging.letters import making
from shouyue.messaging.models import Letter
from shouyue.people.models import User
from shouyue.privacy.classification import tables

Report = Callable[[int, int], None]


def closed_before(today: date) -> date:
    """Cases must have been closed before this day, by the house's rule."""
    return today - timedelta(days=house().erase_after_days)


def due(before: date) -> QuerySet[Customer]:
    """Customers whose identity nothing keeps any longer, and who still have one."""
    cases = Case.objects.filter(customer=OuterRef("pk"))
    return (
        Customer.objects.exclude(name="", id_number="", address="", born_on=None)
        .filter(Exists(cases))
        .exclude(Exists(cases.filter(status=Case.Status.OPEN)))
        .exclude(Exists(cases.filter(closed_on__gte=before)))
        .exclude(Exists(Loan.objects.filter(customer=OuterRef("pk"), outstanding_minor__gt=0)))
        .order_by("pk")
    )


def erase(before: date, by: User | None, report: Report = lambda done, total: None) -> int:
    """Erase all that are due, each in a transaction of its own; killed half-way, the rest is still due. How many."""
    keys = list(due(before).values_list("pk", flat=True))
    done = 0
    for number, key in enumerate(keys, 1):
        done += _erase(key, before, by)
        report(number, len(keys))
    return done


@transaction.atomic
def _erase(key: int, before: date, by: User | None) -> int:
    customer = Customer.objects.select_for_update(no_key=True).get(pk=key)
    if not due(before).filter(pk=key).exists():  # a case was opened meanwhile, or another process was here
        return 0
    for letter in Letter.objects.filter(case__customer=customer):
        making.destroy(letter)
    exporting.destroy(key)
    for table in tables():
        if table.model is ContactPoint:
            ContactPoint.objects.filter(customer=customer).delete()  # calls go on without it
        elif fields := table.erased():
            table.rows(customer).update(**{field.name: _nothing(field) for field in fields})
    audit.record("privacy.erased", f"customer:{key}", {"closed_before": before.isoformat()}, by)
    return 1


def _nothing(field: Field) -> Any:
    """What a field holds when it holds nothing."""
    if field.null:
        return None
    return field.get_default() if field.has_default() else ""

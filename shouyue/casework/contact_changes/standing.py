"""What the lender's core was told and still says otherwise."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from shouyue.casework.house import house
from shouyue.casework.models import Case, ToldLine


def waiting() -> QuerySet[ToldLine]:
    """Told, and not confirmed by a file of the lender's yet. Of customers without work no file is looked at."""
    worked = Case.objects.filter(customer=OuterRef("customer"), status=Case.Status.OPEN)
    found = ToldLine.objects.filter(Exists(worked), settled_on=None).select_related("instruction", "customer")
    return found.order_by("instruction__number", "line")


def overdue(day: date, days: int | None = None) -> QuerySet[ToldLine]:
    """Of these what was told more than ``days`` before ``day``; the house's ``contact_days`` where none are given."""
    since = day - timedelta(days=house().contact_days if days is None else days)
    return waiting().filter(instruction__made_at__date__lt=since)

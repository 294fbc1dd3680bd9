"""Finding what was waived in the core's next file: the contract's charges came down by what the core was told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from django.db.models import F

from shouyue.casework import queries
from shouyue.casework.concessions import proposing, states
from shouyue.casework.models import Concession, ConcessionPart

#: minor units charged in all, by contract and component
Charged = Mapping[tuple[str, str], int]


def waiting() -> list[tuple[str, date]]:
    """Contracts whose waiver was told to the core and is not booked as told, with the business day of the telling."""
    found = Concession.objects.filter(state__in=(states.EXPORTED, states.DIFFERS)).order_by("loan_number")
    return [(loan, day) for loan, day in found.values_list("loan_number", "exported_on") if day is not None]


def keep_before(charged: Charged) -> None:
    """Note what was charged when the instruction was written, where it is not noted yet."""
    parts = ConcessionPart.objects.filter(charged_minor=None, concession__state=states.EXPORTED)
    for part in parts.annotate(loan=F("concession__loan_number")):
        if (sum_ := charged.get((part.loan, part.component))) is not None:
            ConcessionPart.objects.filter(pk=part.pk).update(charged_minor=sum_)


def reconcile(charged: Charged, at: datetime) -> int:
    """Hold each waiting waiver against what is charged now (of charges up to the day it was told), inside the caller's
    transaction; returns how many moved."""
    moved = 0
    told = Concession.objects.filter(state__in=(states.EXPORTED, states.DIFFERS))
    for found in queries.lock_all(told, "proposed_on"):
        parts = list(found.parts.all())
        if any(part.charged_minor is None for part in parts):
            continue
        down = {p.component: p.charged_minor - charged.get((found.loan_number, p.component), 0) for p in parts}
        if all(down[p.component] == p.amount_minor for p in parts):
            proposing.step(found, "find", None, at, down=down)
            moved += 1
        elif any(down.values()) and found.state == states.EXPORTED:
            proposing.step(found, "differ", None, at, down=down)
            moved += 1
    return moved

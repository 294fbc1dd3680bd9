"""Which cases the law keeps off the list of the day, and until when.

What follows from contacts and from what a person said is written on his cases when it happens, so that a list is read
without asking the gate for each line. What follows from the clock alone, quiet hours, is asked once per time zone. The
list only leaves out; whether a contact may begin the gate decides anew, under its lock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from functools import lru_cache

from django.db.models import Exists, OuterRef, Q

from shouyue.base import clock, settings
from shouyue.casework.asking import questions
from shouyue.casework.models import Case, ContactPoint, Customer
from shouyue.compliance import gate, pack, rules
from shouyue.compliance.inputs import Inputs
from shouyue.compliance.models import Attempt, Wish
from shouyue.compliance.wishes import BORROWERS

#: waiting does not help
FOR_EVER = datetime(9999, 12, 31, tzinfo=UTC)


def barred(now: datetime) -> Q:
    """Cases that may not be called at ``now``, by what is written on them or by their customer's clock."""
    written = Q(barred_until__gt=now)
    shut = closed_zones(now)
    return written | Q(customer__zone__in=shut) | Q(customer__told_zone__in=_named(shut)) if shut else written


def _named(zones: Collection[str]) -> list[str]:
    return [zone for zone in zones if zone]


def closed_zones(now: datetime) -> list[str]:
    """Zones of the desk's customers where any call is refused at this moment; the empty one is the lender's."""
    return _closed(now.replace(second=0, microsecond=0), pack.active().digest)


@lru_cache(maxsize=4)
def _closed(minute: datetime, digest: str) -> list[str]:
    by = pack.active()
    return [
        zone
        for zone in _zones()
        if not rules.decide(by, Inputs(minute, zone or settings.zone(), "call", "collection")).allowed
    ]


@lru_cache(maxsize=1)
def _zones() -> tuple[str, ...]:
    """Read once per process: a zone that comes later is the gate's to judge until the next start."""
    found = Customer.objects.order_by("zone").values_list("zone", flat=True).distinct()
    told = Customer.objects.exclude(told_zone="").order_by("told_zone").values_list("told_zone", flat=True).distinct()
    return tuple(dict.fromkeys(["", settings.zone(), *found, *told]))


def refresh(persons: Collection[str], now: datetime | None = None) -> None:
    """Write on every open case of these persons until when no number of theirs may be called, and why."""
    now = now or clock.now()
    cases = (
        Case.objects.filter(status=Case.Status.OPEN, customer__person__in=persons)
        .select_related("customer")
        .prefetch_related("promises", "customer__loans", "customer__contact_points")
    )
    for case in cases:
        until, zh, en = _until(case, now)
        if (until, zh, en) != (case.barred_until, case.barred_zh, case.barred_en):
            Case.objects.filter(pk=case.pk).update(barred_until=until, barred_zh=zh, barred_en=en)


def refresh_opened(day: date, now: datetime | None = None) -> None:
    """The same for cases opened on ``day`` whose person was contacted, or said something about contacts, before, or has
    no number of his own."""
    person, points = OuterRef("customer__person"), ContactPoint.objects.filter(customer=OuterRef("customer"))
    known = Exists(Wish.objects.filter(person=person)) | Exists(Attempt.objects.filter(person=person))
    others_only = Exists(points) & ~Exists(points.filter(relation__in=BORROWERS))
    opened = Case.objects.filter(known | others_only, status=Case.Status.OPEN, opened_on=day)
    refresh(set(opened.values_list("customer__person_id", flat=True)), now)


def refresh_for_ever(now: datetime | None = None) -> None:
    """The same for cases that no time brings back: what stood against them may be over, or a number new in the file."""
    barred = Case.objects.filter(status=Case.Status.OPEN, barred_until=FOR_EVER)
    refresh(set(barred.values_list("customer__person_id", flat=True)), now)


def _until(case: Case, now: datetime) -> tuple[datetime | None, str, str]:
    """The first moment at which one of the numbers may be called; others than the borrower's come last."""
    refusals: list[gate.Answer] = []
    for points in _groups(case):
        for answer in gate.preview_many(questions(case, [(point, "call") for point in points], None, now)):
            if answer.allowed:
                return None, "", ""
            refusals.append(answer)
    if not refusals:
        return None, "", ""  # no number at all: the rep sees that on the case
    first = min(refusals, key=lambda answer: answer.next_allowed_at or FOR_EVER)
    zh, en = ("; ".join(getattr(f, lang) for f in first.refusals)[:300] for lang in ("zh", "en"))
    return first.next_allowed_at or FOR_EVER, zh, en


def _groups(case: Case) -> Iterator[list[ContactPoint]]:
    points = list(case.customer.contact_points.all())
    for own in (True, False):
        if group := [p for p in points if (p.relation in BORROWERS) == own]:
            yield group

"""Who is an agency, with which tokens, and which customers are placed with it. Every change is in the audit chain."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import date, datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from shouyue.base import clock
from shouyue.casework import timeline
from shouyue.casework.agencies import errors
from shouyue.casework.house import house
from shouyue.casework.models import Agency, AgencyToken, Case, Customer, Placement, TimelineEntry
from shouyue.casework.queries import newest
from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import require

#: requests of an agency's system in a minute
LIMIT = 600
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@transaction.atomic
def add(
    code: str, name: str, by: User, evaluated_on: date | None = None, contract_ends_on: date | None = None
) -> Agency:
    """A further agency, or its name and days anew; a day that is not given stays. Raises AGENCY-010, PEOPLE-001."""
    require(by, "agency.manage")
    if not _CODE.fullmatch(code):
        raise errors.BAD_CODE.error(agency=code[:64])
    days = {"evaluated_on": evaluated_on, "contract_ends_on": contract_ends_on}
    given = {field: day for field, day in days.items() if day}
    agency, _new = Agency.objects.update_or_create(code=code, defaults={"name": name[:100], **given})
    told = {field: day.isoformat() if day else None for field, day in days.items()}
    audit.record("agency.save", f"agency:{code}", {**told, **row_digests.named(agency)}, by)
    return agency


@transaction.atomic
def new_token(code: str, by: User) -> tuple[AgencyToken, str]:
    """A token and its secret, which is shown this once: only its digest is kept. Raises AGENCY-009, PEOPLE-001."""
    require(by, "agency.manage")
    secret = f"sya_{secrets.token_urlsafe(32)}"
    agency = named(code)
    token = AgencyToken.objects.create(agency=agency, digest=digest(secret), made_by=by, made_at=clock.now())
    told = {"number": token.pk, **row_digests.named(agency, token)}
    audit.record("agency.token", f"agency:{code}", told, by)
    return token, secret


@transaction.atomic
def withdraw_token(code: str, number: int, by: User) -> AgencyToken:
    """From now on the token counts no more; again changes nothing. Raises AGENCY-001, AGENCY-009, PEOPLE-001."""
    require(by, "agency.manage")
    token = AgencyToken.objects.select_for_update(no_key=True).filter(agency=named(code), pk=number).first()
    if token is None:
        raise errors.NO_TOKEN.error()
    if token.withdrawn_at is None:
        token.withdrawn_by, token.withdrawn_at = by, clock.now()
        token.save(update_fields=["withdrawn_by", "withdrawn_at"])
        told = {"number": token.pk, **row_digests.named(token)}
        audit.record("agency.token_withdrawn", f"agency:{code}", told, by)
    return token


@transaction.atomic
def place(code: str, customer_id: str, by: User, until: date | None = None) -> Placement:
    """The customer is with the agency up to and including ``until``, from now on or already; another day moves the end.

    Without a day it is the house's term, at most the agency's contract; of a placement that stands it stays. Raises
    AGENCY-009, -011, -012, -013, PEOPLE-001.
    """
    require(by, "agency.place")
    agency = named(code)
    customer = _customer(customer_id)
    before = Placement.objects.select_related("agency").filter(customer=customer, ended_at=None).first()
    if before is not None and before.agency_id != agency.pk:
        raise errors.PLACED_ALREADY.error(customer=customer_id[:64], agency=before.agency.code)
    if before is not None and until in (None, before.ends_on):
        return before
    ends_on, at = _term(agency, until), clock.now()
    if before is not None:
        before.ends_on = ends_on
        before.save(update_fields=["ends_on"])
        _tell(before, "extend", by, at)
        return before
    placed = Placement.objects.create(agency=agency, customer=customer, placed_by=by, placed_at=at, ends_on=ends_on)
    _tell(placed, "place", by, at)
    return placed


def _term(agency: Agency, until: date | None) -> date:
    today, last = clock.today(), agency.contract_ends_on
    usual = today + timedelta(days=house().placement_days)
    ends_on = until or (min(usual, last) if last else usual)
    if ends_on <= today or (last is not None and ends_on > last):
        raise errors.BAD_DAY.error(last=last or "–")
    return ends_on


@transaction.atomic
def take_back(customer_id: str, by: User, because: str = Placement.Because.RECALLED) -> Placement | None:
    """The customer is with no agency any more; None where he was with none. Raises AGENCY-011, PEOPLE-001."""
    require(by, "agency.place")
    customer = _customer(customer_id)
    placed = Placement.objects.select_related("agency").filter(customer=customer, ended_at=None).first()
    if placed is not None:
        _end(placed, because, by, clock.now())
    return placed


def lapse(as_of: date, at: datetime) -> int:
    """End the placements whose last day is over, inside the caller's transaction, and set every open case's mark.

    Returns how many changed. A case whose placement is over is on its store's list again.
    """
    over = Placement.objects.filter(ended_at=None, ends_on__lt=as_of)
    # every case before the audit chain, as everywhere
    list(
        Case.objects.select_for_update(no_key=True)
        .filter(customer__placements__in=over)
        .order_by("pk")
        .values_list("pk")
    )
    ended = list(over.select_for_update(no_key=True, of=("self",)).select_related("agency").order_by("pk"))
    for placed in ended:
        _end(placed, Placement.Because.TERM, None, at)
    placed_now = Exists(Placement.objects.filter(customer=OuterRef("customer"), ended_at=None))
    opened = Case.objects.filter(status=Case.Status.OPEN)
    marked = opened.filter(placed_now, placed=False).update(placed=True)
    return len(ended) + marked + opened.filter(~placed_now, placed=True).update(placed=False)


def with_agencies(day: date, at: datetime | None = None) -> dict[str, str]:
    """Customers whom an agency works on the day, and its code; at an earlier moment, as they were placed by then."""
    then = Q(ended_at=None) if at is None else Q(placed_at__lt=at) & (Q(ended_at=None) | Q(ended_at__gte=at))
    found = Placement.objects.filter(then, Q(ends_on=None) | Q(ends_on__gte=day))
    return dict(found.order_by("placed_at").values_list("customer__customer_id", "agency__code"))


def _end(placed: Placement, because: str, by: User | None, at: datetime) -> None:
    placed.ended_by, placed.ended_at, placed.ended_because = by, at, because
    placed.save(update_fields=["ended_by", "ended_at", "ended_because"])
    _tell(placed, "term" if because == Placement.Because.TERM else "take_back", by, at)


def _tell(placed: Placement, what: str, by: User | None, at: datetime) -> None:
    """On the case, its timeline and the audit chain."""
    code, day = placed.agency.code, placed.ends_on
    until = day.isoformat() if day else ""
    case = newest(Case.objects.filter(customer=placed.customer_id))
    if case is not None:
        Case.objects.filter(pk=case.pk).update(placed=placed.ended_at is None)
        ref = f"placed:{placed.pk}:{what}:{until}"
        timeline.write(case, TimelineEntry.Kind.PLACED, ref, at, by, about=what, agency=code, until=until)
    told = {"agency": code, "placement": str(placed.pk), "until": until, "because": placed.ended_because}
    told |= row_digests.named(placed)
    audit.record(f"agency.{what}", f"customer:{placed.customer_id}", told, by, at)


def named(code: str) -> Agency:
    agency = Agency.objects.filter(code=code).first()
    if agency is None:
        raise errors.NO_AGENCY.error(agency=code[:64])
    return agency


def _customer(customer_id: str) -> Customer:
    """The customer, with everybody else who would place him waiting; his open case before him, as everywhere."""
    opened = Case.objects.filter(customer__customer_id=customer_id, status=Case.Status.OPEN)
    list(opened.select_for_update(no_key=True).values_list("pk"))
    customer = Customer.objects.select_for_update(no_key=True).filter(customer_id=customer_id).first()
    if customer is None:
        raise errors.NO_CUSTOMER.error(customer=customer_id[:64])
    return customer


# ---------------------------------------------------------------- who asks
def digest(secret: str) -> str:
    """A secret of 256 random bits needs no slow digest."""
    return hashlib.sha256(secret.encode()).hexdigest()


def asking(secret: str) -> Agency:
    """The agency whose token it is. Raises AGENCY-001, and AGENCY-002 beyond ``LIMIT`` requests in a minute."""
    found = AgencyToken.objects.select_related("agency").filter(digest=digest(secret), withdrawn_at=None).first()
    if found is None:
        raise errors.NO_TOKEN.error()
    minute = clock.now().replace(second=0, microsecond=0)
    with connection.cursor() as cursor:  # one statement, so that requests at once are all counted
        cursor.execute(
            "UPDATE casework_agency SET minute = %(now)s,"
            " asked = CASE WHEN minute = %(now)s THEN asked + 1 ELSE 1 END WHERE id = %(id)s RETURNING asked",
            {"now": minute, "id": found.agency_id},
        )
        row = cursor.fetchone()
    if row is not None and row[0] > LIMIT:
        raise errors.TOO_MANY.error(limit=LIMIT)
    return found.agency

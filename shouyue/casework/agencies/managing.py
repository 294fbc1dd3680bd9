"""Who is an agency, with which tokens, and which customers are placed with it. Every change is in the audit chain."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import date

from django.db import connection, transaction

from shouyue.base import clock
from shouyue.casework.agencies import errors
from shouyue.casework.models import Agency, AgencyToken, Customer, Placement
from shouyue.compliance import audit
from shouyue.people.models import User
from shouyue.people.permissions import require

#: requests of an agency's system in a minute
LIMIT = 600
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


@transaction.atomic
def add(code: str, name: str, by: User, evaluated_on: date | None = None) -> Agency:
    """A further agency, or its name and the day of its evaluation anew. Raises AGENCY-010, PEOPLE-001."""
    require(by, "agency.manage")
    if not _CODE.fullmatch(code):
        raise errors.BAD_CODE.error(agency=code[:64])
    agency, _new = Agency.objects.update_or_create(
        code=code, defaults={"name": name[:100], **({"evaluated_on": evaluated_on} if evaluated_on else {})}
    )
    told = {"evaluated_on": evaluated_on.isoformat() if evaluated_on else None}
    audit.record("agency.save", f"agency:{code}", told, by)
    return agency


@transaction.atomic
def new_token(code: str, by: User) -> tuple[AgencyToken, str]:
    """A token and its secret, which is shown this once: only its digest is kept. Raises AGENCY-009, PEOPLE-001."""
    require(by, "agency.manage")
    secret = f"sya_{secrets.token_urlsafe(32)}"
    token = AgencyToken.objects.create(agency=named(code), digest=digest(secret), made_by=by, made_at=clock.now())
    audit.record("agency.token", f"agency:{code}", {"number": token.pk}, by)
    return token, secret


@transaction.atomic
def withdraw_token(code: str, number: int, by: User) -> AgencyToken:
    """From now on the token counts no more; again changes nothing. Raises AGENCY-001, AGENCY-009, PEOPLE-001."""
    require(by, "agency.manage")
    token = AgencyToken.objects.select_for_update().filter(agency=named(code), pk=number).first()
    if token is None:
        raise errors.NO_TOKEN.error()
    if token.withdrawn_at is None:
        token.withdrawn_by, token.withdrawn_at = by, clock.now()
        token.save(update_fields=["withdrawn_by", "withdrawn_at"])
        audit.record("agency.token_withdrawn", f"agency:{code}", {"number": token.pk}, by)
    return token


@transaction.atomic
def place(code: str, customer_id: str, by: User) -> Placement:
    """The customer is with the agency from now on, or was already. Raises AGENCY-009, -011, -012, PEOPLE-001."""
    require(by, "agency.place")
    agency = named(code)
    customer = _customer(customer_id)
    before = Placement.objects.select_related("agency").filter(customer=customer, ended_at=None).first()
    if before is not None and before.agency_id != agency.pk:
        raise errors.PLACED_ALREADY.error(customer=customer_id[:64], agency=before.agency.code)
    if before is not None:
        return before
    placed = Placement.objects.create(agency=agency, customer=customer, placed_by=by, placed_at=clock.now())
    audit.record("agency.place", f"customer:{customer.pk}", {"agency": code, "placement": str(placed.pk)}, by)
    return placed


@transaction.atomic
def take_back(customer_id: str, by: User) -> Placement | None:
    """The customer is with no agency any more; None where he was with none. Raises AGENCY-011, PEOPLE-001."""
    require(by, "agency.place")
    customer = _customer(customer_id)
    placed = Placement.objects.select_related("agency").filter(customer=customer, ended_at=None).first()
    if placed is not None:
        placed.ended_by, placed.ended_at = by, clock.now()
        placed.save(update_fields=["ended_by", "ended_at"])
        told = {"agency": placed.agency.code, "placement": str(placed.pk)}
        audit.record("agency.take_back", f"customer:{customer.pk}", told, by)
    return placed


def named(code: str) -> Agency:
    agency = Agency.objects.filter(code=code).first()
    if agency is None:
        raise errors.NO_AGENCY.error(agency=code[:64])
    return agency


def _customer(customer_id: str) -> Customer:
    """The customer, with everybody else who would place him waiting."""
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

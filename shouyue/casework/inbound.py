"""A call that came in: the customer, or somebody around him, rang. The gate refuses nobody who rings, and counts it.

What each pack says of such a call is in the pack (the fact ``inbound``): the rules bind whoever contacts, so they lift;
the conversation counts like any other. The decision is stored beside it like every other.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from shouyue.base import clock
from shouyue.casework import calls, errors, queries, third_persons
from shouyue.casework.asking import question
from shouyue.casework.models import Case, Contact, ContactPoint
from shouyue.casework.outcome import ATTEMPT_KIND, Outcome
from shouyue.compliance import audit, gate
from shouyue.people.models import User
from shouyue.people.permissions import require

Reached, Result = Contact.Reached, Contact.Result
#: who may ring
CALLERS = (Reached.SELF, Reached.GUARANTOR, Reached.OTHER)
#: a call is written down within so many days
LATEST_DAYS = 7


@transaction.atomic
def write(
    case_id: int, point_id: int | None, at: datetime | None, identified: bool, outcome: Outcome, by: User, key: UUID
) -> Contact:
    """Keep a call that came in at ``at`` with what was said; the same ``key`` again adds nothing.

    ``point_id`` is the number it came from, where it is one of the customer's; somebody else may ring from the
    borrower's own, and what he says of it is kept by the number. Raises CASE-001, CASE-002, CASE-006,
    CALL-001 to -003, and what ``outcome.check`` and the words of the note raise.
    """
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    if before := Contact.objects.filter(pk=key, case=case, staff=by).first():
        return before
    queries.must_be_open(case)
    now = clock.now()
    if outcome.reached not in CALLERS:
        raise errors.INBOUND_REACHED.error(field="reached")
    if outcome.reached != Reached.OTHER and not identified:
        raise errors.INBOUND_IDENTITY.error(field="identified")
    if at is None or not now - timedelta(days=LATEST_DAYS) <= at <= now:
        raise errors.INBOUND_TIME.error(field="at", days=LATEST_DAYS)
    point = calls.spoken_with(case, point_id, outcome.reached)
    outcome, kept = calls.checked(case, outcome, now)
    lent = calls.lent(case, point_id, outcome.reached)
    asked = question(case, point or _nobodys(case, outcome.reached, lent), by, at)
    asked = replace(asked, asked_for=True, facts={**asked.facts, "inbound": True})
    reservation = gate.record(asked, key, ATTEMPT_KIND[outcome.reached])
    assert reservation.attempt is not None  # what happened is kept, whatever the gate says of it
    contact = Contact.objects.create(
        pk=key,
        case=case,
        attempt=reservation.attempt,
        contact_point=point or lent,
        staff=by,
        inbound=True,
        purpose=case.phase,
        business_day=case.as_of,
        started_at=at,
        finished_at=at,
        status=Contact.Status.FINISHED,
        reached=outcome.reached,
        result=outcome.result,
        why_late=outcome.why_late,
        manner=outcome.manner,
        note=outcome.note,
    )
    third_persons.met(contact, outcome.who, at)
    told = {"contact": str(contact.pk), "told_at": now, **gate.named(reservation.decision, reservation.attempt)}
    # by the call's own moment, so that the day it belongs to is replayed with it
    audit.record("contact.inbound", f"case:{case.pk}", told, by, at)
    calls.follow(contact, case, outcome, kept, by, now)
    return contact


def _nobodys(case: Case, reached: str, lent: ContactPoint | None) -> ContactPoint:
    """A number that is not known as one of whoever rang: nobody's, or lent by the borrower, with who rang."""
    relation = "other" if reached == Reached.OTHER else reached
    return ContactPoint(customer=case.customer, relation=relation, phone=lent.phone if lent else "")

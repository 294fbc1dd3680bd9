"""Ending the work on a customer for good: deceased, fraud, identity theft, bankrupt, sold, taken back by the lender.

Payments end most cases by themselves, in the daily cycle. These ends are head office's word: what the customer still
owes goes on elsewhere, and the daily cycle opens no case on him until the work is taken up again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from shouyue.base import clock
from shouyue.casework import errors, notes, queries, timeline, wordings
from shouyue.casework.agencies import managing
from shouyue.casework.matters import states
from shouyue.casework.models import Case, Contact, Customer, Matter, Placement, Plan, TimelineEntry
from shouyue.casework.plans import making
from shouyue.casework.promising import call_off
from shouyue.casework.quotes import quoting
from shouyue.compliance import audit
from shouyue.people.models import User
from shouyue.people.permissions import require

Reason = Case.CloseReason
#: reason -> the kind of matter that must be confirmed before, with its evidence; empty: head office's word is enough
REASONS: Mapping[str, str] = {
    Reason.DECEASED: "death",
    Reason.FRAUD: "fraud",
    Reason.IDENTITY_THEFT: "identity_theft",
    Reason.BANKRUPT: "bankruptcy",
    Reason.SOLD: "",
    Reason.WITHDRAWN: "",
}
#: why promises and plans end with the case
ENDED = "ended"


def possible(case: Case) -> list[str]:
    """The reasons for which the case may end now."""
    confirmed = set(
        Matter.objects.filter(case__customer__person_id=case.customer.person_id, state=states.CONFIRMED).values_list(
            "kind", flat=True
        )
    )
    return [reason for reason, kind in REASONS.items() if not kind or kind in confirmed]


@transaction.atomic
def end(case_id: int, reason: str, note: str, by: User, wording_reason: str = "") -> Case:
    """Close the case: promises, plans and quotes are called off, an agency has it no more. The same again changes
    nothing.

    Raises CASE-001, CASE-002, CASE-021, CASE-022, CASE-023, CASE-031, CASE-032, PEOPLE-001, WORD-001, WORD-002.
    """
    require(by, "case.end")
    case = queries.case(by, case_id, lock=True)
    if reason not in REASONS:
        raise errors.UNKNOWN_CHOICE.error(field="reason", value=reason[:40])
    if case.status == Case.Status.CLOSED and case.close_reason == case.customer.ended_because == reason:
        return case
    queries.must_be_open(case)
    if reason not in possible(case):
        raise errors.END_NEEDS_MATTER.error(field="reason")
    if Contact.objects.filter(case=case, status=Contact.Status.STARTED).exists():
        raise errors.END_CALL_OPEN.error(field="reason")
    note = notes.said(note)
    kept, at = wordings.passed(note, "note", reason=wording_reason), clock.now()
    call_off(case, ENDED, by, at)
    for plan in Plan.objects.select_for_update(no_key=True).filter(case=case, state=Plan.State.ACTIVE):
        making.call_off(plan, ENDED, case.as_of, by)
    quoting.call_off(case, by, at)
    managing.take_back(case.customer.customer_id, by, Placement.Because.CASE_ENDED)
    case.status, case.closed_on, case.close_reason = Case.Status.CLOSED, case.as_of, reason
    case.save(update_fields=["status", "closed_on", "close_reason"])
    _mark(case.customer, reason)
    timeline.write(case, TimelineEntry.Kind.CLOSED, "closed", at, by, reason=reason, note=note, **kept)
    told = {"reason": reason, "customer": case.customer_id, **wordings.named(kept)}
    audit.record("case.end", f"case:{case.pk}", told, by, at)
    return case


@transaction.atomic
def take_up(case_id: int, note: str, by: User, wording_reason: str = "") -> Customer:
    """Let the daily cycle open a case on the customer again. Where the work is not ended it changes nothing.

    Raises CASE-001, CASE-022, CASE-023, PEOPLE-001, WORD-001, WORD-002.
    """
    require(by, "case.end")
    case = queries.case(by, case_id, lock=True)
    customer = case.customer
    if not customer.ended_because:
        return customer
    note = notes.said(note)
    kept, at = wordings.passed(note, "note", reason=wording_reason), clock.now()
    told: dict[str, object] = {"was": customer.ended_because}
    _mark(customer, "")
    timeline.write(case, TimelineEntry.Kind.TAKEN_UP, f"taken_up:{at.isoformat()}", at, by, note=note, **told, **kept)
    told |= {"customer": case.customer_id, **wordings.named(kept)}
    audit.record("case.take_up", f"case:{case.pk}", told, by, at)
    return customer


def ended(at: datetime | None = None) -> dict[str, str]:
    """Customers on whom the work is ended, and why; at an earlier moment, as it was by then."""
    if at is None:
        return dict(Customer.objects.exclude(ended_because="").values_list("customer_id", "ended_because"))
    told = TimelineEntry.objects.filter(
        case__in=Case.objects.filter(close_reason__in=list(REASONS)),
        kind__in=[TimelineEntry.Kind.CLOSED, TimelineEntry.Kind.TAKEN_UP],
        actor__isnull=False,  # the daily cycle closes too, and that is no end
        at__lt=at,
    )
    found: dict[str, str] = {}
    for customer, kind, reason in told.order_by("at", "pk").values_list(
        "case__customer__customer_id", "kind", "data__reason"
    ):
        if kind == TimelineEntry.Kind.TAKEN_UP:
            found.pop(customer, None)
        elif reason in REASONS:
            found[customer] = reason
    return found


def _mark(customer: Customer, reason: str) -> None:
    customer.ended_because = reason
    customer.save(update_fields=["ended_because"])

"""Showing personal data in full: to one who may, with a reason, leaving a trace that names no data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from shouyue.base import clock
from shouyue.casework import errors, queries, timeline
from shouyue.casework.details import reading as details
from shouyue.casework.interviews import reading
from shouyue.casework.interviews.form import Question
from shouyue.casework.models import Case, TimelineEntry
from shouyue.compliance import audit
from shouyue.people.models import User
from shouyue.people.permissions import require

REASONS = ("call", "identity_check", "correct_data", "complaint", "inspection")
#: why the file of a letter, which shows name and address in full, is opened
LETTER_REASONS = ("send", "customer_asks", "complaint", "inspection")

#: fields of a customer that are masked until revealed
CUSTOMER_FIELDS = ("id_number", "employer", "address", "born_on")
#: those that were told of him, by what stands in ``details``
TOLD_FIELDS = {"told_address": details.ADDRESS, "told_employer": details.EMPLOYER}


def permitted(by: User, reason: str, reasons: Sequence[str] = REASONS) -> None:
    """Raises PEOPLE-001, CASE-024."""
    require(by, "personal.reveal")
    if reason not in reasons:
        raise errors.NEEDS_REASON.error(field="reason")


def _begin(case_id: int, reason: str, by: User) -> Case:
    permitted(by, reason)
    return queries.case(by, case_id)


def trace(case: Case, what: str, subject: str, reason: str, by: User) -> None:
    """On the timeline and in the chain: what was shown of ``subject``, and why."""
    at = clock.now()
    timeline.write(
        case,
        TimelineEntry.Kind.REVEALED,
        f"revealed:{subject}:{what}:{at.timestamp()}",
        at,
        by,
        what=what,
        reason=reason,
    )
    audit.record("personal.reveal", subject, {"field": what, "reason": reason, "case": case.pk}, by, at)


@transaction.atomic
def phone(case_id: int, contact_point_id: int, reason: str, by: User) -> str:
    """The full number of one of the customer's contact points."""
    case = _begin(case_id, reason, by)
    point = case.customer.contact_points.filter(pk=contact_point_id).first()
    if point is None:
        raise errors.NO_NUMBER.error()
    trace(case, "phone", f"contact_point:{point.pk}", reason, by)
    return point.phone


@transaction.atomic
def customer_field(case_id: int, field: str, reason: str, by: User) -> str:
    """One field of ``CUSTOMER_FIELDS`` or ``TOLD_FIELDS``, in full."""
    case = _begin(case_id, reason, by)
    if field in TOLD_FIELDS:
        told = details.current(details.history(case.customer_id)).get(TOLD_FIELDS[field])
        trace(case, field, f"customer:{case.customer_id}", reason, by)
        return " ".join(told.lines) if told else ""
    if field not in CUSTOMER_FIELDS:
        raise errors.NO_FIELD.error(field=field)
    trace(case, field, f"customer:{case.customer_id}", reason, by)
    return str(getattr(case.customer, field) or "")


@transaction.atomic
def answer(case_id: int, question: str, reason: str, by: User) -> tuple[Question, Any]:
    """One masked answer of the customer's newest interview, with its question."""
    case = _begin(case_id, reason, by)
    interview = reading.newest(case.customer_id)
    asked = reading.form_of(interview).questions.get(question) if interview else None
    if interview is None or asked is None or not asked.masked or question not in interview.answers:
        raise errors.NO_FIELD.error(field=question)
    trace(case, f"answer-{question}", f"customer:{case.customer_id}", reason, by)
    return asked, interview.answers[question]

"""A visit (外访) from its plan to its report: the gate is asked for its time and when it begins; two make it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from shouyue.base import clock
from shouyue.casework import calls, errors, notes, queries, refusing, third_persons, timeline, wordings
from shouyue.casework.asking import question
from shouyue.casework.models import Case, Contact, ContactPoint, TimelineEntry, Visit
from shouyue.casework.outcome import ATTEMPT_KIND, Outcome
from shouyue.compliance import audit, gate, row_digests, wishes
from shouyue.compliance.models import Wish
from shouyue.people.models import User
from shouyue.people.permissions import can, require

Reached, Result, State = Contact.Reached, Contact.Result, Visit.State
#: who may have been met
MET = (Reached.SELF, Reached.GUARANTOR, Reached.OTHER, Reached.NOBODY)
#: how far ahead a visit is planned
MOST_DAYS = 30


def companions(case: Case, by: User) -> list[User]:
    """Colleagues of the store who may go along."""
    found = User.objects.filter(store_id=case.store_id, is_active=True).exclude(pk=by.pk).order_by("full_name", "pk")
    return [one for one in found if can(one, "case.work")]


def asked(case: Case, place: str, by: User, at: datetime, agreed: bool = False) -> gate.Question:
    """What the gate is asked of a visit: to the borrower, at a place, on no number; ``agreed`` with himself."""
    q = question(case, ContactPoint(customer=case.customer, relation="self"), by, at, "visit")
    awaits = {"borrower_awaits": heard_since(case, place)} if agreed else {}
    return replace(q, place=place, facts={**q.facts, **awaits})


def refusals(case: Case, places: Iterable[str] = wishes.VISITED) -> list[Wish]:
    """What others who were met at these places of the borrower's said against being contacted, the newest first."""
    said = wishes.held(case.customer.person_id, ())
    return [wish for wish in said if wish.kind == Wish.Kind.REFUSED_AT_PLACE and wish.details["place"] in places]


def heard_since(case: Case, place: str) -> bool:
    """Was the borrower himself spoken to since somebody refused at this place? True where nobody did."""
    refused = refusals(case, (place,))
    heard = Contact.objects.filter(case__customer__person=case.customer.person_id, reached=Reached.SELF)
    return not refused or heard.filter(started_at__gte=refused[0].at).exists()


@transaction.atomic
def plan(
    case_id: int,
    place: str,
    why: str,
    planned_for: datetime | None,
    second_id: int,
    by: User,
    key: UUID,
    agreed: bool = False,
) -> Visit:
    """Plan a visit that the gate would allow at its time, as far as is known now; the same ``key`` again is the same.

    ``agreed``: the borrower himself agreed to be met there. Raises CASE-001, CASE-002, CASE-021, VISIT-001 to
    VISIT-004, VISIT-010 where he was not spoken to since somebody refused there.
    """
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    if before := Visit.objects.filter(pk=key, case=case).first():
        return before
    queries.must_be_open(case)
    for field, value, choices in (("place", place, Visit.Place.values), ("why", why, Visit.Why.values)):
        if value not in choices:
            raise errors.UNKNOWN_CHOICE.error(field=field, value=value[:40])
    second = next((one for one in companions(case, by) if one.pk == second_id), None)
    if second is None:
        raise errors.VISIT_SECOND.error(field="second")
    now = clock.now()
    if planned_for is None or not now <= planned_for <= now + timedelta(days=MOST_DAYS):
        raise errors.VISIT_TIME.error(field="planned_for", days=MOST_DAYS)
    if Visit.objects.filter(case=case, state__in=(State.PLANNED, State.BEGUN)).exists():
        raise errors.VISIT_OPEN.error(field="")
    if agreed and not heard_since(case, place):
        raise errors.VISIT_NOT_AGREED.error(field="agreed")
    answer = gate.preview(asked(case, place, by, planned_for, agreed))
    if not answer.allowed:
        raise errors.VISIT_REFUSED.error(field="planned_for", why_zh=answer.words("zh"), why_en=answer.words("en"))
    visit = Visit.objects.create(
        pk=key, case=case, first=by, second=second, place=place, why=why, planned_for=planned_for, agreed=agreed
    )
    _tell(visit, "plan", by, now)
    return visit


def seen(visit_id: UUID, user: User) -> Visit:
    """Raises VISIT-005, the same for absent and for another store's."""
    visits = Visit.objects.filter(pk=visit_id, case__in=queries.visible_cases(user))
    found = visits.select_related("case__customer", "first", "second", "attempt", "contact").first()
    if found is None:
        raise errors.NO_VISIT.error()
    return found


@transaction.atomic
def begin(visit_id: UUID, by: User, key: UUID) -> gate.Answer:
    """Ask the gate under its lock and, where it allows, begin; the answer says why not. A new try takes a new ``key``.

    Raises VISIT-005 to -007, CASE-002.
    """
    visit = _own(visit_id, by)
    if visit.attempt is not None and visit.attempt_id == key:
        return gate.answer_of(visit.attempt.decision)
    _must_be(visit, State.PLANNED)
    queries.must_be_open(visit.case)
    now = clock.now()
    reservation = gate.reserve(asked(visit.case, visit.place, by, now, visit.agreed), key)
    if reservation.attempt is None:
        refusing.keep(visit.case, reservation, "self", by, now)
        return reservation.answer
    visit.attempt, visit.begun_at, visit.state = reservation.attempt, now, State.BEGUN
    visit.save(update_fields=["attempt", "begun_at", "state"])
    line = _tell(visit, "begin", by, now)
    told = {"contact": str(key), "visit": str(visit.pk), **gate.named(reservation.decision, reservation.attempt)}
    told |= row_digests.named(visit, line)
    audit.record("contact.start", f"case:{visit.case_id}", told, by, now)
    return reservation.answer


@transaction.atomic
def report(
    visit_id: UUID,
    outcome: Outcome,
    by: User,
    *,
    point_id: int | None = None,
    untold: bool = False,
    reference: str = "",
) -> Contact:
    """Keep what became of a visit; a second time gives the first. ``untold``: nothing of the loan was told to others.

    ``point_id`` is the contact who was met, where he is one of the customer's. Raises VISIT-005 to -009, INTV-004 for
    a long ``reference``, and what ``outcome.check`` and the words of the note raise.
    """
    visit = _own(visit_id, by)
    case, now = visit.case, clock.now()
    if visit.contact is not None:
        return visit.contact
    _must_be(visit, State.BEGUN)
    if outcome.reached not in MET:
        raise errors.VISIT_REACHED.error(field="reached")
    if outcome.reached == Reached.OTHER and not untold:
        raise errors.VISIT_DISCLOSED.error(field="untold")
    if len(reference) > 100:
        raise errors.ANSWER_TOO_LONG.error(field="reference", most=100)
    wordings.passed(reference, "note", reason=outcome.wording_reason, field="reference")
    outcome, kept = calls.checked(case, outcome, now)
    met = calls.spoken_with(case, point_id, outcome.reached)
    assert visit.attempt is not None and visit.begun_at is not None
    contact = Contact.objects.create(
        pk=visit.attempt_id,
        case=case,
        attempt=visit.attempt,
        contact_point=None if outcome.reached == Reached.NOBODY else met,
        staff=by,
        channel="visit",
        purpose=case.phase,
        business_day=case.as_of,
        started_at=visit.begun_at,
        finished_at=now,
        status=Contact.Status.FINISHED,
        reached=outcome.reached,
        result=outcome.result,
        why_late=outcome.why_late,
        manner=outcome.manner,
        note=outcome.note,
    )
    third_persons.met(contact, outcome.who, now)
    gate.report(visit.attempt.pk, ATTEMPT_KIND[outcome.reached], now, by.pk)
    visit.contact, visit.state, visit.reference = contact, State.REPORTED, reference
    visit.save(update_fields=["contact", "state", "reference"])
    calls.follow(contact, case, outcome, kept, by, now)
    return contact


@transaction.atomic
def cancel(visit_id: UUID, note: str, by: User, wording_reason: str = "") -> Visit:
    """A planned visit that is not made. Raises VISIT-005 to -007, CASE-022, CASE-023, WORD-001, WORD-002."""
    visit = _own(visit_id, by)
    _must_be(visit, State.PLANNED)
    note = notes.said(note)
    kept = wordings.passed(note, "note", reason=wording_reason)
    visit.state, visit.note = State.CANCELLED, note
    visit.save(update_fields=["state", "note"])
    _tell(visit, "cancel", by, clock.now(), kept)
    return visit


def _own(visit_id: UUID, by: User) -> Visit:
    """The visit, its case locked first, of one of the two who make it."""
    require(by, "case.work")
    found = seen(visit_id, by)
    case = queries.case(by, found.case_id, lock=True)
    visit = seen(visit_id, by)  # as it is now that the case is locked
    visit.case = case
    if by.pk not in (visit.first_id, visit.second_id):
        raise errors.VISIT_NOT_YOURS.error(field="")
    return visit


def _must_be(visit: Visit, state: str) -> None:
    if visit.state != state:
        raise errors.VISIT_STATE.error(field="")


def _tell(visit: Visit, action: str, by: User, at: datetime, kept: dict[str, Any] | None = None) -> TimelineEntry:
    told = {"visit": str(visit.pk), "action": action, "place": visit.place, "with": visit.second_id}
    told |= {"agreed": True} if visit.agreed else {}
    line = timeline.write(
        visit.case,
        TimelineEntry.Kind.VISIT,
        f"visit:{visit.pk}:{action}",
        at,
        by,
        **told,
        planned_for=visit.planned_for.isoformat(),
        note=visit.note,
        **(kept or {}),
    )
    if action != "begin":  # that is in the chain as the contact's start
        told |= wordings.named(kept or {}) | row_digests.named(visit, line)
        audit.record(f"visit.{action}", f"case:{visit.case_id}", told, by, at)
    return line

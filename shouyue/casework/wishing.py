"""Writing down by hand what somebody said about being contacted, and that it is over.

What a call brings to light is written when the call is logged (``third_persons``); this is for what came by letter, at
the counter, or through another part of the house. The ledger and its rules are ``compliance.wishes``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from shouyue.base import clock
from shouyue.casework import barring, errors, numbers, queries, timeline
from shouyue.casework.asking import zone_of
from shouyue.casework.customers import customer
from shouyue.casework.models import Case, Contact, ContactPoint, Customer, TimelineEntry
from shouyue.compliance import audit, row_digests, wishes
from shouyue.compliance.errors import BAD_WISH
from shouyue.compliance.identity import number_key
from shouyue.compliance.models import Wish
from shouyue.compliance.rule import CHANNELS
from shouyue.people.models import User
from shouyue.people.permissions import require

Kind = Wish.Kind
#: said by the borrower about all contacts with him
ONLY_LETTERS = "only_letters"
HIS = (
    *(Kind.INCONVENIENT_TIME, Kind.INCONVENIENT_PLACE, Kind.CHANNEL_REFUSED, ONLY_LETTERS, Kind.REPRESENTED),
    *(Kind.AGREED_QUIET_HOURS, Kind.AGREED_MORE_ATTEMPTS, Kind.AGREED_PRIVATE_ACCOUNT, Kind.PRIOR_CONSENT),
)
#: said by the borrower, and kept with his case instead of the ledger
CALL_BACK = "call_back"
#: said about one number, or by whoever answers it
OF_NUMBER = (Kind.WRONG_NUMBER, Kind.CONTACT_REFUSED, Kind.CONSENT)
#: said by whoever was met at one of the borrower's places, where somebody else than the desk made the visit
AT_PLACE = (Kind.REFUSED_AT_PLACE,)
#: how the desk may know; the file and agencies write for themselves
EVIDENCE = (Wish.Evidence.WRITTEN, Wish.Evidence.CALL, Wish.Evidence.VISIT)


@transaction.atomic
def say(
    customer_id: int,
    kind: str,
    by: User,
    key: UUID,
    *,
    evidence: str,
    evidence_ref: str = "",
    point_id: int | None = None,
    channels: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
) -> Wish:
    """Append what was said; the same ``key`` again adds nothing. The gate heeds it from this moment.

    Raises CASE-009, CASE-021 for what is no choice, CASE-027 where the kind needs a number and the number fits it not,
    CASE-028 where no way of contact is named, GATE-013 naming another field.
    """
    require(by, "case.work")
    found = customer(by, customer_id)
    if kind not in (*HIS, *OF_NUMBER, *AT_PLACE):
        raise errors.UNKNOWN_CHOICE.error(field="kind", value=kind[:40])
    _known(evidence)
    if kind == ONLY_LETTERS:
        kind, channels = Kind.CHANNEL_REFUSED, [c for c in CHANNELS if c != "letter"]
    if kind == Kind.CHANNEL_REFUSED and not channels:
        raise errors.NEEDS_CHANNEL.error(field="channels")
    number = _number(found, kind, point_id, by) if kind in OF_NUMBER else ""
    person = None if kind in wishes.OF_OTHERS else found.person_id
    return _write(
        found,
        key,
        by,
        kind=kind,
        person=person,
        number_key=number,
        channels=channels,
        details=details,
        evidence=evidence,
        evidence_ref=evidence_ref,
    )


@transaction.atomic
def call_back(
    customer_id: int, at: datetime | None, by: User, key: UUID, *, evidence: str, evidence_ref: str = ""
) -> Case:
    """Agree to call the customer again at ``at``, where he asked for it outside a call; once for a ``key``.

    It stands with his open case, where the gate and the day's list look for it, until the next contact. Raises
    CASE-009, CASE-001 where no case is open, CASE-021, CASE-018 for a time that is past, GATE-013.
    """
    require(by, "case.work")
    found = customer(by, customer_id)
    open_one = queries.visible_cases(by).filter(customer=found, status=Case.Status.OPEN).first()
    if open_one is None:
        raise errors.NO_CASE.error()
    case, now = queries.case(by, open_one.pk, lock=True), clock.now()
    if TimelineEntry.objects.filter(case=case, ref=f"call_back:{key}").exists():
        return case
    _known(evidence)
    if not wishes.REFERENCE.fullmatch(evidence_ref):
        raise BAD_WISH.error(field="evidence_ref")
    if at is None or at < now:
        raise errors.NEXT_IN_PAST.error(field="call_at")
    case.last_result, case.next_action, case.next_action_at = Contact.Result.CALL_BACK, "call", at
    case.call_asked_at = now
    if at.astimezone(zone_of(case)).date() <= case.as_of:
        case.done_on = None
    case.save(update_fields=["last_result", "next_action", "next_action_at", "call_asked_at", "done_on"])
    told = {"about": CALL_BACK, "given": True, "until": at.isoformat(), "evidence": evidence, "reference": evidence_ref}
    timeline.write(case, TimelineEntry.Kind.WISH, f"call_back:{key}", now, by, **told)
    barring.refresh([found.person_id], now)
    audit.record("wish.call_back", f"case:{case.pk}", told, by, now)
    return case


@transaction.atomic
def end(customer_id: int, wish_id: int, by: User, key: UUID, *, evidence: str, evidence_ref: str = "") -> Wish:
    """Append that a wish in force is over; the same ``key`` again adds nothing.

    Raises CASE-009, CASE-021, CASE-029 where the wish is not in force on this customer, CASE-030 for a refusal, which
    holds for ever, GATE-013.
    """
    require(by, "case.work")
    found = customer(by, customer_id)
    if before := Wish.objects.filter(key=key).first():
        return before
    wish = in_force(found, wish_id, by)
    if wish.kind in wishes.FOR_EVER:
        raise errors.WISH_FOR_EVER.error(field="evidence")
    _known(evidence)
    return _write(
        found,
        key,
        by,
        given=False,
        kind=wish.kind,
        person=wish.person_id,
        number_key=wish.number_key,
        channels=wish.channels,
        purposes=wish.purposes,
        details=wish.details,
        evidence=evidence,
        evidence_ref=evidence_ref,
    )


def in_force(found: Customer, wish_id: int, by: User) -> Wish:
    """A wish that is in force of the customer or on one of the numbers that the user sees. Raises CASE-029."""
    numbers = [number_key(point.phone) for point in points(found, by)]
    wish = next((w for w in wishes.held(found.person_id, numbers) if w.pk == wish_id), None)
    if wish is None:
        raise errors.NO_WISH.error()
    return wish


def points(found: Customer, by: User) -> list[ContactPoint]:
    """The numbers of the person as far as the user's cases reach."""
    seen = queries.visible_cases(by).filter(customer__person_id=found.person_id).values("customer_id")
    return list(ContactPoint.objects.filter(customer_id__in=seen).order_by("rank", "id"))


def _known(evidence: str) -> None:
    if evidence not in EVIDENCE:
        raise errors.UNKNOWN_CHOICE.error(field="evidence", value=evidence[:40])


def _number(found: Customer, kind: str, point_id: int | None, by: User) -> str:
    point = next((p for p in points(found, by) if p.pk == point_id), None)
    if point is None or (kind in wishes.OF_OTHERS and point.relation in wishes.BORROWERS):
        raise errors.NEEDS_NUMBER.error(field="point")
    return number_key(point.phone)


def _write(found: Customer, key: UUID, by: User, *, given: bool = True, **values: Any) -> Wish:
    new = not Wish.objects.filter(key=key).exists()
    wish = wishes.write(key, given=given, staff_id=by.pk, **values)
    if new:
        told = {"kind": wish.kind, "given": given, "customer": found.pk, "evidence": wish.evidence}
        told |= row_digests.named(wish)
        audit.record("wish.add", f"wish:{wish.pk}", told, by, wish.at)
        if wish.kind == Kind.WRONG_NUMBER:
            _mark(found, wish)
        _tell(found, wish, by)
        barring.refresh([found.person_id], wish.at)
    return wish


def _mark(found: Customer, wish: Wish) -> None:
    """The number says so too, or no more, on each of the person's customer numbers: who has no number left is lost."""
    for point in ContactPoint.objects.filter(customer__person_id=found.person_id):
        if number_key(point.phone) != wish.number_key:
            continue
        if wish.given:
            point.mark, point.marked_at = numbers.WRONG, wish.at
        elif point.mark == numbers.WRONG:
            point.mark, point.marked_at = _marked_before(point)
        point.save(update_fields=["mark", "marked_at"])


def _marked_before(point: ContactPoint) -> tuple[str, datetime | None]:
    """That a number was said to be out of service stands, where it is the person's own after all."""
    lines = TimelineEntry.objects.filter(case__customer_id=point.customer_id, kind=TimelineEntry.Kind.NUMBER)
    last = lines.filter(data__number=point.pk, data__has_key="mark").order_by("at", "id").last()
    if last is None or last.data["mark"] != numbers.OUT_OF_SERVICE:
        return "", None
    return numbers.OUT_OF_SERVICE, last.at


def _tell(found: Customer, wish: Wish, by: User) -> None:
    """On the timeline of the case that is worked, else of the last."""
    case = queries.newest(queries.visible_cases(by).filter(customer=found))
    if case is not None:
        about = {"wish": wish.pk, "about": wish.kind, "given": wish.given, "channels": wish.channels}
        kind, ref = TimelineEntry.Kind.WISH, f"wish:{wish.pk}"
        timeline.write(case, kind, ref, wish.at, by, **about, **wish.details, customer=found.pk)

"""Contacts of an agency's system: asked for beforehand, under the same lock and budget as the desk's, or reported.

An allowed answer is a reservation: the attempt counts from then on, and its outcome is reported by its id. A contact
that was made without asking counts all the same, and its decision tells whether it was within the law.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from shouyue.base import clock
from shouyue.casework import asking, barring, known, queries, refusing, reported, timeline
from shouyue.casework import errors as case_errors
from shouyue.casework.agencies import errors
from shouyue.casework.models import Agency, AgencyAnswer, Case, ContactPoint, Placement, TimelineEntry
from shouyue.compliance import audit, gate, row_digests
from shouyue.compliance.models import Attempt, AttemptOutcome

Answer = tuple[int, dict[str, Any]]
#: how long an answer is kept for the same request again
KEEP = timedelta(days=90)


def placed(agency: Agency, after: UUID | None, limit: int) -> tuple[list[tuple[Placement, Case]], UUID | None]:
    """What is with the agency now and has an open case, the oldest placement first, at most ``limit`` behind ``after``.

    With it, where there is more, the placement to go on behind. It stays good when it is itself taken back meanwhile,
    and what is placed meanwhile comes last. Raises AGENCY-003 for a placement that was never the agency's.
    """
    all_ = Placement.objects.filter(agency=agency)
    found = all_.filter(standing(), customer__cases__status=Case.Status.OPEN).order_by("placed_at", "pk")
    if after is not None:
        last = all_.filter(pk=after).first()
        if last is None:
            raise errors.NOT_PLACED.error()
        found = found.filter(Q(placed_at__gt=last.placed_at) | Q(placed_at=last.placed_at, pk__gt=last.pk))
    page = list(found[: limit + 1])
    cases = Case.objects.filter(customer__in=[p.customer_id for p in page], status=Case.Status.OPEN)
    by_customer = {
        c.customer_id: c for c in cases.select_related("customer").prefetch_related("customer__contact_points")
    }
    shown = page[:limit]
    going_on = shown[-1].pk if len(page) > limit else None
    return [(p, by_customer[p.customer_id]) for p in shown if p.customer_id in by_customer], going_on


@transaction.atomic
def once(agency: Agency, key: str, asked: Mapping[str, object], answer: Callable[[], Answer]) -> Answer:
    """The answer to a request, made once for each key of the agency; the same request again has the same.

    A request that is refused with an error leaves its key free. Raises AGENCY-004 for another request under the key.
    """
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    # whoever comes second with a key waits here for the first
    AgencyAnswer.objects.bulk_create(
        [AgencyAnswer(agency=agency, key=key, digest=digest, at=clock.now())], ignore_conflicts=True
    )
    kept = AgencyAnswer.objects.select_for_update(no_key=True).get(agency=agency, key=key)
    if kept.digest != digest:
        raise errors.KEY_USED.error()
    if not kept.status:
        kept.status, kept.answer = answer()
        kept.save(update_fields=["status", "answer"])
    return kept.status, kept.answer


def forget(now: datetime) -> int:
    """Remove the answers that have been kept long enough; the contacts and decisions they tell of stay."""
    return AgencyAnswer.objects.filter(at__lt=now - KEEP).delete()[0]


@transaction.atomic
def ask(agency: Agency, placement: UUID, number: int, channel: str, key: str) -> gate.Reservation:
    """May the agency contact by this number now? Allowed, the attempt is reserved.

    Raises AGENCY-003, CASE-002 without an open case, CASE-006 for a number that is not the customer's, GATE-006.
    """
    case = _case(agency, placement)
    point = queries.number(case.customer, number)
    at = clock.now()
    reservation = gate.reserve(_question(case, point, agency, channel, at), attempt_id(agency, key))
    if reservation.attempt is None:
        refusing.keep(case, reservation, point.relation, None, at)
    else:
        told = {
            "contact": str(reservation.attempt.pk),
            "agency": agency.code,
            **gate.named(reservation.decision, reservation.attempt),
        }
        audit.record("contact.start", f"case:{case.pk}", told, None, at)
    return reservation


@transaction.atomic
def end(agency: Agency, attempt: UUID, outcome: str) -> None:
    """What became of a contact that was asked for; the same again changes nothing. Raises AGENCY-007, -008."""
    found = (
        Attempt.objects.select_for_update(no_key=True, of=("self",))
        .select_related("decision")
        .filter(pk=attempt, agency=agency.code)
        .first()
    )
    if found is None:
        raise errors.NO_CONTACT.error()
    said = AttemptOutcome.objects.filter(attempt=found).order_by("-id").first()
    if said is not None:
        if said.kind != outcome:
            raise errors.OTHER_OUTCOME.error(outcome=said.kind)
        return
    at = clock.now()
    gate.report(attempt, outcome, at, None)
    case = queries.newest(Case.objects.filter(customer__person_id=found.person_id))
    barring.refresh([found.person_id], at)
    if case is not None:
        told = {"channel": found.channel, "relation": found.decision.inputs.get("relation", "self")}
        timeline.write(
            case, TimelineEntry.Kind.CONTACT, f"reported:{attempt}", found.at, None, **told, outcome=outcome,
            agency=agency.code, allowed=True, decision=str(found.decision_id),
        )  # fmt: skip
    ended = {"contact": str(attempt), "outcome": outcome, **row_digests.named(row_digests.outcome(attempt))}
    audit.record("contact.end", f"agency:{agency.code}", ended, None, at)


@transaction.atomic
def report(
    agency: Agency, placement: UUID, number: int, channel: str, at: datetime, outcome: str, key: str
) -> gate.GateDecision:
    """A contact that the agency made without asking, also of a case that is with it no more: the rules judge it.

    Raises AGENCY-003, CASE-002 without a case, CASE-006, GATE-006, and GATE-012 for one of the future.
    """
    case = _case(agency, placement, made=True)
    point = queries.number(case.customer, number)
    question = _question(case, point, agency, channel, at)
    return reported.keep(case.customer, case, question, attempt_id(agency, key), outcome, None)[1]


def number_of(agency: Agency, placement: UUID, number: int) -> str | None:
    """The number to dial, while the case is with the agency."""
    here = {"customer__placements__pk": placement, "customer__placements__agency": agency}
    if not Placement.objects.filter(standing(), pk=placement, agency=agency).exists():
        return None
    return ContactPoint.objects.filter(pk=number, **here).values_list("phone", flat=True).first()


def attempt_id(agency: Agency, key: str) -> UUID:
    """The same as that of a contact reported in a file under this number."""
    return uuid.uuid5(reported.NAMESPACE, f"{agency.code}:{key}")


def standing() -> Q:
    """Placements that count today: neither ended nor past their last day, also before the daily cycle has run."""
    return Q(ended_at=None) & (Q(ends_on=None) | Q(ends_on__gte=clock.today()))


def _case(agency: Agency, placement: UUID, made: bool = False) -> Case:
    """The case behind a placement of the agency, locked as the desk locks it; open and with it now, unless the contact
    was ``made`` already."""
    placed_ = Placement.objects.filter(pk=placement, agency=agency).first()
    if placed_ is None:
        raise errors.NOT_PLACED.error()
    if not made:
        _must_stand(placed_)
    cases = Case.objects.select_for_update(no_key=True, of=("self",)).select_related("customer")
    case = queries.newest(cases.filter(customer_id=placed_.customer_id))
    if case is None or (not made and case.status != Case.Status.OPEN):
        raise case_errors.CASE_CLOSED.error()
    return case


def _must_stand(placed_: Placement) -> None:
    over = placed_.ends_on is not None and placed_.ends_on < clock.today()
    if placed_.ended_because == Placement.Because.TERM or (placed_.ended_at is None and over):
        raise errors.PLACEMENT_OVER.error(day=placed_.ends_on)
    if placed_.ended_at is not None:
        raise errors.NOT_PLACED.error()


def _question(case: Case, point: ContactPoint, agency: Agency, channel: str, at: datetime) -> gate.Question:
    asked = asking.question(case, point, None, at, channel)
    facts = {**asked.facts, **known.of_agency(agency.code, case.customer_id, at)}
    # a call back that the desk was asked for is none that the agency was asked for
    asked = replace(asked, staff_id=None, agency=agency.code, asked=None, facts=facts)
    return asking.without_number(asked)

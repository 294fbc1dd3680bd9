"""Handing a case to a colleague with the whole story (提醒移交)."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from shouyue.base import clock
from shouyue.casework import errors, notes, queries, timeline, wordings
from shouyue.casework.models import Case, Handover, TimelineEntry
from shouyue.compliance import audit, row_digests
from shouyue.people.models import Role, User
from shouyue.people.permissions import can, require

REASONS = ("hostile", "language", "away", "workload", "skill", "other")


def takers(case: Case) -> QuerySet[User]:
    """Colleagues who may take the case: active reps and managers of its store, without the present one."""
    return (
        User.objects.filter(store_id=case.store_id, is_active=True, role__in=[Role.REP, Role.STORE_MANAGER])
        .exclude(pk=case.assignee_id)
        .order_by("full_name", "username")
    )


@transaction.atomic
def hand_over(
    case_id: int, taker_id: int, by: User, reason: str, note: str, handover_id: UUID, wording_reason: str = ""
) -> Handover:
    """The case goes to ``taker_id``. A rep gives away his own cases, a manager any of his store.

    The same ``handover_id`` again returns the first handover.
    """
    require(by, "case.hand_over")
    case = queries.case(by, case_id, lock=True)
    if before := Handover.objects.filter(pk=handover_id, case=case).first():
        return before
    queries.must_be_open(case)
    if case.assignee_id != by.pk and not can(by, "case.hand_over_any"):
        raise errors.NO_CASE.error()
    if reason not in REASONS:
        raise errors.NEEDS_REASON.error(field="reason")
    taker = takers(case).filter(pk=taker_id).first()
    if taker is None:
        raise errors.TAKER_UNFIT.error(field="taker")
    note = notes.clean(note)
    kept = wordings.passed(note, "note", reason=wording_reason)
    at = clock.now()
    handover = Handover.objects.create(
        pk=handover_id,
        case=case,
        giver_id=case.assignee_id,
        taker=taker,
        by=by,
        at=at,
        reason=reason,
        note=note,
    )
    case.assignee, case.assigned_on = taker, case.as_of
    case.assigned_because_zh = f"由 {by} 移交"
    case.assigned_because_en = f"handed over by {by}"
    case.save(update_fields=["assignee", "assigned_on", "assigned_because_zh", "assigned_because_en"])
    line = timeline.write(
        case,
        TimelineEntry.Kind.HANDED_OVER,
        f"handover:{handover.pk}",
        at,
        by,
        giver=handover.giver_id,
        taker=taker.pk,
        taker_name=str(taker),
        reason=reason,
        note=handover.note,
        **kept,
    )
    told = {"giver": handover.giver_id, "taker": taker.pk, "reason": reason, **wordings.named(kept)}
    audit.record("case.hand_over", f"case:{case.pk}", told | row_digests.named(handover, line), by, at)
    return handover

"""Making a plan with a customer, and ending it before it is judged."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.db import transaction

from shouyue.base import clock
from shouyue.casework import calls, errors, promising, queries, timeline
from shouyue.casework.models import Case, Loan, Plan, PlanInstalment, TimelineEntry
from shouyue.casework.plans.judging import TRANSITIONS, Event
from shouyue.casework.plans.schedule import Afford, Asked, Line, checked, digest
from shouyue.casework.plans.terms import terms
from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import require

#: why a plan ends before it is judged; the first is the desk's own
NEWER = "newer"
REASONS = ("asked", "circumstances", "mistake", "other")


def show(case: Case, asked: Asked, by: User) -> tuple[list[Line], Afford]:
    """The plan as it would be saved; nothing is. Raises PLAN-001 to -009 naming the field to mend."""
    return checked(
        asked,
        case.as_of,
        calls.owed_minor(case),
        case.currency,
        coming(case),
        case.customer.salary_day,
        by.role,
        terms(),
    )


def coming(case: Case) -> list[tuple[date, int]]:
    """What the contracts still ask for after the business day, in the case's currency: (due day, minor units)."""
    loans = Loan.objects.filter(customer_id=case.customer_id, currency=case.currency)
    return [
        (date.fromisoformat(part["due"]), left)
        for schedule in loans.values_list("schedule", flat=True)
        for part in schedule
        if part.get("due", "") > case.as_of.isoformat() and (left := part.get("amount", 0) - part.get("paid", 0)) > 0
    ]


@transaction.atomic
def make(case_id: int, asked: Asked, shown: str, by: User, plan_id: UUID) -> Plan:
    """Save the plan that was shown (``digest`` of its lines); the same ``plan_id`` again returns the first.

    An active plan and open promises of the case give way to it. Raises CASE-001, CASE-002, PLAN-001 to -009, PLAN-010
    when the plan came out otherwise than it was shown.
    """
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    if before := Plan.objects.filter(pk=plan_id, case=case).first():
        return before
    queries.must_be_open(case)
    lines, means = show(case, asked, by)
    if shown != digest(lines):
        raise errors.PLAN_CHANGED.error(field="total")
    at = clock.now()
    for old in Plan.objects.select_for_update(no_key=True).filter(
        case__customer=case.customer_id, state=Plan.State.ACTIVE
    ):
        _end(old, Event.NEWER, NEWER, case.as_of, by)
    promising.give_way(case, "plan", by, at)
    plan = Plan.objects.create(
        pk=plan_id,
        case=case,
        staff=by,
        currency=case.currency,
        total_minor=asked.total_minor,
        every=asked.every,
        made_on=case.as_of,
        grace_days=terms().grace_days,
        tolerance_permille=terms().tolerance_permille,
        income_minor=asked.income_minor,
        costs_minor=asked.costs_minor,
        room_minor=means.room_minor,
    )
    PlanInstalment.objects.bulk_create(PlanInstalment(plan=plan, **line.__dict__) for line in lines)
    told = {"plan": str(plan.pk), "state": str(plan.state), "count": len(lines), "due_on": lines[-1].due_on.isoformat()}
    told |= {"amount_minor": plan.total_minor, "currency": plan.currency}
    line = timeline.write(case, TimelineEntry.Kind.PLAN, f"plan:{plan.pk}", at, by, made=True, **told)
    audit.record("plan.make", f"case:{case.pk}", {**told, "digest": shown, **row_digests.named(plan, line)}, by, at)
    return plan


@transaction.atomic
def cancel(plan_id: UUID, reason: str, by: User) -> Plan:
    """Take an active plan back, with a key of ``REASONS``; the same again changes nothing.

    Raises PLAN-011, PLAN-012, CASE-024.
    """
    require(by, "case.work")
    plan = queries.locked(Plan, plan_id, by, errors.NO_PLAN)
    if reason not in REASONS:
        raise errors.NEEDS_REASON.error(field="reason")
    if plan.state == Plan.State.CANCELLED and plan.ended_because == reason:
        return plan
    if (plan.state, Event.CANCELLED) not in TRANSITIONS:
        raise errors.PLAN_NOT_ACTIVE.error()
    _end(plan, Event.CANCELLED, reason, plan.case.as_of, by)
    return plan


def call_off(plan: Plan, reason: str, day: date, by: User) -> None:
    """An active plan ends with its case, which the caller has locked."""
    _end(plan, Event.CANCELLED, reason, day, by)


def _end(plan: Plan, event: Event, reason: str, day: date, by: User) -> None:
    at = clock.now()
    plan.state = TRANSITIONS[plan.state, event]
    plan.ended_on, plan.ended_because = day, reason
    plan.save(update_fields=["state", "ended_on", "ended_because"])
    told = {"plan": str(plan.pk), "state": str(plan.state), "reason": reason}
    timeline.write(plan.case, TimelineEntry.Kind.PLAN, f"plan:{plan.pk}:{plan.state}", at, by, **told)
    audit.record("plan.end", f"case:{plan.case_id}", told, by, at)

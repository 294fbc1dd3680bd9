"""Proposing a waiver, and another person's word on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum

from shouyue.base import clock, money
from shouyue.casework import errors, notes, queries, timeline, wordings
from shouyue.casework.concessions import states
from shouyue.casework.concessions.limits import WAIVABLE, limits
from shouyue.casework.models import (
    Case,
    Concession,
    ConcessionPart,
    ConcessionStep,
    Loan,
    TimelineEntry,
)
from shouyue.casework.quotes import states as quotes
from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import can, require

REASONS = ("hardship", "settles", "plan", "our_fault", "complaint", "other")
_STATES = {
    states.PROPOSED: ("待审批", "waiting for approval"),
    states.APPROVED: ("已批准", "approved"),
    states.REJECTED: ("已驳回", "rejected"),
    states.WITHDRAWN: ("已撤回", "withdrawn"),
    states.EXPIRED: ("已过期", "expired"),
    states.EXPORTED: ("已发往核心系统", "sent to the core"),
    states.DONE: ("核心系统已入账", "booked by the core"),
    states.DIFFERS: ("核心系统入账不符", "booked otherwise by the core"),
    states.REFUSED: ("核心系统未入账", "refused by the core"),
}
_WHY = {
    "component": ("此项目", "this component"),
    "stage": ("案件所处阶段", "the stage of the case"),
    "share": ("减免比例", "the share waived"),
    "amount": ("一年内累计减免金额", "the sum waived within the period"),
}


@dataclass(frozen=True)
class Effect:
    """What a waiver would do: per component (owed, waived, left), in all, and which roles could approve it."""

    parts: Mapping[str, tuple[int, int, int]]
    owed_minor: int
    left_minor: int
    used_minor: int
    approvers: tuple[str, ...]


def owed(loan: Loan) -> dict[str, int]:
    """Minor units owed of each component that the desk may waive at all."""
    return {"penalty": loan.outstanding_penalty_minor, "late_fee": loan.outstanding_late_fee_minor}


def used(case: Case, currency: str) -> int:
    """What others' word has waived this customer within the period, in the currency."""
    since = case.as_of - timedelta(days=limits().period_days)
    granted = ConcessionPart.objects.filter(
        concession__case__customer_id=case.customer_id,
        concession__currency=currency,
        concession__state__in=states.GRANTED,
        concession__proposed_on__gt=since,
    )
    return granted.aggregate(total=Sum("amount_minor"))["total"] or 0


def effect(case: Case, loan: Loan, parts: Mapping[str, int]) -> Effect:
    """What the waiver would do; nothing is saved. Raises WAIV-003 to -007 naming the field to mend."""
    known = owed(loan)
    given = {name: minor for name, minor in parts.items() if minor}
    if not given:
        raise errors.WAIVER_EMPTY.error(field="penalty")
    for name, minor in given.items():
        if name not in WAIVABLE:
            raise errors.WAIVER_NEVER.error(field=name)
        if minor < 0 or minor > known[name]:
            raise errors.WAIVER_TOO_HIGH.error(field=name, owed=money.show(known[name], loan.currency))
    spent = used(case, loan.currency)
    refusals = {
        role: limit.refuses(given, known, spent, case.stage, loan.currency) for role, limit in limits().by_role.items()
    }
    approvers = tuple(role for role, refusal in refusals.items() if not refusal)
    if not approvers:
        zh, en = _WHY[next(reversed(refusals.values()))]
        raise errors.WAIVER_NO_LIMIT.error(field=next(iter(given)), why_zh=zh, why_en=en)
    shown = {name: (known[name], given.get(name, 0), known[name] - given.get(name, 0)) for name in WAIVABLE}
    waived = sum(given.values())
    return Effect(shown, loan.outstanding_minor, loan.outstanding_minor - waived, spent, approvers)


@transaction.atomic
def propose(
    case_id: int,
    loan_number: str,
    parts: Mapping[str, int],
    reason: str,
    note: str,
    by: User,
    concession_id: UUID,
    wording_reason: str = "",
) -> Concession:
    """Ask for a waiver on a loan of the case; the same ``concession_id`` again returns the first.

    Raises CASE-001, CASE-002, WAIV-002 to -007, WAIV-008 while another one of the loan is live, WORD-001, -002.
    """
    require(by, "concession.propose")
    case = queries.case(by, case_id, lock=True)
    if before := Concession.objects.filter(pk=concession_id, case=case).first():
        return before
    queries.must_be_open(case)
    loan = Loan.objects.filter(customer_id=case.customer_id, loan_id=loan_number).first()
    if loan is None:
        raise errors.WAIVER_NO_LOAN.error(field="loan")
    if reason not in REASONS:
        raise errors.NEEDS_REASON.error(field="reason")
    effect(case, loan, parts)
    if Concession.objects.filter(loan_number=loan_number, state__in=states.LIVE).exists():
        raise errors.WAIVER_LIVE.error(field="loan")
    note = notes.clean(note)
    kept = wordings.passed(note, "note", reason=wording_reason)
    at = clock.now()
    made = Concession.objects.create(
        pk=concession_id,
        case=case,
        loan_number=loan_number,
        currency=loan.currency,
        reason=reason,
        proposed_by=by,
        proposed_on=case.as_of,
        expires_on=case.as_of + timedelta(days=limits().valid_days),
    )
    ConcessionPart.objects.bulk_create(
        ConcessionPart(concession=made, component=name, amount_minor=minor, owed_minor=owed(loan)[name])
        for name, minor in parts.items()
        if minor
    )
    step(made, "propose", by, at, note, kept)
    return made


@transaction.atomic
def decide(concession_id: UUID, action: str, note: str, by: User, wording_reason: str = "") -> Concession:
    """Approve, reject or withdraw; once the core was told: refuse (it will not be booked), or accept what was booked
    instead. The same again changes nothing.

    Approved by another person than who proposed it, whose role's limit covers it, while no more is waived than is owed.
    Withdrawn by who proposed it or by one who may approve. Refused and accepted by another one who may approve, with
    words. Raises WAIV-006, -007, -009 to -015, PEOPLE-001, WORD-001, -002.
    """
    assert action in states.DECISIONS
    require(by, "concession.propose" if action == "withdraw" else "concession.approve")
    found = queries.locked(Concession, concession_id, by, errors.NO_WAIVER)
    last = found.steps.latest("seq")
    if last.action == action and last.by_id == by.pk:
        return found
    if states.after(found.state, action) is None:
        zh, en = _STATES[found.state]
        raise errors.WAIVER_NOT_POSSIBLE.error(field="action", state_zh=zh, state_en=en)
    own = found.proposed_by_id == by.pk
    if action == "withdraw":
        if not own and not can(by, "concession.approve"):
            raise errors.WAIVER_NOT_YOURS.error(field="action")
        if found.quotes.filter(state__in=quotes.LIVE).exists():
            raise errors.WAIVER_QUOTED.error(field="action")
    elif own:
        raise errors.WAIVER_OWN_WORD.error(field="action")
    note = notes.clean(note)
    if action != "approve" and not note:
        raise errors.WAIVER_NEEDS_NOTE.error(field="note")
    kept = wordings.passed(note, "note", reason=wording_reason)
    if action == "approve":
        _may_approve(found, by)
        found.approved_by = by
    step(found, action, by, clock.now(), note, kept)
    return found


def _may_approve(found: Concession, by: User) -> None:
    if found.expires_on < found.case.as_of:
        raise errors.WAIVER_EXPIRED.error(field="action", day=found.expires_on)
    loan, parts = loan_of(found), amounts(found)
    known = owed(loan) if loan else {}
    for name, minor in parts.items():
        if minor > known.get(name, 0):
            raise errors.WAIVER_TOO_HIGH.error(field="action", owed=money.show(known.get(name, 0), found.currency))
    limit = limits().by_role.get(by.role)
    spent = used(found.case, found.currency)
    refusal = limit.refuses(parts, known, spent, found.case.stage, found.currency) if limit else "component"
    if refusal:
        zh, en = _WHY[refusal]
        raise errors.WAIVER_NO_LIMIT.error(field="action", why_zh=zh, why_en=en)


def amounts(found: Concession) -> dict[str, int]:
    return dict(found.parts.values_list("component", "amount_minor"))


def loan_of(found: Concession) -> Loan | None:
    return Loan.objects.filter(customer_id=found.case.customer_id, loan_id=found.loan_number).first()


def expire(as_of: date, at: datetime) -> int:
    """End what was not exported by its day, inside the caller's transaction; returns how many."""
    late = Concession.objects.filter(state__in=(states.PROPOSED, states.APPROVED), expires_on__lt=as_of)
    over = queries.lock_all(late, "proposed_on")
    for found in over:
        step(found, "expire", None, at)
    return len(over)


def step(
    found: Concession,
    action: str,
    by: User | None,
    at: datetime,
    note: str = "",
    kept: dict[str, Any] | None = None,
    **more: object,
) -> None:
    """The next step in its life, told to the timeline and the audit chain. The case is locked, the action possible.

    ``kept`` is what ``wordings.passed`` gave for the note.
    """
    state = states.after("" if action == "propose" else found.state, action)
    assert state is not None, (found.state, action)
    found.state = state
    found.save(update_fields=["state", "approved_by", "instruction", "exported_on"])
    made = ConcessionStep.objects.create(
        concession=found, seq=found.steps.count() + 1, action=action, state=state, by=by, at=at, note=note
    )
    told = {"concession": str(found.pk), "action": action, "state": state, "loan": found.loan_number}
    told |= {"amount_minor": sum(amounts(found).values()), "currency": found.currency, **more}
    ref = f"concession:{found.pk}:{made.seq}"
    line = timeline.write(found.case, TimelineEntry.Kind.CONCESSION, ref, at, by, note=note, **told, **(kept or {}))
    parts = found.parts.all() if action == "propose" else ()
    told |= {"parts": amounts(found), **wordings.named(kept or {})}
    told |= row_digests.named(found, made, line, *parts)
    audit.record(f"concession.{action}", f"case:{found.case_id}", told, by, at)

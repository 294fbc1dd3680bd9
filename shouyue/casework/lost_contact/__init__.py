"""Lost contact (失联): a queue of its own, lawful steps only, and a record of what was tried.

Who is lost follows from what happened (``unreachable``), not from a mark that somebody sets. What may be tried is data
(steps.toml). Hunting by ID number, village heads, hotlines, neighbours and telling others of the debt are no steps, and
no file can make them so lawful: the gate stands before every call, message and letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from shouyue.base import clock
from shouyue.base.errors import Code
from shouyue.casework import (
    asking,
    barring,
    errors,
    notes,
    queries,
    refusing,
    timeline,
    unreachable,
    wordings,
)
from shouyue.casework.errors import Invalid
from shouyue.casework.lost_terms import Step, steps
from shouyue.casework.models import Case, ContactPoint, LostStep, TimelineEntry
from shouyue.casework.unreachable import Lost
from shouyue.compliance import audit, gate, row_digests
from shouyue.compliance.models import AttemptOutcome
from shouyue.people.models import User
from shouyue.people.permissions import require

SENT, FOUND, NOTHING, NOT_POSSIBLE = "sent", "found", "nothing", "not_possible"
OUTCOMES = (SENT, FOUND, NOTHING, NOT_POSSIBLE)
REFUSED = Code("LOST-001", zh="现在不得发送：{why_zh}", en="it may not be sent now: {why_en}", kind=Invalid)
NOT_SENT = Code(
    "LOST-002",
    zh="先登记“已发出”（登记时询问合规关卡），再登记结果",
    en="write it down as sent first, which asks the gate; then what came of it",
    kind=Invalid,
)
TOO_SOON = Code(
    "LOST-003", zh="这一步在 {day} 之后才可再做", en="this step may be taken again after {day}", kind=Invalid
)


def queue(user: User, lost: Mapping[int, Lost] | None = None) -> QuerySet[Case]:
    """Open cases of borrowers who cannot be reached, that the user may see; the newest late first.

    ``lost`` is ``unreachable.at_work`` where it was read before.
    """
    lost = unreachable.at_work() if lost is None else lost
    found = queries.visible_cases(user).filter(customer_id__in=list(lost))
    cases = found.filter(status=Case.Status.OPEN, left_alone=False, placed=False)
    return cases.select_related("customer", "store", "assignee").order_by("dpd", "-overdue_minor", "pk")


def open_steps(case: Case, lost: Lost | None = None) -> list[tuple[Step, LostStep | None]]:
    """Each step that is for why he is ``lost``, with its last record, those that may be taken now first."""
    last: dict[str, LostStep] = {}
    for record in case.lost_steps.select_related("by").order_by("at"):
        last[record.step] = record
    told = [(step, last.get(id_)) for id_, step in steps().items() if lost is None or lost.why in step.why]
    return sorted(told, key=lambda one: not _may(*one))


def _may(step: Step, last: LostStep | None) -> bool:
    return last is None or (step.again_days > 0 and clock.now() >= last.at + timedelta(days=step.again_days))


def tried(
    case_id: int, step_id: str, outcome: str, note: str, by: User, key: UUID, wording_reason: str = ""
) -> LostStep:
    """Write down a step that was tried; the same ``key`` again returns the first.

    A step that is a message or a letter is written down as sent, which asks the gate under its lock; then what came of
    it. Raises CASE-001, CASE-002, CASE-021 for what is no step or outcome, CASE-023 without words on what was found,
    WORD-001, WORD-002, LOST-001 where the gate refuses, which is kept, LOST-002, LOST-003.
    """
    done = _tried(case_id, step_id, outcome, note, by, key, wording_reason)
    if isinstance(done, gate.Answer):
        raise REFUSED.error(field="step", why_zh=done.words("zh"), why_en=done.words("en"))
    return done


@transaction.atomic
def _tried(
    case_id: int, step_id: str, outcome: str, note: str, by: User, key: UUID, wording_reason: str
) -> LostStep | gate.Answer:
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    if before := LostStep.objects.filter(pk=key, case=case).first():
        return before
    queries.must_be_open(case)
    step = steps().get(step_id)
    if step is None:
        raise errors.UNKNOWN_CHOICE.error(field="step", value=step_id[:40])
    if outcome not in OUTCOMES or (outcome == SENT and not step.channel):
        raise errors.UNKNOWN_CHOICE.error(field="outcome", value=outcome[:40])
    note = notes.clean(note)
    if outcome == FOUND and not note:
        raise errors.NOTE_EMPTY.error(field="note")
    kept, at, told = wordings.passed(note, "note", reason=wording_reason), clock.now(), {}
    attempt = None
    if step.channel:
        _in_turn(case, step, outcome)
    if outcome == SENT:
        reservation = gate.reserve(asked(case, [step], by, at)[0], key)
        attempt = reservation.attempt
        if attempt is None:
            refusing.keep(case, reservation, "self", by, at)
            return reservation.answer
        gate.report(key, AttemptOutcome.Kind.SENT, at, by.pk)
        barring.refresh([case.customer.person_id], at)
        told = gate.named(reservation.decision, attempt)
    made = LostStep.objects.create(
        pk=key, case=case, step=step_id, outcome=outcome, note=note, attempt=attempt, by=by, at=at
    )
    said = {"step": step_id, "outcome": outcome} | (
        {"decision": told["decision"], "channel": step.channel} if told else {}
    )
    line = timeline.write(case, TimelineEntry.Kind.LOST, f"lost:{made.pk}", at, by, note=note, **said, **kept)
    sent = row_digests.outcome(key) if attempt else None
    about = told | said | wordings.named(kept) | row_digests.named(made, line, sent)
    audit.record("lost_contact.step", f"case:{case.pk}", about, by, at)
    return made


def _in_turn(case: Case, step: Step, outcome: str) -> None:
    """Sent before what came of it, and again only after its days. Raises LOST-002, LOST-003."""
    records = case.lost_steps.filter(step=step.id)
    last = records.exclude(outcome=NOT_POSSIBLE).order_by("-at").first()
    if outcome in (FOUND, NOTHING) and (last is None or last.outcome != SENT):
        raise NOT_SENT.error(field="outcome")
    sent = records.filter(outcome=SENT).order_by("-at").first()
    if outcome == SENT and sent is not None and step.again_days and not _may(step, sent):
        day = (sent.at + timedelta(days=step.again_days)).astimezone(asking.zone_of(case)).date()
        raise TOO_SOON.error(field="step", day=day.isoformat())


def asked(case: Case, given: Sequence[Step], by: User, at: datetime) -> list[gate.Question]:
    """What the gate is asked before messages and letters go to the borrower himself: no number is named."""
    places = [step.place if step.channel == "letter" else "" for step in given]
    himself = [ContactPoint(customer=case.customer, relation="self", place=place) for place in places]
    return asking.questions(case, [(h, s.channel) for h, s in zip(himself, given, strict=True)], by, at)


def allowed_now(case: Case, by: User) -> dict[str, gate.Answer]:
    """May the messages and letters among the steps go out now? By step."""
    given = [step for step in steps().values() if step.channel]
    answers = gate.preview_many(asked(case, given, by, clock.now()))
    return {step.id: answer for step, answer in zip(given, answers, strict=True)}

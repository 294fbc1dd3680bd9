"""Writing an interview down: drafts that lose nothing, and versions that replace nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django.db import transaction

from shouyue.base import clock
from shouyue.base.errors import ShouyueError
from shouyue.casework import errors, queries, timeline, wordings
from shouyue.casework.asking import zone_of
from shouyue.casework.customers import customer
from shouyue.casework.interviews import answers, form, reading
from shouyue.casework.models import (
    Case,
    ContactPoint,
    Customer,
    Interview,
    InterviewDraft,
    InterviewForm,
    TimelineEntry,
)
from shouyue.compliance import audit, row_digests
from shouyue.compliance.wishes import BORROWERS
from shouyue.people.models import User
from shouyue.people.permissions import require

FIRST_DAY = date(1990, 1, 1)
#: fields beside the answers that a draft keeps
ABOUT = ("kind", "held_on", "reason", "wording_reason")
#: more than any form that is filled in by hand
_MOST_DRAFT = 60_000


def points(found: Customer) -> list[ContactPoint]:
    """Whom the question of who knows of the loan is about."""
    return list(ContactPoint.objects.filter(customer=found).exclude(relation__in=BORROWERS).order_by("rank", "id"))


def draft(customer_id: int, by: User) -> InterviewDraft | None:
    return InterviewDraft.objects.filter(customer_id=customer_id, by=by).first()


@transaction.atomic
def keep_draft(customer_id: int, sent: answers.Sent, by: User) -> InterviewDraft:
    """Keep what is typed so far, right or wrong, in the place of the user's draft before. Raises CASE-009, INTV-004."""
    require(by, "case.work")
    found = customer(by, customer_id)
    asked = form.current().questions
    kept = {
        name: [one.replace("\x00", "") for one in values]
        for name, values in sent.items()
        if name in ABOUT or name.removeprefix("none-").split("-")[0] in asked
    }
    if sum(len(one) for values in kept.values() for one in values) > _MOST_DRAFT:
        raise errors.ANSWER_TOO_LONG.error(field="", most=_MOST_DRAFT)
    told = {"sent": kept, "at": clock.now()}
    return InterviewDraft.objects.update_or_create(customer=found, by=by, defaults=told)[0]


def drop_draft(customer_id: int, by: User) -> None:
    require(by, "case.work")
    customer(by, customer_id)
    InterviewDraft.objects.filter(customer_id=customer_id, by=by).delete()


@transaction.atomic
def save(
    customer_id: int,
    sent: answers.Sent,
    by: User,
    key: UUID,
    *,
    kind: str,
    held_on: date | None,
    reason: str = "",
    wording_reason: str = "",
    seen: int = 0,
) -> Interview:
    """Append what was said as a new version; the same ``key`` again adds nothing.

    ``seen`` is the version that was at hand when the form was opened (0: none). Raises CASE-009, INTV-002 with every
    answer that is wrong in ``faults``, INTV-007 on a day that cannot be, INTV-008 without a reason, INTV-009 where
    nothing changed, INTV-011 where a colleague saved meanwhile, WORD-001, WORD-002.
    """
    require(by, "case.work")
    found = customer(by, customer_id)
    # versions are numbered one after the other: whoever else saves waits here
    Customer.objects.select_for_update(no_key=True).get(pk=found.pk)
    if before := Interview.objects.filter(pk=key, customer=found).first():
        return before
    last = reading.newest(found.pk)
    case = _case(found, by)
    values, kept = _checked(found, case, last, sent, kind, held_on, reason, wording_reason)
    if last is not None and last.seq != seen:
        raise errors.INTERVIEW_MEANWHILE.error(
            field="", version=last.seq, by=last.by.username if last.by else last.source
        )
    made = written(found, last, values, by, key, kind, held_on or FIRST_DAY, reason.strip())
    InterviewDraft.objects.filter(customer=found, by=by).delete()
    knowers(found, last.answers if last else {}, values)
    changed = [c.question for c in answers.changes(last.answers if last else {}, values)]
    told = {"interview": str(made.pk), "version": made.seq, "about": made.kind}
    line = timeline.write(
        case,
        TimelineEntry.Kind.INTERVIEW,
        f"interview:{made.pk}",
        made.at,
        by,
        **told,
        customer=found.pk,
        count=len(changed),
        reason=made.reason,
        **kept,
    )
    audit.record(
        "interview.add",
        f"customer:{found.pk}",
        {**told, "form": made.form_id, "changed": changed, **wordings.named(kept), **row_digests.named(made, line)},
        by,
        made.at,
    )
    return made


def _case(found: Customer, by: User) -> Case:
    """The case on whose timeline it stands: the open one, else the last."""
    case = queries.newest(queries.visible_cases(by).filter(customer=found))
    assert case is not None  # else the customer is not the user's to see
    return case


def _checked(
    found: Customer,
    case: Case,
    last: Interview | None,
    sent: answers.Sent,
    kind: str,
    held_on: date | None,
    reason: str,
    wording_reason: str,
) -> tuple[answers.Answers, dict[str, Any]]:
    asked, before = form.current(), last.answers if last else {}
    values, wrong = answers.read(asked, sent, before, [p.pk for p in points(found)], case.currency)
    if kind not in Interview.Kind.values or (kind == Interview.Kind.CORRECTION and last is None):
        wrong["kind"] = errors.UNKNOWN_CHOICE.error(field="kind", value=kind[:40])
    today = clock.now().astimezone(zone_of(case)).date()
    if held_on is None or not FIRST_DAY <= held_on <= today:
        wrong["held_on"] = errors.INTERVIEW_DAY.error(field="held_on", today=today)
    if last is not None and not reason.strip():
        wrong["reason"] = errors.INTERVIEW_NEEDS_REASON.error(field="reason")
    if len(reason.strip()) > 300:
        wrong["reason"] = errors.ANSWER_TOO_LONG.error(field="reason", most=300)
    kept = worded({"reason": reason.strip(), **texts(asked, values, before)}, wording_reason, wrong)
    if wrong:
        raise errors.INTERVIEW_WRONG.error(field=next(iter(wrong)), faults=wrong)
    if values == before:
        raise errors.INTERVIEW_SAME.error(field="")
    return values, kept


def texts(asked: form.Form, values: answers.Answers, before: answers.Answers) -> dict[str, str]:
    """What was written in free words, and was not there before."""
    texts = (q.id for q in asked.questions.values() if q.kind == "text")
    return {name: values[name] for name in texts if name in values and values[name] != before.get(name)}


def worded(texts: Mapping[str, str], reason: str, wrong: dict[str, ShouyueError]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, text in texts.items():
        try:
            found = wordings.passed(text, "note", reason=reason, field=name)
        except errors.Invalid as error:
            wrong.setdefault(error.field or name, error)
        else:
            kept = {**kept, **found, "wording": [*kept.get("wording", ()), *found["wording"]]} if found else kept
    return kept


def written(
    found: Customer,
    last: Interview | None,
    values: answers.Answers,
    by: User | None,
    key: UUID,
    kind: str,
    held_on: date,
    reason: str,
    source: str = "",
) -> Interview:
    """The next version; ``by`` nobody where it came from another system, ``source``."""
    asked, at = form.current(), clock.now()
    kept = InterviewForm(digest=asked.digest, version=asked.version, content=asked.content, first_used_at=at)
    InterviewForm.objects.bulk_create([kept], ignore_conflicts=True)
    return Interview.objects.create(
        pk=key,
        customer=found,
        seq=last.seq + 1 if last else 1,
        form_id=asked.digest,
        kind=kind,
        held_on=held_on,
        reason=reason,
        answers=values,
        by=by,
        source=source,
        at=at,
    )


def knowers(found: Customer, before: answers.Answers, values: answers.Answers) -> None:
    """Who knows of the loan, by the customer's own word, stands with the number until he says otherwise.

    What he says no differently than before is left: it may have been of somebody else, if the number is corrected.
    """
    was, said = _knowing(before), _knowing(values)
    for point in points(found):
        knows = said.get(str(point.pk))
        if knows != was.get(str(point.pk)):
            ContactPoint.objects.filter(pk=point.pk).update(said_to_know=knows)


def _knowing(values: answers.Answers) -> dict[str, bool]:
    """By number who knows of the loan."""
    asked = (question.id for question in form.current().questions.values() if question.kind == "people")
    return {key: knows for name in asked for key, knows in values.get(name, {}).items()}

"""What the desk does with promises to pay: takes them down, has them confirmed, replaces and cancels them.

Whether they were kept is for the payments to say: see promises.py, where the life of a promise is one table.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from shouyue.base import clock
from shouyue.casework import errors, queries, timeline
from shouyue.casework.house import house
from shouyue.casework.models import Case, Contact, Plan, Promise, TimelineEntry
from shouyue.casework.outcome import Outcome
from shouyue.casework.promises import TRANSITIONS, Event
from shouyue.compliance import audit
from shouyue.people.models import User
from shouyue.people.permissions import require

#: why a promise ends before it is judged: a newer one takes its place, or what the rep was told
NEWER = "newer"
REASONS = ("asked", "circumstances", "mistake", "plan", "other")
_STATES = {"replaced": ("被替换", "replaced"), "cancelled": ("取消", "cancelled")}
_JUDGED = ("判定", "judged")


def standing(case: Case) -> list[Promise]:
    """The case's open promises, the next one first."""
    return list(case.promises.filter(state=Promise.State.OPEN).order_by("due_on", "made_on", "id"))


def make(contact: Contact, case: Case, outcome: Outcome, by: User, at: datetime) -> list[Promise]:
    """The promises of a checked outcome, a row for each part; open ones are replaced unless these stand beside them.

    The case is locked by the caller. Raises PLAN-013 while a payment plan is running.
    """
    if Plan.objects.filter(case=case, state=Plan.State.ACTIVE).exists():
        raise errors.PLAN_RUNS.error(field="result")
    if not outcome.promise_beside:
        for before in standing(case):
            _end(before, Event.NEWER, NEWER, by, at)
    made = [
        Promise(
            case=case,
            contact=contact,
            staff=by,
            amount_minor=minor,
            currency=case.currency,
            made_on=case.as_of,
            due_on=due,
            grace_days=house().grace_days,
            tolerance_permille=house().tolerance_permille,
        )
        for minor, due in ((outcome.promise_minor, outcome.promise_due), *outcome.promise_more)
    ]
    Promise.objects.bulk_create(made)
    for promise in made:
        timeline.write(
            case,
            TimelineEntry.Kind.PROMISE,
            f"promise:{promise.pk}",
            at,
            by,
            promise=str(promise.pk),
            amount_minor=promise.amount_minor,
            currency=promise.currency,
            due_on=promise.due_on.isoformat(),
        )
    return made


def give_way(case: Case, reason: str, by: User, at: datetime) -> None:
    """A plan takes the place of what is open. The case is locked by the caller."""
    for promise in standing(case):
        _end(promise, Event.NEWER, reason, by, at)


def call_off(case: Case, reason: str, by: User, at: datetime) -> None:
    """What is open ends with the case. The case is locked by the caller."""
    for promise in standing(case):
        _end(promise, Event.CANCELLED, reason, by, at)


def confirm_all(case: Case, by: User, at: datetime) -> None:
    """The customer said in a call that he will keep what is open. The case is locked by the caller."""
    for promise in standing(case):
        _confirm(promise, by, at)


@transaction.atomic
def confirm(promise_id: UUID, by: User) -> Promise:
    """The customer said again that he will keep it. Once a day is enough: a second time changes nothing.

    Raises PROM-004, PROM-005.
    """
    require(by, "case.work")
    promise = queries.locked(Promise, promise_id, by, errors.NO_PROMISE)
    _must(promise, Event.CONFIRMED)
    at = clock.now()
    if promise.confirmed_at is None or promise.confirmed_at.date() != at.date():
        _confirm(promise, by, at)
    return promise


def _confirm(promise: Promise, by: User, at: datetime) -> None:
    promise.state = TRANSITIONS[promise.state, Event.CONFIRMED]
    promise.confirmed_at = at
    promise.save(update_fields=["state", "confirmed_at"])
    told = {"promise": str(promise.pk), "due_on": promise.due_on.isoformat()}
    told |= {"amount_minor": promise.amount_minor, "currency": promise.currency}
    timeline.write(
        promise.case, TimelineEntry.Kind.PROMISE_CONFIRMED, f"confirmed:{promise.pk}:{at.date()}", at, by, **told
    )
    confirmed = {"promise": str(promise.pk), "confirmed_at": at.astimezone(UTC)}
    audit.record("promise.confirm", f"case:{promise.case_id}", confirmed, by, at)


@transaction.atomic
def cancel(promise_id: UUID, reason: str, by: User) -> Promise:
    """Take an open promise back, with a key of ``REASONS``; the same again changes nothing.

    Not once its day is over: then it is judged, and a broken promise stays one. Raises PROM-004 to -006, CASE-024.
    """
    require(by, "case.work")
    promise = queries.locked(Promise, promise_id, by, errors.NO_PROMISE)
    if reason not in REASONS:
        raise errors.NEEDS_REASON.error(field="reason")
    if promise.state == Promise.State.CANCELLED and promise.ended_because == reason:
        return promise
    _must(promise, Event.CANCELLED)
    if promise.due_on < promise.case.as_of:
        raise errors.PROMISE_DAY_OVER.error(due=promise.due_on)
    _end(promise, Event.CANCELLED, reason, by, clock.now())
    return promise


def _end(promise: Promise, event: Event, reason: str, by: User, at: datetime) -> None:
    promise.state = TRANSITIONS[promise.state, event]
    promise.ended_on, promise.ended_because = promise.case.as_of, reason
    promise.save(update_fields=["state", "ended_on", "ended_because"])
    if event == Event.CANCELLED:
        told = {"promise": str(promise.pk), "due_on": promise.due_on.isoformat(), "reason": reason}
        told |= {"amount_minor": promise.amount_minor, "currency": promise.currency}
        timeline.write(promise.case, TimelineEntry.Kind.PROMISE_CANCELLED, f"cancelled:{promise.pk}", at, by, **told)
    told = {"promise": str(promise.pk), "reason": reason, "state": str(promise.state)}
    audit.record("promise.end", f"case:{promise.case_id}", told, by, at)


def _must(promise: Promise, event: Event) -> None:
    if (promise.state, event) not in TRANSITIONS:
        zh, en = _STATES.get(promise.state, _JUDGED)
        raise errors.PROMISE_NOT_OPEN.error(state_zh=zh, state_en=en)


def to_confirm(promises: QuerySet[Promise], day: date) -> QuerySet[Promise]:
    """Open promises whose day is near (house.toml) and that nobody has confirmed since it came near."""
    near = day + timedelta(days=house().confirm_days)
    since = day - timedelta(days=house().confirm_days)
    fresh = Q(confirmed_at=None) | Q(confirmed_at__date__lt=since)
    return promises.filter(fresh, state=Promise.State.OPEN, due_on__range=(day, near), made_on__lt=day)

"""Putting an approved version into force from a day, rolling back to an earlier one in one step, stopping."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from shouyue.base import clock
from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import require
from shouyue.releases import errors, queries
from shouyue.releases.drafting import lock, step, subject
from shouyue.releases.kinds import kind
from shouyue.releases.models import Document, Release, Version
from shouyue.releases.reviewing import checked, locked, must
from shouyue.releases.timeline import in_force

#: days ahead that a release may be planned
FARTHEST = 366


@transaction.atomic
def release(
    kind_id: str, name: str, number: int, by: User, effective_from: date, today: date, reason: str = ""
) -> Release:
    """From the day on the version is in force, in place of whatever was planned for that day and after it.

    ``today`` is the desk's business day; no day before it can be changed. The person is not the one who approved it.
    Said again with the same day it is the same release. Raises REL-003 where the version is not approved, REL-005 where
    the check now finds errors, REL-008, REL-010, REL-016, PEOPLE-001.
    """
    require(by, kind(kind_id).release)
    version = locked(kind_id, name, number)
    if again := _last_if(version.document, Release.Kind.RELEASE, version, by, effective_from):
        return again
    _possible(effective_from, today)
    must(version, version.steps.select_related("by").latest("seq"), "release")
    if by.pk in queries.involved(version, "approve"):
        raise errors.OWN_APPROVAL.error(number=number)
    checked(kind_id, name, version.text, "release")
    return _append(version.document, Release.Kind.RELEASE, version, by, effective_from, reason)


@transaction.atomic
def roll_back(
    kind_id: str, name: str, number: int, by: User, effective_from: date, today: date, reason: str
) -> Release:
    """An earlier version is in force again from the day on: one step, by one person, with a reason.

    Raises REL-003 where the version was never released, REL-005, REL-009, REL-010, REL-012 where it is in force on that
    day anyway, PEOPLE-001.
    """
    require(by, kind(kind_id).roll_back)
    version = locked(kind_id, name, number)
    if again := _last_if(version.document, Release.Kind.ROLL_BACK, version, by, effective_from):
        return again
    _needs_reason(reason)
    _possible(effective_from, today)
    must(version, version.steps.select_related("by").latest("seq"), "roll_back")
    now = in_force(queries.said(kind_id, name), effective_from)
    if now is not None and now.number == number:
        raise errors.NOT_EARLIER.error(number=number, day=effective_from)
    checked(kind_id, name, version.text, "roll_back")
    return _append(version.document, Release.Kind.ROLL_BACK, version, by, effective_from, reason)


@transaction.atomic
def stop(kind_id: str, name: str, by: User, effective_from: date, today: date, reason: str) -> Release:
    """From the day on no released version is in force. Raises REL-009, REL-010, REL-017, PEOPLE-001."""
    require(by, kind(kind_id).roll_back)
    document = lock(kind_id, name)
    if again := _last_if(document, Release.Kind.STOP, None, by, effective_from):
        return again
    _needs_reason(reason)
    _possible(effective_from, today)
    now = in_force(queries.said(kind_id, name), effective_from)
    if now is None or now.number is None:
        raise errors.NOTHING_TO_STOP.error(day=effective_from)
    return _append(document, Release.Kind.STOP, None, by, effective_from, reason)


def _needs_reason(reason: str) -> None:
    if not reason.strip():
        raise errors.NEEDS_REASON.error(field="reason")


def _possible(day: date, today: date) -> None:
    if day < today:
        raise errors.IN_THE_PAST.error(field="effective_from", today=today)
    if day > (latest := today + timedelta(days=FARTHEST)):
        raise errors.TOO_FAR.error(field="effective_from", latest=latest)


def _last_if(document: Document, kind_: str, version: Version | None, by: User, day: date) -> Release | None:
    """The document's newest release, if it says just this: a button pressed twice."""
    last = document.releases.order_by("-seq").first()
    same = last and (last.kind, last.version_id, last.by_id, last.effective_from) == (
        *(kind_, version.pk if version else None, by.pk, day),
    )
    return last if same else None


def _append(document: Document, kind_: str, version: Version | None, by: User, day: date, reason: str) -> Release:
    made = Release.objects.create(
        document=document,
        seq=document.releases.count() + 1,
        kind=kind_,
        version=version,
        effective_from=day,
        by=by,
        at=clock.now(),
        reason=reason.strip()[:500],
    )
    told: dict[str, object] = {"number": None, "digest": None}
    taken = None
    if version is not None:
        taken = step(version, version.steps.latest("seq").state, kind_, by, made.reason)
        told = {"number": version.number, "version": version.pk, "digest": version.digest}
    told |= {"release": made.pk, "effective_from": day, "reason": made.reason}
    told |= row_digests.named(document, version, taken, made)
    audit.record(f"version.{kind_}", subject(document), told, by)
    return made

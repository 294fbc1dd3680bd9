"""Reading versions, their states, and what is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import OuterRef, QuerySet, Subquery

from shouyue.people.models import User
from shouyue.people.permissions import require
from shouyue.releases import errors, states
from shouyue.releases.kinds import kind
from shouyue.releases.models import Document, Release, Step, Version
from shouyue.releases.timeline import Effective, ahead, in_force

#: waiting for somebody
WAITING = (states.PROPOSED, states.APPROVED)


def versions(kind_id: str, name: str) -> QuerySet[Version]:
    """All versions, the newest first, each with its ``state``; without their texts until they are asked for."""
    newest = Step.objects.filter(version=OuterRef("pk")).order_by("-seq").values("state")[:1]
    return (
        Version.objects.filter(document__kind=kind_id, document__name=name)
        .annotate(state=Subquery(newest))
        .select_related("document", "author")
        .defer("text")
        .order_by("-number")
    )


def version(kind_id: str, name: str, number: int) -> Version:
    """One version with its ``state``. Raises REL-002."""
    found = versions(kind_id, name).defer(None).filter(number=number).first()
    if found is None:
        raise errors.NO_VERSION.error(name=name, number=number)
    return found


def state(of: Version) -> str:
    """The version's state now; from the annotation where it has one."""
    known = getattr(of, "state", None)
    return known if known is not None else of.steps.latest("seq").state


def said(kind_id: str, name: str) -> list[Effective]:
    """Every release of the document as the timeline takes it."""
    rows = Release.objects.filter(document__kind=kind_id, document__name=name).order_by("seq")
    return [Effective(*row) for row in rows.values_list("seq", "effective_from", "version__number")]


def effective(kind_id: str, name: str, day: date) -> Version | None:
    """The version in force on the day, as known now; None where nothing was released or it was stopped."""
    now = in_force(said(kind_id, name), day)
    return version(kind_id, name, now.number) if now is not None and now.number is not None else None


@dataclass(frozen=True)
class Standing:
    """Where a document stands: what is in force on the day, what comes, what waits, and its newest version."""

    name: str
    in_force: Effective | None
    ahead: list[Effective]
    waiting: list[Version]
    newest: Version | None


def standing(kind_id: str, day: date, by: User) -> list[Standing]:
    """Every document of the kind, by name, in three queries. Raises PEOPLE-001."""
    require(by, kind(kind_id).view)
    documents = {d.pk: d for d in Document.objects.filter(kind=kind_id).order_by("name")}
    told: dict[int, list[Effective]] = {pk: [] for pk in documents}
    rows = Release.objects.filter(document__kind=kind_id).order_by("seq")
    for document, *parts in rows.values_list("document", "seq", "effective_from", "version__number"):
        told[document].append(Effective(*parts))
    newest_state = Step.objects.filter(version=OuterRef("pk")).order_by("-seq").values("state")[:1]
    all_ = Version.objects.filter(document__kind=kind_id).annotate(state=Subquery(newest_state))
    all_ = all_.select_related("author").defer("text").order_by("-number")
    newest: dict[int, Version] = {}
    waiting: dict[int, list[Version]] = {pk: [] for pk in documents}
    for found in all_:
        newest.setdefault(found.document_id, found)
        if state(found) in WAITING:
            waiting[found.document_id].append(found)
    return [
        Standing(d.name, in_force(told[pk], day), ahead(told[pk], day), waiting[pk], newest.get(pk))
        for pk, d in documents.items()
    ]


@dataclass(frozen=True)
class Event:
    """A line of a document's history: a step of a version, or a release."""

    at: datetime
    by: User
    action: str
    number: int | None
    reason: str
    effective_from: date | None = None
    acknowledged: tuple[str, ...] = ()


def history(kind_id: str, name: str) -> list[Event]:
    """Everything that happened to the document, the newest first. Releases stand for the steps they made."""
    steps = Step.objects.filter(version__document__kind=kind_id, version__document__name=name)
    steps = steps.exclude(action__in=("release", "roll_back")).select_related("by", "version")
    releases = Release.objects.filter(document__kind=kind_id, document__name=name).select_related("by", "version")
    events = [
        Event(s.at, s.by, s.action, s.version.number, s.reason or s.version.note if s.action == "save" else s.reason,
              acknowledged=tuple(s.acknowledged))
        for s in steps.defer("version__text")
    ] + [
        Event(r.at, r.by, r.kind, r.version.number if r.version else None, r.reason, r.effective_from)
        for r in releases.defer("version__text")
    ]  # fmt: skip
    return sorted(events, key=lambda e: e.at, reverse=True)


def allowed(of: Version, action: str, by: User) -> bool:
    """Whether the state and who did what before let the person do it; the permission is asked elsewhere."""
    if states.after(state(of), action) is None:
        return False
    if action in ("approve", "reject"):
        return by.pk not in involved(of, "save", "propose")
    if action == "release":
        return by.pk not in involved(of, "approve")
    return True


def involved(of: Version, *actions: str) -> set[int]:
    """Ids of those who took these steps; its author took the first."""
    return set(of.steps.filter(action__in=actions).values_list("by_id", flat=True))

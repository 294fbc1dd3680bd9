"""Saving a text: every save is a version of its own, so that nothing typed is lost and each can be gone back to."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from shouyue.base import clock, settings
from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import require
from shouyue.releases import errors, states
from shouyue.releases.kinds import kind
from shouyue.releases.models import Document, Step, Version

#: characters of a text
LONGEST = 1_000_000
_NAME = re.compile(r"[\w-]{1,60}")
_OVER = (states.REJECTED, states.WITHDRAWN)


@transaction.atomic
def save(
    kind_id: str,
    name: str,
    text: str,
    by: User,
    seen: int,
    based_on: int | None = None,
    note: str = "",
) -> Version:
    """A new version of the text, as a draft.

    ``seen`` is the newest version's number when the person began to edit, 0 where there was none; ``based_on`` the one
    he edited. The newest version's text again is that version, unless it was rejected or withdrawn. Raises REL-004
    when somebody saved another meanwhile (give the number it names as ``seen`` to save all the same), REL-013 to -015
    and -018 on a bad name or text, PEOPLE-001.
    """
    require(by, kind(kind_id).edit)
    text = text.replace("\r\n", "\n")
    _check(name, text)
    document = _locked(kind_id, name)
    newest = document.versions.select_related("author").order_by("-number").first()
    number = newest.number if newest else 0
    digest = hashlib.sha256(text.encode()).hexdigest()
    if newest and newest.digest == digest and newest.steps.latest("seq").state not in _OVER:
        return newest
    if newest and number != seen:
        raise errors.STALE.error(by=newest.author, at=told(newest.at), newest=number)
    made = Version.objects.create(
        document=document,
        number=number + 1,
        text=text,
        digest=digest,
        author=by,
        at=clock.now(),
        note=note.strip()[:300],
        based_on=based_on,
    )
    first = step(made, "", "save", by)
    saved = {"number": made.number, "version": made.pk, "digest": digest, "from": based_on}
    audit.record("version.save", subject(document), {**saved, **row_digests.named(document, made, first)}, by)
    return made


def _check(name: str, text: str) -> None:
    if not _NAME.fullmatch(name):
        raise errors.BAD_NAME.error(field="name", name=name[:80])
    if not text.strip():
        raise errors.EMPTY.error(field="text")
    if "\x00" in text:
        raise errors.NO_TEXT.error(field="text")
    if len(text) > LONGEST:
        raise errors.TOO_LONG.error(field="text", limit=LONGEST)


def _locked(kind_id: str, name: str) -> Document:
    Document.objects.bulk_create([Document(kind=kind_id, name=name, created_at=clock.now())], ignore_conflicts=True)
    return lock(kind_id, name)


def lock(kind_id: str, name: str) -> Document:
    """The document, with everybody else who would change it waiting. Raises REL-002 where there is none."""
    found = Document.objects.select_for_update(no_key=True).filter(kind=kind_id, name=name).first()
    if found is None:
        raise errors.NO_VERSION.error(name=name, number=0)
    return found


def step(
    of: Version,
    was: str,
    action: str,
    by: User,
    reason: str = "",
    findings: Iterable[str] = (),
    acknowledged: Iterable[str] = (),
) -> Step:
    """The next step in a version's life. The document is locked, and the action possible."""
    state = states.after(was, action)
    assert state is not None, (was, action)
    return Step.objects.create(
        version=of,
        seq=of.steps.count() + 1,
        action=action,
        state=state,
        by=by,
        at=clock.now(),
        reason=reason,
        findings=list(findings),
        acknowledged=list(acknowledged),
    )


def subject(document: Document) -> str:
    """What the audit chain calls the document."""
    return f"{document.kind}:{document.name}"


def told(moment: datetime) -> str:
    """A moment as a message tells it, by the lender's clock."""
    return f"{moment.astimezone(ZoneInfo(settings.zone())):%Y-%m-%d %H:%M}"

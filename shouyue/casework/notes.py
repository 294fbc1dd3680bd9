"""A note on a case."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from shouyue.base import clock
from shouyue.casework import errors, queries, timeline, wordings
from shouyue.casework.models import TimelineEntry
from shouyue.compliance import audit
from shouyue.compliance.identity import text_key
from shouyue.people.models import User
from shouyue.people.permissions import require


def plain(text: str) -> str:
    """What was typed, without surrounding space and NULs, which the database does not take."""
    return text.replace("\x00", "").strip()


def clean(text: str) -> str:
    """The note, plain. Raises CASE-022 when it is too long."""
    text = plain(text)
    if len(text) > 2000:
        raise errors.NOTE_TOO_LONG.error(field="note")
    return text


def joined(before: str, after: str) -> str:
    """Two notes of one contact, the earlier first."""
    return "\n".join(filter(None, (before, after)))


def said(text: str) -> str:
    """The same, where something must be written. Raises CASE-022, CASE-023."""
    text = clean(text)
    if not text:
        raise errors.NOTE_EMPTY.error(field="note")
    return text


@transaction.atomic
def add(case_id: int, text: str, by: User, note_id: UUID, reason: str = "") -> None:
    """Append a note to the timeline; the same ``note_id`` again writes nothing.

    Raises WORD-001 for words that may not be written, WORD-002 for ones that need a ``reason``; the reason is kept.
    """
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    if TimelineEntry.objects.filter(case=case, ref=f"note:{note_id}").exists():
        return
    text = said(text)
    kept = wordings.passed(text, "note", reason=reason)
    at = clock.now()
    timeline.write(case, TimelineEntry.Kind.NOTE, f"note:{note_id}", at, by, text=text, **kept)
    told = {"note": str(note_id), "digest": text_key(text)}
    audit.record("note.add", f"case:{case.pk}", told | wordings.named(kept), by, at)

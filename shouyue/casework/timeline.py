"""Writing the timeline: what happened to a case, once."""

from __future__ import annotations

from datetime import datetime

from shouyue.casework.models import Case, TimelineEntry
from shouyue.people.models import User


def write(
    case: Case, kind: TimelineEntry.Kind, ref: str, at: datetime, actor: User | None, **data: object
) -> TimelineEntry:
    """Append an entry; a second one with the same ``ref`` for the case leaves the first as it is."""
    entry = TimelineEntry(case=case, kind=kind, ref=ref, at=at, actor=actor, data=data)
    TimelineEntry.objects.bulk_create([entry], ignore_conflicts=True)
    return entry

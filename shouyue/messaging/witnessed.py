"""What of letters the audit chain bears witness of: joined to ``casework.row_digests`` when this is imported."""

from __future__ import annotations

from shouyue.casework.row_digests import FIELDS, Fields
from shouyue.messaging.models import Letter, LetterEvent

FIELDS[Letter] = Fields(
    ("case_id", "number", "attempt_id", "template", "template_digest", "language", "made_at", "by_id"),
    ("content",),
    ("events",),
    moves=True,
)
FIELDS[LetterEvent] = Fields(("letter_id", "state", "at", "by_id", "tracking"), ())

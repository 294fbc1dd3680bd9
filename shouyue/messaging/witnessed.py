"""What of letters the audit chain bears witness of."""

from __future__ import annotations

from shouyue.compliance.identity import text_key
from shouyue.compliance.row_digests import FIELDS, Fields
from shouyue.messaging.models import Letter, LetterEvent

FIELDS[Letter] = Fields(
    ("case_id", "number", "attempt_id", "template", "template_digest", "language", "made_at", "by_id"),
    ("content",),
    ("events",),
    moves=True,
)
FIELDS[LetterEvent] = Fields(("letter_id", "state", "at", "by_id", "tracking"))


def file(letter: Letter) -> str:
    """Keyed digest of the hash by which the archived PDF is known; empty while none was drawn."""
    return text_key(letter.sha256)[:32] if letter.sha256 else ""

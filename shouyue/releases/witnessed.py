"""What of versions, of what became of them and of when they are in force the audit chain bears witness of."""

from __future__ import annotations

from shouyue.compliance.row_digests import FIELDS, Fields
from shouyue.releases.models import Document, Release, Step, Version

# fmt: off
FIELDS.update({
    Document: Fields(("kind", "name", "created_at"), count=("versions", "releases"), moves=True),
    Version: Fields(
        ("document_id", "number", "digest", "author_id", "at", "note", "based_on"), count=("steps",), moves=True,
    ),
    Step: Fields(("version_id", "seq", "action", "state", "by_id", "at", "reason", "findings", "acknowledged")),
    Release: Fields(("document_id", "seq", "kind", "version_id", "effective_from", "by_id", "at", "reason")),
})
# fmt: on

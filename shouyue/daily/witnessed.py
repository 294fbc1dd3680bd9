"""What of published days and reconciliations the audit chain bears witness of."""

from __future__ import annotations

from shouyue.compliance.row_digests import FIELDS, Fields
from shouyue.daily.models import DailyRun, Reconciled

# fmt: off
FIELDS.update({
    DailyRun: Fields(
        ("as_of", "book", "book_version", "strategy", "strategy_digest", "strategy_release", "convention", "known_at",
         "published_at", "totals"),
        moves=True,
    ),
    Reconciled: Fields(
        ("as_of", "book", "book_version", "statement", "convention", "convention_digest", "made_at", "differing",
         "summary"),
    ),
})
# fmt: on

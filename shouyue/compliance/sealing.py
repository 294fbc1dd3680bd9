"""The chain's root of each day, kept and printed, to be published where the database's owner has no hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, timedelta

from shouyue.base import clock
from shouyue.compliance.chain import Root
from shouyue.compliance.models import AuditEntry, AuditSeal


def seal(day: date) -> AuditSeal | None:
    """Seal the last entry of a day that is over, by the lender's clock; the same day again returns the first seal.

    None while the day is not over, or where no entry was written up to its end.
    """
    found = AuditSeal.objects.filter(day=day).first()
    end = clock.moment(day + timedelta(days=1))
    if found is not None or end > clock.now():
        return found
    last = AuditEntry.objects.filter(at__lt=end).order_by("-seq").first()
    if last is None:
        return None
    made, _ = AuditSeal.objects.get_or_create(
        day=day, defaults={"seq": last.seq, "hash": last.hash, "sealed_at": clock.now()}
    )
    return made


def seal_missing() -> list[AuditSeal]:
    """Seal every day that is over since the newest seal, at most a month of them; what a scheduled job calls."""
    today = clock.today()
    newest = AuditSeal.objects.order_by("-day").values_list("day", flat=True).first()
    day = max(newest + timedelta(days=1) if newest else today - timedelta(days=1), today - timedelta(days=31))
    made = []
    while day < today:
        if sealed := seal(day):
            made.append(sealed)
        day += timedelta(days=1)
    return made


def roots() -> list[Root]:
    """Every sealed root, oldest first."""
    return [Root(s.seq, s.hash) for s in AuditSeal.objects.order_by("day")]


def export(after: int = 0) -> Iterator[str]:
    """The chain as lines of JSON, each with all that its hash covers, from the entry behind ``after`` on."""
    for e in AuditEntry.objects.filter(seq__gt=after).order_by("seq").iterator(5_000):
        told = {
            "seq": e.seq,
            "at": e.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "actor_id": e.actor_id,
            "actor": e.actor,
            "action": e.action,
            "subject": e.subject,
            "data": e.data,
            "previous": e.previous,
            "hash": e.hash,
        }
        yield json.dumps(told, ensure_ascii=False, sort_keys=True)

"""What live matters stop, as the gate and the daily cycle ask."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from shouyue.casework.matters import states
from shouyue.casework.matters.kinds import kinds
from shouyue.casework.models import Matter


def live(person: str, at: datetime | None = None) -> list[tuple[str, date | None]]:
    """The live matters of the person, over all his cases: (kind, last day of its pause); at an earlier moment, those
    that were open then."""
    found = Matter.objects.filter(case__customer__person_id=person)
    if at is None:
        found = found.filter(state__in=states.LIVE)
    else:
        found = found.filter(Q(state__in=states.LIVE) | Q(closed_on__gt=at.date()), opened_at__lte=at)
    return list(found.order_by("opened_at", "pk").values_list("kind", "paused_until"))


def facts(told_of: Iterable[tuple[str, date | None]], channel: str, purpose: str) -> dict[str, Any]:
    """What the gate is told: ``matter_open``, and of which kind, where one stops this contact until it is decided;
    ``matter_paused`` with the last day of a pause. A kind that the file no longer knows stops everything."""
    told: dict[str, Any] = {}
    for id_, until in told_of:
        kind = kinds().get(id_)
        if kind is not None and not kind.stops_contact(channel, purpose):
            continue
        if until is not None:
            told["matter_paused"] = max(until.isoformat(), told.get("matter_paused", ""))
        else:
            told |= {"matter_open": True, f"matter_{id_}": True}
    return told


def holding(purpose: str) -> list[str]:
    """Kinds that stop calls for the purpose."""
    return [k.id for k in kinds().values() if k.stops_contact("call", purpose)]

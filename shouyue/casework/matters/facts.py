"""What live matters stop, and what they say of the borrower, as the gate and the daily cycle ask."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from shouyue.casework.matters import states
from shouyue.casework.matters.kinds import kinds
from shouyue.casework.models import Matter, MatterStep


class Live(NamedTuple):
    """A matter that may stop something: its kind and state, and the last day of its pause."""

    kind: str
    state: str
    until: date | None


def live(person: str, at: datetime | None = None) -> list[Live]:
    """The live matters of the person, over all his cases; at an earlier moment, as their steps were by then."""
    if at is None:
        found = Matter.objects.filter(case__customer__person_id=person, state__in=states.LIVE)
        rows = found.order_by("opened_at", "pk").values_list("kind", "state", "paused_until")
        return [Live(*row) for row in rows]
    steps = MatterStep.objects.filter(matter__case__customer__person_id=person, at__lte=at)
    return _then(steps).get(person, [])


def live_before(at: datetime) -> dict[str, list[Live]]:
    """The live matters of everybody just before a moment, by person."""
    return _then(MatterStep.objects.filter(at__lt=at))


def _then(steps: QuerySet[MatterStep]) -> dict[str, list[Live]]:
    """What the steps have made of the matters that are still live after them, by person."""
    then: dict[Any, tuple[str, Live]] = {}
    names = ("matter__case__customer__person_id", "matter_id", "matter__kind", "state", "action", "until")
    for person, matter, kind, state, action, until in steps.order_by(
        "matter__opened_at", "matter_id", "seq"
    ).values_list(*names):
        paused = then[matter][1].until if matter in then else None
        until = (until if action == "pause" else paused) if state == states.PAUSED else None
        then[matter] = person, Live(kind, state, until)
    found: dict[str, list[Live]] = {}
    for person, one in then.values():
        if one.state in states.LIVE:
            found.setdefault(person, []).append(one)
    return found


def stopping(told_of: Iterable[Live], channel: str, purpose: str, day: date) -> str:
    """The kind of the first matter that stops such a contact with the borrower on the day; empty where none does."""
    for id_, _state, until in told_of:
        kind = kinds().get(id_)
        if (kind is None or kind.stops_contact(channel, purpose)) and (until is None or until >= day):
            return id_
    return ""


def facts(told_of: Iterable[Live], channel: str, purpose: str, relation: str = "self") -> dict[str, Any]:
    """What the gate is told: ``matter_open``, and of which kind, where one stops this contact until it is decided;
    ``matter_paused`` with the last day of a pause; and the fact of a kind that was confirmed. A kind that the file no
    longer knows stops everything."""
    told: dict[str, Any] = {}
    for id_, state, until in told_of:
        kind = kinds().get(id_)
        if kind is not None and kind.fact and state == states.CONFIRMED:
            told[kind.fact] = True
        if kind is not None and not kind.stops_contact(channel, purpose, relation):
            continue
        if until is not None:
            told["matter_paused"] = max(until.isoformat(), told.get("matter_paused", ""))
        else:
            told |= {"matter_open": True, f"matter_{id_}": True}
    return told


def holding(purpose: str) -> list[str]:
    """Kinds that stop calls for the purpose."""
    return [k.id for k in kinds().values() if k.stops_contact("call", purpose)]

"""The ledger of what people said about being contacted: agreements, refusals, inconvenient times and places.

A row says that something was given or ended, how one knows, and since when. The gate reads the ledger in the query
that reads earlier contacts, under the same lock, and stores with its decision what it read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from shouyue.base import clock
from shouyue.compliance import errors
from shouyue.compliance.models import Person, Wish
from shouyue.compliance.rule import CHANNELS, RELATIONS
from shouyue.compliance.said import Said

PLACES = ("mobile", "home", "work")
#: where a visit may lead
VISITED = ("home", "work", "other")
REFERENCE = re.compile(r"[A-Za-z0-9_.:-]{0,64}")
#: relations that the borrower's own wishes are about; what a number's owner said is about whoever answers it
BORROWERS = ("self", "guarantor")
#: said by somebody other than the borrower, so kept by the number
OF_OTHERS = frozenset({Wish.Kind.CONSENT, Wish.Kind.CONTACT_REFUSED})
#: somebody else ends all contact, for ever
FOR_EVER = frozenset({Wish.Kind.CONTACT_REFUSED, Wish.Kind.REFUSED_AT_PLACE})
#: a person has one of them, so whoever is said to be it is the same
SOLE = ("spouse", "employer")
#: the fact that somebody of the same relation refused, who may be another
RELATION_REFUSED = "relation_refused"


class Row(NamedTuple):
    """A line of the gate's query: an earlier contact (``row`` is contact) or something said (wish)."""

    row: str
    person: str | None
    number: str
    at: datetime
    channel: str
    kind: str | None
    staff_id: int | None
    #: loans of a contact, channels of a wish
    items: Sequence[str]
    #: was the contact asked for; was the wish given
    flag: bool
    details: Mapping[str, Any]


def in_force(rows: Iterable[Row]) -> list[Row]:
    """What is given and not ended; ``rows`` in the order of their time. The newest of a kind and scope counts."""
    newest = {_scope(row): row for row in rows}
    return [row for row in newest.values() if row.flag]


def _scope(row: Row) -> tuple:
    """What a wish is about, and whose it is: a later one of the same scope takes its place."""
    details = row.details
    places = (details.get("place", ""), details.get("relation", ""))
    scope = (*sorted(row.items), "|", *sorted(details.get("purposes", ())), "|", *places)
    times = (details.get("begins", ""), details.get("ends", ""), *details.get("weekdays", ()))
    return row.person, row.number, row.kind, scope, times


def held(person: str, numbers: Iterable[str]) -> list[Wish]:
    """What is in force of the person's own words and of what was said on these numbers, the newest first."""
    found = Wish.objects.filter(Q(person=person) | Q(person=None, number_key__in=[n for n in numbers if n]))
    newest = {_scope(_row(wish)): wish for wish in found.order_by("at", "id")}
    return sorted((w for w in newest.values() if w.given), key=lambda w: (w.at, w.pk), reverse=True)


def of_persons(before: datetime) -> dict[str, list[Row]]:
    """What everybody had said of himself just before a moment and not taken back, by person."""
    found: dict[str, list[Row]] = {}
    for wish in Wish.objects.filter(person__isnull=False, at__lt=before).order_by("at", "id"):
        found.setdefault(str(wish.person_id), []).append(_row(wish))
    return {person: rows for person, said in found.items() if (rows := in_force(said))}


def _row(wish: Wish) -> Row:
    details = {**wish.details, "purposes": wish.purposes}
    told = (wish.channels, wish.given, details)
    return Row("wish", wish.person_id, wish.number_key, wish.at, "", wish.kind, None, *told)


def about(
    held: Iterable[Row], person: str, number: str, relation: str, channel: str = "call", place: str = ""
) -> tuple[Said, ...]:
    """What of it concerns this contact: the borrower's own words, what was said on this number or at this place."""
    return tuple(
        _said(row, kind)
        for row in held
        if row.person in (None, person)
        and row.number in ("", number)
        and (kind := _as_fact(row, relation, channel, place))
    )


def _as_fact(row: Row, relation: str, channel: str, place: str) -> str:
    """What the row is towards somebody of this relation; empty: it does not concern him."""
    own, kind = relation in BORROWERS, row.kind or ""
    if kind != Wish.Kind.REFUSED_AT_PLACE:
        return kind if (not own if kind in OF_OTHERS else row.number or own) else ""
    refused_at, said_to_be = row.details.get("place"), row.details.get("relation", "")
    if channel == "visit" and (place == refused_at or place not in VISITED):
        return kind if own else Wish.Kind.CONTACT_REFUSED
    if own or relation != said_to_be or relation == "other":
        return ""
    return Wish.Kind.CONTACT_REFUSED if relation in SOLE else RELATION_REFUSED


def _said(row: Row, kind: str) -> Said:
    details = row.details
    return Said(
        kind=kind,
        at=row.at,
        channels=tuple(row.items),
        purposes=tuple(details.get("purposes", ())),
        begins=details.get("begins", ""),
        ends=details.get("ends", ""),
        weekdays=tuple(details.get("weekdays", ())),
        place=details.get("place", ""),
    )


@transaction.atomic
def write(
    wish_id: UUID,
    kind: str,
    *,
    person: str | None = None,
    number_key: str = "",
    given: bool = True,
    channels: Sequence[str] = (),
    purposes: Sequence[str] = (),
    details: Mapping[str, Any] | None = None,
    evidence: str,
    evidence_ref: str = "",
    staff_id: int | None = None,
    at: datetime | None = None,
) -> Wish:
    """Append to the ledger; the same ``wish_id`` again returns the first row. Raises GATE-013 naming the field.

    The person is locked until the transaction ends, so no contact is decided half before it and half after.
    """
    found = Wish.objects.filter(key=wish_id).first()
    if found is not None:
        return found
    details = dict(details or {})
    if not given and kind in FOR_EVER:
        raise errors.BAD_WISH.error(field="given")
    _check(kind, person, number_key, channels, details, evidence, evidence_ref)
    if person is not None:
        Person.objects.select_for_update(no_key=True).filter(pk=person).first()
    return Wish.objects.create(
        key=wish_id,
        person_id=person,
        number_key=number_key,
        kind=kind,
        given=given,
        channels=sorted(channels),
        purposes=sorted(purposes),
        details=details,
        at=at or clock.now(),
        evidence=evidence,
        evidence_ref=evidence_ref,
        staff_id=staff_id,
    )


def _check(
    kind: str,
    person: str | None,
    number_key: str,
    channels: Sequence[str],
    details: dict[str, Any],
    evidence: str,
    evidence_ref: str,
) -> None:
    allowed = set()
    if kind == Wish.Kind.INCONVENIENT_TIME:
        allowed = {"begins", "ends", "weekdays"}
    elif kind == Wish.Kind.INCONVENIENT_PLACE:
        allowed = {"place"}
    elif kind == Wish.Kind.REFUSED_AT_PLACE:
        allowed = {"place", "relation"}
    for field, wrong in (
        ("kind", kind not in Wish.Kind.values),
        ("evidence", evidence not in Wish.Evidence.values),
        ("evidence_ref", not REFERENCE.fullmatch(evidence_ref)),
        ("channels", bool(set(channels) - set(CHANNELS))),
        ("details", bool(set(details) - allowed)),
        ("number", kind in OF_OTHERS | {Wish.Kind.WRONG_NUMBER} and not number_key),
        ("person", person is None and kind not in OF_OTHERS),
        ("place", kind == Wish.Kind.INCONVENIENT_PLACE and details.get("place") not in PLACES),
        ("place", kind == Wish.Kind.REFUSED_AT_PLACE and details.get("place") not in VISITED),
        ("relation", details.get("relation", "") not in ("", *RELATIONS) or details.get("relation") in BORROWERS),
        ("times", kind == Wish.Kind.INCONVENIENT_TIME and not _times(details)),
    ):
        if wrong:
            raise errors.BAD_WISH.error(field=field)


def _times(details: Mapping[str, Any]) -> bool:
    try:
        begins, ends = (time.fromisoformat(details[k]) for k in ("begins", "ends"))
    except (KeyError, TypeError, ValueError):
        return False
    return begins != ends and all(day in range(1, 8) for day in details.get("weekdays", ()))

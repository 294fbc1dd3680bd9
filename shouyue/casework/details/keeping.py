"""Writing down an address or an employer that was told: by whom, in which contact, from which record.

The lender's file stays as it is, and stands beside it. Letters follow only where the borrower himself confirmed the
address, in a contact or on paper: what somebody else says of him sends no letter about his debt to a strange door.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from uuid import UUID
from zoneinfo import available_timezones

from django.db import transaction

from shouyue.base import clock, settings
from shouyue.base.errors import Code
from shouyue.casework import barring, notes, numbers, queries, timeline
from shouyue.casework.details import reading
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Case, Customer, TimelineEntry, ToldDetail
from shouyue.casework.number_corrections import heard_in
from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import require

#: of the names of time zones, the first part that is a part of the world
_PARTS = frozenset(
    ("Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific")
)
#: letters of a value, by its kind
MOST = {reading.ADDRESS: 300, reading.EMPLOYER: 200}

NO_KIND = Code("TOLD-001", zh="请选择是住址还是单位", en="say whether it is an address or an employer", kind=Invalid)
NO_VALUE = Code(
    "TOLD-002",
    zh="请填写告知的内容（最多 {most} 字，城市最多 100 字）",
    en="write down what was told ({most} letters at most, 100 of a city)",
    kind=Invalid,
)
NOT_HIS_WORD = Code(
    "TOLD-003",
    zh="只有借款人本人确认过的地址才能用于寄信",
    en="letters go only to an address that the borrower himself confirmed",
    kind=Invalid,
)
NO_ZONE = Code(
    "TOLD-005",
    zh="请从列表中选择时区；只有住址有时区",
    en="choose the time zone from the list; only an address has one",
    kind=Invalid,
)
SAME = Code("TOLD-004", zh="与现有记录相同", en="it says so already", kind=Invalid)


@dataclass(frozen=True)
class Said:
    """What was told; ``letters``: the borrower confirmed that letters reach him at this address."""

    what: str
    value: str
    source: str
    city: str = ""
    reference: str = ""
    letters: bool = False
    #: the time zone of an address, where it is told to be another than that of the lender's file
    zone: str = ""


@transaction.atomic
def say(case_id: int, said: Said, by: User, key: UUID) -> ToldDetail:
    """Append what was told of the case's customer; the same ``key`` again adds nothing.

    Raises CASE-001, -002, NUM-002, -004, -013, TOLD-001 to -005, WORD-001, WORD-002.
    """
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    if before := ToldDetail.objects.filter(key=key, case=case).first():
        return before
    queries.must_be_open(case)
    if said.what not in MOST:
        raise NO_KIND.error(field="what")
    address = said.what == reading.ADDRESS
    value, city = notes.plain(said.value), notes.plain(said.city) if address else ""
    if not 0 < len(value) <= MOST[said.what] or len(city) > 100:  # type: ignore[index]
        raise NO_VALUE.error(field="value", most=MOST[said.what])  # type: ignore[index]
    if said.zone and (not address or said.zone not in zones()):
        raise NO_ZONE.error(field="zone")
    if said.source not in numbers.SOURCES:
        raise numbers.NO_SOURCE.error(field="source")
    letters = said.letters and address
    if letters and said.source == numbers.CONTACT:
        raise NOT_HIS_WORD.error(field="letters")
    reference = numbers.referred(said.reference, said.source)
    zone = "" if said.zone == filed_zone(case.customer) else said.zone
    _must_differ(case.customer, said.what, value, city, zone, letters)
    contact = heard_in(case, said.source, by)
    made = ToldDetail.objects.create(
        key=key,
        customer=case.customer,
        case=case,
        contact=contact,
        what=said.what,
        value=value,
        city=city,
        zone=zone,
        source=said.source,
        reference=reference,
        letters=letters,
        settled=_filed(case.customer, said.what, value, city) and not zone,
        by=by,
        at=clock.now(),
    )
    if address and zone != case.customer.told_zone:
        case.customer.told_zone = zone
        case.customer.save(update_fields=["told_zone"])
        barring.refresh([case.customer.person_id], made.at)
    _tell(case, made, by)
    return made


@cache
def zones() -> tuple[str, ...]:
    """Time zones that may be told: those that are named by a place."""
    return tuple(sorted(name for name in available_timezones() if name.split("/")[0] in _PARTS))


def filed_zone(customer: Customer) -> str:
    """What the lender's file has, else the lender's own."""
    return customer.zone or settings.zone()


def _must_differ(customer: Customer, what: str, value: str, city: str, zone: str, letters: bool) -> None:
    """Raises TOLD-004."""
    last = reading.current(reading.history(customer.pk)).get(what)
    if last is None:
        same = _filed(customer, what, value, city) and not zone
    else:
        same = (last.value, last.city, last.zone, last.letters or not letters) == (value, city, zone, True)
    if same:
        raise SAME.error(field="value")


def _filed(customer: Customer, what: str, value: str, city: str) -> bool:
    """Does the lender's file say the same?"""
    filed = customer.address if what == reading.ADDRESS else customer.employer
    return value == filed and city in ("", customer.city)


def _tell(case: Case, made: ToldDetail, by: User) -> None:
    told: dict[str, object] = {"told": made.pk, "what": made.what, "source": made.source, "letters": made.letters}
    told |= {"contact": str(made.contact_id)} if made.contact_id else {}
    told |= {"zone": made.zone} if made.zone else {}
    line = timeline.write(case, TimelineEntry.Kind.TOLD, f"told:{made.pk}", made.at, by, **told, note=made.reference)
    audit.record("detail.add", f"case:{case.pk}", {**told, **row_digests.named(made, line)}, by, made.at)

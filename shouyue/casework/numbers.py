"""Numbers that the lender's file does not have, and what a rep found out of those on the list.

Added are those told by the borrower or a contact, or in the lender's own records.

Nothing else is a source (失联修复): no search by an identity number, no bought list. The lender's file takes such a
number not away again, and where it brings the same one, what the file says of it counts.
"""

from __future__ import annotations

import unicodedata
import uuid
from dataclasses import dataclass, fields
from uuid import UUID

import phonenumbers
from django.db import transaction
from django.db.models import Min, Q

from shouyue.base import clock
from shouyue.base.errors import Code
from shouyue.casework import barring, notes, queries, timeline, wordings
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Case, Contact, ContactPoint, TimelineEntry
from shouyue.compliance import audit, row_digests, wishes
from shouyue.compliance.identity import country, number_key, parsed
from shouyue.compliance.models import Wish
from shouyue.compliance.rule import RELATIONS
from shouyue.compliance.wishes import PLACES
from shouyue.people.models import User
from shouyue.people.permissions import require

BORROWER, CONTACT, RECORDS = "borrower", "contact", "records"
#: whence a number may be known
SOURCES = (BORROWER, CONTACT, RECORDS)
#: of somebody else's number: tried after those of the file
LAST = 100
#: letters of a number, its extension included
MOST = 32

NO_NUMBER = Code("NUM-001", zh="这不是可以拨打的号码", en="this is no number that can be called", kind=Invalid)
NO_SOURCE = Code("NUM-002", zh="请选择号码从何而来", en="say whence the number is known", kind=Invalid)
NOT_THEIRS = Code(
    "NUM-003",
    zh="联系人只能告知借款人本人的号码，不能介绍其他人",
    en="a contact may tell the borrower's own number, not bring in somebody else",
    kind=Invalid,
)
NO_REFERENCE = Code(
    "NUM-004",
    zh="请写明出自哪份资料（最多 100 字）",
    en="say in which record it was found (100 letters at most)",
    kind=Invalid,
)
KNOWN = Code("NUM-005", zh="这个号码已在名单中", en="this number is on the list already", kind=Invalid)
NO_RELATION = Code(
    "NUM-006", zh="请选择是谁的号码、哪一种", en="say whose number it is, and of which kind", kind=Invalid
)
VERIFIED, OUT_OF_SERVICE, WRONG = "verified", "out_of_service", "wrong"
#: what may be found out of a number
MARKS = (VERIFIED, OUT_OF_SERVICE, WRONG)
#: by whom it may be told
TELLERS = (BORROWER, CONTACT)
#: who must have been reached on a number for it to be verified, by whose it is
_HIS = {"self": Contact.Reached.SELF, "guarantor": Contact.Reached.GUARANTOR}
_NAMESPACE = uuid.UUID("0a4bd4b5-3a0d-4d0c-8b8d-7a4de5f0c2f6")

NO_MARK = Code("NUM-007", zh="请选择核实结果", en="say what was found out of the number", kind=Invalid)
NO_CONTACT_YET = Code(
    "NUM-008",
    zh="先有联系才能标注：您在本案还没有联系记录",
    en="a number is marked from a contact, and you have had none in this case",
    kind=Invalid,
)
NOT_REACHED = Code(
    "NUM-009",
    zh="只有在这个号码上联系到过本人，才能标为已核实",
    en="a number is verified only where its holder was reached on it",
    kind=Invalid,
)
NO_TELLER = Code("NUM-010", zh="请选择是谁告知的", en="say who told it", kind=Invalid)
NO_GUARANTOR = Code(
    "NUM-011",
    zh="谁是担保人以合同为准：须在贷款机构的资料中",
    en="who is a guarantor the contract says: it must be in the lender's file",
    kind=Invalid,
)


@dataclass(frozen=True)
class Told:
    """What was told of a number; ``name`` is of somebody else than the borrower, ``reference`` names the record."""

    phone: str
    relation: str
    place: str
    source: str
    name: str = ""
    reference: str = ""


FIELDS = tuple(field.name for field in fields(Told))


@transaction.atomic
def add(case_id: int, told: Told, by: User, key: UUID) -> ContactPoint:
    """Add a number to the case's customer; once for a ``key``. The gate judges it like any other.

    The borrower's own comes first, as what he told last; of somebody else it is unknown whether he knows of the loan or
    agreed. Raises CASE-001, CASE-002, NUM-001 to -006, -011, WORD-001, WORD-002.
    """
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    ref = f"number:{key}"
    if before := TimelineEntry.objects.filter(case=case, ref=ref).first():
        return ContactPoint.objects.get(pk=before.data["number"])
    queries.must_be_open(case)
    phone = _dialled(told.phone)
    if told.relation not in RELATIONS or told.place not in PLACES:
        raise NO_RELATION.error(field="relation" if told.relation not in RELATIONS else "place")
    if told.relation == "guarantor":
        raise NO_GUARANTOR.error(field="relation")
    if told.source not in SOURCES:
        raise NO_SOURCE.error(field="source")
    if told.source == CONTACT and told.relation != "self":
        raise NOT_THEIRS.error(field="source")
    reference, name = referred(told.reference, told.source), notes.plain(told.name)
    own, digest = ContactPoint.objects.filter(customer=case.customer), number_key(phone)
    if any(number_key(known) == digest for known in own.values_list("phone", flat=True)):
        raise KNOWN.error(field="phone")
    first = own.aggregate(rank=Min("rank"))["rank"] or 0
    at = clock.now()
    point = ContactPoint.objects.create(
        customer=case.customer,
        phone=phone,
        phone_end="".join(filter(str.isdigit, phone))[-4:],
        relation=told.relation,
        name="" if told.relation == "self" else name[:100],
        place=told.place,
        rank=max(first - 1, 0) if told.relation == "self" else LAST,
        added_at=at,
    )
    line = timeline.write(
        case,
        TimelineEntry.Kind.NUMBER,
        ref,
        at,
        by,
        number=point.pk,
        relation=told.relation,
        place=told.place,
        source=told.source,
        note=reference,
    )
    barring.refresh([case.customer.person_id], at)
    kept = {"number": point.pk, "relation": told.relation, "source": told.source, "known_by": digest}
    kept |= row_digests.named(line)
    audit.record("number.add", f"case:{case.pk}", kept, by, at)
    return point


@transaction.atomic
def mark(case_id: int, point_id: int, found: str, teller: str, by: User, key: UUID) -> ContactPoint:
    """Keep what a contact showed of a number of the case's customer; once for a ``key``, each beside those before.

    ``verified`` needs a contact of the user's in this case in which its holder was reached on it; ``out_of_service``
    and ``wrong`` are told in one, by ``teller``. A wrong number is excluded at the gate as one found by calling it.
    That a number is out of service opens no way to other people: for that it must have been tried. Raises CASE-001,
    -002, -006, NUM-007 to -010.
    """
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    point = queries.number(case.customer, point_id)
    ref = f"number-mark:{key}"
    if TimelineEntry.objects.filter(case=case, ref=ref).exists():
        return point
    queries.must_be_open(case)
    if found not in MARKS:
        raise NO_MARK.error(field="mark")
    if found != VERIFIED and teller not in TELLERS:
        raise NO_TELLER.error(field="teller")
    contact = _shown_in(case, point, found, by)
    at = clock.now()
    point.mark, point.marked_at = found, at
    point.save(update_fields=["mark", "marked_at"])
    told = {"number": point.pk, "mark": found, "contact": str(contact.pk)}
    told |= {"source": teller} if found != VERIFIED else {}
    line = timeline.write(case, TimelineEntry.Kind.NUMBER, ref, at, by, relation=point.relation, **told)
    wish = None
    if found == WRONG:
        wish = wishes.write(
            uuid.uuid5(_NAMESPACE, ref),
            Wish.Kind.WRONG_NUMBER,
            person=case.customer.person_id,
            number_key=number_key(point.phone),
            evidence=Wish.Evidence.VISIT if contact.channel == "visit" else Wish.Evidence.CALL,
            evidence_ref=str(contact.pk),
            staff_id=by.pk,
            at=at,
        )
        barring.refresh([case.customer.person_id], at)
    audit.record("number.mark", f"case:{case.pk}", {**told, **row_digests.named(line, wish)}, by, at)
    return point


def _shown_in(case: Case, point: ContactPoint, found: str, by: User) -> Contact:
    """The contact that showed it, the newest first. Raises NUM-008, NUM-009."""
    held = Contact.objects.filter(case=case, staff=by).order_by("-started_at")
    contact = held.first()
    if contact is None:
        raise NO_CONTACT_YET.error(field="mark")
    if found != VERIFIED:
        return contact
    his = _HIS.get(point.relation, Contact.Reached.OTHER)
    reached = Q(reached=his) | Q(status=Contact.Status.STARTED, elements__identity="self")
    verified = held.filter(reached, contact_point=point, channel="call").first()
    if verified is None:
        raise NOT_REACHED.error(field="mark")
    return verified


def referred(text: str, source: str) -> str:
    """The record in which it was found, or when it was told, cleaned. Raises NUM-004, WORD-001, WORD-002."""
    reference = notes.plain(text)
    if len(reference) > 100 or (source == RECORDS and not reference):
        raise NO_REFERENCE.error(field="reference")
    wordings.passed(reference, "note", field="reference")
    return reference


def _dialled(text: str) -> str:
    """The number as it is dialled: its digits, a plus before those of another country, an extension behind."""
    text = unicodedata.normalize("NFKC", text).strip()
    number = parsed(text)
    if number is None or not phonenumbers.is_possible_number(number):
        raise NO_NUMBER.error(field="phone")
    if phonenumbers.region_code_for_country_code(number.country_code or 0) == country():
        digits = "".join(c for c in text if c.isdigit()).removesuffix(number.extension or "")
        plain = digits if not text.startswith(("+", "00")) else phonenumbers.national_significant_number(number)
    else:
        plain = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    whole = f"{plain}x{number.extension}" if number.extension else plain
    if len(whole) > MOST:
        raise NO_NUMBER.error(field="phone")
    return whole

"""What the desk was told of a number over the lender's file: whose it is, of which kind, the holder's name.

What counts stands in the number's own columns, so that everything that reads a number heeds it; what the file says
instead is kept beside it (``filed``), written anew by each import, and gone once the file says the same. A correction
never widens what may be said on another's word than the borrower's, and nobody is made a guarantor by one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from shouyue.base import clock
from shouyue.base.errors import Code
from shouyue.casework import barring, notes, numbers, queries, timeline
from shouyue.casework.errors import Invalid
from shouyue.casework.models import Case, Contact, ContactPoint, TimelineEntry
from shouyue.compliance import audit, row_digests
from shouyue.compliance.identity import number_key, text_key
from shouyue.compliance.models import Wish
from shouyue.compliance.rule import RELATIONS
from shouyue.compliance.wishes import BORROWERS, PLACES
from shouyue.people.models import User
from shouyue.people.permissions import require

NOTHING_NEW = Code(
    "NUM-012", zh="与现有记录相同，没有需要更正的内容", en="it says so already; nothing is corrected", kind=Invalid
)
NOT_HEARD = Code(
    "NUM-013",
    zh="先有联系才能更正：您在本案还没有与告知人通话或见面的记录",
    en="it is corrected from a contact with whoever told it, and you have had none in this case",
    kind=Invalid,
)
HIS_WORD_ONLY = Code(
    "NUM-014",
    zh="只有借款人本人说过，他人的号码才能改为借款人本人的",
    en="somebody else's number becomes the borrower's own only by the borrower's own word",
    kind=Invalid,
)
REFUSED = Code(
    "NUM-015",
    zh="此号码的使用人已拒绝联系，永久有效，不能改为借款人本人或担保人的号码",
    en="whoever has this number refused to be contacted, for ever; it cannot become the borrower's or a guarantor's",
    kind=Invalid,
)
IN_CALL = Code(
    "NUM-016",
    zh="此号码有通话尚未登记，登记后再更正",
    en="a call on this number waits for its outcome; correct it after that",
    kind=Invalid,
)
#: nobody spoke
_SILENT = (Contact.Reached.NOBODY, Contact.Reached.OFF, Contact.Reached.INVALID)


@dataclass(frozen=True)
class Correction:
    """What a number is by now. An empty ``place`` stays as it is; an empty ``name`` too, if the relation does."""

    relation: str
    place: str
    source: str
    name: str = ""
    reference: str = ""


FIELDS = tuple(field.name for field in fields(Correction))


@transaction.atomic
def correct(case_id: int, point_id: int, said: Correction, by: User, key: UUID) -> ContactPoint:
    """Keep what was told of a number of the case's customer; once for a ``key``. Everything heeds it at once.

    Told by the borrower or by who has the number, in a contact of the user's in this case in which he was spoken to, or
    found in a record of the lender's. Another's number becomes the borrower's own by his own word alone, and neither
    his nor a guarantor's once somebody on it refused to be contacted; a guarantor's only where the lender's file says
    so. Raises CASE-001, -002, -006, NUM-002, -004, -006, -011 to -016, WORD-001, WORD-002.
    """
    require(by, "case.work")
    case = queries.case(by, case_id, lock=True)
    point = queries.number(case.customer, point_id)
    ref = f"number-correct:{key}"
    if TimelineEntry.objects.filter(case=case, ref=ref).exists():
        return point
    queries.must_be_open(case)
    if said.relation not in RELATIONS or (said.place and said.place not in PLACES):
        raise numbers.NO_RELATION.error(field="relation" if said.relation not in RELATIONS else "place")
    if said.source not in numbers.SOURCES:
        raise numbers.NO_SOURCE.error(field="source")
    reference = numbers.referred(said.reference, said.source)
    before = {"relation": point.relation, "place": point.place, "name": point.name}
    told = _told(point, said)
    changed = [name for name in told if told[name] != before[name]]
    if not changed:
        raise NOTHING_NEW.error(field="relation")
    if Contact.objects.filter(contact_point=point, status=Contact.Status.STARTED).exists():
        raise IN_CALL.error(field="relation")
    if "relation" in changed:
        _may_become(point, said)
    contact = heard_in(case, said.source, by)
    another, at = _keep(point, told, changed), clock.now()
    about: dict[str, object] = {
        "number": point.pk, "source": said.source, "corrected": changed, "another": another
    }  # fmt: skip
    about |= {name: [before[name], told[name]] for name in changed if name != "name"}
    about |= {"contact": str(contact.pk)} if contact else {}
    line = timeline.write(case, TimelineEntry.Kind.NUMBER, ref, at, by, **about, note=reference)
    barring.refresh([case.customer.person_id], at)
    holder = {"holder": text_key(told["name"])} if "name" in changed and told["name"] else {}
    audit.record("number.correct", f"case:{case.pk}", {**about, **holder, **row_digests.named(line)}, by, at)
    return point


def _told(point: ContactPoint, said: Correction) -> dict[str, str]:
    name = notes.plain(said.name)[:100] or (point.name if said.relation == point.relation else "")
    return {
        "relation": said.relation,
        "place": said.place or point.place,
        "name": "" if said.relation == "self" else name,
    }


def _may_become(point: ContactPoint, said: Correction) -> None:
    """Raises NUM-011, -014, -015."""
    if said.relation == "guarantor" and (
        (point.filed or {}).get("relation") != "guarantor" or said.source != numbers.RECORDS
    ):
        raise numbers.NO_GUARANTOR.error(field="relation")
    if said.relation == "self" and said.source != numbers.BORROWER:
        raise HIS_WORD_ONLY.error(field="source")
    refusals = Wish.objects.filter(kind=Wish.Kind.CONTACT_REFUSED, number_key=number_key(point.phone))
    if said.relation in BORROWERS and point.relation not in BORROWERS and refusals.exists():
        raise REFUSED.error(field="relation")


def heard_in(case: Case, source: str, by: User) -> Contact | None:
    """The user's newest contact in which whoever told it was spoken to; none of a record. Raises NUM-013."""
    if source == numbers.RECORDS:
        return None
    held = Contact.objects.filter(case=case, staff=by).order_by("-started_at")
    if source == numbers.BORROWER:
        himself = Q(reached=Contact.Reached.SELF) | Q(status=Contact.Status.STARTED, elements__identity="self")
        held = held.filter(himself)
    contact = held.exclude(reached__in=_SILENT).first()
    if contact is None:
        raise NOT_HEARD.error(field="source")
    return contact


def _keep(point: ContactPoint, told: dict[str, str], changed: list[str]) -> bool:
    """What counts into the columns; what the file says into ``filed``, as far as it differs. Has another the number?

    What was said of whoever had the number before, that he knows of the loan, that he was reached on it, is not said
    of another.
    """
    filed = point.filed or {}
    was = {name: filed.get(name, getattr(point, name)) for name in told}
    anothers = "relation" in changed or ("name" in changed and bool(point.name))
    for name in changed:
        setattr(point, name, told[name])
    point.filed = {n: was[n] for n in told if told[n] != was[n] and (n in filed or n in changed)} or None
    if anothers:
        point.said_to_know = None if point.said_to_know else point.said_to_know
        point.mark = "" if point.mark == numbers.VERIFIED else point.mark
    point.save(update_fields=[*changed, "filed", "said_to_know", "mark"])
    return anothers

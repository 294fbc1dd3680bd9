"""Whether the contract binds a guarantor: a manager says it, with the number of the contract in the archive.

The lender's file names who is a guarantor; here stands whether he may be held to it. The gate is told at once.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from shouyue.base import clock
from shouyue.base.errors import Code
from shouyue.casework import barring, notes, queries, timeline, wordings
from shouyue.casework.errors import Invalid
from shouyue.casework.models import ContactPoint, TimelineEntry
from shouyue.compliance import audit, row_digests
from shouyue.people.models import User
from shouyue.people.permissions import require

NO_GUARANTOR = Code(
    "GUAR-001", zh="此号码的联系人不是担保人", en="whoever has this number is no guarantor", kind=Invalid
)
NO_EVIDENCE = Code(
    "GUAR-002", zh="请填写担保合同的档案编号（最多 100 字）",
    en="give the number under which the archive keeps the contract of guarantee (100 letters at most)", kind=Invalid,
)  # fmt: skip
NO_ANSWER = Code("GUAR-003", zh="请选择是否受合同约束", en="say whether the contract binds him", kind=Invalid)


@transaction.atomic
def say(case_id: int, point_id: int, liable: bool, reference: str, by: User, key: UUID) -> ContactPoint:
    """Keep whether the contract binds the guarantor behind a number of the case's customer; once for a ``key``.

    Raises CASE-001, CASE-006, GUAR-001, GUAR-002, PEOPLE-001, WORD-001, WORD-002.
    """
    require(by, "guarantor.say")
    case = queries.case(by, case_id, lock=True)
    point = queries.number(case.customer, point_id)
    ref = f"guarantor:{key}"
    if TimelineEntry.objects.filter(case=case, ref=ref).exists():
        return point
    if point.relation != "guarantor":
        raise NO_GUARANTOR.error(field="liable")
    reference = notes.plain(reference)
    if not 0 < len(reference) <= 100:
        raise NO_EVIDENCE.error(field="reference")
    wordings.passed(reference, "note", field="reference")
    point.liable = liable
    point.save(update_fields=["liable"])
    at = clock.now()
    line = timeline.write(
        case, TimelineEntry.Kind.GUARANTOR, ref, at, by, number=point.pk, liable=liable, note=reference
    )
    barring.refresh([case.customer.person_id], at)
    told = {"number": point.pk, "liable": liable, **row_digests.named(line)}
    audit.record("guarantor.say", f"case:{case.pk}", told, by, at)
    return point

"""Contacts that an agency or another system made and reports afterwards: they count, and are judged all the same."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import transaction

from shouyue.base import cells, clock, settings
from shouyue.base.errors import Code, ShouyueError
from shouyue.casework import asking, barring, known, queries, taking, timeline, unreachable
from shouyue.casework.matters.facts import live
from shouyue.casework.models import Case, Customer, TimelineEntry
from shouyue.compliance import audit, gate, row_digests
from shouyue.compliance.models import Attempt, AttemptOutcome
from shouyue.compliance.rule import CHANNELS, RELATIONS
from shouyue.compliance.wishes import BORROWERS
from shouyue.people.models import User

#: of the ids of contacts by an agency and its own number for them
NAMESPACE = uuid.UUID("5f3c9e0a-6a0e-4f6e-8a3c-0d3c4f1b7a92")
_AGENCY = re.compile(r"[A-Za-z0-9_.-]{1,64}")
COLUMNS = ("contact_no", "customer_id", "channel", "at", "outcome")
MORE = ("phone", "relation", "loans")

BAD_AGENCY = Code(
    "REP-001",
    zh="机构代码“{agency}”只能用字母、数字和 . _ -",
    en="the agency's code '{agency}' may have letters, digits and . _ - only",
)
NO_COLUMN = Code("REP-002", zh="文件缺少列：{columns}", en="the file lacks columns: {columns}")
BAD_CELL = Code("REP-003", zh="此列有误：{why_zh}", en="this column does not fit: {why_en}")


@dataclass
class Taken(taking.Taken):
    """``beyond``: decisions that found a contact beyond the law."""

    beyond: list[uuid.UUID] = field(default_factory=list)


@dataclass(frozen=True)
class Reported:
    contact_no: str
    customer: Customer
    channel: str
    at: datetime
    outcome: str
    phone: str
    relation: str
    loans: tuple[str, ...]


def rows_of(lines: Iterable[str]) -> Iterator[dict[str, str]]:
    """Rows of a CSV file with a header, by column. Raises REP-002 where a column is missing."""
    yield from (row for _, row in cells.read(lines, COLUMNS, NO_COLUMN))


def take_in(rows: Iterable[Mapping[str, str]], agency: str, by: User | None) -> Taken:
    """Keep each contact, in the order of the rows; the same ``contact_no`` of an agency again is known already.

    Each row is a transaction of its own, so a bad one leaves the others. Raises REP-001.
    """
    if not _AGENCY.fullmatch(agency):
        raise BAD_AGENCY.error(agency=agency[:64])
    taken = Taken()
    for line, row in enumerate(rows, 2):
        try:
            read = _read(row)
            new, decision = _keep(read, agency, by)
        except ShouyueError as error:
            taken.refuse(line, fields={str(error.values.get("field", "at")): error})
            continue
        taken.new += new
        taken.known += not new
        if new and not decision.allowed:
            taken.beyond.append(decision.pk)
    return taken


def _keep(read: Reported, agency: str, by: User | None) -> tuple[bool, gate.GateDecision]:
    case = queries.newest(Case.objects.filter(customer=read.customer))
    borrower = read.relation in BORROWERS
    question = gate.Question(
        person=read.customer.person_id,
        channel=read.channel,
        purpose=(case.phase if case else "collection") if borrower else "trace",
        at=read.at,
        zone=read.customer.zone or settings.zone(),
        told_zones=read.customer.told_zones if borrower else (),
        other_numbers=asking.own_numbers(read.customer) if read.relation == "self" else (),
        staff_id=None,
        number=read.phone,
        relation=read.relation,
        loans=read.loans,
        agency=agency,
        content="debt" if borrower else "locate",
        facts={**known.of_agency(agency, read.customer.pk, read.at), **(_facts(read, case) if case else {})},
    )
    attempt_id = uuid.uuid5(NAMESPACE, f"{agency}:{read.contact_no}")
    return keep(read.customer, case, question, attempt_id, read.outcome, by)


def _facts(read: Reported, case: Case) -> dict[str, bool | str | None]:
    """What stopped contacts at that moment, and what is known of whoever was contacted."""
    point = read.customer.contact_points.filter(phone=read.phone).first() if read.phone else None
    told_of = live(read.customer.person_id, read.at)
    return {
        **known.of_borrower(read.customer, told_of, read.channel, case.phase, read.relation),
        "consent": point.agreed if point else None,
        **(known.of_guarantor(point) if point else {}),
        "borrower_unreachable": read.relation not in BORROWERS and unreachable.is_lost(case, read.at),
    }


@transaction.atomic
def keep(
    customer: Customer, case: Case | None, question: gate.Question, attempt_id: uuid.UUID, outcome: str, by: User | None
) -> tuple[bool, gate.GateDecision]:
    """A contact that was made, with its decision, on the timeline and in the audit chain; and whether it is new."""
    if before := Attempt.objects.select_related("decision").filter(pk=attempt_id).first():
        return False, before.decision
    kept = gate.record(question, attempt_id, outcome)
    decision = kept.decision
    told = {"contact": str(attempt_id), "agency": question.agency, **gate.named(decision, kept.attempt)}
    told |= row_digests.named(row_digests.outcome(attempt_id))
    if case is not None:
        timeline.write(
            case,
            TimelineEntry.Kind.CONTACT,
            f"reported:{attempt_id}",
            question.at,
            None,
            channel=question.channel,
            relation=question.relation,
            outcome=outcome,
            agency=question.agency,
            allowed=decision.allowed,
            decision=str(decision.pk),
        )
    barring.refresh([customer.person_id])  # before the chain is locked
    # by the contact's own moment, so that the day it belongs to is replayed with it
    audit.record("contact.report", f"customer:{customer.pk}", {**told, "told_at": clock.now()}, by, question.at)
    return True, decision


def _read(row: Mapping[str, str]) -> Reported:
    """Raises REP-003 naming the column that does not fit."""
    customer = Customer.objects.filter(customer_id=row.get("customer_id", "")).first()
    relation = row.get("relation") or "self"
    try:
        at = datetime.fromisoformat(row.get("at", ""))
        at = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(settings.zone()))
    except ValueError:
        at = None
    for column, wrong, zh, en in (
        (
            "contact_no",
            not re.fullmatch(r"[\w.:/-]{1,80}", row.get("contact_no", "")),
            "缺少联系编号",
            "no contact number",
        ),
        ("customer_id", customer is None, "没有这个客户", "no such customer"),
        ("channel", row.get("channel") not in CHANNELS, "未知的联系方式", "unknown channel"),
        ("at", at is None, "时刻应如 2026-11-24T14:05+08:00", "write the moment as 2026-11-24T14:05+08:00"),
        ("outcome", row.get("outcome") not in AttemptOutcome.Kind.values, "未知的结果", "unknown outcome"),
        ("relation", relation not in RELATIONS, "未知的关系", "unknown relation"),
    ):
        if wrong:
            raise BAD_CELL.error(field=column, why_zh=zh, why_en=en)
    assert customer is not None and at is not None
    return Reported(
        contact_no=row["contact_no"],
        customer=customer,
        channel=row["channel"],
        at=at,
        outcome=row["outcome"],
        phone=row.get("phone", ""),
        relation=relation,
        loans=tuple(filter(None, row.get("loans", "").split())),
    )

"""The gate: a contact exists only through it.

May PERSON be contacted by CHANNEL for PURPOSE at TIME by STAFF, about LOANS, on NUMBER? ``preview`` answers without a
lock, for a page; ``reserve`` answers inside the transaction that begins the contact, under a lock on the person's row,
so that two reps, an agency and a robot share one budget.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from shouyue.base import clock
from shouyue.compliance import errors, pack, rules, wishes
from shouyue.compliance.identity import areas, number_key
from shouyue.compliance.inputs import Fact, Inputs, Past
from shouyue.compliance.models import Attempt, AttemptOutcome, GateDecision, Person, PolicyPack, Wish
from shouyue.compliance.rule import CHANNELS, Pack
from shouyue.compliance.rules import Answer, Finding
from shouyue.compliance.said import Asked
from shouyue.compliance.wishes import Row

__all__ = [
    "Answer",
    "Finding",
    "Question",
    "Reservation",
    "answer_of",
    "digest",
    "named",
    "preview",
    "preview_many",
    "record",
    "report",
    "reserve",
]

_NAMESPACE = UUID("6f1d6b0e-5f0c-4d7e-9a3f-2b8f1c7e5a10")
#: first half of the advisory lock on a telephone number; the audit chain has its own
_NUMBER_LOCK = 0x5359_4E55
_FACT_TEXT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z))?")

#: earlier contacts of the persons and on the numbers, and what was said by the persons or on the numbers
_HISTORY = """
SELECT 'contact' AS row, a.person_id, a.number_key, a.at, a.channel, o.kind, a.staff_id, a.loans, a.asked_for,
    NULL::jsonb, NULL::bigint
FROM compliance_attempt a
LEFT JOIN LATERAL (
    SELECT kind FROM compliance_attemptoutcome WHERE attempt_id = a.id ORDER BY id DESC LIMIT 1
) o ON true
WHERE (a.person_id = ANY(%(persons)s) OR a.number_key = ANY(%(numbers)s)) AND a.at >= %(since)s
UNION ALL
SELECT 'wish', w.person_id, w.number_key, w.at, '', w.kind, NULL, w.channels, w.given,
    w.details || jsonb_build_object('purposes', w.purposes), w.id
FROM compliance_wish w
WHERE (w.person_id = ANY(%(persons)s) OR w.number_key = ANY(%(numbers)s))
ORDER BY 4, 11
"""


@dataclass(frozen=True)
class Question:
    """``person`` is a ``person_key``; ``number`` the telephone number as dialled (only its digest is kept)."""

    person: str
    channel: str
    purpose: str
    at: datetime
    zone: str
    staff_id: int | None
    number: str = ""
    relation: str = "self"
    loans: tuple[str, ...] = ()
    facts: Mapping[str, object] = field(default_factory=dict)
    #: mobile, home, work: what kind of place the number or the visit leads to
    place: str = ""
    #: what is going to be said, of ``rule.CONTENTS``
    content: str = ""
    #: code of the agency that contacts; empty for the lender itself
    agency: str = ""
    #: where the person lives by what was told, if another zone than ``zone``
    told_zones: tuple[str, ...] = ()
    #: the person's other numbers, whose areas tell where else he may be (only those areas are kept)
    other_numbers: tuple[str, ...] = ()
    #: the person rang, or came
    asked_for: bool = False
    #: the call that he himself asked for
    asked: Asked | None = None


@dataclass(frozen=True)
class Reservation:
    """``attempt`` is None where the gate refused; the decision is stored either way."""

    answer: Answer
    decision: GateDecision
    attempt: Attempt | None


def preview(q: Question) -> Answer:
    """The answer as of now, without a lock; stores nothing. Raises GATE-006, -007, -008 on a malformed question."""
    return preview_many([q])[0]


def preview_many(qs: Sequence[Question]) -> list[Answer]:
    """Many answers for one query. What ``reserve`` says later may differ, as others may have called meanwhile."""
    if not qs:
        return []
    with_pack = pack.active()
    keys = [_number(q) for q in qs]
    since = min(q.at for q in map(_checked, qs)) - timedelta(days=with_pack.lookback_days + 1)
    rows = _history({q.person for q in qs}, set(keys), since)
    by_person: dict[str, list[Row]] = {}
    by_number: dict[str, list[Row]] = {}
    for row in rows:
        if row.person is not None:
            by_person.setdefault(row.person, []).append(row)
        if row.number:
            by_number.setdefault(row.number, []).append(row)
    return [
        rules.decide(
            with_pack,
            _inputs(
                q,
                key,
                [*by_person.get(q.person, ()), *(row for row in by_number.get(key, ()) if row.person != q.person)],
                with_pack,
            ),
        )
        for q, key in zip(qs, keys, strict=True)
    ]


def reserve(q: Question, attempt_id: UUID) -> Reservation:
    """Decide and store; an allowed attempt counts against the budget from here.

    Call it inside ``transaction.atomic()``: the person stays locked until that ends. The same ``attempt_id`` again
    returns the first reservation, refused or not; a new try takes a new id. Raises GATE-005 when the id belongs to
    another contact, GATE-006 to -008 on a malformed question, GATE-011 outside a transaction.
    """
    _checked(q)
    key, decision_id, before = _begun(q, attempt_id)
    if before is not None:
        return before
    decision, answer, asked_for = _decided(q, key, decision_id)
    attempt = _attempted(q, key, decision, attempt_id, asked_for) if answer.allowed else None
    return Reservation(answer, decision, attempt)


def record(q: Question, attempt_id: UUID, kind: AttemptOutcome.Kind | str) -> Reservation:
    """Keep a contact that was made elsewhere, by an agency or a machine, and has ended as ``kind``.

    It counts against the budget whatever the gate would have said; the decision stored beside it tells whether it was
    within the law at its time, as far as was known when it was reported. The same ``attempt_id`` again adds nothing.
    Raises as ``reserve`` does, and GATE-012 for a contact of the future.
    """
    _checked(q)
    if q.at > clock.now() + timedelta(minutes=5):
        raise errors.NOT_YET.error()
    key, decision_id, before = _begun(q, attempt_id)
    if before is not None:
        return before
    decision, answer, asked_for = _decided(q, key, decision_id)
    attempt = _attempted(q, key, decision, attempt_id, asked_for, clock.now())
    report(attempt_id, kind, q.at, q.staff_id)
    return Reservation(answer, decision, attempt)


def _begun(q: Question, attempt_id: UUID) -> tuple[str, UUID, Reservation | None]:
    """The number's key, the decision's id, and what was reserved under it before; person and number are locked."""
    if not connection.in_atomic_block:
        raise errors.NEEDS_TRANSACTION.error()
    key, decision_id = _number(q), uuid.uuid5(_NAMESPACE, str(attempt_id))
    _lock(q.person, key)
    return key, decision_id, _before(q, key, decision_id, attempt_id)


def _before(q: Question, key: str, decision_id: UUID, attempt_id: UUID) -> Reservation | None:
    decision = GateDecision.objects.select_related("attempt").filter(pk=decision_id).first()
    if decision is None:
        return None
    if (decision.person_id, decision.channel, decision.number_key) != (q.person, q.channel, key):
        raise errors.OTHER_QUESTION.error(attempt=attempt_id)
    return Reservation(answer_of(decision), decision, getattr(decision, "attempt", None))


def _decided(q: Question, key: str, decision_id: UUID) -> tuple[GateDecision, Answer, bool]:
    """Decide, with the person locked, and store the decision with all it looked at; and did the person ask for it?"""
    with_pack = pack.active()
    since = q.at - timedelta(days=with_pack.lookback_days + 1)
    inputs = _inputs(q, key, _history({q.person}, {key}, since), with_pack)
    answer = rules.decide(with_pack, inputs)
    _keep(with_pack)
    decision = GateDecision.objects.create(
        id=decision_id,
        person_id=q.person,
        at=q.at,
        channel=q.channel,
        purpose=q.purpose,
        staff_id=q.staff_id,
        agency=q.agency,
        number_key=key,
        allowed=answer.allowed,
        pack=answer.pack,
        pack_digest=answer.pack_digest,
        findings=[f.to_json() for f in answer.findings],
        inputs=inputs.to_json(),
        next_allowed_at=answer.next_allowed_at,
    )
    return decision, answer, rules.asked_for(with_pack, inputs)


def _attempted(
    q: Question,
    key: str,
    decision: GateDecision,
    attempt_id: UUID,
    asked_for: bool,
    reported_at: datetime | None = None,
) -> Attempt:
    return Attempt.objects.create(
        id=attempt_id,
        person_id=q.person,
        decision=decision,
        at=q.at,
        channel=q.channel,
        purpose=q.purpose,
        staff_id=q.staff_id,
        agency=q.agency,
        number_key=key,
        loans=list(q.loans),
        asked_for=asked_for,
        reported_at=reported_at,
    )


def report(attempt_id: UUID, kind: AttemptOutcome.Kind | str, at: datetime, staff_id: int | None) -> None:
    """Append what became of an attempt. The newest row counts; the same kind again adds none. Raises GATE-004."""
    kind = AttemptOutcome.Kind(kind)
    with transaction.atomic():
        attempt = Attempt.objects.select_for_update(no_key=True).filter(pk=attempt_id).first()
        if attempt is None:
            raise errors.NO_ATTEMPT.error(attempt=attempt_id)
        newest = AttemptOutcome.objects.filter(attempt=attempt).order_by("-id").first()
        if newest is None or newest.kind != kind:
            AttemptOutcome.objects.create(attempt=attempt, kind=kind, at=at, staff_id=staff_id)


def answer_of(decision: GateDecision) -> Answer:
    """The answer as it was given, from the stored decision."""
    stored = decision.inputs
    return Answer(
        allowed=decision.allowed,
        findings=tuple(Finding.from_json(f) for f in decision.findings),
        next_allowed_at=decision.next_allowed_at,
        pack=decision.pack,
        pack_digest=decision.pack_digest,
        at=datetime.fromisoformat(stored["at"]),
        zone=stored["zone"],
        channel=stored["channel"],
        relation=stored["relation"],
        clocks=Inputs.from_json({**stored, "past": [], "said": []}).clocks,
    )


def named(decision: GateDecision, attempt: Attempt | None = None) -> dict[str, object]:
    """A decision, and the attempt that it let through, as an audit entry names them, so that both can be held against
    the chain (``replaying``, ``reports.witness``)."""
    told: dict[str, object] = {"decision": str(decision.pk), "digest": digest(decision), "asked": asked(decision)}
    return told if attempt is None else told | {"attempt": [str(attempt.pk), reserved(attempt)]}


def asked(decision: GateDecision) -> str:
    """SHA-256 of whom and what a decision was about: its columns that ``digest`` leaves out."""
    whom = (decision.person_id, decision.channel, decision.purpose, decision.number_key, decision.next_allowed_at)
    return _hashed([*whom, decision.staff_id, decision.agency])


def reserved(attempt: Attempt) -> str:
    """SHA-256 of an attempt as it counts against the budget."""
    whom = (attempt.person_id, attempt.channel, attempt.purpose, attempt.number_key, attempt.at, attempt.loans)
    return _hashed([*whom, str(attempt.decision_id), attempt.staff_id, attempt.agency, attempt.asked_for])


def _hashed(values: list[object]) -> str:
    plain = [v.astimezone(UTC).isoformat() if isinstance(v, datetime) else v for v in values]
    return hashlib.sha256(json.dumps(plain, ensure_ascii=False).encode()).hexdigest()


def digest(decision: GateDecision) -> str:
    """SHA-256 of a decision as stored; kept in the audit chain, so that a decision altered later is found out."""
    content = {
        "id": str(decision.pk),
        "at": decision.at.astimezone(UTC).isoformat(),
        "allowed": decision.allowed,
        "pack": decision.pack_digest,
        "findings": decision.findings,
        "inputs": decision.inputs,
    }
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def _checked(q: Question) -> Question:
    if q.channel not in CHANNELS:
        raise errors.UNKNOWN_CHANNEL.error(channel=q.channel[:20])
    if q.at.tzinfo is None:
        raise errors.NAIVE_MOMENT.error()
    return q


def _number(q: Question) -> str:
    return number_key(q.number) if q.number else ""


def _facts(facts: Mapping[str, object]) -> dict[str, Fact]:
    """What is kept for ever with a decision: nothing that could name a person."""
    for name, value in facts.items():
        plain = value is None or isinstance(value, bool | int)
        if not (plain or (isinstance(value, str) and _FACT_TEXT.fullmatch(value))):
            raise errors.BAD_FACT.error(fact=name[:40])
    return dict(facts)  # type: ignore[arg-type]


def _inputs(q: Question, key: str, rows: Iterable[Row], with_pack: Pack) -> Inputs:
    since = q.at - timedelta(days=with_pack.lookback_days + 1)
    rows = [row for row in rows if row.at <= q.at]
    held = wishes.in_force(row for row in rows if row.row == "wish")
    wrong = {w.number for w in held if w.kind == Wish.Kind.WRONG_NUMBER and w.person == q.person and w.number}
    also = areas(_own_numbers(q, key, wrong), q.zone) if with_pack.heeds_every_place else ()
    return Inputs(
        at=q.at,
        zone=q.zone,
        channel=q.channel,
        purpose=q.purpose,
        relation=q.relation,
        staff_id=q.staff_id,
        has_number=bool(key),
        loans=tuple(q.loans),
        facts=_facts({**q.facts, **({"asked_for": True} if q.asked_for else {})}),
        past=_past(q, key, [row for row in rows if row.row == "contact" and row.at >= since], wrong),
        place=q.place,
        content=q.content,
        agency=q.agency,
        also_zones=also,
        told_zones=q.told_zones,
        every_clock=bool(also or q.told_zones),
        said=wishes.about(held, q.person, key, q.relation, q.channel, q.place),
        asked=q.asked,
    )


def _own_numbers(q: Question, key: str, wrong: set[str]) -> list[str]:
    """The number dialled, and the person's others that did not turn out to be somebody else's."""
    others = [number for number in q.other_numbers if number_key(number) not in wrong]
    return [q.number, *others] if key else others


def _past(q: Question, key: str, rows: Iterable[Row], wrong: set[str]) -> tuple[Past, ...]:
    return tuple(
        Past(
            at=row.at,
            channel=row.channel,
            outcome=row.kind or "open",
            staff_id=row.staff_id,
            same_person=row.person == q.person,
            same_number=bool(key) and row.number == key,
            loans=tuple(row.items),
            asked_for=row.flag,
            wrong_number=row.number in wrong,
        )
        for row in rows
    )


def _history(persons: set[str], numbers: set[str], since: datetime) -> list[Row]:
    with connection.cursor() as cursor:
        asked = {"persons": list(persons), "numbers": [n for n in numbers if n], "since": since}
        cursor.execute(_HISTORY, asked)
        return [Row(*row[:9], details=json.loads(row[9] or "{}")) for row in cursor.fetchall()]


def _lock(person: str, key: str) -> None:
    """Lock the person's row, then the number, until the transaction ends.

    The row is locked FOR NO KEY UPDATE: that excludes another ``reserve``, but not the foreign keys that the daily
    cycle writes towards the person, so publishing never holds up the desk.
    """
    with connection.cursor() as cursor:
        lock = "SELECT 1 FROM compliance_person WHERE key = %s FOR NO KEY UPDATE"
        cursor.execute(lock, [person])
        if cursor.fetchone() is None:
            Person.objects.bulk_create([Person(key=person)], ignore_conflicts=True)
            cursor.execute(lock, [person])
        if key:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_NUMBER_LOCK, key])


_kept: set[str] = set()


def _keep(with_pack: Pack) -> None:
    """Store the pack beside the first decision taken by it."""
    if with_pack.digest in _kept:
        return
    entry = PolicyPack(
        digest=with_pack.digest, name=with_pack.name[:64], content=with_pack.content, first_used_at=clock.now()
    )
    PolicyPack.objects.bulk_create([entry], ignore_conflicts=True)
    transaction.on_commit(lambda: _kept.add(with_pack.digest))

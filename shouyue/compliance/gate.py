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
from shouyue.compliance import errors, pack, rules
from shouyue.compliance.identity import number_key
from shouyue.compliance.inputs import Fact, Inputs, Past
from shouyue.compliance.models import Attempt, AttemptOutcome, GateDecision, Person, PolicyPack
from shouyue.compliance.rule import CHANNELS, Pack
from shouyue.compliance.rules import Answer, Finding

__all__ = [
    "Answer",
    "Finding",
    "Question",
    "Reservation",
    "answer_of",
    "digest",
    "preview",
    "preview_many",
    "report",
    "reserve",
]

_NAMESPACE = UUID("6f1d6b0e-5f0c-4d7e-9a3f-2b8f1c7e5a10")
#: first half of the advisory lock on a telephone number; the audit chain has its own
_NUMBER_LOCK = 0x5359_4E55
_FACT_TEXT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z))?")

_HISTORY = """
SELECT a.person_id, a.number_key, a.at, a.channel, a.staff_id, a.loans, o.kind
FROM compliance_attempt a
LEFT JOIN LATERAL (
    SELECT kind FROM compliance_attemptoutcome WHERE attempt_id = a.id ORDER BY id DESC LIMIT 1
) o ON true
WHERE (a.person_id = ANY(%s) OR a.number_key = ANY(%s)) AND a.at >= %s
ORDER BY a.at, a.id
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
    by_person: dict[str, list[tuple]] = {}
    by_number: dict[str, list[tuple]] = {}
    for row in rows:
        by_person.setdefault(row[0], []).append(row)
        if row[1]:
            by_number.setdefault(row[1], []).append(row)
    return [
        rules.decide(
            with_pack,
            _inputs(
                q,
                key,
                [*by_person.get(q.person, ()), *(row for row in by_number.get(key, ()) if row[0] != q.person)],
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
    if not connection.in_atomic_block:
        raise errors.NEEDS_TRANSACTION.error()
    key, decision_id = _number(q), uuid.uuid5(_NAMESPACE, str(attempt_id))
    _lock(q.person, key)
    before = GateDecision.objects.select_related("attempt").filter(pk=decision_id).first()
    if before is not None:
        if (before.person_id, before.channel, before.number_key) != (q.person, q.channel, key):
            raise errors.OTHER_QUESTION.error(attempt=attempt_id)
        return Reservation(answer_of(before), before, getattr(before, "attempt", None))
    with_pack = pack.active()
    since = q.at - timedelta(days=with_pack.lookback_days + 1)
    inputs = _inputs(q, key, _history({q.person}, {key}, since), with_pack)
    answer = rules.decide(with_pack, inputs)
    _keep(with_pack)
    told = {"at": q.at, "channel": q.channel, "purpose": q.purpose, "staff_id": q.staff_id, "number_key": key}
    decision = GateDecision.objects.create(
        id=decision_id,
        person_id=q.person,
        allowed=answer.allowed,
        pack=answer.pack,
        pack_digest=answer.pack_digest,
        findings=[f.to_json() for f in answer.findings],
        inputs=inputs.to_json(),
        next_allowed_at=answer.next_allowed_at,
        **told,
    )
    attempt = None
    if answer.allowed:
        attempt = Attempt.objects.create(
            id=attempt_id, person_id=q.person, decision=decision, loans=list(q.loans), **told
        )
    return Reservation(answer, decision, attempt)


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
    )


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


def _inputs(q: Question, key: str, rows: Iterable[tuple], with_pack: Pack) -> Inputs:
    since = q.at - timedelta(days=with_pack.lookback_days + 1)
    return Inputs(
        at=q.at,
        zone=q.zone,
        channel=q.channel,
        purpose=q.purpose,
        relation=q.relation,
        staff_id=q.staff_id,
        has_number=bool(key),
        loans=tuple(q.loans),
        facts=_facts(q.facts),
        past=tuple(
            Past(
                at=at,
                channel=channel,
                outcome=kind or "open",
                staff_id=staff_id,
                same_person=person == q.person,
                same_number=bool(key) and number == key,
                loans=tuple(loans),
            )
            for person, number, at, channel, staff_id, loans, kind in rows
            if at >= since
        ),
    )


def _history(persons: set[str], numbers: set[str], since: datetime) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(_HISTORY, [list(persons), [n for n in numbers if n], since])
        return cursor.fetchall()


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

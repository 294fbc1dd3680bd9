"""Decisions taken again: from the pack they were taken by, the inputs and the counters that were stored with them.

Three things are held against each other: the answer as stored, the answer as the pack gives it to the stored inputs,
and the digest of the decision that the audit chain took when the contact began. A decision changed in the answer
differs from the second, one changed in answer and inputs alike from the third.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from shouyue.compliance import errors, gate, pack, rules
from shouyue.compliance.inputs import Inputs
from shouyue.compliance.models import AuditEntry, GateDecision, PolicyPack
from shouyue.compliance.rule import Pack
from shouyue.compliance.rules import Answer, Finding

#: audit entries that name a decision and its digest
ACTIONS = ("contact.start", "contact.inbound", "contact.refused", "contact.report", "letter.made", "lost_contact.step")


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was: a rule's finding, the answer, or the decision's digest in the chain."""

    what: str
    stored: str
    again: str


@dataclass(frozen=True)
class Replay:
    """``differences`` is empty when the decision comes out as it was stored and the chain bears it out."""

    decision: UUID
    #: the answer as it comes out now; None where the decision itself is gone
    again: Answer | None
    differences: tuple[Difference, ...]
    #: does the audit chain name this decision? None where the chain was not asked
    chained: bool | None = None

    @property
    def same(self) -> bool:
        return not self.differences


class Packs:
    """Packs by digest as they were stored, each built once."""

    def __init__(self) -> None:
        self._built: dict[str, Pack] = {}

    def of(self, decision: GateDecision) -> Pack:
        digest = decision.pack_digest
        if digest not in self._built:
            kept = PolicyPack.objects.filter(pk=digest).first()
            by = pack.build(kept.content["base"], kept.content["house"]) if kept else pack.active()
            if by.digest != digest:
                raise errors.PACK_LOST.error(decision=decision.pk, digest=digest[:12])
            self._built[digest] = by
        return self._built[digest]


def replay(decision_id: UUID) -> Replay:
    """Take one decision again and hold it against the audit chain. Raises GATE-009, GATE-010."""
    decision = GateDecision.objects.filter(pk=decision_id).first()
    if decision is None:
        raise errors.NO_DECISION.error(decision=decision_id)
    return again(decision, Packs(), _digests(decision.at, decision.at))


def replay_between(since: datetime, until: datetime) -> Iterator[Replay]:
    """Every decision from ``since`` up to but without ``until``, in constant memory. Raises GATE-009.

    A decision that the chain names and the table has lost is a replay with the difference ``missing``.
    """
    packs, digests = Packs(), _digests(since, until)
    decisions = GateDecision.objects.filter(at__gte=since, at__lt=until).order_by("at", "id")
    for decision in decisions.iterator(2_000):
        yield again(decision, packs, digests)
        digests.pop(str(decision.pk), None)
    yield from _lost(digests)


def again(decision: GateDecision, packs: Packs, digests: dict[str, str]) -> Replay:
    by = packs.of(decision)
    stored, now = gate.answer_of(decision), rules.decide(by, Inputs.from_json(decision.inputs))
    differences = [*_answers(stored, now), *_findings(stored.findings, now.findings)]
    sealed, digest = digests.get(str(decision.pk)), gate.digest(decision)
    if sealed is not None and sealed != digest:
        differences.append(Difference("digest", digest[:16], sealed[:16]))
    return Replay(decision.pk, now, tuple(differences), sealed is not None)


def _answers(stored: Answer, now: Answer) -> Iterator[Difference]:
    for what in ("allowed", "next_allowed_at"):
        if getattr(stored, what) != getattr(now, what):
            yield Difference(what, str(getattr(stored, what)), str(getattr(now, what)))


def _findings(stored: Iterable[Finding], now: Iterable[Finding]) -> Iterator[Difference]:
    before, after = ({f.rule: f.to_json() for f in findings} for findings in (stored, now))
    for rule in dict.fromkeys([*before, *after]):
        kept, found = before.get(rule, {}), after.get(rule, {})
        for key in dict.fromkeys([*kept, *found]):
            if kept.get(key) != found.get(key):
                yield Difference(f"{rule}.{key}", str(kept.get(key)), str(found.get(key)))


def _lost(digests: dict[str, str]) -> Iterator[Replay]:
    """What the chain names and the table no longer has."""
    for decision_id, digest in digests.items():
        if not GateDecision.objects.filter(pk=decision_id).exists():
            yield Replay(UUID(decision_id), None, (Difference("missing", "–", digest[:16]),), True)


def _digests(since: datetime, until: datetime) -> dict[str, str]:
    """Decision id -> digest, as the chain took them; the entry is written in the decision's own transaction."""
    entries = AuditEntry.objects.filter(at__gte=since, at__lte=until + timedelta(seconds=1), action__in=ACTIONS)
    data: Iterable[dict[str, Any]] = entries.values_list("data", flat=True).iterator(2_000)
    return {told["decision"]: told["digest"] for told in data if "decision" in told and "digest" in told}

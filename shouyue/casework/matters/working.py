"""Working on a matter: opening it, evidence, owner and deadline, and the decision that ends what it stops."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from shouyue.base import clock
from shouyue.casework import barring, errors, notes, queries, timeline, wordings
from shouyue.casework.matters import states
from shouyue.casework.matters.kinds import Kind, kinds
from shouyue.casework.models import Case, Contact, Matter, MatterEvidence, MatterStep, TimelineEntry
from shouyue.compliance import audit, row_digests
from shouyue.people.models import Role, User
from shouyue.people.permissions import require

#: largest file whose hash is taken, megabytes
LARGEST_MB = 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ROLES = {"store_manager": ("店长", "a store manager"), "head_office": ("总部", "head office")}
_STATES = {
    states.OPEN: ("待决定", "not decided yet"),
    states.CONFIRMED: ("已确认", "confirmed"),
    states.PAUSED: ("已暂停", "paused"),
    states.REJECTED: ("已驳回", "rejected"),
    states.RELEASED: ("已解除", "released"),
}
_ACTIONS = {
    "add": ("补充", "add to"),
    "assign": ("指派", "assign"),
    "extend": ("延期", "extend"),
    "confirm": ("确认", "confirm"),
    "pause": ("暂停", "pause"),
    "reject": ("驳回", "reject"),
    "release": ("解除", "release"),
    "reopen": ("重开", "reopen"),
}


@dataclass(frozen=True)
class Evidence:
    """What shows it: words, the number under which the lender's archive keeps a paper, the SHA-256 of the file."""

    note: str = ""
    reference: str = ""
    sha256: str = ""
    size: int | None = None


@dataclass(frozen=True)
class Said:
    """Words that passed the pack's wording rules, and what is to be kept with them: see ``wordings.passed``."""

    text: str = ""
    kept: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def open_matter(
    case_id: int, kind_id: str, evidence: Evidence, by: User, matter_id: UUID, wording_reason: str = ""
) -> Matter:
    """A new matter on an open case; the same ``matter_id`` again returns the first.

    What its kind stops is stopped from here. Raises CASE-001, CASE-002, MATT-003, -004, -008, -012, WORD-001, -002.
    """
    require(by, "matter.open")
    case = queries.case(by, case_id, lock=True)
    if before := Matter.objects.filter(pk=matter_id, case=case).first():
        return before
    queries.must_be_open(case)
    kind = kinds().get(kind_id)
    if kind is None:
        raise errors.UNKNOWN_MATTER.error(field="kind")
    if Matter.objects.filter(case=case, kind=kind_id, state__in=states.LIVE).exists():
        raise errors.MATTER_EXISTS.error(field="kind")
    evidence = _clean(evidence)
    if not evidence.note:
        raise errors.MATTER_NEEDS_NOTE.error(field="note")
    return _open(case, kind, evidence, by, matter_id, clock.now(), _passed(evidence, wording_reason))


def told_in_call(contact: Contact, case: Case, by: User, at: datetime) -> Matter | None:
    """What the customer told in a call becomes a matter, unless one of the kind is live. The case is locked."""
    kind = kinds().get(contact.result)
    if kind is None or Matter.objects.filter(case=case, kind=kind.id, state__in=states.LIVE).exists():
        return None
    return _open(case, kind, Evidence(note=contact.note), by, uuid4(), at, Said(contact.note), contact)


def _open(
    case: Case,
    kind: Kind,
    evidence: Evidence,
    by: User,
    matter_id: UUID,
    at: datetime,
    said: Said,
    contact: Contact | None = None,
) -> Matter:
    matter = Matter.objects.create(
        pk=matter_id,
        case=case,
        kind=kind.id,
        contact=contact,
        opened_by=by,
        opened_at=at,
        opened_on=case.as_of,
        owner_role=kind.owner,
        due_on=case.as_of + timedelta(days=kind.days),
    )
    shown = _keep(matter, evidence, by, at)
    _step(matter, "open", by, at, matter_id, said, shown=shown)
    if kind.stops_contact("call", case.phase) and case.done_on != case.as_of:
        case.done_on = case.as_of  # nothing more to do on it today; from tomorrow the strategy holds it
        case.save(update_fields=["done_on"])
    return matter


@transaction.atomic
def add_evidence(matter_id: UUID, evidence: Evidence, by: User, key: UUID, wording_reason: str = "") -> MatterEvidence:
    """Append evidence; the same ``key`` again returns the first. Raises MATT-002, -005, -012, WORD-001, -002."""
    require(by, "matter.open")
    matter = queries.locked(Matter, matter_id, by, errors.NO_MATTER)
    if before := MatterEvidence.objects.filter(pk=key, matter=matter).first():
        return before
    _must(matter, "add")
    evidence = _clean(evidence)
    said = _passed(evidence, wording_reason)
    at = clock.now()
    made = _keep(matter, evidence, by, at, key)
    assert made is not None  # clean
    # the words stand in the evidence; the step tells only which rules warned, and the reason given
    _step(matter, "add", by, at, key, Said(kept=said.kept), shown=made)
    return made


def _passed(evidence: Evidence, wording_reason: str) -> Said:
    """The evidence's words, its archive number among them. Raises WORD-001, WORD-002."""
    text = f"{evidence.note}\n{evidence.reference}"
    return Said(evidence.note, wordings.passed(text, "note", reason=wording_reason))


def _clean(evidence: Evidence) -> Evidence:
    note, reference = notes.clean(evidence.note), notes.plain(evidence.reference)
    sha256 = evidence.sha256.strip().lower()
    if (
        not (note or reference or sha256)
        or len(reference) > 100
        or (sha256 and not _SHA256.fullmatch(sha256))
        or (evidence.size or 0) > LARGEST_MB * 2**20
    ):
        raise errors.BAD_EVIDENCE.error(field="evidence", most=LARGEST_MB)
    return Evidence(note, reference, sha256, evidence.size)


def _keep(matter: Matter, evidence: Evidence, by: User, at: datetime, key: UUID | None = None) -> MatterEvidence | None:
    if not (evidence.note or evidence.reference or evidence.sha256):
        return None
    return MatterEvidence.objects.create(
        pk=key or uuid4(), matter=matter, by=by, at=at, **{k: v for k, v in evidence.__dict__.items() if v}
    )


@transaction.atomic
def assign(matter_id: UUID, owner_id: int, by: User, key: UUID) -> Matter:
    """Give the matter to a colleague who may decide it. Raises MATT-002, -005, -011."""
    require(by, "matter.work")
    matter = queries.locked(Matter, matter_id, by, errors.NO_MATTER)
    if _done(matter, key):
        return matter
    _must(matter, "assign")
    owner = next((one for one in owners(matter) if one.pk == owner_id), None)
    if owner is None:
        raise errors.MATTER_OWNER_UNFIT.error(field="owner")
    matter.owner = owner
    matter.save(update_fields=["owner"])
    _step(matter, "assign", by, clock.now(), key, owner=owner)
    return matter


def owners(matter: Matter) -> Sequence[User]:
    """Who may own it: active people of the roles that decide its kind; managers of the case's store only."""
    able = User.objects.filter(is_active=True, role__in=_kind(matter).decides).order_by("full_name", "username")
    return [u for u in able if u.role != Role.STORE_MANAGER or u.store_id == matter.case.store_id]


@transaction.atomic
def extend(matter_id: UUID, until: date | None, note: str, by: User, key: UUID, wording_reason: str = "") -> Matter:
    """A later deadline, at most as long again as the kind gives.

    Raises MATT-002, -005, -006, -008, -010, WORD-001, -002.
    """
    matter, said, at = _deciding(matter_id, note, by, "extend", key, wording_reason)
    if matter is None:
        return Matter.objects.get(pk=matter_id)
    first, last = matter.case.as_of, matter.opened_on + timedelta(days=2 * _kind(matter).days)
    matter.due_on = _between(until, first, last)
    matter.save(update_fields=["due_on"])
    _step(matter, "extend", by, at, key, said, until)
    return matter


@transaction.atomic
def decide(
    matter_id: UUID,
    action: str,
    note: str,
    by: User,
    key: UUID,
    until: date | None = None,
    wording_reason: str = "",
) -> Matter:
    """Confirm, pause until a day, reject or release. By a role of the kind, and by another person than who opened it.

    The same ``key`` again changes nothing. Raises MATT-002, -005 to -010, WORD-001, -002.
    """
    assert action in states.DECISIONS
    matter, said, at = _deciding(matter_id, note, by, action, key, wording_reason)
    if matter is None:
        return Matter.objects.get(pk=matter_id)
    kind = _kind(matter)
    if matter.opened_by_id == by.pk:
        raise errors.MATTER_OWN_WORD.error(field="action")
    if action == "confirm" and kind.proof and not _proved(matter):
        raise errors.MATTER_NEEDS_PROOF.error(field="action")
    matter.paused_until = None
    if action == "pause":
        first = matter.case.as_of
        # pauses on end do not add up to more than the kind gives
        begin = matter.steps.filter(action="pause").order_by("seq").values_list("at", flat=True).first()
        started = min(first, begin.date()) if begin else first
        matter.paused_until = _between(until, first, started + timedelta(days=kind.pause))
    _move(matter, action)
    _step(matter, action, by, at, key, said, matter.paused_until)
    return matter


@transaction.atomic
def reopen(matter_id: UUID, note: str, by: User, key: UUID, wording_reason: str = "") -> Matter:
    """Take up again what was over, with a new deadline.

    Raises MATT-002, -004, -005, -008, CASE-002, WORD-001, -002.
    """
    require(by, "matter.open")
    matter = queries.locked(Matter, matter_id, by, errors.NO_MATTER)
    if _done(matter, key):
        return matter
    _must(matter, "reopen")
    queries.must_be_open(matter.case)
    if Matter.objects.filter(case=matter.case, kind=matter.kind, state__in=states.LIVE).exists():
        raise errors.MATTER_EXISTS.error(field="kind")
    said = _said(note, wording_reason)
    matter.due_on = matter.case.as_of + timedelta(days=_kind(matter).days)
    matter.opened_on = matter.case.as_of
    _move(matter, "reopen")
    _step(matter, "reopen", by, clock.now(), key, said)
    return matter


def lapse(as_of: date, at: datetime) -> int:
    """End the pauses whose last day is over, inside the caller's transaction; returns how many."""
    over = Matter.objects.filter(state=states.PAUSED, paused_until__lt=as_of)
    ended = queries.lock_all(over)
    for matter in ended:
        matter.paused_until = None
        _move(matter, "lapse", as_of)
        _step(matter, "lapse", None, at, None)
    return len(ended)


def _deciding(
    matter_id: UUID, note: str, by: User, action: str, key: UUID, wording_reason: str
) -> tuple[Matter | None, Said, datetime]:
    """The locked matter, the words and the time; None where the same step was taken already."""
    require(by, "matter.work")
    matter = queries.locked(Matter, matter_id, by, errors.NO_MATTER)
    if _done(matter, key):
        return None, Said(), clock.now()
    _must(matter, action)
    roles = _kind(matter).decides
    if by.role not in roles:
        zh, en = zip(*(_ROLES[role] for role in roles), strict=True)
        raise errors.MATTER_NOT_YOURS.error(field="action", roles_zh="或".join(zh), roles_en=" or ".join(en))
    return matter, _said(note, wording_reason), clock.now()


def _done(matter: Matter, key: UUID) -> bool:
    return MatterStep.objects.filter(key=key, matter=matter).exists()


def _must(matter: Matter, action: str) -> None:
    if states.after(matter.state, action) is None:
        (zh, en), (action_zh, action_en) = _STATES[matter.state], _ACTIONS[action]
        raise errors.MATTER_NOT_POSSIBLE.error(state_zh=zh, state_en=en, action_zh=action_zh, action_en=action_en)


def _said(note: str, wording_reason: str) -> Said:
    note = notes.clean(note)
    if not note:
        raise errors.MATTER_NEEDS_NOTE.error(field="note")
    return Said(note, wordings.passed(note, "note", reason=wording_reason))


def _between(day: date | None, first: date, last: date) -> date:
    if day is None or not first <= day <= last:
        raise errors.MATTER_BAD_DAY.error(field="until", first=first, last=last)
    return day


def _proved(matter: Matter) -> bool:
    return matter.evidence.exclude(reference="", sha256="").exists()


def _kind(matter: Matter) -> Kind:
    return kinds()[matter.kind]


def _move(matter: Matter, action: str, day: date | None = None) -> None:
    state = states.after(matter.state, action)
    assert state is not None, (matter.state, action)
    matter.state = state
    matter.closed_on = None if state in states.LIVE else day or matter.case.as_of
    matter.save(update_fields=["state", "closed_on", "paused_until", "due_on", "opened_on"])


def _step(
    matter: Matter,
    action: str,
    by: User | None,
    at: datetime,
    key: UUID | None,
    said: Said = Said(),
    until: date | None = None,
    owner: User | None = None,
    shown: MatterEvidence | None = None,
) -> None:
    step = MatterStep.objects.create(
        matter=matter,
        seq=matter.steps.count() + 1,
        key=key,
        action=action,
        state=matter.state,
        by=by,
        at=at,
        note=said.text,
        until=until,
        owner=owner,
    )
    told = {"matter": str(matter.pk), "about": matter.kind, "action": action, "state": matter.state}
    told |= {"until": until.isoformat()} if until else {}
    ref = f"matter:{matter.pk}:{step.seq}"
    line = timeline.write(matter.case, TimelineEntry.Kind.MATTER, ref, at, by, note=said.text, **told, **said.kept)
    told |= {"owner": owner.pk} if owner else {}
    told |= row_digests.named(matter, step, shown, line)
    audit.record(f"matter.{action}", f"case:{matter.case_id}", told | wordings.named(said.kept), by, at)
    if action not in ("add", "assign", "extend"):  # what it stops, or stops no more, on every case of the person
        barring.refresh([matter.case.customer.person_id], at)

"""Rows of the desk held against the audit chain: whoever alters a row does not alter what the chain says of it.

The chain names results, amounts and states as they were written; here each is looked up where the desk keeps it. A row
that says otherwise, or is gone, is named with the entry that bears witness against it. Of notes the chain, which holds
no personal data, has keyed digests, and so it has of whole rows (``compliance.row_digests``). Of erased customers,
what was said is gone by right; amounts, days and decisions are still asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar

from django.db.models import Model, Q

from shouyue.casework.models import (
    Case,
    Concession,
    ConcessionStep,
    Contact,
    ContactPoint,
    Handover,
    Interview,
    InterviewForm,
    LostStep,
    Matter,
    MatterEvidence,
    MatterStep,
    OtherSpeaker,
    Plan,
    Promise,
    Quote,
    QuoteStep,
    TimelineEntry,
    Visit,
)
from shouyue.casework.plans import schedule
from shouyue.compliance import gate, row_digests
from shouyue.compliance.identity import text_key
from shouyue.compliance.models import Attempt, AuditEntry, GateDecision
from shouyue.messaging import witnessed
from shouyue.messaging.letters import making
from shouyue.messaging.models import Letter, LetterEvent
from shouyue.people.models import Examination, User
from shouyue.releases.models import Release, Step, Version

_CHUNK = 2_000
_T = TypeVar("_T")


@dataclass(frozen=True)
class Claim:
    """What entry ``seq`` says of a row: its fields' values as text."""

    seq: int
    model: type[Model]
    key: str
    fields: Mapping[str, Any]


@dataclass(frozen=True)
class Altered:
    """``row`` is not as entry ``seq`` says: ``field`` was ``said`` and is ``found`` (empty: the row is gone).

    Of a letter's PDF without an entry (``seq`` None) its own row bears witness.
    """

    seq: int | None
    row: str
    field: str
    said: str
    found: str

    def text(self, lang: str) -> str:
        zh = lang.lower().startswith("zh")
        if zh:
            by = "其记录" if self.seq is None else f"第 {self.seq} 条"
        else:
            by = "its row" if self.seq is None else f"entry {self.seq}"
        if not self.found:
            return f"{self.row} 已不存在（{by}）" if zh else f"{self.row} is gone ({by})"
        if zh:
            return f"{self.row} 的 {self.field} 被改动：{by}为 {self.said}，现为 {self.found}"
        return f"{self.row}: {self.field} was altered, {self.said} by {by}, now {self.found}"


_Moving = dict[tuple[type[Model], str], dict[str, tuple[int, Any]]]
Count = Callable[[int], object]


def altered(told: Count = lambda count: None, before: Count = lambda count: None) -> Iterator[Altered]:
    """Every row that is not as the newest entry about it says, and every PDF of a letter that is not as archived.

    ``told`` is given how many claims were looked at, ``before`` how many PDFs the chain has no hash of, because they
    were archived before it had any: those are held against their rows alone.
    """
    erased = {
        int(subject.partition(":")[2])
        for subject in AuditEntry.objects.filter(action="privacy.erased").values_list("subject", flat=True)
    }
    moving: _Moving = {}
    looked = 0
    entries = AuditEntry.objects.filter(_WITNESSES).order_by("seq").values_list("seq", "action", "subject", "data")
    for some in _batched(entries.iterator(_CHUNK)):
        settled: list[Claim] = []
        for claim, moves in (found for entry in some for found in _claims(*entry)):
            if moves:
                newest = moving.setdefault((claim.model, claim.key), {})
                newest.update({field: (claim.seq, said) for field, said in claim.fields.items()})
            else:
                settled.append(claim)
        yield from _against(settled, erased)
        told(looked := looked + len(settled))
    for some in _batched(_newest(moving)):
        yield from _against(some, erased)
        told(looked := looked + len(some))
    unknown = 0
    archived = Letter.objects.exclude(sha256="").select_related("case").order_by("number").iterator(_CHUNK)
    for some in _batched(letter for letter in archived if letter.case.customer_id not in erased):
        for letter in some:
            seq, _ = moving.get((Letter, str(letter.pk)), {}).get("file", (None, ""))
            unknown += seq is None
            if (found := making.on_disk(letter)) != letter.sha256:
                yield Altered(seq, f"PDF {letter.number}", "sha256" if found else "", letter.sha256, found)
        told(looked := looked + len(some))
    before(unknown)


def _newest(moving: _Moving) -> Iterator[Claim]:
    """What the newest entry about each field says, a claim for each entry."""
    for (model, key), fields in moving.items():
        for seq in {seq for seq, _ in fields.values()}:
            yield Claim(seq, model, key, {field: said for field, (by, said) in fields.items() if by == seq})


def _batched(items: Iterable[_T]) -> Iterator[list[_T]]:
    going = iter(items)
    while some := list(islice(going, _CHUNK)):
        yield some


_WITNESSES = Q(action__in=("contact.finish", "note.add", "promise.end", "plan.make", "plan.end", "case.end"))
_WITNESSES |= Q(action__in=("interview.add", "number.mark", "guarantor.say")) | Q(data__has_key="written")
_WITNESSES |= Q(action__startswith="user.") | Q(data__has_key="decision") | Q(data__has_keys=["version", "digest"])
_WITNESSES |= Q(action__startswith="matter.") | Q(action__startswith="letter.") | Q(action__startswith="concession.")


def _claims(seq: int, action: str, subject: str, data: Mapping[str, Any]) -> Iterator[tuple[Claim, bool]]:
    """What an entry says of rows, and whether a later entry may say otherwise."""
    rows = {(name, key): {"terms": terms, "told": told} for name, key, terms, told in data.get("written", ())}
    for claim, moves in _said(seq, action, subject, data):
        more = rows.pop((claim.model.__name__, claim.key), {})
        yield replace(claim, fields={**claim.fields, **more}), moves
    for (name, key), fields in rows.items():
        model = row_digests.model(name)
        yield Claim(seq, model, key, fields), row_digests.FIELDS[model].moves
    yield from ((claim, False) for claim in _decided(seq, data))


def _decided(seq: int, data: Mapping[str, Any]) -> Iterator[Claim]:
    """A decision of the gate, and the attempt that it let through."""
    if "decision" in data and "digest" in data:
        fields = {n: data[n] for n in ("digest", "asked") if n in data}
        yield Claim(seq, GateDecision, data["decision"], fields)
    if "decision" in data and "attempt" in data:
        key, reserved = data["attempt"]
        yield Claim(seq, Attempt, key, {"reserved": reserved})


def _said(seq: int, action: str, subject: str, data: Mapping[str, Any]) -> Iterator[tuple[Claim, bool]]:
    """What an entry says of rows in so many words."""
    kind, _, what = action.partition(".")
    if action == "contact.finish":
        fields = {n: data[n] for n in ("reached", "result", "note") if n in data}
        yield Claim(seq, Contact, data["contact"], fields), False
        for promise in data.get("promises", ()):
            yield Claim(seq, Promise, promise["promise"], {"amount_minor": promise["amount_minor"]}), False
    elif action == "note.add" and "digest" in data:
        key = f"{subject.partition(':')[2]} note:{data['note']}"
        yield Claim(seq, TimelineEntry, key, {"text": data["digest"]}), False
    elif action == "promise.end":
        fields = {"state": data["state"], **({"ended_because": data["reason"]} if "reason" in data else {})}
        yield Claim(seq, Promise, data["promise"], fields), False
    elif action == "plan.make":
        fields = {"total_minor": data["amount_minor"], "digest": data["digest"]}
        yield Claim(seq, Plan, data["plan"], fields), False
    elif action == "plan.end":
        fields = {"state": data["state"], **({"ended_because": data["reason"]} if "reason" in data else {})}
        yield Claim(seq, Plan, data["plan"], fields), False
    elif action == "case.end":
        fields = {"status": Case.Status.CLOSED.value, "close_reason": data["reason"]}
        yield Claim(seq, Case, subject.partition(":")[2], fields), False
    elif action == "interview.add":
        fields = {"seq": data["version"], "kind": data["about"], "form_id": data["form"]}
        yield Claim(seq, Interview, data["interview"], fields), False
        yield Claim(seq, InterviewForm, data["form"], {"content": data["form"]}), False
    elif action == "user.examined":
        fields = {n: data[n] for n in ("passed_on", "withdrawn")}
        yield Claim(seq, Examination, str(data["examination"]), fields), False
        if "stands" in data:
            yield Claim(seq, User, subject.partition(":")[2], {"examined_on": data["stands"]}), True
    elif kind == "user":
        yield from _of_user(seq, what, subject.partition(":")[2], data)
    elif action == "number.mark":
        yield Claim(seq, ContactPoint, str(data["number"]), {"mark": data["mark"]}), True
    elif action == "guarantor.say":
        yield Claim(seq, ContactPoint, str(data["number"]), {"liable": data["liable"]}), True
    elif kind == "version" and "version" in data:
        yield from _of_version(seq, data)
    elif kind == "matter":
        yield Claim(seq, Matter, data["matter"], {"state": data["state"]}), True
    elif action == "letter.archive":
        yield from ((Claim(seq, Letter, key, {"file": file}), True) for key, file in data["archived"])
    elif kind == "letter":
        fields = {"number": data["number"], "state": what, **({"file": data["file"]} if "file" in data else {})}
        yield Claim(seq, Letter, subject.partition(":")[2], fields), True
    elif kind == "quote" and "parts" in data:
        yield Claim(seq, Quote, data["quote"], {"state": data["state"], "parts": data["parts"]}), True
    elif "parts" in data:  # a step of a concession, not the file of many
        yield Claim(seq, Concession, data["concession"], {"state": data["state"], "parts": data["parts"]}), True


def _of_user(seq: int, what: str, user: str, data: Mapping[str, Any]) -> Iterator[tuple[Claim, bool]]:
    """An account: what it may do, at which store, whether it is let in."""
    if what == "add":
        store = {"store_id": data["store"]} if not data["store"] or isinstance(data["store"], int) else {}
        yield Claim(seq, User, user, {"role": data["role"], **{n: v or None for n, v in store.items()}}), False
        yield Claim(seq, User, user, {"is_active": True}), True
    elif what in ("activate", "deactivate"):
        yield Claim(seq, User, user, {"is_active": what == "activate"}), True
    elif what == "capacity":
        yield Claim(seq, User, user, {"capacity_minutes": data["minutes"]}), True
    elif what == "line":
        yield Claim(seq, User, user, {"line": data["line"]}), True


def _of_version(seq: int, data: Mapping[str, Any]) -> Iterator[tuple[Claim, bool]]:
    """A text that calls or lists go by, its steps, and from when it is in force."""
    yield Claim(seq, Version, str(data["version"]), {"text": data["digest"], "number": data["number"]}), False
    if "step" in data:
        yield Claim(seq, Step, str(data["step"]), {"state": data["state"], "reason": data["reason"]}), False
    if "release" in data:
        fields = {n: data[n] for n in ("effective_from", "reason")}
        yield Claim(seq, Release, str(data["release"]), {"version_id": data["version"], **fields}), False


#: what is not a column of the row itself
_READ: Mapping[tuple[type[Model], str], Callable[[Any], object]] = {
    (GateDecision, "digest"): gate.digest,
    (GateDecision, "asked"): gate.asked,
    (Attempt, "reserved"): gate.reserved,
    (Letter, "file"): witnessed.file,
    (Version, "text"): lambda row: hashlib.sha256(row.text.encode()).hexdigest(),
    (Release, "effective_from"): lambda row: row.effective_from.isoformat(),
    (Contact, "note"): lambda row: text_key(row.note),
    (TimelineEntry, "text"): lambda row: text_key(row.data.get("text", "")),
    (InterviewForm, "content"): lambda row: hashlib.sha256(row.content.encode()).hexdigest(),
    (Examination, "passed_on"): lambda row: row.passed_on.isoformat(),
    (User, "examined_on"): lambda row: row.examined_on.isoformat() if row.examined_on else "",
    **dict.fromkeys(
        ((Concession, "parts"), (Quote, "parts")),
        lambda row: {part.component: part.amount_minor for part in row.parts.all()},
    ),
    (Plan, "digest"): lambda row: schedule.digest(
        [
            schedule.Line(p.seq, p.due_on, p.amount_minor, p.beside_minor)
            for p in sorted(row.instalments.all(), key=lambda part: part.seq)
        ]
    ),
}
_BESIDE: Mapping[type[Model], tuple[str, ...]] = {
    **dict.fromkeys((Concession, Quote), ("parts", "steps")),
    Plan: ("instalments",),
    Matter: ("steps", "evidence"),
    Letter: ("events",),
}
#: the way from a row to its case
_CASE: Mapping[type[Model], str] = {
    **dict.fromkeys((Contact, TimelineEntry, Promise, Plan, Matter, Concession, Quote, Letter), "case"),
    **dict.fromkeys((LostStep, Handover, Visit), "case"),
    **dict.fromkeys((MatterStep, MatterEvidence), "matter__case"),
    OtherSpeaker: "contact__case",
    LetterEvent: "letter__case",
    ConcessionStep: "concession__case",
    QuoteStep: "quote__case",
}
#: fields and digests of what erasure takes away
_ERASED = {"reached", "result", "note", "told", "ended_because", "mark", "liable"}
#: rows that come and go with the lender's files
_COME_AND_GO = {ContactPoint}


def _against(claims: Iterable[Claim], erased: set[int]) -> Iterator[Altered]:
    by_model: dict[type[Model], list[Claim]] = {}
    for claim in claims:
        by_model.setdefault(claim.model, []).append(claim)
    for model, asked in by_model.items():
        found = _rows(model, [claim.key for claim in asked])
        for claim in asked:
            yield from _held(claim, found.get(claim.key), erased)


def _rows(model: type[Model], keys: list[str]) -> dict[str, Any]:
    rows = model._default_manager.all()
    if model in _CASE:
        rows = rows.select_related(_CASE[model])
    named = row_digests.FIELDS[model].key if model in row_digests.FIELDS else ("pk",)
    parts = zip(*(key.split(" ", len(named) - 1) for key in keys), strict=True)
    found = rows.filter(**{f"{name}__in": values for name, values in zip(named, parts, strict=True)})
    found = found.prefetch_related(*_BESIDE.get(model, ()))
    return {row_digests.key(row): row for row in found}


def _held(claim: Claim, row: Any, erased: set[int]) -> Iterator[Altered]:
    name = f"{claim.model._meta.object_name} {claim.key}"
    if row is None:
        if claim.model not in _COME_AND_GO:
            yield Altered(claim.seq, name, "", "", "")
        return
    gone = _customer(row) in erased
    digests = row_digests.digests(row) if "terms" in claim.fields else {}
    for field, said in claim.fields.items():
        if gone and (field in _ERASED or (claim.model, field) == (TimelineEntry, "text")):
            continue
        read = _READ.get((claim.model, field))
        now = digests[field] if field in digests else read(row) if read else getattr(row, field)
        if now != said:
            yield Altered(claim.seq, name, field, _shown(said), _shown(now) or "–")


def _customer(row: Any) -> int | None:
    """Whose row it is: by its case."""
    for step in _CASE.get(type(row), "").split("__"):
        row = getattr(row, step) if step else row
    return getattr(row, "customer_id", None)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={value[key]}" for key in sorted(value))
    return str(value)

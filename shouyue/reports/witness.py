"""Rows of the desk held against the audit chain: whoever alters a row does not alter what the chain says of it.

The chain names results, amounts and states as they were written; here each is looked up where the desk keeps it. A row
that says otherwise, or is gone, is named with the entry that bears witness against it. Of notes the chain, which holds
no personal data, has keyed digests, and so it has of whole rows (``compliance.row_digests``). Of erased customers,
what was said is gone by right; amounts, days and decisions are still asked for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC
from itertools import islice, zip_longest
from typing import Any, TypeVar

from django.db.models import Model

from shouyue.casework import instructions
from shouyue.casework.models import (
    Concession,
    ConcessionPart,
    ConcessionStep,
    Contact,
    ContactPoint,
    Customer,
    Handover,
    Instruction,
    InterviewForm,
    LostStep,
    Matter,
    MatterEvidence,
    MatterStep,
    OtherSpeaker,
    Plan,
    Promise,
    Quote,
    QuotePart,
    QuoteStep,
    TimelineEntry,
    Visit,
)
from shouyue.casework.plans import schedule
from shouyue.compliance import gate, row_digests
from shouyue.compliance.identity import number_key, text_key
from shouyue.compliance.models import Attempt, AuditEntry, GateDecision
from shouyue.messaging import witnessed
from shouyue.messaging.models import Letter, LetterEvent
from shouyue.people.models import Examination, User
from shouyue.releases.models import Release, Version
from shouyue.reports import files_held
from shouyue.reports.claims import WITNESSES, Altered, Claim, claims

_CHUNK = 2_000
_T = TypeVar("_T")


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
    entries = AuditEntry.objects.filter(WITNESSES).order_by("seq").values_list("seq", "action", "subject", "data")
    for some in _batched(entries.iterator(_CHUNK)):
        settled: list[Claim] = []
        for claim, moves in (found for entry in some for found in claims(*entry)):
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
    yield from files_held.under_digests()
    yield from files_held.instructions_on_disk()
    known = {key: says["file"][0] for (model, key), says in moving.items() if model is Letter and "file" in says}
    unknown = 0
    archived = Letter.objects.exclude(sha256="").select_related("case").order_by("number").iterator(_CHUNK)
    for some in _batched(letter for letter in archived if letter.case.customer_id not in erased):
        unknown += sum(str(letter.pk) not in known for letter in some)
        yield from files_held.letters(some, known)
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
    (Instruction, "rows"): lambda row: row.lines.count(),
    (ContactPoint, "known_by"): lambda row: number_key(row.phone),
    (Promise, "confirmed_at"): lambda row: row.confirmed_at.astimezone(UTC).isoformat() if row.confirmed_at else "",
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
    Version: ("steps",),
}
#: the way from a row to its case
_CASE: Mapping[type[Model], str] = {
    **dict.fromkeys((Contact, TimelineEntry, Promise, Plan, Matter, Concession, Quote, Letter), "case"),
    **dict.fromkeys((LostStep, Handover, Visit), "case"),
    **dict.fromkeys((MatterStep, MatterEvidence), "matter__case"),
    ConcessionPart: "concession__case",
    QuotePart: "quote__case",
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
    if beside := [name.rpartition("__")[0] for name in named if "__" in name]:
        rows = rows.select_related(*beside)
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
        if (claim.model, field) == (Instruction, "lines"):
            yield from _lines(claim.seq, name, said, instructions.of_lines(row))
            continue
        now = digests[field] if field in digests else read(row) if read else getattr(row, field)
        if now != said:
            yield Altered(claim.seq, name, field, _shown(said), _shown(now) or "–")


def _lines(seq: int, name: str, said: list[str], now: list[str]) -> Iterator[Altered]:
    """Lines of a text that are not as they were; where some came or went, the first one."""
    differing = [n for n, pair in enumerate(zip_longest(said, now, fillvalue=""), 1) if len(set(pair)) > 1]
    for line in differing if len(said) == len(now) else differing[:1]:
        was, found = (some[line - 1] if line <= len(some) else "–" for some in (said, now))
        yield Altered(seq, f"{name} line {line}", "text", was, found)


def _customer(row: Any) -> int | None:
    """Whose row it is: by its case."""
    if isinstance(row, Customer):
        return row.pk
    for step in _CASE.get(type(row), "").split("__"):
        row = getattr(row, step) if step else row
    return getattr(row, "customer_id", None)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={value[key]}" for key in sorted(value))
    return str(value)

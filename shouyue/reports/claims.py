"""What the entries of the audit chain say of the desk's rows: results, amounts and states, and keyed digests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model, Q

from shouyue.casework import instructions
from shouyue.casework.models import (
    Case,
    Concession,
    Contact,
    ContactPoint,
    Customer,
    Instruction,
    Interview,
    InterviewForm,
    Matter,
    Plan,
    Promise,
    Quote,
    TimelineEntry,
    ToldLine,
)
from shouyue.compliance import row_digests
from shouyue.compliance.models import Attempt, GateDecision
from shouyue.messaging.models import Letter
from shouyue.people.models import Examination, User
from shouyue.releases.models import Release, Step, Version


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


#: entries that say anything of rows
WITNESSES = Q(data__has_key="written") | Q(data__has_key="decision") | Q(data__has_keys=["version", "digest"])
WITNESSES |= Q(action__in=("contact.finish", "note.add", "promise.end", "promise.confirm", "plan.make", "plan.end"))
WITNESSES |= Q(action__in=("case.end", "case.take_up", "interview.add", "number.add", "number.mark", "guarantor.say"))
for _kind in ("user.", "matter.", "letter.", "concession."):
    WITNESSES |= Q(action__startswith=_kind)


def claims(seq: int, action: str, subject: str, data: Mapping[str, Any]) -> Iterator[tuple[Claim, bool]]:
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
    elif action == "promise.confirm" and "confirmed_at" in data:
        yield Claim(seq, Promise, data["promise"], {"confirmed_at": data["confirmed_at"]}), True
    elif action == "case.end":
        fields = {"status": Case.Status.CLOSED.value, "close_reason": data["reason"]}
        yield Claim(seq, Case, subject.partition(":")[2], fields), False
        if "customer" in data:
            yield Claim(seq, Customer, str(data["customer"]), {"ended_because": data["reason"]}), True
    elif action == "case.take_up" and "customer" in data:
        yield Claim(seq, Customer, str(data["customer"]), {"ended_because": ""}), True
    elif action in _FILES and "lines" in data:
        yield from _of_file(seq, action, data)
    elif action == "number.add" and "known_by" in data:
        yield Claim(seq, ContactPoint, str(data["number"]), {"known_by": data["known_by"]}), False
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
    elif kind == "concession" and "parts" in data:  # a step, not the file of many
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
    elif what in ("second_factor_on", "second_factor_off"):
        yield Claim(seq, User, user, {"second_factor": what == "second_factor_on"}), True


def _of_version(seq: int, data: Mapping[str, Any]) -> Iterator[tuple[Claim, bool]]:
    """A text that calls or lists go by, its steps, and from when it is in force."""
    yield Claim(seq, Version, str(data["version"]), {"text": data["digest"], "number": data["number"]}), True
    if "step" in data:
        yield Claim(seq, Step, str(data["step"]), {"state": data["state"], "reason": data["reason"]}), False
    if "release" in data:
        fields = {n: data[n] for n in ("effective_from", "reason")}
        yield Claim(seq, Release, str(data["release"]), {"version_id": data["version"], **fields}), False


_FILES = {action for action, _ in instructions.ACTIONS.values()}


def _of_file(seq: int, action: str, data: Mapping[str, Any]) -> Iterator[tuple[Claim, bool]]:
    """A file for the lender's core by its lines: of its text, or rows where the text is not kept."""
    made = data["written"][0][1]
    if action != instructions.ACTIONS[Instruction.Kind.CONTACTS][0]:
        yield Claim(seq, Instruction, made, {"lines": data["lines"]}), False
        return
    yield Claim(seq, Instruction, made, {"rows": len(data["lines"])}), False
    for line, terms in enumerate(data["lines"], 1):
        yield Claim(seq, ToldLine, f"{data['number']} {line}", {"terms": terms}), False

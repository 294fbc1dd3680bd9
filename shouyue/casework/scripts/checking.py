"""What stands against a script before anybody says it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from string import Formatter
from typing import Any

from shouyue.casework.outcome import OFFERED
from shouyue.casework.scripts import faults, reaching
from shouyue.casework.scripts.faults import remark
from shouyue.casework.scripts.model import (
    DAYS,
    OF_INTERVIEW,
    TICKED,
    VALUES,
    VALUES_FOR,
    YES_OR_NO,
    Condition,
    Element,
    Script,
    Spoken,
)
from shouyue.compliance import wording
from shouyue.compliance.rule import Pack
from shouyue.releases.kinds import Remark

_VARIABLE = re.compile(r"\{\w*\}")
#: what is said where no other script fits, and for which phase and whom
NEEDED = {
    "reminder": ("reminder", "borrower"),
    "collection": ("collection", "borrower"),
    "guarantor_reminder": ("reminder", "guarantor"),
    "guarantor": ("collection", "guarantor"),
    "third_person": ("", "third_person"),
}
#: with one of these what can come up cannot be told
_UNASKABLE = {code.id for code in (faults.NO_FACT, faults.NO_ELEMENT, faults.LATER, faults.NO_SUCH_OUTCOME)}
#: the relation by which the pack's words are looked for
_HEARD_BY = {"borrower": "self", "guarantor": "guarantor", "third_person": "friend"}
_FOR = {
    ("reminder", "borrower"): ("借款人，提醒", "the borrower, reminder"),
    ("collection", "borrower"): ("借款人，催收", "the borrower, collection"),
    ("reminder", "guarantor"): ("担保人，提醒", "a guarantor, reminder"),
    ("collection", "guarantor"): ("担保人，催收", "a guarantor, collection"),
    ("", "third_person"): ("第三人，不分阶段", "third persons, no phase"),
}


def results_for(phase: str, audience: str) -> tuple[str, ...]:
    """The results that an answer of a script may give its call; a third person's gives none but his refusal."""
    return OFFERED[phase] if audience != "third_person" else ()


def holds(when: Condition, facts: Mapping[str, Any]) -> bool:
    """Whether a condition holds for the facts, whatever is ticked; an empty one always does."""
    return all(
        value[0] <= facts[key] <= value[1] if key == DAYS else bool(facts[key]) is value
        for key, value in when.items()
        if key != TICKED
    )


def check(script: Script, pack: Pack, day: date) -> list[Remark]:
    """Every finding, with the pack's forbidden words as of the day: in the order of the script."""
    found = [*_ids(script), *_conditions(script), *_elements(script)]
    found += [r for part, field, text in script.said() for r in _variables(script, f"{part.id} {field}", text)]
    if not any(r.code in _UNASKABLE for r in found):
        found += [remark(faults.UNREACHABLE, place, key=key) for place, key in reaching.never(script)]
    return [*found, *_worded(script, pack, day)]


def _ids(script: Script) -> Iterator[Remark]:
    for rows in (script.elements, script.objections, *(e.outcomes for e in script.elements)):
        ids = [row.id for row in rows]
        for id_ in sorted({i for i in ids if ids.count(i) > 1}):
            yield remark(faults.TWICE, id_, key=id_)
    for row in (script, *script.elements, *script.objections):
        for field in ("id", "zh", "en", "say_zh", "say_en"):
            if not getattr(row, field, "x").strip():
                yield remark(faults.EMPTY, f"{row.id} {field}", key=field)
    for element in script.elements:
        for outcome in element.outcomes:
            if not (outcome.id.strip() and outcome.zh.strip() and outcome.en.strip()):
                yield remark(faults.EMPTY, f"{element.id} {outcome.id}".strip(), key=outcome.id)
            if outcome.result and outcome.result not in results_for(script.phase, script.audience):
                place = f"{element.id} {outcome.id}".strip()
                yield remark(faults.NO_RESULT, place, outcome=outcome.id, result=outcome.result[:40])


def _conditions(script: Script) -> Iterator[Remark]:
    if script.id in NEEDED and script.when:
        yield remark(faults.NEEDED, "when", key=script.id)
    if NEEDED.get(script.id, (script.phase, script.audience)) != (script.phase, script.audience):
        zh, en = _FOR[NEEDED[script.id]]
        yield remark(faults.NEEDED_FOR, "phase", key=script.id, zh=zh, en=en)
    if script.audience == "third_person" and script.id not in NEEDED:
        yield remark(faults.UNREACHABLE, "audience", key=script.id)
    for row in (script, *script.elements, *script.objections):
        for key, value in row.when.items():
            if key == TICKED and isinstance(row, Spoken):
                yield from _ticks(script, row, value)
            elif not (_range(value) if key == DAYS else key in YES_OR_NO and isinstance(value, bool)):
                yield remark(faults.NO_FACT, f"{row.id} when", key=key)
            elif script.audience != "borrower" and key in OF_INTERVIEW:
                yield remark(faults.NOT_THEIRS, f"{row.id} when", key=key)


def _ticks(script: Script, row: Spoken, asked: Any) -> Iterator[Remark]:
    """What a condition asks of earlier elements: there they are, with these outcomes."""
    place = f"{row.id} when"
    if not _outcomes_by_element(asked):
        yield remark(faults.NO_FACT, place, key=TICKED)
        return
    known = {e.id: {o.id for o in e.outcomes} for e in script.elements}
    ids = [e.id for e in script.elements]
    earlier = ids[: ids.index(row.id)] if isinstance(row, Element) else ids
    for id_, said in asked.items():
        if id_ not in known:
            yield remark(faults.NO_ELEMENT, place, key=id_)
        elif id_ not in earlier:
            yield remark(faults.LATER, place, key=id_)
        else:
            for outcome in [said] if isinstance(said, str) else said:
                if outcome not in known[id_]:
                    yield remark(faults.NO_SUCH_OUTCOME, place, key=id_, outcome=outcome)


def _outcomes_by_element(asked: Any) -> bool:
    """Is it {element: an outcome or several}, with something in it?"""
    return (
        isinstance(asked, dict)
        and bool(asked)
        and all(
            isinstance(said, str) or (isinstance(said, list) and said and all(isinstance(o, str) for o in said))
            for said in asked.values()
        )
    )


def _range(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(v) is int for v in value)


def _elements(script: Script) -> Iterator[Remark]:
    if not script.elements:
        yield remark(faults.FEW_TEXTS, "elements")
    for element in script.elements:
        if not element.outcomes:
            yield remark(faults.NO_OUTCOME, element.id, key=element.id)


def _variables(script: Script, place: str, text: str) -> Iterator[Remark]:
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        yield remark(faults.BRACES, place)
        return
    for _, key, form, conversion in parts:
        if key is None:
            continue
        if form or conversion or not key:
            yield remark(faults.BRACES, place)
        elif key not in VALUES:
            yield remark(faults.NO_VALUE, place, key=key[:40], known=_braced(VALUES))
        elif key not in VALUES_FOR[script.audience]:
            fault = faults.DISCLOSES if script.audience == "third_person" else faults.NOT_FOR
            yield remark(fault, place, key=key, known=_braced(VALUES_FOR[script.audience]))


def _braced(values: Iterable[str]) -> str:
    return " ".join(f"{{{v}}}" for v in sorted(values))


def _worded(script: Script, pack: Pack, day: date) -> Iterator[Remark]:
    relation = _HEARD_BY[script.audience]
    for part, field, text in script.said():
        for hit in wording.check(pack, _VARIABLE.sub("……", text), "message", relation, day):
            yield remark(
                faults.WORDING,
                f"{part.id} {field}",
                "error" if hit.severity == "block" else "warning",
                why_zh=hit.text("zh"),
                why_en=hit.text("en"),
                source_zh=hit.source_zh,
                source_en=hit.source_en,
            )

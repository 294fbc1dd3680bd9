"""A script from its text: its shape is checked here, what it says in ``checking``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from shouyue.casework.models import Phase
from shouyue.casework.scripts import faults
from shouyue.casework.scripts.model import VALUES_FOR, Element, ElementOutcome, Objection, Script
from shouyue.releases.kinds import Remark

_TITLE = {"id": str, "zh": str, "en": str}
_SAID = _TITLE | {"say_zh": str, "say_en": str}
_SCRIPT = _TITLE | {"version": int, "phase": str, "audience": str, "elements": list}
#: key -> type, and what may be left out
SHAPES: Mapping[str, tuple[Mapping[str, type], Mapping[str, type]]] = {
    "script": (_SCRIPT, {"objections": list, "when": dict, "rank": int}),
    "element": (_SAID | {"outcomes": list}, {"when": dict}),
    "objection": (_SAID, {"when": dict}),
    "outcome": (_TITLE, {"ends": bool, "result": str}),
}


def read(text: str) -> tuple[Script | None, list[Remark]]:
    """The script, or None and what is wrong with the text's shape (SCRIPT-002, -003)."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return None, [faults.remark(faults.NO_TOML, "", why=str(error))]
    wrong = list(_shape("script", raw, ""))
    for kind, rows in (("element", raw.get("elements")), ("objection", raw.get("objections", []))):
        for n, row in enumerate(rows if isinstance(rows, list) else [], 1):
            place = _place(row, f"{kind} {n}")
            wrong += _shape(kind, row, place)
            for m, outcome in enumerate(_list(row, "outcomes"), 1):
                wrong += _shape("outcome", outcome, f"{place} {_place(outcome, f'outcome {m}')}")
    if raw.get("audience") not in VALUES_FOR:
        wrong.append(faults.remark(faults.SHAPE, "audience", key="audience"))
    elif raw.get("phase") not in ((*Phase.values,) if raw["audience"] != "third_person" else ("",)):
        wrong.append(faults.remark(faults.SHAPE, "phase", key="phase"))
    return (None, wrong) if wrong else (_made(raw), [])


def _shape(kind: str, row: Any, place: str) -> list[Remark]:
    must, may = SHAPES[kind]
    if not isinstance(row, dict):
        return [faults.remark(faults.SHAPE, place, key=place)]
    keys = [key for key, type_ in must.items() if type(row.get(key)) is not type_]
    keys += [key for key, value in row.items() if key not in must and type(value) is not may.get(key)]
    return [faults.remark(faults.SHAPE, f"{place} {key}".strip(), key=key) for key in keys]


def _place(row: Any, else_: str) -> str:
    id_ = row.get("id") if isinstance(row, dict) else None
    return id_ if isinstance(id_, str) and id_ else else_


def _list(row: Any, key: str) -> list[Any]:
    found = row.get(key, []) if isinstance(row, dict) else []
    return found if isinstance(found, list) else []


def _made(raw: dict[str, Any]) -> Script:
    elements = [Element(**e | {"outcomes": tuple(ElementOutcome(**o) for o in e["outcomes"])}) for e in raw["elements"]]
    objections = [Objection(**o) for o in raw.get("objections", ())]
    return Script(**raw | {"elements": tuple(elements), "objections": tuple(objections)})


def usable(name: str, script: Script | None, remarks: Sequence[Remark]) -> Script:
    """The script, or SCRIPT-001 with the first of the errors."""
    errors = [r for r in remarks if r.severity == "error"]
    if script is None or errors:
        first = errors[0]
        raise faults.UNUSABLE.error(
            name=name,
            count=len(errors),
            first_zh=f"{first.place} {first.zh}".strip(),
            first_en=f"{first.place} {first.en}".strip(),
        )
    return script

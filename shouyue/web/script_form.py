"""A script as a form: what stands in its fields, and the content that a sent form makes.

Fields are named by where they stand: ``zh`` of the head, ``e.2.say_zh`` of the third element, ``e.2.o.0.zh`` of its
first outcome, ``b.0.en`` of the first objection, ``when.dpd_from`` of a condition, ``e.2.when.ticked.0.1`` of what it
asks of the second outcome of the first element: by place, so that it follows when an id is changed. What cannot be a
value (a word where days are asked) stays as it was typed, and the check complains of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shouyue.casework.scripts.model import DAYS, TICKED, YES_OR_NO
from shouyue.releases.kinds import Remark

#: kinds of parts: the list they stand in, and how their fields begin
PARTS = {"e": "elements", "b": "objections"}
#: days past due where a condition has no upper end
FOREVER = 9999
_TEXTS = ("zh", "en", "say_zh", "say_en")
_ANSWERS = {"": None, "yes": True, "no": False}


# ---------------------------------------------------------------- showing
def shown(raw: Mapping[str, Any], remarks: Iterable[Remark]) -> dict[str, Any]:
    """The form's fields from a text's content, each with what the check says of it."""
    said: dict[str, list[Remark]] = {}
    for remark in remarks:
        said.setdefault(remark.place, []).append(remark)
    elements = _rows(raw, "elements")
    parts = {
        key: [
            _part(key, n, row, said, elements[:n] if key == "e" else elements)
            for n, row in enumerate(_rows(raw, list_))
        ]
        for key, list_ in PARTS.items()
    }
    head = {field: str(raw.get(field, "")) for field in ("zh", "en", "phase", "rank")}
    own = str(raw.get("id", ""))
    return {
        **head,
        "third": raw.get("audience") == "third_person",
        "guarantor": raw.get("audience") == "guarantor",
        "when": _when(raw.get("when")),
        "complaints": {
            field: said.get(f"{own} {field}", []) + said.get(field, []) for field in (*head, "when", "id", "audience")
        },
        "elements": parts["e"],
        "objections": parts["b"],
        "general": [*said.get("", ()), *said.get("elements", ())],
    }


def _part(
    key: str, n: int, row: Mapping[str, Any], said: Mapping[str, Sequence[Remark]], earlier: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    id_ = str(row.get("id", ""))
    known = id_ or f"{'element' if key == 'e' else 'objection'} {n + 1}"
    fields = ("id", *_TEXTS, "when")
    return {
        "name": f"{key}.{n}",
        "id": id_,
        **{field: str(row.get(field, "")) for field in _TEXTS},
        "when": _when(row.get("when")),
        "branches": _branches(row, earlier),
        "lost": [f"{id_}: {outcome}" for id_, outcome in _lost(row, earlier)],
        "whole": list(said.get(known, ())),
        "complaints": {field: list(said.get(f"{known} {field}", ())) for field in fields},
        "outcomes": [
            {
                "name": f"{key}.{n}.o.{m}",
                **{field: str(outcome.get(field, "")) for field in ("id", "zh", "en")},
                "ends": outcome.get("ends") is True,
                "result": str(outcome.get("result", "")),
                "complaints": list(said.get(f"{known} {outcome.get('id', '')}", ())),
            }
            for m, outcome in enumerate(_rows(row, "outcomes"))
        ],
    }


def _rows(row: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    found = row.get(key)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def _when(found: Any) -> dict[str, str]:
    found = found if isinstance(found, Mapping) else {}
    days = found.get(DAYS)
    low, high = days if isinstance(days, list) and len(days) == 2 else ("", "")
    answers = {key: next((a for a, v in _ANSWERS.items() if found.get(key) is v), "") for key in YES_OR_NO}
    return {"dpd_from": str(low), "dpd_to": str(high), **answers}


# ---------------------------------------------------------------- what a condition asks of earlier elements
def _pairs(row: Mapping[str, Any]) -> list[tuple[str, str]] | None:
    """Element and outcome of each tick that brings the row up; None where the text says it in no way that can be."""
    when = row.get("when")
    asked = when.get(TICKED, {}) if isinstance(when, Mapping) else {}
    if not isinstance(asked, Mapping):
        return None
    found = []
    for id_, said in asked.items():
        outcomes = [said] if isinstance(said, str) else said
        if not (isinstance(outcomes, list) and outcomes and all(isinstance(o, str) for o in outcomes)):
            return None
        found += [(id_, outcome) for outcome in outcomes]
    return found


def _branches(row: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The elements before the row with their outcomes, and which of them bring it up."""
    asked = _pairs(row) or []
    return [
        {
            **{field: str(element.get(field, "")) for field in ("id", "zh", "en")},
            "outcomes": [
                {
                    **{field: str(outcome.get(field, "")) for field in ("id", "zh", "en")},
                    "on": (element.get("id"), outcome.get("id")) in asked,
                }
                for outcome in _rows(element, "outcomes")
            ],
        }
        for element in earlier
    ]


def _lost(row: Mapping[str, Any], earlier: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """What the row's condition asks that no element before it has."""
    known = {(e.get("id"), o.get("id")) for e in earlier for o in _rows(e, "outcomes")}
    return [pair for pair in _pairs(row) or [] if pair not in known]


# ---------------------------------------------------------------- what was sent
def content(sent: Mapping[str, str], raw: Mapping[str, Any]) -> dict[str, Any]:
    """The content that the sent fields make of a text's; keys that the form does not have stay."""
    made = dict(raw)
    for field in ("zh", "en", "phase"):
        made[field] = sent.get(field, str(raw.get(field, "")))
    if "rank" in raw or sent.get("rank", "").strip() not in ("", "0"):
        made["rank"] = _whole(sent.get("rank", ""))
    _set_when(made, "when.", sent)
    for key, list_ in PARTS.items():
        old = _rows(raw, list_)
        rows = [_sent_part(f"{key}.{n}", sent, old, _rows(raw, "elements")) for n in _numbers(sent, key)]
        if rows or list_ in raw:
            made[list_] = rows
    return made


def _numbers(sent: Mapping[str, str], key: str) -> list[int]:
    """Numbers of the rows whose fields begin with ``key``, in order."""
    heads = (name.removeprefix(f"{key}.").split(".", 1)[0] for name in sent if name.startswith(f"{key}."))
    return sorted({n for head in heads if (n := _row(head)) >= 0})


def _row(text: str) -> int:
    """The number of a row; -1 for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1


def _sent_part(
    at: str, sent: Mapping[str, str], old: Sequence[Mapping[str, Any]], elements: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    id_ = sent.get(f"{at}.id", "").strip()
    made: dict[str, Any] = {"id": id_} | {
        field: sent.get(f"{at}.{field}", "").replace("\r\n", "\n") for field in _TEXTS
    }
    place, known = next(((n, row) for n, row in enumerate(old) if row.get("id") == id_), (0, {}))
    if "when" in known:
        made["when"] = known["when"]
    if _pairs(known) is not None:
        lost = _lost(known, elements[:place] if at.startswith("e.") else elements)
        _set_ticks(made, f"{at}.when.", sent, lost)
    _set_when(made, f"{at}.when.", sent)
    if at.startswith("e."):
        made["outcomes"] = [_sent_outcome(f"{at}.o.{m}", sent) for m in _numbers(sent, f"{at}.o")]
    return made


def _sent_outcome(at: str, sent: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {field: sent.get(f"{at}.{field}", "").strip() for field in ("id", "zh", "en")}
    made |= {"ends": True} if sent.get(f"{at}.ends") else {}
    return made | ({"result": result} if (result := sent.get(f"{at}.result", "").strip()) else {})


def _set_ticks(made: dict[str, Any], at: str, sent: Mapping[str, str], lost: Sequence[tuple[str, str]]) -> None:
    """Which ticks bring it up, as sent; of those that no earlier element has (``lost``) the ones that were left."""
    pairs = [
        (sent.get(f"e.{n}.id", "").strip(), sent.get(f"e.{n}.o.{m}.id", "").strip())
        for n in _numbers(sent, f"{at}{TICKED}")
        for m in _numbers(sent, f"{at}{TICKED}.{n}")
    ]
    pairs += [lost[n] for n in _numbers(sent, f"{at}lost") if n < len(lost)]
    asked: dict[str, list[str]] = {}
    for id_, outcome in pairs:
        asked.setdefault(id_, []).append(outcome)
    when = {key: value for key, value in dict(made.get("when") or {}).items() if key != TICKED}
    if asked:
        when[TICKED] = {id_: said[0] if len(said) == 1 else said for id_, said in asked.items()}
    made["when"] = when


def _set_when(made: dict[str, Any], at: str, sent: Mapping[str, str]) -> None:
    """The condition as sent; what it asks beside what the form knows stays."""
    found = {k: v for k, v in dict(made.get("when") or {}).items() if k != DAYS and k not in YES_OR_NO}
    low, high = (sent.get(f"{at}dpd_{end}", "").strip() for end in ("from", "to"))
    if low or high:
        found[DAYS] = [_whole(low or "0"), _whole(high) if high else FOREVER]
    for key in YES_OR_NO:
        if (answer := _ANSWERS.get(sent.get(f"{at}{key}", ""))) is not None:
            found[key] = answer
    made.pop("when", None)
    if found:
        made["when"] = found


def _whole(text: str) -> int | str:
    text = text.strip()
    return int(text) if text.removeprefix("-").isdecimal() and text.isascii() and len(text) < 9 else text


# ---------------------------------------------------------------- rows added, moved and taken away
def changed(made: dict[str, Any], do: str) -> tuple[dict[str, Any], str]:
    """The content after a button (``up e.2``, ``remove e.2.o.0``, ``add e``, ``add e.2.o``), and where one is then."""
    action, _, at = do.partition(" ")
    steps = at.split(".")
    rows, key, steps = made.get(PARTS.get(steps[0], "")), steps[0], steps[1:]
    if key not in PARTS:
        return made, ""
    if rows is None:
        rows = made[PARTS[key]] = []
    where = key
    if key == "e" and len(steps) > 1 and steps[1] == "o" and 0 <= (part := _row(steps[0])) < len(rows):
        where = f"e.{part}.o"
        rows = rows[part].setdefault("outcomes", [])
        steps = steps[2:]
    if action == "add":
        rows.append(_fresh(where, rows))
        return made, f"{where}.{len(rows) - 1}"
    n = _row(steps[0]) if steps else -1
    if not 0 <= n < len(rows):
        return made, ""
    if action == "remove":
        rows.pop(n)
        return made, f"{where}.{min(n, len(rows) - 1)}" if rows else ""
    to = {"up": n - 1, "down": n + 1}.get(action, n)
    if 0 <= to < len(rows):
        rows.insert(to, rows.pop(n))
        return made, f"{where}.{to}"
    return made, f"{where}.{n}"


def _fresh(where: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A new row with an id that none of the others has."""
    word = "outcome" if where.endswith(".o") else {"e": "element", "b": "objection"}[where]
    taken = {row.get("id") for row in rows}
    id_ = next(f"{word}_{n}" for n in range(1, len(rows) + 2) if f"{word}_{n}" not in taken)
    row: dict[str, Any] = {"id": id_, "zh": "", "en": ""}
    if not where.endswith(".o"):
        row |= {"say_zh": "", "say_en": ""}
    return row | ({"outcomes": [{"id": "done", "zh": "完成", "en": "done"}]} if where == "e" else {})

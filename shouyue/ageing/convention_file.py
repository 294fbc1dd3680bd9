"""What a convention's file says, as fields of ``Convention``: every key known, every section where it belongs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from shouyue.ageing.worked import read_examples
from shouyue.base.errors import Code, ShouyueError

BAD_CONVENTION = Code("AGE-002", zh="逾期口径文件 {file} 有误：{zh}", en="the convention file {file} is wrong: {en}")


@dataclass(frozen=True)
class Bucket:
    """A stage by days past due; ``to`` is the last day it holds, ``None`` in the last bucket."""

    label: str
    to: int | None


#: keys of each section of the file -> field of Convention
SECTIONS: dict[str, dict[str, str]] = {
    "lateness": {
        "counter": "counter",
        "missed": "missed",
        "count_from": "count_from",
        "grace_days": "grace_days",
        "pauses": "pauses",
        "charges": "charges_late",
    },
    "due_dates": {"shift": "shift", "calendar": "calendar", "off": "days_off", "worked": "days_worked"},
    "materiality": {
        "amount_minor": "threshold_minor",
        "basis_points": "threshold_basis_points",
        "exposure": "exposure",
        "level": "materiality_level",
    },
    "customer": {"dpd": "customer_dpd"},
    "allocation": {
        "instalments": "instalments",
        "charges": "charges",
        "direction": "direction",
        "parts": "parts",
        "plan": "plan",
    },
    "overdue": {"charges": "overdue_with_charges"},
}
TEXTS = ("name", "zh", "en", "source", "extends")


def fields_of(said: dict[str, Any], file: str) -> dict[str, Any]:
    """Fields of ``Convention`` (and ``extends``) from the parsed TOML. Raises AGE-002."""
    fields: dict[str, Any] = {}
    for key, value in said.items():
        if key in TEXTS:
            if not isinstance(value, str):
                raise _refusal(file, f"{key} 应为文本", f"{key} must be a text")
            fields[key] = value
        elif key in SECTIONS:
            fields |= _section(key, value, file)
        elif key == "bucket":
            fields["buckets"] = _buckets(value, file)
        elif key == "example":
            try:
                fields["examples"] = read_examples(value)
            except (KeyError, TypeError, ValueError) as slip:
                raise _refusal(file, f"example 有误：{slip}", f"an example is wrong: {slip}") from None
        else:
            raise _refusal(file, f"未知的键 {key}", f"unknown key '{key}'")
    if not fields.get("name"):
        raise _refusal(file, "缺少 name", "name is missing")
    return fields


def _section(key: str, value: Any, file: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _refusal(file, f"{key} 应为一节", f"{key} must be a section")
    fields: dict[str, Any] = {}
    for inner, what in value.items():
        if inner not in SECTIONS[key]:
            raise _refusal(file, f"[{key}] 中有未知的键 {inner}", f"unknown key '{inner}' in [{key}]")
        fields[SECTIONS[key][inner]] = tuple(what) if isinstance(what, list) else what
    return fields


def _buckets(value: Any, file: str) -> tuple[Bucket, ...]:
    if not isinstance(value, list) or not all(isinstance(b, dict) for b in value):
        raise _refusal(file, "bucket 应写作 [[bucket]]", "buckets are written as [[bucket]]")
    for each in value:
        if "label" not in each or set(each) - {"label", "to"}:
            raise _refusal(file, "bucket 只有 label 与 to", "a bucket has a label and a 'to', nothing else")
    return tuple(Bucket(b["label"], b.get("to")) for b in value)


def _refusal(file: str, zh: str, en: str) -> ShouyueError:
    return BAD_CONVENTION.error(file=file, zh=zh, en=en)

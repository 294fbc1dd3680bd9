"""A convention: how a lender counts lateness, as data.

A convention is one TOML file that carries its own source and worked examples; ``shouyue/ageing/conventions``
holds those that ship. The engine knows the *kinds* of rule (what a pause may do, in which order money goes) and
the file picks among them, so a new lender is a new file.

A key the engine does not know is refused rather than ignored: a typing slip in a grace period would otherwise
age a whole book wrongly and in silence.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from shouyue.ageing.worked import Example, read_examples
from shouyue.base.errors import Code

UNKNOWN_CONVENTION = Code(
    "AGE-001",
    zh="没有名为“{name}”的逾期口径；可用的有：{known}，或给出 .toml 文件路径",
    en="no convention is named '{name}'; there are: {known}, or give the path of a .toml file",
)
BAD_CONVENTION = Code("AGE-002", zh="逾期口径文件 {file} 有误：{zh}", en="the convention file {file} is wrong: {en}")

FOLDER = Path(__file__).parent / "conventions"

#: the choices, in the order of their code in the kernel
PAUSES = ("none", "whole", "overlap")
INSTALMENT_ORDERS = ("fifo", "lifo")
CHARGE_ORDERS = ("after_due", "first", "last")
PARTS = ("fee", "interest", "principal")
PLANS = ("each_row", "latest_seq", "latest_plan")
COUNT_FROM = ("due", "debit")
COUNTERS = ("oldest_unpaid",)
MAX_GRACE_DAYS = 366


@dataclass(frozen=True)
class Bucket:
    """A stage by days past due; ``to`` is the last day it holds, ``None`` in the last bucket."""

    label: str
    to: int | None


@dataclass(frozen=True)
class Convention:
    """How lateness is counted. docs/ageing.md says what each field means; all amounts are minor units."""

    name: str
    zh: str = ""
    en: str = ""
    source: str = ""
    counter: str = "oldest_unpaid"
    count_from: str = "due"
    grace_days: int = 0
    pauses: str = "none"
    instalments: str = "fifo"
    charges: str = "after_due"
    parts: tuple[str, ...] = PARTS
    plan: str = "each_row"
    overdue_with_charges: bool = False
    buckets: tuple[Bucket, ...] = (
        Bucket("C", 0),
        *(Bucket(f"M{n}", 30 * n) for n in range(1, 7)),
        Bucket("M7+", None),
    )
    examples: tuple[Example, ...] = field(default=(), compare=False, repr=False)

    def __post_init__(self) -> None:
        for problem_zh, problem_en in self._problems():
            raise BAD_CONVENTION.error(file=self.name, zh=problem_zh, en=problem_en)

    def _problems(self):
        for name, allowed in (
            ("counter", COUNTERS),
            ("count_from", COUNT_FROM),
            ("pauses", PAUSES),
            ("instalments", INSTALMENT_ORDERS),
            ("charges", CHARGE_ORDERS),
            ("plan", PLANS),
        ):
            value = getattr(self, name)
            if value not in allowed:
                choices = " | ".join(allowed)
                yield f"{name} 不能是“{value}”，应为 {choices}", f"{name} is '{value}', not one of {choices}"
        if isinstance(self.grace_days, bool) or not isinstance(self.grace_days, int):
            yield "grace_days 应为整数", "grace_days must be a whole number"
        elif not 0 <= self.grace_days <= MAX_GRACE_DAYS:
            yield f"grace_days 应在 0 到 {MAX_GRACE_DAYS} 之间", f"grace_days must be 0 to {MAX_GRACE_DAYS}"
        if sorted(self.parts) != sorted(PARTS):
            yield f"parts 须恰好包含 {PARTS} 各一次", f"parts must name each of {PARTS} once"
        if not isinstance(self.overdue_with_charges, bool):
            yield "overdue.charges 应为 true 或 false", "overdue.charges must be true or false"
        yield from self._bucket_problems()

    def _bucket_problems(self):
        if not self.buckets:
            yield "没有 bucket", "there is no bucket"
            return
        edges = [b.to for b in self.buckets[:-1]]
        if self.buckets[-1].to is not None:
            yield "最后一个 bucket 不应有 to", "the last bucket must have no 'to'"
        if any(isinstance(e, bool) or not isinstance(e, int) or e < 0 for e in edges):
            yield "bucket 的 to 应为非负整数", "each bucket but the last needs a 'to' of 0 or more"
        elif edges != sorted(set(edges)):  # type: ignore[type-var]
            yield "bucket 的 to 须递增", "the buckets' 'to' must rise"
        labels = [b.label for b in self.buckets]
        if len(set(labels)) != len(labels) or not all(isinstance(x, str) and x for x in labels):
            yield "bucket 的 label 须非空且不重复", "the buckets' labels must be texts and differ"

    @property
    def edges(self) -> np.ndarray:
        """Last day of each bucket but the last, int32, rising."""
        return np.array([b.to for b in self.buckets[:-1]], dtype=np.int32)

    def bucket_of(self, dpd: int) -> str:
        return self.buckets[int(np.searchsorted(self.edges, dpd, side="left"))].label

    def rules(self) -> np.ndarray:
        """The choices as the kernel reads them: see ``shouyue.ageing.kernel`` for the places."""
        parts = [self.parts.index(p) for p in PARTS]
        return np.array(
            [
                self.grace_days,
                PAUSES.index(self.pauses),
                INSTALMENT_ORDERS.index(self.instalments),
                CHARGE_ORDERS.index(self.charges),
                int(self.overdue_with_charges),
                *parts,
            ],
            dtype=np.int64,
        )

    def digest(self) -> str:
        """Short fingerprint of what affects the answer, so that a snapshot says by which rules it was made."""
        said = [self.counter, self.count_from, self.plan, self.rules().tolist()]
        said.append([(b.label, b.to) for b in self.buckets])
        return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


#: keys of each section of the file -> field of Convention
_SECTIONS: dict[str, dict[str, str]] = {
    "lateness": {k: k for k in ("counter", "count_from", "grace_days", "pauses")},
    "allocation": {k: k for k in ("instalments", "charges", "parts", "plan")},
    "overdue": {"charges": "overdue_with_charges"},
}
_TOP = ("name", "zh", "en", "source")


def shipped() -> list[str]:
    """Names of the conventions that ship with the product."""
    return sorted(p.stem for p in FOLDER.glob("*.toml"))


def load(name_or_path: str | Path | Convention) -> Convention:
    """A convention by its name, or from a file (anything that ends in ``.toml``).

    Raises AGE-001 when there is none, AGE-002 when the file says something the engine does not know.
    """
    if isinstance(name_or_path, Convention):
        return name_or_path
    text = str(name_or_path)
    path = Path(text) if text.endswith(".toml") else FOLDER / f"{text}.toml"
    known = shipped()
    if (not text.endswith(".toml") and text not in known) or not path.is_file():
        raise UNKNOWN_CONVENTION.error(name=text, known=", ".join(known))
    try:
        said = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as slip:
        raise BAD_CONVENTION.error(file=path.name, zh=f"不是 TOML：{slip}", en=f"not TOML: {slip}") from None
    return parse(said, path.name)


def parse(said: dict[str, Any], file: str = "convention") -> Convention:
    """A convention from the parsed TOML. Raises AGE-002."""

    def refuse(zh: str, en: str):
        return BAD_CONVENTION.error(file=file, zh=zh, en=en)

    fields: dict[str, Any] = {}
    for key, value in said.items():
        if key in _TOP:
            if not isinstance(value, str):
                raise refuse(f"{key} 应为文本", f"{key} must be a text")
            fields[key] = value
        elif key in _SECTIONS:
            if not isinstance(value, dict):
                raise refuse(f"{key} 应为一节", f"{key} must be a section")
            for inner, what in value.items():
                if inner not in _SECTIONS[key]:
                    raise refuse(f"[{key}] 中有未知的键 {inner}", f"unknown key '{inner}' in [{key}]")
                fields[_SECTIONS[key][inner]] = tuple(what) if isinstance(what, list) else what
        elif key == "bucket":
            fields["buckets"] = _buckets(value, refuse)
        elif key == "example":
            try:
                fields["examples"] = read_examples(value)
            except (KeyError, TypeError, ValueError) as slip:
                raise refuse(f"example 有误：{slip}", f"an example is wrong: {slip}") from None
        else:
            raise refuse(f"未知的键 {key}", f"unknown key '{key}'")
    if not fields.get("name"):
        raise refuse("缺少 name", "name is missing")
    try:
        return Convention(**fields)
    except TypeError as slip:  # a list where a text belongs, and the like
        raise refuse(f"值的类型有误：{slip}", f"a value has the wrong type: {slip}") from None


def _buckets(value: Any, refuse) -> tuple[Bucket, ...]:
    if not isinstance(value, list) or not all(isinstance(b, dict) for b in value):
        raise refuse("bucket 应写作 [[bucket]]", "buckets are written as [[bucket]]")
    for each in value:
        if "label" not in each or set(each) - {"label", "to"}:
            raise refuse("bucket 只有 label 与 to", "a bucket has a label and a 'to', nothing else")
    return tuple(Bucket(b["label"], b.get("to")) for b in value)

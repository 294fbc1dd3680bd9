"""The public DMN Technology Compatibility Kit: its cases, run through our engine and counted honestly.

A folder of the kit holds models (``*.dmn``) and beside each its cases (``*-test-*.xml``). A case asks for decisions;
one that asks for what is no decision table, or for a table the cell language cannot hold, is skipped and named.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from shouyue.base.errors import ShouyueError
from shouyue.strategy.cells import Value
from shouyue.strategy.dmn import faults
from shouyue.strategy.dmn.model import Model
from shouyue.strategy.dmn.reading import read
from shouyue.strategy.dmn.running import run
from shouyue.strategy.dmn.xml import Element, parse

_XSI = "http://www.w3.org/2001/XMLSchema-instance"


@dataclass(frozen=True)
class Outcome:
    """A case: ``passed``, or ``failed`` with what was wanted and had, or ``skipped`` with the reason.

    ``table`` says whether all it asks for are decision tables: those are what the share is taken over. ``level`` is the
    kit's own, empty where the file names none.
    """

    file: str
    case: str
    state: str
    table: bool
    why_zh: str = ""
    why_en: str = ""
    level: str = ""


class Untyped(str):
    """A value that the case gives without a type: it is read as what the model wants."""

    def as_kind(self, kind: str) -> object:
        """The value as a number, a text, a yes or no, or a date. Raises ValueError."""
        if kind == "bool":
            return _plain_as("boolean", self)
        return _plain_as({"number": "decimal", "int": "decimal", "date": "date"}.get(kind, "string"), self)


@dataclass(frozen=True)
class Asked:
    """What a case asks: the decision, and what it should give; None for a result that is an error or nothing."""

    name: str
    want: object


def outcomes(folder: Path) -> Iterator[Outcome]:
    """Every case under the folder, by path. Raises DMN-050 where there is none."""
    tests = sorted(p for p in folder.rglob("*.xml") if _is_test(p))
    if not tests:
        raise faults.NO_FOLDER.error(folder=folder)
    for path in tests:
        root = parse(path.read_bytes(), path.name)
        for outcome in _file(path, folder, root):
            yield replace(outcome, level=_level(root))


def _level(root: Element) -> str:
    labels = [label.text for group in root.all("labels") for label in group.all("label")]
    return next((text.rpartition(" ")[2] for text in labels if text.startswith("Compliance Level")), "")


def _is_test(path: Path) -> bool:
    return b"<testCases" in path.read_bytes()[:4096].replace(b"ns2:", b"").replace(b"tc:", b"")


def _file(path: Path, folder: Path, root: Element) -> Iterator[Outcome]:
    name = path.relative_to(folder).as_posix()
    model_name = root.one("modelName")
    beside = path.with_name(model_name.text.strip()) if model_name is not None else path.with_suffix(".dmn")
    cases = list(root.all("testCase"))
    try:
        model = read(beside.read_bytes(), beside.name)
    except FileNotFoundError:
        for case in cases:
            yield Outcome(name, case.get("id"), "skipped", False, f"没有 {beside.name}", f"there is no {beside.name}")
        return
    except ShouyueError as error:
        for case in cases:
            yield Outcome(name, case.get("id"), "skipped", False, error.zh, error.en)
        return
    for case in cases:
        yield _case(name, case, model)


def _case(file: str, case: Element, model: Model) -> Outcome:
    id_ = case.get("id")
    try:
        given = {k: v for node in case.all("inputNode") for k, v in _inputs(node.get("name"), node).items()}
        given = {k: _typed(v, model, k) for k, v in given.items()}
        asked = [_asked(node) for node in case.all("resultNode")]
    except ValueError as error:
        return Outcome(file, id_, "skipped", False, f"读不懂的值：{error}", f"a value that cannot be read: {error}")
    table = bool(asked) and all(a.name in model.named_tables for a in asked)
    for a in asked:
        if model.decision(a.name) is None:
            zh, en = _why_not(model, a.name)
            return Outcome(file, id_, "skipped", table, zh, en)
    try:
        have = run(model, [given])[0]
    except ShouyueError as error:
        have = dict.fromkeys(a.name for a in asked)
        if any(a.want is not None for a in asked):
            return Outcome(file, id_, "failed", table, error.zh, error.en)
    wrong = [a for a in asked if not _same(have[a.name], a.want)]
    if wrong:
        zh = "；".join(f"{a.name}：应为 {a.want!r}，实为 {have[a.name]!r}" for a in wrong)
        en = "; ".join(f"{a.name}: should be {a.want!r} but is {have[a.name]!r}" for a in wrong)
        return Outcome(file, id_, "failed", table, zh, en)
    return Outcome(file, id_, "passed", table)


def _typed(value: object, model: Model, name: str) -> Value | None:
    if isinstance(value, Untyped) and name in model.inputs:
        value = value.as_kind(model.inputs[name].type.kind)
    return value  # pyright: ignore[reportReturnType]


def _why_not(model: Model, name: str) -> tuple[str, str]:
    findings = model.refused.get(name, ())
    if findings:
        return findings[0].zh, findings[0].en
    if name in model.constants:
        return f"“{name}”是常数，不是决策表", f"'{name}' is a constant, no decision table"
    return f"没有决策“{name}”", f"there is no decision '{name}'"


# ---- values of the kit's own XML
def _inputs(name: str, node: Element) -> dict[str, Value | None]:
    """An input as the names of the model: its parts are dotted."""
    parts = list(node.all("component"))
    if parts:
        return {k: v for part in parts for k, v in _inputs(f"{name}.{part.get('name')}", part).items()}
    value = _value(node)
    if isinstance(value, list | dict):
        raise ValueError(f"{name}: list")
    return {name: value}  # pyright: ignore[reportReturnType]


def _asked(node: Element) -> Asked:
    expected = node.one("expected")
    return Asked(node.get("name"), _value(expected) if expected is not None else None)


def _value(node: Element) -> object:
    """A value, a context as a dict, or a list of them; None for nil."""
    if (plain := node.one("value")) is not None:
        return _plain(plain)
    if (several := node.one("list")) is not None:
        return None if _nil(several) else [_value(item) for item in several.all("item")]
    parts = list(node.all("component"))
    return {p.get("name"): _value(p) for p in parts} if parts else None


def _nil(node: Element) -> bool:
    return node.attributes.get((_XSI, "nil")) == "true"


def _plain(node: Element) -> object:
    if _nil(node):
        return None
    kind = str(node.attributes.get((_XSI, "type"), "")).rpartition(":")[2]
    return _plain_as(kind, node.text) if kind else Untyped(node.text)


def _plain_as(kind: str, text: str) -> object:
    match kind:
        case "boolean":
            if text.strip() not in ("true", "false"):
                raise ValueError(text)
            return text.strip() == "true"
        case "decimal" | "double" | "integer" | "int" | "long" | "float":
            try:
                return Decimal(text.strip())
            except InvalidOperation:
                raise ValueError(text) from None
        case "date":
            return date.fromisoformat(text.strip())
        case "string":
            return str(text)
    raise ValueError(f"{kind} {text}")


def _same(have: object, want: object) -> bool:
    if isinstance(want, Mapping):
        return isinstance(have, Mapping) and have.keys() == want.keys() and all(_same(have[k], want[k]) for k in want)
    if isinstance(want, list):
        return isinstance(have, list) and len(have) == len(want) and all(map(_same, have, want))
    if isinstance(want, Untyped) and have is not None:
        kind = {bool: "bool", date: "date", str: "text"}.get(type(have), "number")
        return have == want.as_kind(kind)
    if isinstance(want, bool) or isinstance(have, bool):
        return have is want
    return have == want

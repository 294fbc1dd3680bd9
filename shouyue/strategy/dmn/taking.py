"""A DMN file as a strategy's text. A file that Shouyue wrote brings its own text along; only what differs is new.

Names of the file that the vocabulary does not know are kept as they are: the strategy's check names each of them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from shouyue.strategy import grid, reading, rewriting
from shouyue.strategy.cells import Cell, Literal, Type, Value, show, show_literal
from shouyue.strategy.dmn import faults
from shouyue.strategy.dmn.model import Decision, Model
from shouyue.strategy.dmn.reading import read, usable
from shouyue.strategy.dmn.writing import seal, write
from shouyue.strategy.dmn.xml import parse
from shouyue.strategy.faults import Finding
from shouyue.strategy.model import Name, Row, Table
from shouyue.strategy.vocabulary import vocabulary

_LABELLED = {"segment": "segments", "stage": "stages", "treatment": "treatments", "because": "sentences"}


def taken(data: bytes, file: str) -> tuple[str, tuple[Finding, ...]]:
    """The text of the strategy, and notes on what was left out.

    Raises DMN-001 to -006 and -010 with every element that cannot be held, DMN-041 when the kept text is damaged.
    """
    model = read(data, file, missing)
    usable(model)
    if not model.source:
        return rewriting.rewritten("", _content(model, {}, None)), model.notes
    text = _kept(data, model)
    base = reading.read(text, file)
    before = read(write(base), file, missing) if not base.faults else None
    return rewriting.rewritten(text, _content(model, rewriting.content(text), before)), model.notes


def missing(name: str) -> bool:
    """Whether an input of that name may be missing: only the vocabulary's own are known not to."""
    found = vocabulary().inputs.get(name)
    return found is None or found.type.nullable


def _kept(data: bytes, model: Model) -> str:
    root = parse(data, model.file)
    source = next(c for e in root.all("extensionElements") for c in e.children if c.tag == "source")
    text = source.text
    if source.get("sha256") != seal(text):
        raise faults.SOURCE_CHANGED.error(why="sha256")
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise faults.SOURCE_CHANGED.error(why=error) from None
    return text


def _content(model: Model, base: Mapping[str, Any], before: Model | None) -> dict[str, Any]:
    """The file as plain data: the base's, with the tables and numbers of the model."""
    new = dict(base) if base else _fresh(model)
    tables = {t["id"]: t for t in base.get("table", ())}
    old = {d.table.id: d for d in before.decisions} if before else {}
    new["table"] = [
        tables[d.table.id]
        if d.table.id in old and _plain(d.table) == _plain(old[d.table.id].table)
        else _table(model, d, tables.get(d.table.id), old.get(d.table.id))
        for d in model.decisions
    ]
    new["values"] = _values(model, base.get("values", {}), before)
    if not new["values"]:
        del new["values"]
    return new


def _plain(table: Table) -> Table:
    """The table without what does not decide: lines, labels, comments."""
    rows = tuple(replace(row, line=None, above=()) for row in table.rows)
    return replace(table, rows=rows, zh="", en="", above=(), below=())


def _fresh(model: Model) -> dict[str, Any]:
    name = re.sub(r"\W+", "_", model.name).strip("_") or "imported"
    new: dict[str, Any] = {"name": name, "version": "1", "zh": model.name, "en": model.name}
    for output, kind in _LABELLED.items():
        ids = [
            str(r.value)
            for d in model.decisions
            for i, column in enumerate(d.table.outputs)
            for r in [*(row.results[i] for row in d.table.rows), *((d.table.default or ())[i : i + 1])]
            if r is not None and _own(model, column.name) == output
        ]
        new[kind] = {id_: {"zh": id_, "en": id_} for id_ in dict.fromkeys(ids)}
    return {k: v for k, v in new.items() if v}


def _values(model: Model, base: Mapping[str, Any], before: Model | None) -> dict[str, Any]:
    """Named numbers: those of the base as they are unless their value was changed."""
    values: dict[str, Any] = {}
    for name, (_, value) in model.constants.items():
        old = before.constants.get(name) if before else None
        if name in base and old is not None and old[1] == value:
            values[name] = base[name]
        else:
            like = base.get(name, {}).get("like") or _like(model, name)
            plain = int(value) if isinstance(value, Decimal) and value == value.to_integral_value() else value
            whole = "." not in f"{value}"
            values[name] = {**base.get(name, {}), "is": plain if whole else value, "like": like}
    return values


def _like(model: Model, name: str) -> str:
    """The column in which a named number is used."""
    for decision in model.decisions:
        for row in decision.table.rows:
            for cell, column in zip(row.cells, decision.table.inputs, strict=True):
                parts = [getattr(t, p, None) for t in cell.tests for p in ("to", "low", "high")]
                if any(isinstance(p, Literal) and p.name == name for p in parts):
                    return _own(model, column.name)
    return ""


# ---- tables
def _table(model: Model, decision: Decision, base: Mapping[str, Any] | None, old: Decision | None) -> dict[str, Any]:
    table = decision.table
    new = dict(base) if base else {"id": table.id, "zh": table.zh, "en": table.en}
    said: dict[str, Any] = {"hit": table.hit}
    if table.aggregates:
        said["gather"] = table.gather
    if table.gaps:
        said["gaps"] = True
    allowed = {_own(model, c.name): show(c.allowed, _shown(model, c.name)) for c in table.inputs if not _all(model, c)}
    if allowed:
        said["allowed"] = allowed
    if table.default is not None:
        pairs = zip(table.outputs, table.default, strict=True)
        said["default"] = {_own(model, c.name): show_literal(r, _shown(model, c.name)) for c, r in pairs if r}
    if table.ranks:
        names = {c.name.id: c.name for c in table.outputs}
        said["ranks"] = {_own(model, names[n]): [_toml(v) for v in values] for n, values in table.ranks.items()}
    for key in ("gather", "gaps", "allowed", "default", "ranks"):
        new.pop(key, None)
    return {**new, **said, "rows": _rows(model, decision, base, old)}


def _rows(model: Model, decision: Decision, base: Mapping[str, Any] | None, old: Decision | None) -> str:
    """The rows as text; a row that was not changed keeps its cells, remark and comments as they were written."""
    table = decision.table
    lines, below = grid.parts(base["rows"]) if base else ([], ())
    known = {line.left[0]: line for line in lines[1:]}
    same_columns = old is not None and [c.name.id for c in table.inputs] == [c.name.id for c in old.table.inputs]
    same_columns = same_columns and [c.name.id for c in table.outputs] == [c.name.id for c in old.table.outputs]  # pyright: ignore[reportOptionalMemberAccess]
    before = {row.id: row for row in old.table.rows} if old and same_columns else {}
    heading = grid.Written(
        lines[0].left if same_columns else ["row", *(_heading(model, c.name) for c in table.inputs)],
        (lines[0].results or ()) if same_columns else [_own(model, c.name) for c in table.outputs],
        above=lines[0].above if lines else (),
    )
    rows = []
    for row in table.rows:
        there, line = before.get(row.id), known.get(row.id)
        if there and line and (there.cells, there.results) == (row.cells, row.results):
            same_remark = " ".join(line.remark.split()) == row.remark
            remark = line.remark if same_remark else row.remark
            rows.append(grid.Written(line.left, line.results or (), remark, line.above))
        else:
            rows.append(_written(model, table, row, line.above if line else ()))
    return grid.join(heading, rows, below)


def _written(model: Model, table: Table, row: Row, above: tuple[str, ...]) -> grid.Written:
    cells = [show(cell, _shown(model, c.name)) for cell, c in zip(row.cells, table.inputs, strict=True)]
    results = [show_literal(r, _shown(model, c.name)) for r, c in zip(row.results, table.outputs, strict=True)]
    return grid.Written([row.id, *cells], results, row.remark, above)


def _all(model: Model, column) -> bool:
    """Nothing is said of what the column allows that the vocabulary does not say by itself."""
    allowed: Cell = column.allowed
    found = vocabulary().inputs.get(column.name.id)
    if allowed.any or found is None:
        return allowed.any
    values = {getattr(t, "to", Literal("")).value for t in allowed.tests}
    return found.type.kind == "choice" and values == set(found.type.choices)


def _own(model: Model, name: Name) -> str:
    """The strategy's name of a column: the output itself, without its decision."""
    if not name.table:
        return name.id
    made = next(d for d in model.decisions if d.table.id == name.table)
    return name.id[len(made.name) + 1 :] if made.components else name.id.removesuffix("_table")


def _heading(model: Model, name: Name) -> str:
    own = _own(model, name)
    found = vocabulary().inputs.get(own)
    return f"{own} ({found.type.unit})" if found and found.type.unit else own


def _shown(model: Model, name: Name) -> Type:
    """The type in which a value is written: a choice of the vocabulary without quotes."""
    own = _own(model, name)
    found = vocabulary().inputs.get(own) or vocabulary().outputs.get(own)
    choice = found is not None and found.type.kind == "choice" and name.type.kind == "text"
    return replace(name.type, kind="choice") if choice else name.type


def _toml(value: Value) -> object:
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return int(value)
    return value

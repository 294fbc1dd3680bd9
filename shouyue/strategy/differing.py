"""Two versions of a strategy row by row: what was added, removed, changed, or stands in another place.

A row is known by its name within its table, so a row inserted above it makes no difference to it. Cells are compared
by what they mean: a name from ``[values]`` whose number changed changes every row that uses it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal as OneOf

from shouyue.strategy.cells import ANY, Between, Cell, Compare, Literal, Test, show, show_literal, show_value
from shouyue.strategy.model import Column, Row, Strategy, Table

Status = OneOf["same", "moved", "changed", "added", "removed"]


@dataclass(frozen=True)
class CellChange:
    """One cell of a row: what stood there and what stands there now. ``-`` where there was, or is, no condition."""

    column: str
    was: str
    now: str


@dataclass(frozen=True)
class RowChange:
    """A row of a table. ``was`` and ``now`` are its places among the rows, from 1; None where it is absent."""

    table: str
    row: str
    status: Status
    was: int | None
    now: int | None
    cells: tuple[CellChange, ...] = ()


@dataclass(frozen=True)
class KeyChange:
    """Something of the file outside the rows: a named number, a label, the order, a table's hit policy."""

    section: str
    key: str
    was: str
    now: str


@dataclass(frozen=True)
class Difference:
    """``rows`` has every row of both versions, in the candidate's order, removed ones after their table's others."""

    keys: tuple[KeyChange, ...]
    rows: tuple[RowChange, ...]

    @property
    def changed(self) -> tuple[RowChange, ...]:
        return tuple(r for r in self.rows if r.status != "same")


def differ(base: Strategy, candidate: Strategy) -> Difference:
    """What the candidate changes. Both must be usable."""
    old, new = ({t.id: t for t in s.tables} for s in (base, candidate))
    rows: list[RowChange] = []
    for id_ in [*new, *(i for i in old if i not in new)]:
        rows += _rows(id_, old.get(id_), new.get(id_))
    return Difference(tuple(_keys(base, candidate)), tuple(rows))


# ---------------------------------------------------------------- rows
def _rows(table: str, was: Table | None, now: Table | None) -> list[RowChange]:
    before = {r.id: r for r in was.rows} if was else {}
    after = {r.id: r for r in now.rows} if now else {}
    steady = _steady([before[i].number for i in after if i in before])
    changes = []
    for id_, row in after.items():
        if id_ not in before:
            changes.append(RowChange(table, id_, "added", None, row.number, _cells(None, None, now, row)))
            continue
        cells = _cells(was, before[id_], now, row)
        status: Status = "changed" if cells else "same" if before[id_].number in steady else "moved"
        changes.append(RowChange(table, id_, status, before[id_].number, row.number, cells))
    for id_, row in before.items():
        if id_ not in after:
            changes.append(RowChange(table, id_, "removed", row.number, None, _cells(was, row, None, None)))
    return changes


def _steady(numbers: Sequence[int]) -> set[int]:
    """The numbers of a longest rising run: rows that may be said to have stayed where they were."""
    tops: list[int] = []
    links: dict[int, int | None] = {}
    for n in numbers:
        at = bisect_left(tops, n)
        links[n] = tops[at - 1] if at else None
        tops[at : at + 1] = [n]
    found, n = set(), tops[-1] if tops else None
    while n is not None:
        found.add(n)
        n = links[n]
    return found


def _cells(was: Table | None, old: Row | None, now: Table | None, new: Row | None) -> tuple[CellChange, ...]:
    left, right = _texts(was, old), _texts(now, new)
    changes = []
    for column in [*right, *(c for c in left if c not in right)]:
        (before, plain_before), (after, plain_after) = (side.get(column, ("-", "-")) for side in (left, right))
        if plain_before != plain_after:
            same = before == after  # only what the name stands for has changed
            changes.append(CellChange(column, plain_before if same else before, plain_after if same else after))
    return tuple(changes)


def _texts(table: Table | None, row: Row | None) -> dict[str, tuple[str, str]]:
    """Each cell as it is written, and with the names of ``[values]`` replaced by their numbers."""
    if table is None or row is None:
        return {}
    texts = {}
    for column, cell in zip(table.inputs, row.cells, strict=True):
        texts[column.name.id] = show(cell, column.name.type), show(_plain(cell), column.name.type)
    for column, result in zip(table.outputs, row.results, strict=True):
        texts[f"=> {column.name.id}"] = _result(result, column), _result(_bare(result) if result else None, column)
    return texts


def _result(literal: Literal | None, column: Column) -> str:
    return show_literal(literal, column.name.type)


def _plain(cell: Cell) -> Cell:
    return cell if cell == ANY else replace(cell, tests=tuple(_test(t) for t in cell.tests))


def _test(test: Test) -> Test:
    if isinstance(test, Compare):
        return replace(test, to=_bare(test.to))
    if isinstance(test, Between):
        return replace(test, low=_bare(test.low), high=_bare(test.high))
    return test


def _bare(literal: Literal) -> Literal:
    return replace(literal, name="")


# ---------------------------------------------------------------- the rest of the file
def _keys(base: Strategy, candidate: Strategy) -> list[KeyChange]:
    old, new = _sections(base), _sections(candidate)
    changes = []
    for section in [*new, *(s for s in old if s not in new)]:
        before, after = old.get(section, {}), new.get(section, {})
        for key in [*after, *(k for k in before if k not in after)]:
            if before.get(key) != after.get(key):
                changes.append(KeyChange(section, key, before.get(key, "–"), after.get(key, "–")))
    return changes


def _sections(strategy: Strategy) -> dict[str, Mapping[str, str]]:
    days = {"valid_from": strategy.valid_from, "valid_to": strategy.valid_to, "currency": strategy.currency}
    tables = {key: text for t in strategy.tables for key, text in _said(t).items()}
    order = {
        phase: f"{o.age.id} {'up' if o.age_up else 'down'}, {o.amount.id} {'up' if o.amount_up else 'down'}"
        for phase, o in strategy.order.items()
    }
    return {
        "head": {k: str(v) for k, v in days.items() if v},
        "values": {k: show_value(v, t) for k, (t, v) in strategy.values.items()},
        **{kind: {k: f"{v.zh} · {v.en}" for k, v in labels.items()} for kind, labels in strategy.labels.items()},
        "order": order,
        "table": tables,
    }


def _said(table: Table) -> dict[str, str]:
    """What a table says besides its rows."""
    said = {table.id: f"{table.hit}{' ' + table.gather if table.hit == 'collect' else ''}"}
    said[table.id] += " gaps" if table.gaps else ""
    for column in table.inputs:
        if not column.allowed.any:
            said[f"{table.id} allowed {column.name.id}"] = show(column.allowed, column.name.type)
    for column, result in zip(table.outputs, table.default or (), strict=False):
        said[f"{table.id} default {column.name.id}"] = _result(result, column)
    for id_, values in table.ranks.items():
        type_ = next(c.name.type for c in table.outputs if c.name.id == id_)
        said[f"{table.id} ranks {id_}"] = ", ".join(show_value(v, type_) for v in values)
    return said

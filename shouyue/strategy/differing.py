"""Two versions of a strategy row by row: what was added, removed, changed, or stands in another place.

A row is known by its name within its table, so a row inserted above it makes no difference to it. Cells are compared
by what they mean: a name from ``[values]`` whose number changed changes every row that uses it. Everything is told as
it is written and in the words in which findings tell it (``telling``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple
from typing import Literal as OneOf

from shouyue.strategy.cells import ANY, Between, Cell, Compare, Literal, Test, show, show_literal, show_value
from shouyue.strategy.faults import Both
from shouyue.strategy.model import Column, Name, Order, Row, Strategy, Table
from shouyue.strategy.telling import condition, hits, label, named, result, value
from shouyue.strategy.vocabulary import vocabulary

Status = OneOf["same", "moved", "changed", "added", "removed"]
#: before the name of a column that a row gives
_GIVES = "=> "
_ANYTHING: Both = ("任意", "anything")
_NO_RESULT: Both = ("–", "–")


class _Told:
    """What is told of a change in words."""

    was_said: Both
    now_said: Both
    called: Both

    @property
    def in_words(self) -> Both:
        """What it is called, what it was and what it is now."""
        zh, en = zip(self.called, self.was_said, self.now_said, strict=True)
        return f"{zh[0]}：{zh[1]} → {zh[2]}", f"{en[0]}: {en[1]} → {en[2]}"


@dataclass(frozen=True)
class CellChange(_Told):
    """One cell of a row: what stood there and what stands there now. ``-`` where there was, or is, no condition.

    ``was`` and ``now`` are as written; ``was_said``, ``now_said`` and ``called`` (the column) in words, zh and en.
    """

    column: str
    was: str
    now: str
    was_said: Both
    now_said: Both
    called: Both


@dataclass(frozen=True)
class RowChange:
    """A row of a table. ``was`` and ``now`` are its places among the rows, from 1; None where it is absent."""

    table: str
    row: str
    status: Status
    was: int | None
    now: int | None
    cells: tuple[CellChange, ...] = ()
    #: what the table is called
    called: Both = ("", "")


@dataclass(frozen=True)
class KeyChange(_Told):
    """Something of the file outside the rows: a named number, a label, the order, a table's hit policy.

    As written, and in words, as a ``CellChange`` is.
    """

    section: str
    key: str
    was: str
    now: str
    was_said: Both
    now_said: Both
    called: Both


@dataclass(frozen=True)
class Difference:
    """``rows`` has every row of both versions, in the candidate's order, removed ones after their table's others."""

    keys: tuple[KeyChange, ...]
    rows: tuple[RowChange, ...]

    @property
    def changed(self) -> tuple[RowChange, ...]:
        return tuple(r for r in self.rows if r.status != "same")

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Difference:
        """From what ``asdict`` gave; one that was kept before there were words says what was written."""
        return cls(
            tuple(KeyChange(**_worded(k, k["key"])) for k in stored["keys"]),
            tuple(
                RowChange(
                    **{
                        "called": (r["table"],) * 2,
                        **r,
                        "cells": tuple(CellChange(**_worded(c, c["column"])) for c in r["cells"]),
                    }
                )
                for r in stored["rows"]
            ),
        )


def _worded(stored: Mapping[str, Any], called: str) -> dict[str, Any]:
    plain = {"was_said": (stored["was"],) * 2, "now_said": (stored["now"],) * 2, "called": (called,) * 2}
    return {**plain, **stored}


class _Written(NamedTuple):
    """A text of the file: as it is written, with the names of ``[values]`` replaced by their numbers, in words, and
    what it is called."""

    text: str
    plain: str
    said: Both
    called: Both


def _both(tell: Callable[[str], str]) -> Both:
    return tell("zh"), tell("en")


def differ(base: Strategy, candidate: Strategy) -> Difference:
    """What the candidate changes. Both must be usable."""
    old, new = ({t.id: (s, t) for t in s.tables} for s in (base, candidate))
    rows: list[RowChange] = []
    for id_ in [*new, *(i for i in old if i not in new)]:
        rows += _rows(old.get(id_), new.get(id_))
    return Difference(tuple(_keys(base, candidate)), tuple(rows))


# ---------------------------------------------------------------- rows
_Side = tuple[Strategy, Table] | None


def _rows(was: _Side, now: _Side) -> list[RowChange]:
    table = (now or was)[1]  # type: ignore[index]
    called = table.zh or table.id, table.en or table.id
    before = {r.id: r for r in was[1].rows} if was else {}
    after = {r.id: r for r in now[1].rows} if now else {}
    steady = _steady([before[i].number for i in after if i in before])
    changes = []
    for id_, row in after.items():
        old = before.get(id_)
        cells = _cells(_texts(was, old), _texts(now, row))
        status: Status = "changed" if cells else "same" if old and old.number in steady else "moved"
        number = old.number if old else None
        changes.append(RowChange(table.id, id_, status if old else "added", number, row.number, cells, called))
    for id_, row in before.items():
        if id_ not in after:
            cells = _cells(_texts(was, row), {})
            changes.append(RowChange(table.id, id_, "removed", row.number, None, cells, called))
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


def _cells(left: Mapping[str, _Written], right: Mapping[str, _Written]) -> tuple[CellChange, ...]:
    changes = []
    for column in [*right, *(c for c in left if c not in right)]:
        was, now = left.get(column), right.get(column)
        called = (now or was).called  # type: ignore[union-attr]
        nothing = _Written("-", "-", _NO_RESULT if column.startswith(_GIVES) else _ANYTHING, called)
        was, now = was or nothing, now or nothing
        if was.plain != now.plain:
            same = was.text == now.text  # only what the name stands for has changed
            written = (was.plain, now.plain) if same else (was.text, now.text)
            changes.append(CellChange(column, *written, was.said, now.said, called))
    return tuple(changes)


def _texts(side: _Side, row: Row | None) -> dict[str, _Written]:
    """Each cell of a row by its column."""
    if side is None or row is None:
        return {}
    strategy, table = side
    texts = {}
    for column, cell in zip(table.inputs, row.cells, strict=True):
        said, called = _both(partial(condition, strategy, column, cell)), _both(partial(label, column.name))
        written = show(cell, column.name.type), show(_plain(cell), column.name.type)
        texts[column.name.id] = _Written(*written, said, called)
    for column, literal in zip(table.outputs, row.results, strict=True):
        said, called = _both(partial(result, strategy, column, literal)), _both(partial(label, column.name))
        written = _result(literal, column), _result(_bare(literal) if literal else None, column)
        texts[f"{_GIVES}{column.name.id}"] = _Written(*written, said, called)
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
_NONE = _Written("–", "–", _NO_RESULT, _NO_RESULT)


def _keys(base: Strategy, candidate: Strategy) -> list[KeyChange]:
    old, new = _sections(base), _sections(candidate)
    changes = []
    for section in [*new, *(s for s in old if s not in new)]:
        before, after = old.get(section, {}), new.get(section, {})
        for key in [*after, *(k for k in before if k not in after)]:
            was, now = before.get(key, _NONE), after.get(key, _NONE)
            if was.text != now.text:
                called = (now if key in after else was).called
                changes.append(KeyChange(section, key, was.text, now.text, was.said, now.said, called))
    return changes


_HEAD = {
    "valid_from": ("生效日", "valid from"),
    "valid_to": ("失效日", "valid to"),
    "currency": ("币种", "currency"),
}
_WAYS = {True: ("从小到大", "rising"), False: ("从大到小", "falling")}


def _sections(strategy: Strategy) -> dict[str, dict[str, _Written]]:
    days = {"valid_from": strategy.valid_from, "valid_to": strategy.valid_to, "currency": strategy.currency}
    values = {
        key: _Written(show_value(v, t), "", _both(partial(value, strategy, t, v)), (key, key))
        for key, (t, v) in strategy.values.items()
    }
    labels = {
        kind: {k: _Written(f"{v.zh} · {v.en}", "", (v.zh, v.en), (k, k)) for k, v in own.items()}
        for kind, own in strategy.labels.items()
    }
    return {
        "head": {k: _Written(str(v), "", (str(v), str(v)), _HEAD[k]) for k, v in days.items() if v},
        "values": values,
        **labels,
        "order": {phase: _ordered(phase, order) for phase, order in strategy.order.items()},
        "table": {key: written for t in strategy.tables for key, written in _said(strategy, t).items()},
    }


def _ordered(phase: str, order: Order) -> _Written:
    by = ((order.age, order.age_up), (order.amount, order.amount_up))
    text = ", ".join(f"{name.id} {'up' if up else 'down'}" for name, up in by)
    zh, en = (
        ", ".join(f"{label(name, lang)} {_WAYS[up][n]}" for name, up in by) for n, lang in enumerate(("zh", "en"))
    )
    known = vocabulary().choice_words["phase"].get(phase)
    return _Written(text, "", (zh, en), (known.zh, known.en) if known else (phase, phase))


def _said(strategy: Strategy, table: Table) -> dict[str, _Written]:
    """What a table says besides its rows."""
    own = table.zh or table.id, table.en or table.id

    def of(what: Both, name: Name) -> Both:
        return f"{own[0]} · {what[0]} · {label(name, 'zh')}", f"{own[1]} · {what[1]} · {label(name, 'en')}"

    text = f"{table.hit}{' ' + table.gather if table.hit == 'collect' else ''}{' gaps' if table.gaps else ''}"
    counts = hits(table, "zh"), hits(table, "en")
    zh, en = (next(words for _, words, mine in all_ if mine).split(" · ")[0] for all_ in counts)
    gaps = ("；可以有未覆盖的情况", "; cases may be left undecided") if table.gaps else ("", "")
    said = {table.id: _Written(text, "", (zh + gaps[0], en + gaps[1]), own)}
    for column in table.inputs:
        if not column.allowed.any:
            words = _both(partial(condition, strategy, column, column.allowed))
            called = of(("允许的值", "allowed values"), column.name)
            written = show(column.allowed, column.name.type)
            said[f"{table.id} allowed {column.name.id}"] = _Written(written, "", words, called)
    for column, literal in zip(table.outputs, table.default or (), strict=False):
        words = _both(partial(result, strategy, column, literal))
        called = of(("无行满足时", "where no row is met"), column.name)
        said[f"{table.id} default {column.name.id}"] = _Written(_result(literal, column), "", words, called)
    for id_, ranks in table.ranks.items():
        name = next(c.name for c in table.outputs if c.name.id == id_)
        zh, en = (", ".join(named(strategy, name, v, lang) for v in ranks) for lang in ("zh", "en"))
        written = ", ".join(show_value(v, name.type) for v in ranks)
        called = of(("结果次序", "order of results"), name)
        said[f"{table.id} ranks {id_}"] = _Written(written, "", (zh, en), called)
    return said

"""A strategy's text changed one cell, one row, one number at a time; everything else of it stays as it was written.

Cells are texts here, whether or not they can be read: the check says what is wrong with them, and nothing is lost.
A row is known by its place and its name, so that a change still finds its row when others stand above it meanwhile; a
column is known by its name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from shouyue.strategy import grid, rewriting
from shouyue.strategy.faults import StrategyError, declare

#: columns that are no name of the vocabulary: the row's own name, and its remark
ROW, REMARK = "row", "#"
_ROW_ID = re.compile(r"\w{1,60}")


class EditError(StrategyError):
    """A change that cannot be made; the text stays as it was."""


def _code(number: int, zh: str, en: str):
    return declare(f"STRAT-{number:03d}", zh, en, kind=EditError)


NO_TABLE = _code(110, "没有表“{table}”", "there is no table '{table}'")
NO_ROW = _code(
    111,
    "表“{table}”里已没有行“{row}”，可能被别人删去或改名",
    "table '{table}' has no row '{row}' any more; somebody may have removed or renamed it",
)
NO_COLUMN = _code(112, "表“{table}”里没有列“{column}”", "table '{table}' has no column '{column}'")
UNEVEN = _code(
    113,
    "表“{table}”第 {row} 行的格数与表头不同，请先在“原文”里改好",
    "row {row} of table '{table}' has not as many cells as the heading; mend it in the text first",
)
BAD_NAME = _code(
    114,
    "行名“{name}”只能由字母、数字、下划线组成，且在表中不重复",
    "a row's name may hold letters, digits and underscores, and only once in its table; '{name}' does not do",
)
NOT_IN_CELL = _code(
    115,
    "“{cell}”含有 |、#、=> 或换行；给文字加上英文双引号",
    "'{cell}' holds |, #, => or a line break; put the text in double quotes",
)
NO_VALUE = _code(116, "没有名为“{name}”的数值", "there is no named number '{name}'")
NOT_A_NUMBER = _code(117, "“{text}”不是数", "'{text}' is no number")
LAST_ROW = _code(118, "表“{table}”至少要留一行", "table '{table}' must keep one row")
BAD_HEADING = _code(119, "“{name}”不能作列名", "'{name}' cannot head a column")
COLUMN_TWICE = _code(120, "表“{table}”里已有列“{column}”", "table '{table}' has a column '{column}' already")
LAST_COLUMN = _code(
    121, "表“{table}”至少要留一个条件和一个结果", "table '{table}' must keep one condition and one result"
)
UNRANKED = _code(
    123,
    "“{column}”的结果次序里没有“{value}”，可能刚被别人改过",
    "'{value}' is not among the ranks of '{column}'; somebody may have changed them",
)
BAD_HIT = _code(122, "没有“{hit}”这种生效方式", "there is no such way for rows to count: '{hit}'")


@dataclass(frozen=True)
class Line:
    """A row as text: its name, its cells and results in the order of the columns, its remark."""

    id: str
    cells: tuple[str, ...]
    remark: str
    even: bool


@dataclass(frozen=True)
class Sheet:
    """A table as text: names of its columns, how many of them are conditions, its rows."""

    id: str
    columns: tuple[str, ...]
    conditions: int
    rows: tuple[Line, ...]


@dataclass(frozen=True)
class At:
    """A row of a table: its place from 1, and the name it had there."""

    table: str
    number: int
    id: str


def sheets(text: str) -> list[Sheet]:
    """The tables of a text, those at least whose heading can be read. Raises TOMLDecodeError."""
    found = []
    for raw in _tables(rewriting.content(text)):
        lines, _ = grid.parts(raw["rows"])
        if lines and lines[0].results is not None:
            found.append(_sheet(str(raw.get("id", "")), lines))
    return found


def _sheet(id_: str, lines: Sequence[grid.Line]) -> Sheet:
    head = lines[0]
    names = [bare(h) for h in (*head.left[1:], *(head.results or ()))]
    rows = []
    for line in lines[1:]:
        cells = (*line.left[1:], *(line.results or ()))
        even = len(line.left) == len(head.left) and len(line.results or ()) == len(head.results or ())
        rows.append(Line(line.left[0], cells, line.remark, even))
    return Sheet(id_, tuple(names), len(head.left) - 1, tuple(rows))


def bare(heading: str) -> str:
    """The name in a heading: ``dpd (days)`` -> ``dpd``."""
    return re.split(r"[(（]", heading)[0].strip()


def _tables(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    tables = content.get("table", [])
    return [t for t in tables if isinstance(t, dict) and isinstance(t.get("rows"), str)]


# ---------------------------------------------------------------- changes
def set_cell(text: str, at: At, column: str, value: str) -> str:
    """One cell, by the name of its column, or ``ROW``, or ``REMARK``; an empty condition or result becomes ``-``."""
    value = value.strip()

    def change(rows: list[grid.Line], place: int, head: grid.Line) -> None:
        rows[place] = _with(at.table, head, rows, place, column, value)

    return _change(text, at, change)


def _with(table: str, head: grid.Line, rows: list[grid.Line], place: int, column: str, value: str) -> grid.Line:
    line = rows[place]
    if column == REMARK:
        if len(value.splitlines()) > 1:
            raise NOT_IN_CELL.error(cell=value[:40], field="value")
        return replace(line, remark=value)
    if column == ROW:
        if not _ROW_ID.fullmatch(value) or any(r.left[0] == value for r in rows if r is not line):
            raise BAD_NAME.error(name=value[:60], field="value")
        return replace(line, left=(value, *line.left[1:]))
    value = value or "-"
    if not grid.is_one_cell(value):
        raise NOT_IN_CELL.error(cell=value[:40], field="value")
    left = [bare(h) for h in head.left]
    results = [bare(h) for h in head.results or ()]
    if column in left[1:]:
        at = left.index(column, 1)
        return replace(line, left=(*line.left[:at], value, *line.left[at + 1 :]))
    if column in results and line.results is not None:
        at = results.index(column)
        return replace(line, results=(*line.results[:at], value, *line.results[at + 1 :]))
    raise NO_COLUMN.error(table=table, column=column)


def add_row(text: str, at: At) -> str:
    """A row below, that asks nothing and gives nothing yet."""

    def change(rows: list[grid.Line], place: int, head: grid.Line) -> None:
        name = _free("row_1", rows)
        empty = ("-",) * len(head.results or ())
        rows.insert(place + 1, grid.Line(0, (name, *("-",) * (len(head.left) - 1)), empty))

    return _change(text, at, change)


def duplicate_row(text: str, at: At) -> str:
    """The row once more, below, under another name."""

    def change(rows: list[grid.Line], place: int, _head: grid.Line) -> None:
        line = rows[place]
        name = _free(f"{line.left[0]}_2", rows)
        rows.insert(place + 1, replace(line, left=(name, *line.left[1:]), above=()))

    return _change(text, at, change)


def delete_row(text: str, at: At) -> str:
    def change(rows: list[grid.Line], place: int, _head: grid.Line) -> None:
        if len(rows) == 1:
            raise LAST_ROW.error(table=at.table)
        del rows[place]

    return _change(text, at, change)


def move_row(text: str, at: At, by: int) -> str:
    """Up (negative) or down by so many places; at the end it stays."""

    def change(rows: list[grid.Line], place: int, _head: grid.Line) -> None:
        line = rows.pop(place)
        rows.insert(max(0, min(len(rows), place + by)), line)

    return _change(text, at, change)


def _free(name: str, rows: Sequence[grid.Line]) -> str:
    """The name with the first number behind it that no row has yet."""
    stem, _, number = name.rpartition("_")
    taken, n = {r.left[0] for r in rows}, int(number)
    while f"{stem}_{n}" in taken:
        n += 1
    return f"{stem}_{n}"


def _change(text: str, at: At, change: Callable[[list[grid.Line], int, grid.Line], None]) -> str:
    content = rewriting.content(text)
    raw, lines, below = opened(content, at.table)
    head, rows = lines[0], lines[1:]
    change(rows, _place(rows, at), head)
    raw["rows"] = grid.join(_written(head), [_written(r) for r in rows], below)
    return rewriting.rewritten(text, content)


def opened(content: Mapping[str, Any], table: str) -> tuple[dict[str, Any], list[grid.Line], tuple[str, ...]]:
    """A table of the content, its lines with the heading first, and the comments below them.

    Raises STRAT-110 where there is none, STRAT-113 where a row has not as many cells as the heading.
    """
    raw = next((t for t in _tables(content) if t.get("id") == table), None)
    lines, below = grid.parts(raw["rows"]) if raw else ([], ())
    if raw is None or not lines or lines[0].results is None:
        raise NO_TABLE.error(table=table)
    head = lines[0]
    for number, line in enumerate(lines[1:], 1):
        if len(line.left) != len(head.left) or len(line.results or ()) != len(head.results or ()):
            raise UNEVEN.error(table=table, row=number)
    return raw, lines, below


def _place(rows: Sequence[grid.Line], at: At) -> int:
    if 0 < at.number <= len(rows) and rows[at.number - 1].left[0] == at.id:
        return at.number - 1
    found = next((n for n, row in enumerate(rows) if row.left[0] == at.id), None)
    if found is None:
        raise NO_ROW.error(table=at.table, row=at.id)
    return found


def _written(line: grid.Line) -> grid.Written:
    return grid.Written(line.left, line.results or (), line.remark, line.above)


# ---------------------------------------------------------------- named numbers
def set_value(text: str, name: str, value: str) -> str:
    """A number of ``[values]``, written as the file writes it (amounts in major units)."""
    content = rewriting.content(text)
    given = content.get("values", {}).get(name) if isinstance(content.get("values"), dict) else None
    if not isinstance(given, dict) or "is" not in given:
        raise NO_VALUE.error(name=name[:60])
    was, plain = given["is"], value.strip().replace(",", "").replace("，", "")
    if isinstance(was, bool) or not isinstance(was, int | Decimal):
        given["is"] = value.strip()
    else:
        try:
            number = Decimal(plain)
        except InvalidOperation:
            raise NOT_A_NUMBER.error(text=value[:40], field="value") from None
        if not number.is_finite() or abs(number) >= 10**15:
            raise NOT_A_NUMBER.error(text=value[:40], field="value")
        given["is"] = _like(number, was)
    return rewriting.rewritten(text, content)


def _like(number: Decimal, was: int | Decimal) -> int | Decimal:
    """The number with as many places as the one before it, or more where it needs them."""
    if isinstance(was, int):
        return int(number) if number == number.to_integral_value() else number
    exponents = [d.as_tuple().exponent for d in (number, was)]
    return number.quantize(Decimal(1).scaleb(min(-1, *(e for e in exponents if isinstance(e, int)))))


def values(text: str) -> dict[str, dict[str, Any]]:
    """``[values]`` as the file has it: ``is``, ``like``, ``zh``, ``en`` by name."""
    found = rewriting.content(text).get("values", {})
    return {n: v for n, v in found.items() if isinstance(v, dict)} if isinstance(found, dict) else {}

"""A strategy as a workbook, with drop-downs where the values are known."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any, get_args

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from shouyue.strategy import grid, rewriting
from shouyue.strategy.model import Column, Gather, Hit, Strategy, Table
from shouyue.strategy.reading import usable
from shouyue.strategy.xlsx import faults
from shouyue.strategy.xlsx.sheets import (
    ARROW,
    DRAWN_KEYS,
    HEAD,
    HEAD_KEYS,
    KINDS,
    LISTS,
    NAME_COLUMNS,
    NAMES,
    ORDER_KEYS,
    REMARK,
    SEALED,
    SOURCE,
    SPARE,
    TABLE_KEYS,
    TEST_COLUMNS,
    TESTS,
    sheet_names,
)

_YES_NO = ("yes", "no")
#: characters that a cell can hold
LONGEST = 32_767


def write(strategy: Strategy) -> bytes:
    """The workbook. Raises STRAT-003 for a strategy with errors, XLSX-030 where a line does not fit into a cell."""
    usable(strategy)
    return _Writer(strategy).file()


def seal(text: str) -> str:
    """What the kept text is known by."""
    return hashlib.sha256(text.encode()).hexdigest()


class _Writer:
    def __init__(self, strategy: Strategy):
        self.strategy = strategy
        self.raw = rewriting.content(strategy.text)
        if any(len(line) > LONGEST for line in strategy.text.split("\n")):
            raise faults.LONG_LINE.error(limit=LONGEST)
        self.memory = BytesIO()
        self.book = xlsxwriter.Workbook(self.memory, {"in_memory": True, "strings_to_formulas": False})
        self.text = self.book.add_format({"num_format": "@", "valign": "top"})
        self.wrapped = self.book.add_format({"num_format": "@", "valign": "top", "text_wrap": True})
        self.head = self.book.add_format({"num_format": "@", "bold": True, "bg_color": "#E8EDF3", "border": 1})
        self.given = self.book.add_format({"num_format": "@", "bold": True, "bg_color": "#E6F2E8", "border": 1})
        self.faint = self.book.add_format({"num_format": "@", "font_color": "#66707A"})
        self.lists: dict[tuple[str, ...], str] = {}

    def file(self) -> bytes:
        self._first()
        self._names()
        names = sheet_names(t.id for t in self.strategy.tables)
        raw_tables = {t["id"]: t for t in self.raw["table"]}
        tables = [(self.book.add_worksheet(names[t.id]), t) for t in self.strategy.tables]
        self._tests()
        lists = self.book.add_worksheet(LISTS)
        for sheet, table in tables:
            self._table(sheet, table, raw_tables[table.id])
        self._source()
        for at, (values, _) in enumerate(self.lists.items()):
            for row, value in enumerate(values):
                lists.write_string(row, at, value, self.faint)
        self.book.close()
        return self.memory.getvalue()

    # ---- the sheets around the tables
    def _first(self) -> None:
        sheet = self.book.add_worksheet(HEAD)
        sheet.set_column(0, 0, 20, self.text)
        sheet.set_column(1, 1, 90, self.wrapped)
        order = {f"order.{phase}": ", ".join(keys) for phase, keys in self.raw.get("order", {}).items()}
        drawn = {key: inline(self.raw.get(key, {})) for key in DRAWN_KEYS}
        for row, key in enumerate((*HEAD_KEYS, *ORDER_KEYS, *DRAWN_KEYS)):
            value = drawn.get(key, order.get(key, self.raw.get(key)))
            sheet.write_string(row, 0, key, self.head)
            sheet.write_string(row, 1, "" if value is None else str(value), self.wrapped)

    def _names(self) -> None:
        sheet = self._listed(NAMES, NAME_COLUMNS, (12, 24, 12, 18, 48, 60))
        row = 1
        for kind in KINDS:
            for id_, both in self.raw.get(kind, {}).items():
                is_ = rewriting.value_text(both["is"]) if "is" in both else ""
                shown = [kind, id_, is_, *(_plain(both.get(key)) for key in NAME_COLUMNS[3:])]
                for column, value in enumerate(shown):
                    sheet.write_string(row, column, value, self.text)
                row += 1

    def _tests(self) -> None:
        sheet = self._listed(TESTS, TEST_COLUMNS, (60, 60, 80))
        for row, test in enumerate(self.raw.get("test", ()), start=1):
            sheet.write_string(row, 0, test["name"], self.text)
            for column, key in ((1, "given"), (2, "expect")):
                sheet.write_string(row, column, inline(test.get(key, {})), self.wrapped)

    def _listed(self, name: str, columns: Sequence[str], widths: Sequence[int]) -> Worksheet:
        sheet = self.book.add_worksheet(name)
        for at, (column, width) in enumerate(zip(columns, widths, strict=True)):
            sheet.set_column(at, at, width, self.text)
            sheet.write_string(0, at, column, self.head)
        sheet.freeze_panes(1, 0)
        return sheet

    def _source(self) -> None:
        sheet = self.book.add_worksheet(SOURCE)
        sheet.set_column(0, 0, 160, self.faint)
        sheet.write_string(0, 0, f"{SEALED} {seal(self.strategy.text)}", self.faint)
        for row, line in enumerate(self.strategy.text.split("\n"), start=1):
            sheet.write_string(row, 0, line, self.faint)

    # ---- a table
    def _table(self, sheet: Worksheet, table: Table, raw: Mapping[str, Any]) -> None:
        above = {"table": table.id, **{k: raw.get(k) for k in TABLE_KEYS[1:]}}
        for row, key in enumerate(TABLE_KEYS):
            value = above[key]
            shown = inline(value) if isinstance(value, Mapping) else _plain(value)
            sheet.write_string(row, 0, key, self.head)
            sheet.write_string(row, 1, shown, self.text)
        self._drop_down(sheet, TABLE_KEYS.index("hit"), 1, get_args(Hit), strict=True)
        self._drop_down(sheet, TABLE_KEYS.index("gather"), 1, get_args(Gather), strict=True)
        self._drop_down(sheet, TABLE_KEYS.index("gaps"), 1, ("true", "false"), strict=True)
        lines, below = grid.parts(raw["rows"])
        row = first = len(TABLE_KEYS) + 1
        for at, line in enumerate(lines):
            row = self._comments(sheet, row, line.above)
            self._line(sheet, row, line, heading=at == 0)
            if at == 0:
                first = row
                sheet.freeze_panes(row + 1, 1)
            row += 1
        self._comments(sheet, row, below)
        self._columns(sheet, table, first + 1, row + SPARE)

    def _comments(self, sheet: Worksheet, row: int, comments: Sequence[str]) -> int:
        for at, comment in enumerate(comments):
            sheet.write_string(row + at, 0, comment, self.faint)
        return row + len(comments)

    def _line(self, sheet: Worksheet, row: int, line: grid.Line, heading: bool) -> None:
        results = line.results or ()
        for column, cell in enumerate(line.left):
            sheet.write_string(row, column, cell, self.head if heading else self.text)
        arrow = len(line.left)
        sheet.write_string(row, arrow, ARROW, self.faint)
        for column, cell in enumerate(results, start=arrow + 1):
            sheet.write_string(row, column, cell, self.given if heading else self.text)
        remark = REMARK if heading else line.remark
        sheet.write_string(row, arrow + 1 + len(results), remark, self.faint)

    def _columns(self, sheet: Worksheet, table: Table, top: int, bottom: int) -> None:
        sheet.set_column(0, 0, 18, self.text)
        arrow = len(table.inputs) + 1
        sheet.set_column(arrow, arrow, 4, self.faint)
        sheet.set_column(arrow + 1 + len(table.outputs), arrow + 1 + len(table.outputs), 60, self.faint)
        for at, column in [*enumerate(table.inputs, start=1), *enumerate(table.outputs, start=arrow + 1)]:
            sheet.set_column(at, at, max(10, min(30, len(column.heading) + 4)), self.text)
            sheet.write_comment(top - 1, at, _label(column))
            values = _values(column)
            if values:
                self._drop_down(sheet, top, at, ("-", *values), strict=at > arrow, bottom=bottom)

    def _drop_down(
        self, sheet: Worksheet, row: int, column: int, values: Sequence[str], strict: bool, bottom: int | None = None
    ) -> None:
        """A list to choose from. Where conditions may be written too, others than those listed are taken."""
        values = tuple(values)
        if values not in self.lists:
            letter = xl_col_to_name(len(self.lists))
            self.lists[values] = f"='{LISTS}'!${letter}$1:${letter}${len(values)}"
        rule = {"validate": "list", "source": self.lists[values], "show_error": strict, "ignore_blank": True}
        sheet.data_validation(row, column, row if bottom is None else bottom, column, rule)


def _values(column: Column) -> tuple[str, ...]:
    type_ = column.name.type
    return _YES_NO if type_.kind == "bool" else type_.choices if type_.kind == "choice" else ()


def _label(column: Column) -> str:
    name = column.name
    return " · ".join(t for t in (name.zh, name.en) if t) or name.id


def _plain(value: object) -> str:
    """A number, a day or a text as it is written in the file, without quotes around a text."""
    if value is None:
        return ""
    return value if isinstance(value, str) else rewriting.value_text(value)


def inline(values: Mapping[str, object]) -> str:
    """``days_to_due = 2, phase = "reminder"``"""
    return rewriting.value_text(values)[1:-1].strip()

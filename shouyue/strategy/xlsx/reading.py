"""A workbook as a strategy's text. Every fault is found in one go, with sheet and cell."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from shouyue.strategy import grid, rewriting
from shouyue.strategy.faults import Findings, Place
from shouyue.strategy.xlsx import faults
from shouyue.strategy.xlsx.faults import WorkbookError
from shouyue.strategy.xlsx.opening import hidden, lines, opened
from shouyue.strategy.xlsx.sheets import (
    ARROW,
    DAYS,
    DRAWN_KEYS,
    HEAD,
    HEAD_KEYS,
    KINDS,
    NAME_COLUMNS,
    NAMES,
    ORDER_KEYS,
    OWN,
    REMARK,
    ROW,
    SEALED,
    SOURCE,
    TABLE_KEYS,
    TEST_COLUMNS,
    TESTS,
)
from shouyue.strategy.xlsx.writing import seal

_Lines = list[tuple[int, list[str]]]


def taken(data: bytes, file: str) -> str:
    """The text of the strategy in a workbook.

    Raises XLSX-001 to -003 for what is no workbook or too much of one, XLSX-004 with every sheet and cell that cannot
    be taken over.
    """
    return _Reader(data, file).text()


class _Reader:
    def __init__(self, data: bytes, file: str):
        self.file = file
        self.found = Findings(file)
        book = opened(data, file)
        self.sheets: dict[str, Worksheet] = {s.title: s for s in book.worksheets}
        for sheet in book.worksheets:
            hidden(sheet, self.found)
        self.source = self._source()
        self.base = rewriting.content(self.source) if self.source else {}

    def text(self) -> str:
        new: dict[str, Any] = {}
        new |= self._head()
        new |= self._names()
        order = {k.partition(".")[2]: v for k, v in new.items() if k in ORDER_KEYS}
        new = {k: v for k, v in new.items() if k not in ORDER_KEYS}
        if order:
            new["order"] = order
        tables = [self._table(s) for title, s in self.sheets.items() if title not in OWN]
        new["table"] = [t for t in tables if t]
        if tests := self._tests():
            new["test"] = tests
        self._refuse()
        return rewriting.rewritten(self.source, {k: v for k, v in new.items() if v not in ({}, [])})

    def _refuse(self) -> None:
        if not self.found.items:
            return
        first = self.found.items[0]
        count = len(self.found.items)
        error = faults.UNUSABLE.error(file=self.file, count=count, first_zh=first.zh, first_en=first.en)
        assert isinstance(error, WorkbookError)
        error.findings = tuple(self.found.items)
        raise error

    def _at(self, sheet: str, row: int, column: int) -> tuple[Place, dict[str, Any]]:
        cell = f"{get_column_letter(column + 1)}{row}"
        return Place(self.file, sheet, column=cell), {"sheet": sheet, "cell": cell}

    def _lines(self, title: str) -> _Lines:
        if title not in self.sheets:
            self.found.add(faults.NO_SHEET, Place(self.file, title), sheet=title)
            return []
        return list(lines(self.sheets[title], self.found))

    # ---- the text that keeps comments and layout
    def _source(self) -> str:
        if SOURCE not in self.sheets:
            return ""
        rows = [cell.value for (cell,) in self.sheets[SOURCE].iter_rows(max_col=1)]
        mark, text = str(rows[0] if rows else ""), "\n".join("" if v is None else str(v) for v in rows[1:])
        for candidate in (text, text + "\n"):
            if mark == f"{SEALED} {seal(candidate)}":
                return candidate
        self.found.add(faults.SOURCE_CHANGED, Place(self.file, SOURCE), sheet=SOURCE)
        return ""

    # ---- the first sheet
    def _head(self) -> dict[str, Any]:
        new: dict[str, Any] = {}
        for row, texts in self._lines(HEAD):
            key, value = texts[0], texts[1] if len(texts) > 1 else ""
            place, where = self._at(HEAD, row, 0)
            known = (*HEAD_KEYS, *ORDER_KEYS, *DRAWN_KEYS)
            if key not in known:
                self.found.add(faults.UNKNOWN_KEY, place, key=key, known=", ".join(known), **where)
            elif key in DRAWN_KEYS:
                new[key] = self._inline(HEAD, row, 1, value) if value else {}
            elif key in ORDER_KEYS:
                new[key] = [part.strip() for part in re.split("[,，]", value)] if value else []
            elif value:
                new[key] = self._head_value(key, value, row)
        return {k: v for k, v in new.items() if v != []}

    def _head_value(self, key: str, value: str, row: int) -> object:
        if key in self.base and str(self.base[key]) == value:
            return self.base[key]
        if key not in DAYS:
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            place, where = self._at(HEAD, row, 1)
            self.found.add(faults.BAD_DATA, place, value=value, **where)
            return value

    # ---- names and tests
    def _listed(self, title: str, columns: Sequence[str]) -> list[tuple[int, dict[str, str]]]:
        rows = self._lines(title)
        if not rows or [t for t in rows[0][1] if t] != list(columns):
            if title in self.sheets:
                place, where = self._at(title, 1, 0)
                known = ", ".join(columns)
                key = ", ".join(rows[0][1]) if rows else ""
                self.found.add(faults.UNKNOWN_KEY, place, key=key, known=known, **where)
            return []
        for row, texts in rows:
            for column in range(len(columns), len(texts)):
                if texts[column]:
                    place, where = self._at(title, row, column)
                    self.found.add(faults.OUTSIDE, place, **where)
        return [(row, dict(zip(columns, texts, strict=False))) for row, texts in rows[1:]]

    def _names(self) -> dict[str, Any]:
        new: dict[str, Any] = {kind: {} for kind in KINDS}
        for row, texts in self._listed(NAMES, NAME_COLUMNS):
            kind, id_ = texts["kind"], texts["id"]
            place, where = self._at(NAMES, row, 0)
            if kind not in KINDS:
                self.found.add(faults.UNKNOWN_KEY, place, key=kind, known=", ".join(KINDS), **where)
                continue
            if id_ in new[kind]:
                self.found.add(faults.TWICE, place, name=id_, **where)
            keys = ("is", "like", "zh", "en") if kind == "values" else ("zh", "en")
            before = self.base.get(kind, {}).get(id_, {})
            labels: dict[str, object] = {k: texts[k] for k in keys if texts[k] or before.get(k) == ""}
            if "is" in labels:
                labels["is"] = self._value(texts["is"])
            new[kind][id_] = {k: labels[k] for k in [*(k for k in before if k in labels), *labels]}
            for extra in {"is", "like"} - set(keys):
                if texts[extra]:
                    place, where = self._at(NAMES, row, NAME_COLUMNS.index(extra))
                    self.found.add(faults.OUTSIDE, place, **where)
        return new

    def _value(self, text: str) -> object:
        """A number, a day or a quoted text; other words are text."""
        try:
            return tomllib.loads(f"is = {text}", parse_float=Decimal)["is"]
        except tomllib.TOMLDecodeError:
            return text

    def _tests(self) -> list[dict[str, Any]]:
        tests = []
        names: set[str] = set()
        for row, texts in self._listed(TESTS, TEST_COLUMNS):
            place, where = self._at(TESTS, row, 0)
            if texts["name"] in names:
                self.found.add(faults.TWICE, place, name=texts["name"], **where)
            names.add(texts["name"])
            given = self._inline(TESTS, row, 1, texts["given"])
            expect = self._inline(TESTS, row, 2, texts["expect"])
            old = next((t for t in self.base.get("test", ()) if t.get("name") == texts["name"]), {})
            test = {"name": texts["name"], "given": given, "expect": expect}
            tests.append({k: v for k, v in test.items() if v or k in old or k != "given"})
        return tests

    def _inline(self, sheet: str, row: int, column: int, text: str) -> dict[str, Any]:
        try:
            return tomllib.loads(f"x = {{ {text} }}", parse_float=Decimal)["x"]
        except tomllib.TOMLDecodeError:
            place, where = self._at(sheet, row, column)
            self.found.add(faults.BAD_DATA, place, value=text, **where)
            return {}

    # ---- a table
    def _table(self, sheet: Worksheet) -> dict[str, Any]:
        title = sheet.title
        rows = self._lines(title)
        at = next((i for i, (_, texts) in enumerate(rows) if texts[0] == ROW and ARROW in texts), None)
        if at is None:
            self.found.add(faults.NO_HEADING, Place(self.file, title), sheet=title)
            return {}
        comments = [t[0] for _, t in rows[:at] if t[0].startswith("#")]
        said = self._above(title, [(n, t) for n, t in rows[:at] if not t[0].startswith("#")])
        base = next((t for t in self.base.get("table", ()) if t["id"] == said.get("id")), {})
        written = self._rows(title, rows[at:], comments)
        if base and _grid(base["rows"]) == _grid(written):
            written = base["rows"]
        ordered = {k: said[k] for k in [*(k for k in base if k in said), *said]}
        return {**{k: v for k, v in ordered.items() if v != ""}, "rows": written}

    def _above(self, title: str, rows: _Lines) -> dict[str, Any]:
        said: dict[str, Any] = {}
        for row, texts in rows:
            key, value = texts[0], texts[1] if len(texts) > 1 else ""
            place, where = self._at(title, row, 0)
            if key not in TABLE_KEYS:
                self.found.add(faults.UNKNOWN_KEY, place, key=key, known=", ".join(TABLE_KEYS), **where)
            elif key in ("allowed", "default", "ranks") and value:
                said[key] = self._inline(title, row, 1, value)
            elif key == "gaps" and value:
                said[key] = {"true": True, "yes": True, "false": False, "no": False}.get(value.lower(), value)
            elif value:
                said["id" if key == "table" else key] = value
        said.setdefault("id", title)
        return said

    def _rows(self, title: str, rows: _Lines, comments: Sequence[str]) -> str:
        heading = rows[0][1]
        arrow = heading.index(ARROW)
        end = heading.index(REMARK) if REMARK in heading else len(heading)
        while end > arrow + 1 and not heading[end - 1]:
            end -= 1
        above, written = list(comments), []
        for row, texts in rows:
            if texts[0].startswith("#"):
                above.append(texts[0])
                continue
            written.append(self._written(title, row, texts, arrow, end, above))
            above = []
        return grid.join(written[0], written[1:], above)

    def _written(self, title: str, row: int, texts: list[str], arrow: int, end: int, above: list[str]) -> grid.Written:
        texts = [*texts, *[""] * (end - len(texts))]
        remark = texts[end] if len(texts) > end and texts[end] != REMARK else ""
        for column in [arrow, *range(end + 1, len(texts))]:
            if texts[column] not in ("", ARROW if column == arrow else ""):
                place, where = self._at(title, row, column)
                self.found.add(faults.OUTSIDE, place, **where)
        cells, results = texts[:arrow], texts[arrow + 1 : end]
        for column, cell in [*enumerate(cells), *enumerate(results, start=arrow + 1)]:
            if not grid.is_one_cell(cell):
                place, where = self._at(title, row, column)
                self.found.add(faults.UNQUOTED, place, value=cell, **where)
        return grid.Written(cells, results, " ".join(remark.split()) if "\n" in remark else remark, tuple(above))


def _grid(rows: str) -> object:
    read, below = grid.parts(rows)
    return [(line.left, line.results, line.remark, line.above) for line in read], below

"""The tables of a strategy file, taken apart row by row and cell by cell."""

from __future__ import annotations

import re
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, get_args

from shouyue.strategy import faults, grid
from shouyue.strategy.cells import ANY, Cell, Literal, Value, parse, parse_value, show_value
from shouyue.strategy.faults import CellFault, Place
from shouyue.strategy.model import Column, Gather, Hit, Name, Row, Table
from shouyue.strategy.vocabulary import vocabulary

if TYPE_CHECKING:
    from shouyue.strategy.layout import Reading

_KEYS = {"id", "zh", "en", "hit", "gather", "gaps", "allowed", "default", "ranks", "rows"}
_ROW_ID = re.compile(r"\w+")
#: kinds of values that each way of gathering can work on
_GATHERED = {"sum": ("int", "money", "number"), "min": ("int", "money", "number", "date", "bool"), "count": ("int",)}
_GATHERED["max"] = _GATHERED["min"]


class Tables:
    """The tables of one file; ``whole`` keeps the names known so far, and the faults."""

    def __init__(self, whole: Reading):
        self.whole = whole
        self.later: dict[str, str] = {}
        #: names in the heading of the table being read, known or not
        self.headings: set[str] = set()

    def read(self) -> tuple[Table, ...]:
        tables: list[Table] = []
        raw_tables = [t for t in self.whole.section("table", list) if isinstance(t, dict)]
        self.later = self._gives(raw_tables)
        for raw in raw_tables:
            table = self._table(raw, len(tables) + 1)
            if table is None:
                continue
            if any(t.id == table.id for t in tables):
                self.whole.found.add(faults.TWICE, Place(self.whole.file, table.id), name=table.id)
            tables.append(table)
            for column in table.outputs:
                if column.name.id in self.whole.names:
                    self.whole.found.add(faults.TWICE, Place(self.whole.file, table.id), name=column.name.id)
                self.whole.names[column.name.id] = column.name
        if not tables:
            self.whole.found.add(faults.NO_TABLES, self.whole.top)
        return tuple(tables)

    def _gives(self, raw_tables: list[dict]) -> dict[str, str]:
        """Which table gives which output, to tell a name that comes later from one that never comes."""
        gives = {}
        for raw in raw_tables:
            lines = grid.split(raw["rows"]) if isinstance(raw.get("rows"), str) else []
            for name in (lines[0].results or ()) if lines else ():
                gives.setdefault(_heading(name)[0], str(raw.get("id", "")))
        return gives

    def _table(self, raw: dict, number: int) -> Table | None:
        id_ = str(raw.get("id", f"table{number}"))
        place = Place(self.whole.file, id_)
        self.whole.keys(raw, _KEYS, place)
        for key in ("id", "hit", "rows"):
            if not isinstance(raw.get(key), str):
                self.whole.found.add(faults.MISSING_KEY, place, key=key)
        rows_text = raw.get("rows")
        if not isinstance(rows_text, str):
            return None
        self._one_of(raw, "hit", get_args(Hit), place)
        self._one_of(raw, "gather", get_args(Gather), place)
        self._one_of(raw, "gaps", (True, False), place)
        lines, below = grid.parts(rows_text)
        if not lines or lines[0].results is None or _heading(lines[0].left[0])[0] != "row":
            self.whole.found.add(faults.NO_HEADING, place)
            return None
        head, first_line = lines[0], self._line_of(rows_text)
        self.headings = {_heading(h)[0] for h in (*head.left, *(head.results or ()))}
        inputs = [self._input(h, place) for h in head.left[1:]]
        outputs = [self._output(h, place, id_) for h in head.results or ()]
        table = Table(
            id=id_,
            hit=raw.get("hit", "first"),
            inputs=tuple(c for c in inputs if c),
            outputs=tuple(c for c in outputs if c),
            rows=(),
            zh=str(raw.get("zh", "")),
            en=str(raw.get("en", "")),
            gaps=raw.get("gaps", False) is True,
            gather=raw.get("gather", "join"),
            above=head.above,
            below=below,
        )
        table = self._answers(table, raw, place)
        rows = [self._row(n, line, table, (inputs, outputs), first_line) for n, line in enumerate(lines[1:], start=1)]
        seen: set[str] = set()
        for row in rows:
            if row.id in seen:
                self.whole.found.add(faults.TWICE, table.place(self.whole.file, row), name=row.id)
            seen.add(row.id)
            self._ranked(table, row)
        return replace(table, rows=tuple(rows))

    # ---- what a table says of its columns besides the rows
    def _answers(self, table: Table, raw: dict, place: Place) -> Table:
        """``allowed``, ``default`` and ``ranks``."""
        inputs = tuple(self._allowed(c, self._named(raw, "allowed", table.inputs, place), place) for c in table.inputs)
        given = self._named(raw, "default", table.outputs, place)
        default: tuple[Literal | None, ...] | None = None
        if given:
            default = tuple(self._default(c, given.get(c.name.id, "-"), place) for c in table.outputs)
        ranks: dict[str, tuple[Value, ...]] = {}
        for id_, order in self._named(raw, "ranks", table.outputs, place).items():
            type_ = next(c.name.type for c in table.outputs if c.name.id == id_)
            where = replace(place, column=id_)
            if not isinstance(order, list):
                self.whole.found.add(faults.WRONG_VALUE, where, key="ranks", value=order, wanted='["visit", "collect"]')
                continue
            values = [self.whole.plain(v, type_, where) for v in order]
            ranks[id_] = tuple(v for v in values if v is not None)
        if table.hit in ("priority", "output order") and not ranks:
            self.whole.found.add(faults.NO_RANKS, place, hit=table.hit)
        for column in table.outputs if table.aggregates else ():
            if column.name.type.kind not in _GATHERED[table.gather]:
                zh, en = column.name.type.words("zh"), column.name.type.words("en")
                where = replace(place, column=column.name.id)
                self.whole.found.add(faults.BAD_GATHER, where, gather=table.gather, kind_zh=zh, kind_en=en)
        return replace(table, inputs=inputs, default=default, ranks=MappingProxyType(ranks))

    def _named(self, raw: dict, key: str, columns: tuple[Column, ...], place: Place) -> dict[str, Any]:
        """A part of a table that says something of its columns by name; other names are faults."""
        part = raw.get(key, {})
        if not isinstance(part, dict):
            self.whole.found.add(faults.WRONG_VALUE, place, key=key, value=part, wanted=f"{key} = {{ … }}")
            return {}
        by_name = {n: c.name.id for c in columns for n in (c.name.id, c.name.zh) if n}
        for name in part:
            if name not in by_name and name not in self.headings:
                near = get_close_matches(name, list(by_name), 3, 0.4) or [c.name.id for c in columns] or ["–"]
                self.whole.found.add(faults.UNKNOWN_NAME, replace(place, column=name), name=name, near=", ".join(near))
        return {by_name[name]: value for name, value in part.items() if name in by_name}

    def _allowed(self, column: Column, given: dict[str, Any], place: Place) -> Column:
        if column.name.id not in given:
            return column
        return replace(column, allowed=self._cell(str(given[column.name.id]), column, place))

    def _default(self, column: Column, given: object, place: Place) -> Literal | None:
        text = ("yes" if given else "no") if isinstance(given, bool) else str(given)
        return self._result(text, column, place)

    def _ranked(self, table: Table, row: Row) -> None:
        for column, result in zip(table.outputs, row.results, strict=False):
            order = table.ranks.get(column.name.id)
            if order is not None and result is not None and result.value not in order:
                place = table.place(self.whole.file, row, column.name.id)
                value = show_value(result.value, column.name.type)
                self.whole.found.add(faults.UNRANKED, place, value=value)

    def _one_of(self, raw: dict, key: str, wanted: tuple, place: Place) -> None:
        if key in raw and raw[key] not in wanted:
            words = ", ".join(str(w).lower() for w in wanted)
            self.whole.found.add(faults.WRONG_VALUE, place, key=key, value=raw[key], wanted=words)

    def _line_of(self, rows_text: str) -> int | None:
        at = self.whole.text.find(rows_text) if rows_text else -1
        return self.whole.text.count("\n", 0, at) + 1 if at >= 0 else None

    def _input(self, heading: str, place: Place) -> Column | None:
        id_, unit = _heading(heading)
        name = self.whole.names.get(id_) or next((n for n in self.whole.names.values() if n.zh and n.zh == id_), None)
        if name is None:
            if id_ in self.later:
                table = self.later[id_]
                self.whole.found.add(faults.LATER_NAME, replace(place, column=id_), name=id_, table=table)
            else:
                self.whole.unknown(id_, replace(place, column=id_))
            return None
        self._unit(name, unit, place)
        return Column(name, unit)

    def _output(self, heading: str, place: Place, table: str) -> Column | None:
        id_, unit = _heading(heading)
        outputs = {i: n for i, n in self.whole.vocabulary.items() if i in vocabulary().outputs}
        name = outputs.get(id_) or next((n for n in outputs.values() if n.zh == id_), None)
        if name is None:
            near = get_close_matches(id_, list(outputs), 3, 0.4) or list(outputs)
            self.whole.found.add(faults.UNKNOWN_NAME, replace(place, column=id_), name=id_, near=", ".join(near))
            return None
        self._unit(name, unit, place)
        return Column(replace(name, table=table, type=replace(name.type, nullable=True)), unit)

    def _unit(self, name: Name, unit: str, place: Place) -> None:
        word = vocabulary().units.get(name.type.unit)
        if unit and unit not in (name.type.unit, word.zh if word else ""):
            have = name.type.unit or "–"
            place = replace(place, column=name.id)
            self.whole.found.add(faults.WRONG_UNIT, place, name=name.id, unit=have, given=unit)

    def _row(self, number: int, line: grid.Line, table: Table, heads: tuple[list, list], top: int | None) -> Row:
        inputs, outputs = heads
        id_ = line.left[0]
        at = top + line.offset if top is not None else None
        place = Place(self.whole.file, table.id, number, id_, line=at)
        if not _ROW_ID.fullmatch(id_):
            self.whole.found.add(faults.BAD_ROW_ID, place, name=id_)
        results = line.results
        if results is None:
            self.whole.found.add(faults.NO_ARROW, place)
            results = ()
        have, want = len(line.left) - 1 + len(results), len(inputs) + len(outputs)
        if line.results is not None and (len(line.left) - 1 != len(inputs) or len(results) != len(outputs)):
            self.whole.found.add(faults.UNEVEN_ROW, place, have=have, want=want)
        cells = [
            self._cell(text, column, place)
            for text, column in zip(_fit(line.left[1:], len(inputs)), inputs, strict=True)
            if column
        ]
        given = [
            self._result(text, column, place)
            for text, column in zip(_fit(results, len(outputs)), outputs, strict=True)
            if column
        ]
        return Row(number, id_, at, tuple(cells), tuple(given), line.remark, line.above)

    def _cell(self, text: str, column: Column, place: Place) -> Cell:
        try:
            return parse(text, column.name.type, self.whole.values)
        except CellFault as fault:
            self.whole.found.add(fault.code, replace(place, column=column.name.id), **fault.values)
            return ANY

    def _result(self, text: str, column: Column, place: Place) -> Literal | None:
        name, type_ = column.name, column.name.type
        place = replace(place, column=name.id)
        try:
            literal = parse_value(text, type_, self.whole.values)
        except CellFault as fault:
            self.whole.found.add(fault.code, place, **fault.values)
            return None
        if literal and isinstance(literal.value, int) and type_.kind in ("int", "money"):
            low, high = type_.low, type_.high
            if (low is not None and literal.value < low) or (high is not None and literal.value > high):
                wanted = f"{low}..{high}"
                self.whole.found.add(faults.WRONG_VALUE, place, key=name.id, value=literal.value, wanted=wanted)
        if literal and name.id == "best_time" and not _is_span(str(literal.value)):
            self.whole.found.add(faults.WRONG_VALUE, place, key=name.id, value=literal.value, wanted="13:00-15:00")
        return literal


def _heading(text: str) -> tuple[str, str]:
    """``"dpd (days)"`` -> ``("dpd", "days")``; without a unit it is empty."""
    match = re.fullmatch(r"\s*(.*?)\s*(?:[(（]\s*(.*?)\s*[)）])?\s*", text)
    assert match
    return match[1], match[2] or ""


def _fit(cells: tuple[str, ...], size: int) -> list[str]:
    """Exactly ``size`` cells: an uneven row has been reported, and goes on with what it has."""
    return [*cells[:size], *["-"] * (size - len(cells))]


def _is_span(text: str) -> bool:
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", text)
    return bool(match) and text[:5] < text[6:]

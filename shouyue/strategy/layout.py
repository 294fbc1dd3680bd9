"""The layout of a strategy file, taken apart: TOML around tables of text. Every fault is found in one go.

docs/strategy.md describes the file; docs/adr/0004-strategy-as-data.md says why it looks as it does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from shouyue.base import settings
from shouyue.strategy import faults, grid
from shouyue.strategy.cells import ANY, Cell, Literal, Type, Value, parse, parse_value
from shouyue.strategy.faults import CellFault, Findings, Place
from shouyue.strategy.model import Case, Column, Label, Name, Order, Row, Strategy, Table
from shouyue.strategy.vocabulary import vocabulary

LABELS = ("segments", "stages", "treatments", "sentences")
_TOP = {"name", "version", "zh", "en", "about_zh", "about_en", "valid_from", "valid_to", "currency", "values"}
_TOP |= {*LABELS, "table", "test", "order"}
_TABLE = {"id", "zh", "en", "hit", "gather", "gaps", "rows"}
_ROW_ID = re.compile(r"\w+")


class Reading:
    """One reading of one file; keeps what is known so far, and the faults."""

    def __init__(self, raw: dict[str, Any], text: str, file: str, digest: str):
        self.raw, self.text, self.file, self.digest = raw, text, file, digest
        self.found = Findings(file)
        self.top = Place(file)
        currency = raw.get("currency", settings.currency())
        self.currency: str = currency if isinstance(currency, str) else "CNY"
        self.values: dict[str, tuple[Type, Value]] = {}
        self.names: dict[str, Name] = {}
        self.later: dict[str, str] = {}

    def strategy(self) -> Strategy:
        raw = self.raw
        self._keys(raw, _TOP, self.top)
        labels = {kind: self._labels(kind) for kind in LABELS}
        self.vocabulary = vocabulary().names(self.currency, {k: tuple(v) for k, v in labels.items()})
        inputs = vocabulary().inputs
        self.names = {i: n for i, n in self.vocabulary.items() if i in inputs}
        self._values()
        tables = self._tables()
        self._whole(tables, labels["sentences"])
        return Strategy(
            name=self._text("name"),
            version=str(raw.get("version", self._text("version") if "version" not in raw else "")),
            digest=self.digest,
            file=self.file,
            text=self.text,
            zh=self._text("zh"),
            en=self._text("en"),
            currency=self.currency,
            valid_from=self._day("valid_from"),
            valid_to=self._day("valid_to"),
            values=MappingProxyType(self.values),
            labels=MappingProxyType(labels),
            tables=tables,
            order=MappingProxyType(self._order()),
            tests=self._tests(),
            names=MappingProxyType(self.names),
            faults=tuple(self.found.items),
        )

    # ---- the head of the file
    def _keys(self, got: Mapping, known: set[str], place: Place) -> None:
        for key in got:
            if key not in known:
                self.found.add(faults.UNKNOWN_KEY, place, key=key, known=", ".join(sorted(known)))

    def _text(self, key: str) -> str:
        value = self.raw.get(key)
        if value is None:
            self.found.add(faults.MISSING_KEY, self.top, key=key)
        elif not isinstance(value, str):
            self.found.add(faults.WRONG_VALUE, self.top, key=key, value=value, wanted="text")
        return str(value or "")

    def _day(self, key: str) -> date | None:
        value = self.raw.get(key)
        if value is None or type(value) is date:
            return value
        self.found.add(faults.WRONG_VALUE, self.top, key=key, value=value, wanted="2026-11-24")
        return None

    def _section(self, key: str, kind: type) -> Any:
        value = self.raw.get(key, kind())
        if isinstance(value, kind):
            return value
        self.found.add(faults.WRONG_VALUE, self.top, key=key, value=value, wanted=f"[{key}]")
        return kind()

    def _labels(self, kind: str) -> dict[str, Label]:
        labels = {}
        for id_, both in self._section(kind, dict).items():
            place = Place(self.file, kind, row_id=id_)
            if not isinstance(both, dict) or not all(isinstance(both.get(k), str) for k in ("zh", "en")):
                wanted = '{ zh = "…", en = "…" }'
                self.found.add(faults.WRONG_VALUE, place, key=f"{kind}.{id_}", value=both, wanted=wanted)
                continue
            self._keys(both, {"zh", "en"}, place)
            labels[id_] = Label(both["zh"], both["en"])
        return labels

    def _values(self) -> None:
        """``[values]``: a name for a number, written ``small = { is = 20.00, like = "overdue" }``."""
        for id_, given in self._section("values", dict).items():
            place = Place(self.file, "values", row_id=id_)
            if not isinstance(given, dict) or "is" not in given or "like" not in given:
                wanted = '{ is = 20.00, like = "overdue" }'
                self.found.add(faults.WRONG_VALUE, place, key=id_, value=given, wanted=wanted)
                continue
            self._keys(given, {"is", "like", "zh", "en"}, place)
            like = self.names.get(given["like"])
            if like is None:
                self._unknown(str(given["like"]), place)
                continue
            if (value := self._plain(given["is"], like.type, place)) is not None:
                self.values[id_] = (like.type, value)

    def _plain(self, given: object, type_: Type, place: Place) -> Value | None:
        """A TOML value as a value of ``type_``."""
        if isinstance(given, bool):
            text = "yes" if given else "no"
        elif isinstance(given, str) and type_.kind in ("text", "choice"):
            text = '"' + given.replace("\\", "\\\\").replace('"', '\\"') + '"'
        else:
            text = str(given)
        try:
            literal = parse_value(text, type_)
        except CellFault as fault:
            self.found.add(fault.code, place, **fault.values)
            return None
        return literal.value if literal else None

    def _unknown(self, name: str, place: Place) -> None:
        near = get_close_matches(name, [*self.names, *(n.zh for n in self.names.values())], 3, 0.5)
        self.found.add(faults.UNKNOWN_NAME, place, name=name, near=", ".join(near) or "–")

    # ---- tables
    def _tables(self) -> tuple[Table, ...]:
        tables: list[Table] = []
        raw_tables = [t for t in self._section("table", list) if isinstance(t, dict)]
        self.later = self._gives(raw_tables)
        for raw in raw_tables:
            table = self._table(raw, len(tables) + 1)
            if table is None:
                continue
            if any(t.id == table.id for t in tables):
                self.found.add(faults.TWICE, Place(self.file, table.id), name=table.id)
            tables.append(table)
            for column in table.outputs:
                if column.name.id in self.names:
                    self.found.add(faults.TWICE, Place(self.file, table.id), name=column.name.id)
                self.names[column.name.id] = column.name
        if not tables:
            self.found.add(faults.NO_TABLES, self.top)
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
        place = Place(self.file, id_)
        self._keys(raw, _TABLE, place)
        for key in ("id", "hit", "rows"):
            if not isinstance(raw.get(key), str):
                self.found.add(faults.MISSING_KEY, place, key=key)
        rows_text = raw.get("rows")
        if not isinstance(rows_text, str):
            return None
        self._one_of(raw, "hit", ("first", "unique", "collect"), place)
        self._one_of(raw, "gather", ("join", "sum", "min", "max", "count"), place)
        self._one_of(raw, "gaps", (True, False), place)
        lines = grid.split(rows_text)
        if not lines or lines[0].results is None or _heading(lines[0].left[0])[0] != "row":
            self.found.add(faults.NO_HEADING, place)
            return None
        head, first_line = lines[0], self._line_of(rows_text)
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
        )
        rows = [self._row(n, line, table, (inputs, outputs), first_line) for n, line in enumerate(lines[1:], start=1)]
        seen: set[str] = set()
        for row in rows:
            if row.id in seen:
                self.found.add(faults.TWICE, table.place(self.file, row), name=row.id)
            seen.add(row.id)
        return replace(table, rows=tuple(rows))

    def _whole(self, tables: tuple[Table, ...], sentences: Mapping[str, Label]) -> None:
        """The outputs the desk needs are there, and sentences name what is known."""
        given = {c.name.id for t in tables for c in t.outputs}
        for name in vocabulary().needed if tables else ():
            if name not in given:
                self.found.add(faults.MISSING_OUTPUT, self.top, name=name)
        gatherers = [t for t in tables if any(c.name.id == "because" for c in t.outputs)]
        for table in gatherers:
            if (table.hit, table.gather, len(table.outputs)) != ("collect", "join", 1):
                wanted = "hit = collect, gather = join, => because"
                place = Place(self.file, table.id)
                self.found.add(faults.WRONG_VALUE, place, key="hit", value=table.hit, wanted=wanted)
        for id_, label in sentences.items():
            place = Place(self.file, "sentences", row_id=id_)
            for name in placeholders(label.zh) + placeholders(label.en):
                if name not in self.names:
                    self.found.add(faults.BAD_PLACEHOLDER, place, sentence=id_, name=name)

    def _one_of(self, raw: dict, key: str, wanted: tuple, place: Place) -> None:
        if key in raw and raw[key] not in wanted:
            words = ", ".join(str(w).lower() for w in wanted)
            self.found.add(faults.WRONG_VALUE, place, key=key, value=raw[key], wanted=words)

    def _line_of(self, rows_text: str) -> int | None:
        at = self.text.find(rows_text) if rows_text else -1
        return self.text.count("\n", 0, at) + 1 if at >= 0 else None

    def _input(self, heading: str, place: Place) -> Column | None:
        id_, unit = _heading(heading)
        name = self.names.get(id_) or next((n for n in self.names.values() if n.zh and n.zh == id_), None)
        if name is None:
            if id_ in self.later:
                table = self.later[id_]
                self.found.add(faults.LATER_NAME, replace(place, column=id_), name=id_, table=table)
            else:
                self._unknown(id_, replace(place, column=id_))
            return None
        self._unit(name, unit, place)
        return Column(name, unit)

    def _output(self, heading: str, place: Place, table: str) -> Column | None:
        id_, unit = _heading(heading)
        outputs = {i: n for i, n in self.vocabulary.items() if i in vocabulary().outputs}
        name = outputs.get(id_) or next((n for n in outputs.values() if n.zh == id_), None)
        if name is None:
            near = get_close_matches(id_, list(outputs), 3, 0.4) or list(outputs)
            self.found.add(faults.UNKNOWN_NAME, replace(place, column=id_), name=id_, near=", ".join(near))
            return None
        self._unit(name, unit, place)
        return Column(replace(name, table=table, type=replace(name.type, nullable=True)), unit)

    def _unit(self, name: Name, unit: str, place: Place) -> None:
        word = vocabulary().units.get(name.type.unit)
        if unit and unit not in (name.type.unit, word.zh if word else ""):
            have = name.type.unit or "–"
            place = replace(place, column=name.id)
            self.found.add(faults.WRONG_UNIT, place, name=name.id, unit=have, given=unit)

    def _row(self, number: int, line: grid.Line, table: Table, heads: tuple[list, list], top: int | None) -> Row:
        inputs, outputs = heads
        id_ = line.left[0]
        at = top + line.offset if top is not None else None
        place = Place(self.file, table.id, number, id_, line=at)
        if not _ROW_ID.fullmatch(id_):
            self.found.add(faults.BAD_ROW_ID, place, name=id_)
        results = line.results
        if results is None:
            self.found.add(faults.NO_ARROW, place)
            results = ()
        have, want = len(line.left) - 1 + len(results), len(inputs) + len(outputs)
        if line.results is not None and (len(line.left) - 1 != len(inputs) or len(results) != len(outputs)):
            self.found.add(faults.UNEVEN_ROW, place, have=have, want=want)
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
        return Row(number, id_, at, tuple(cells), tuple(given), line.remark)

    def _cell(self, text: str, column: Column, place: Place) -> Cell:
        try:
            return parse(text, column.name.type, self.values)
        except CellFault as fault:
            self.found.add(fault.code, replace(place, column=column.name.id), **fault.values)
            return ANY

    def _result(self, text: str, column: Column, place: Place) -> Literal | None:
        name, type_ = column.name, column.name.type
        place = replace(place, column=name.id)
        try:
            literal = parse_value(text, type_, self.values)
        except CellFault as fault:
            self.found.add(fault.code, place, **fault.values)
            return None
        if literal and isinstance(literal.value, int) and type_.kind in ("int", "money"):
            low, high = type_.low, type_.high
            if (low is not None and literal.value < low) or (high is not None and literal.value > high):
                wanted = f"{low}..{high}"
                self.found.add(faults.WRONG_VALUE, place, key=name.id, value=literal.value, wanted=wanted)
        if literal and name.id == "best_time" and not _is_span(str(literal.value)):
            self.found.add(faults.WRONG_VALUE, place, key=name.id, value=literal.value, wanted="13:00-15:00")
        return literal

    # ---- order and tests
    def _order(self) -> dict[str, Order]:
        """``[order]``: per phase two keys, ``["dpd up", "overdue down"]``: a whole number, then an amount."""
        order = {}
        for phase, keys in self._section("order", dict).items():
            place = Place(self.file, "order", row_id=phase)
            parts = [str(k).split() for k in keys] if isinstance(keys, list) else []
            names = [self.names.get(p[0]) for p in parts if len(p) == 2 and p[1] in ("up", "down")]
            kinds = [n.type.kind if n else "" for n in names]
            if phase not in ("reminder", "collection") or kinds != ["int", "money"]:
                wanted = 'collection = ["dpd up", "overdue down"]'
                self.found.add(faults.WRONG_VALUE, place, key=phase, value=keys, wanted=wanted)
                continue
            age, amount = names
            assert age is not None and amount is not None
            order[phase] = Order(age, parts[0][1] == "up", amount, parts[1][1] == "up")
        return order

    def _tests(self) -> tuple[Case, ...]:
        tests = []
        for raw in self._section("test", list):
            name = str(raw.get("name", "")) if isinstance(raw, dict) else ""
            place = Place(self.file, "test", row_id=name)
            given, expect = (raw.get("given", {}), raw.get("expect", {})) if name else ({}, {})
            if not name or not isinstance(given, dict) or not isinstance(expect, dict) or not expect:
                self.found.add(faults.WRONG_VALUE, place, key="test", value=name, wanted="name, given, expect")
                continue
            self._keys(raw, {"name", "given", "expect"}, place)
            values: dict[str, Value | None] = {}
            for key, value in given.items():
                if key not in vocabulary().inputs:
                    self._unknown(key, place)
                elif value == "null":
                    values[key] = None
                else:
                    values[key] = self._plain(value, self.names[key].type, place)
            for key in expect:
                if key not in self.names and key not in ("rule", "priority", "reason_zh", "reason_en"):
                    self._unknown(key, place)
            tests.append(Case(name, values, dict(expect)))
        return tuple(tests)


PLACE = re.compile(r"\{(\w+)(:n)?\}")


def placeholders(text: str) -> list[str]:
    """The names a sentence asks for, in braces; ``{name:n}`` asks for the bare number."""
    return [name for name, _ in PLACE.findall(text)]


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

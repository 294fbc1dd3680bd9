"""A strategy as DMN 1.5 XML: a decision for each table and each named number, an input for each name they ask for.

The strategy's own text goes along in an extension element, so that comments, sentences, labels, order and tests come
back; what DMN can say is said in DMN, and what was changed there wins when the file is read again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import replace
from xml.etree import ElementTree as ET

from shouyue import __version__
from shouyue.strategy.cells import Cell, Literal, Type, Value
from shouyue.strategy.dmn import faults, feel
from shouyue.strategy.dmn.diagram import diagram
from shouyue.strategy.dmn.model import GATHERS, HITS, MODEL, SHOUYUE
from shouyue.strategy.dmn.structure import violations
from shouyue.strategy.model import Column, Name, Row, Strategy, Table
from shouyue.strategy.reading import usable

_TYPES = {"int": "number", "money": "number", "number": "number", "date": "date", "bool": "boolean"}
_HIT = {ours: theirs for theirs, ours in HITS.items()}
_GATHER = {ours: theirs for theirs, ours in GATHERS.items()}


def write(strategy: Strategy) -> bytes:
    """The file. Raises STRAT-003 for a strategy with errors, DMN-040 for what DMN cannot hold, by table and row."""
    usable(strategy)
    return _Writer(strategy).file()


def seal(text: str) -> str:
    """What the kept text is known by."""
    return hashlib.sha256(text.encode()).hexdigest()


class _Writer:
    def __init__(self, strategy: Strategy):
        self.strategy = strategy
        self.used = {c.name.id: c.name for t in strategy.tables for c in t.inputs if not c.name.table}
        self.names = self._decision_names()
        self.root = ET.Element(
            _tag("definitions"),
            {
                "id": f"strategy_{_part(strategy.name)}",
                "name": strategy.name,
                "namespace": f"urn:shouyue:strategy:{_part(strategy.name)}",
                "exporter": "Shouyue",
                "exporterVersion": __version__,
            },
        )

    def file(self) -> bytes:
        strategy, root = self.strategy, self.root
        ET.register_namespace("", MODEL)
        ET.register_namespace("shouyue", SHOUYUE)
        _add(root, "description", text=f"{strategy.zh} · {strategy.en}")
        source = ET.SubElement(_add(root, "extensionElements"), f"{{{SHOUYUE}}}source", sha256=seal(strategy.text))
        source.text = strategy.text
        for table in strategy.tables:
            self._item_definition(table)
        for name in self.used.values():
            data = _add(root, "inputData", id=f"input_{_part(name.id)}", name=name.id, label=_label(name.zh, name.en))
            _add(data, "variable", name=name.id, typeRef=_type(name.type))
        for id_, (type_, value) in strategy.values.items():
            self._constant(id_, type_, value)
        for table in strategy.tables:
            self._decision(table)
        assert not (wrong := violations(root)), wrong
        root.append(diagram(root))
        ET.indent(root)
        source.text = strategy.text  # as it is: indent leaves texts alone, but this one must stay to the byte
        return ET.tostring(root, encoding="UTF-8", xml_declaration=True)

    # ---- names
    def _decision_names(self) -> dict[str, str]:
        """A decision is called by its only output, or by its table; names must differ from all others of the file."""
        names: dict[str, str] = {}
        taken = {*self.used, *self.strategy.values}
        for table in self.strategy.tables:
            name = table.outputs[0].name.id if len(table.outputs) == 1 else table.id
            while name in taken:
                name += "_table"
            taken.add(name)
            names[table.id] = name
        return names

    def _expression(self, name: Name) -> str:
        """How a column is asked for: an input by its name, an output by its decision and its own."""
        if not name.table:
            return name.id
        decision = self.names[name.table]
        return decision if len(self.strategy.table(name.table).outputs) == 1 else f"{decision}.{name.id}"

    # ---- types
    def _item_definition(self, table: Table) -> None:
        """The answer of a table of several results, or of a list, as a type of its own."""
        if len(table.outputs) == 1 and not table.lists:
            return
        many = {"isCollection": "true"} if table.lists else {}
        item = _add(self.root, "itemDefinition", name=f"t_{table.id}", **many)
        if len(table.outputs) == 1:
            self._limited(item, table.outputs[0], table)
            return
        for column in table.outputs:
            self._limited(_add(item, "itemComponent", name=column.name.id), column, table)

    def _limited(self, item: ET.Element, column: Column, table: Table) -> None:
        _add(item, "typeRef", text=_type(column.name.type))
        if choices := _choices(column, table):
            _text(_add(item, "allowedValues"), choices)

    # ---- decisions
    def _constant(self, id_: str, type_: Type, value: Value) -> None:
        decision = _add(self.root, "decision", id=f"value_{_part(id_)}", name=id_)
        _add(decision, "variable", name=id_, typeRef=_type(type_))
        _text(_add(decision, "literalExpression", typeRef=_type(type_)), feel.write_value(value, type_))

    def _decision(self, table: Table) -> None:
        name = self.names[table.id]
        single = len(table.outputs) == 1 and not table.lists
        type_ref = _type(table.outputs[0].name.type) if single else f"t_{table.id}"
        label = _label(table.zh or table.id, table.en or table.id)
        decision = _add(self.root, "decision", id=f"decision_{_part(table.id)}", name=name, label=label)
        _add(decision, "variable", name=name, typeRef=type_ref)
        for at, (tag, href) in enumerate(self._requirements(table), start=1):
            need = _add(decision, "informationRequirement", id=f"need_{_part(table.id)}_{at}")
            _add(need, tag, href=f"#{href}")
        if table.aggregates and len(table.outputs) > 1:
            zh, en = "聚合不能用于多个输出", "an aggregation has no meaning for several outputs"
            raise faults.CANNOT_WRITE.error(place=table.place(self.strategy.file), why_zh=zh, why_en=en)
        gather = {"aggregation": _GATHER[table.gather]} if table.aggregates else {}
        logic = _add(decision, "decisionTable", id=f"table_{_part(table.id)}", hitPolicy=_HIT[table.hit], **gather)
        logic.set(f"{{{SHOUYUE}}}id", table.id)
        if table.gaps:
            logic.set(f"{{{SHOUYUE}}}gaps", "true")
        for column in table.inputs:
            self._input(logic, table, column)
        for at, column in enumerate(table.outputs):
            self._output(logic, table, at, column)
        if any(row.remark for row in table.rows):
            _add(logic, "annotation", name="remark")
        for row in table.rows:
            self._rule(logic, table, row)

    def _requirements(self, table: Table) -> list[tuple[str, str]]:
        needed: dict[tuple[str, str], None] = {}
        for column in table.inputs:
            if column.name.table:
                needed["requiredDecision", f"decision_{_part(column.name.table)}"] = None
            else:
                needed["requiredInput", f"input_{_part(column.name.id)}"] = None
        for name in _value_names(table):
            needed["requiredDecision", f"value_{_part(name)}"] = None
        return list(needed)

    # ---- columns and rules
    def _input(self, logic: ET.Element, table: Table, column: Column) -> None:
        name = column.name
        clause = _add(logic, "input", label=column.heading)
        _text(_add(clause, "inputExpression", typeRef=_type(name.type)), self._expression(name))
        if not column.allowed.any:
            _text(_add(clause, "inputValues"), self._cell(table, None, column, column.allowed))
        elif name.type.kind == "choice" and name.type.choices and not name.table:
            _text(_add(clause, "inputValues"), ", ".join(feel.write_value(c) for c in name.type.choices))

    def _output(self, logic: ET.Element, table: Table, at: int, column: Column) -> None:
        named = {"name": column.name.id} if len(table.outputs) > 1 else {}
        clause = _add(logic, "output", label=column.heading, **named, typeRef=_type(column.name.type))
        # outputValues order the answers of a table with ranks, so that only ranked outputs may have them there
        if (values := _choices(column, table)) and (not table.ranks or column.name.id in table.ranks):
            _text(_add(clause, "outputValues"), values)
        for literal in (table.default or ())[at : at + 1]:
            _text(_add(clause, "defaultOutputEntry"), _result(literal, column.name.type))

    def _rule(self, logic: ET.Element, table: Table, row: Row) -> None:
        rule = _add(logic, "rule", id=f"rule_{_part(table.id)}_{_part(row.id)}", label=row.id)
        for cell, column in zip(row.cells, table.inputs, strict=True):
            _text(_add(rule, "inputEntry"), self._cell(table, row, column, cell))
        for literal, column in zip(row.results, table.outputs, strict=True):
            _text(_add(rule, "outputEntry"), _result(literal, column.name.type))
        if any(r.remark for r in table.rows):
            _text(_add(rule, "annotationEntry"), row.remark)

    def _cell(self, table: Table, row: Row | None, column: Column, cell: Cell) -> str:
        type_ = column.name.type
        try:
            return feel.write_cell(cell, replace(type_, nullable=type_.nullable or bool(column.name.table)))
        except feel.FeelFault as fault:
            place = table.place(self.strategy.file, row, column.name.id)
            raise faults.CANNOT_WRITE.error(place=place, why_zh=fault.zh, why_en=fault.en) from None


def _result(literal: Literal | None, type_: Type) -> str:
    if literal is None:
        return "null"
    return literal.name or feel.write_value(literal.value, type_)


def _value_names(table: Table) -> Iterable[str]:
    """Names of ``[values]`` in the table, in order."""
    for row in table.rows:
        for test in (t for cell in row.cells for t in cell.tests):
            for literal in (getattr(test, part, None) for part in ("to", "low", "high")):
                if isinstance(literal, Literal) and literal.name:
                    yield literal.name
        yield from (r.name for r in row.results if r is not None and r.name)


def _choices(column: Column, table: Table) -> str:
    """The values an output may have, the most wanted first where the table ranks them."""
    type_ = column.name.type
    values = table.ranks.get(column.name.id) or (type_.choices if type_.kind == "choice" else ())
    return ", ".join(feel.write_value(v, type_) for v in values)


def _type(type_: Type) -> str:
    return _TYPES.get(type_.kind, "string")


def _label(zh: str, en: str) -> str:
    return " · ".join(dict.fromkeys(t for t in (zh, en) if t))


def _part(name: str) -> str:
    """A name as part of an XML id."""
    return re.sub(r"[^\w.-]", "_", name)


def _tag(name: str) -> str:
    return f"{{{MODEL}}}{name}"


def _add(parent: ET.Element, tag: str, text: str | None = None, **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, _tag(tag), attributes)
    child.text = text
    return child


def _text(parent: ET.Element, text: str) -> None:
    _add(parent, "text", text=text)

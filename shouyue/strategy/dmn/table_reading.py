"""A decision table of a DMN file, column by column and rule by rule."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from shouyue.base.errors import Code
from shouyue.strategy.cells import ANY, Cell, Compare, Literal, Type, Value
from shouyue.strategy.dmn import faults, feel
from shouyue.strategy.dmn.model import GATHERS, HITS, SHOUYUE, Decision
from shouyue.strategy.dmn.types import BadType, Shape, Types
from shouyue.strategy.dmn.xml import Element
from shouyue.strategy.model import Column, Name, Row, Table


class Refused(Exception):
    """An element that cannot be held, with the code that says why."""

    def __init__(self, element: Element, code: Code, **values: object):
        self.element, self.code, self.values = element, code, values
        super().__init__(code.id)


@dataclass(frozen=True)
class Known:
    """Names a decision may ask for; ``bad`` names with a type that cannot be held (None: without a type);
    ``elsewhere`` are names of the file that it does not require."""

    names: Mapping[str, Name]
    bad: Mapping[str, str | None]
    elsewhere: frozenset[str] = frozenset()


class TableReader:
    """Reads the table of one decision. ``implied`` collects inputs that the file uses without declaring them."""

    def __init__(
        self,
        types: Types,
        known: Known,
        limits: Mapping[str, Cell],
        constants: Mapping[str, Value],
        missing: Callable[[str], bool],
    ):
        self.types, self.known, self.limits = types, known, limits
        self.constants, self.missing = constants, missing
        self.implied: dict[str, Name] = {}

    def decision(self, decision: Element, table: Element) -> Decision:
        """Raises Refused at the first element that cannot be held."""
        _language(decision)
        name = decision.get("name")
        id_ = str(table.attributes.get((SHOUYUE, "id"), "")) or name
        hit, gather = self._hit(table)
        rules = list(table.all("rule"))
        inputs = [self._input(clause, at, rules) for at, clause in enumerate(table.all("input"))]
        clauses = list(table.all("output"))
        outputs = self._outputs(decision, table, clauses, rules, id_)
        default = self._default(clauses, outputs)
        ranks = self._ranks(table, clauses, outputs, hit)
        rows = tuple(self._row(number, rule, inputs, outputs) for number, rule in enumerate(rules, start=1))
        if hit == "collect" and gather != "join" and len(outputs) > 1:
            raise Refused(table, faults.COMPOUND, hit=table.get("aggregation"))
        made = Table(
            id=id_,
            hit=hit,  # pyright: ignore[reportArgumentType]
            inputs=tuple(inputs),
            outputs=tuple(outputs),
            rows=_named(rows),
            zh=table.get("outputLabel") or decision.get("label") or name,
            en=decision.get("label") or name,
            gaps=table.attributes.get((SHOUYUE, "gaps")) == "true",
            gather=gather,  # pyright: ignore[reportArgumentType]
            default=default,
            ranks=ranks,
        )
        components = tuple(c.get("name") for c in clauses) if len(clauses) > 1 else ()
        return Decision(name, made, components)

    def _hit(self, table: Element) -> tuple[str, str]:
        hit, aggregation = table.get("hitPolicy", "UNIQUE"), table.get("aggregation")
        if hit not in HITS or (aggregation and (aggregation not in GATHERS or hit != "COLLECT")):
            raise Refused(table, faults.BAD_HIT, hit=f"{hit} {aggregation}".strip())
        return HITS[hit], GATHERS.get(aggregation, "join")

    # ---- columns
    def _input(self, clause: Element, at: int, rules: list[Element]) -> Column:
        expression = clause.one("inputExpression")
        text = " ".join(_text(expression).split()) if expression is not None else ""
        if expression is not None:
            _language(expression)
        name = self.known.names.get(text)
        if name is None:
            name = self._unknown(clause, expression, text, _entries(rules, "inputEntry", at))
        elif expression is not None and expression.get("typeRef"):
            self._same_kind(expression, name)
        missing = self.missing(text) or bool(name.table)
        name = replace(name, type=replace(name.type, nullable=missing))
        limit = clause.one("inputValues")
        allowed = self.limits.get(text, ANY) if limit is None else self._cell(limit, name)
        return Column(name, allowed=replace(allowed, or_missing=False))

    def _unknown(self, clause: Element, expression: Element | None, text: str, entries: list[Element]) -> Name:
        """A name the file uses without declaring it, typed by the clause or by its cells; else it is refused."""
        if not re.fullmatch(r"[^\W\d][\w .]*", text):
            raise Refused(clause, faults.NOT_A_NAME, text=text)
        if text in self.known.elsewhere or text.partition(".")[0] in self.known.elsewhere:
            raise Refused(clause, faults.NOT_REQUIRED, name=text)
        ref = expression.get("typeRef") if expression is not None else ""
        bad = self.known.bad.get(text)
        if not ref and bad:
            raise Refused(clause, faults.BAD_TYPE, type=bad)
        type_ = self._plain(clause, ref).type if ref else self._guess(clause, entries, cells=True)
        assert type_ is not None
        self.implied[text] = Name(text, type_, column=text)
        return self.implied[text]

    def _same_kind(self, expression: Element, name: Name) -> None:
        shape = self._plain(expression, expression.get("typeRef"))
        if shape.type is None or shape.type.kind != name.type.kind:
            raise Refused(expression, faults.BAD_TYPE, type=f"{expression.get('typeRef')} ≠ {name.type.kind}")

    def _plain(self, element: Element, ref: str) -> Shape:
        try:
            shape = self.types.shape(ref)
        except BadType as bad:
            raise Refused(element, faults.BAD_TYPE, type=bad.name) from None
        if shape.type is None:
            raise Refused(element, faults.BAD_TYPE, type=ref)
        return shape

    def _guess(self, clause: Element, entries: list[Element], cells: bool) -> Type:
        """The type its constants have, where no type is given."""
        kinds: set[str] = set()
        for kind in ("number", "text", "bool", "date"):
            for entry in entries:
                try:
                    if cells:
                        cell = feel.read_cell(_text(entry), Type(kind), self.constants)
                        used = not cell.any
                    else:
                        literal = feel.read_constant(_text(entry), self.constants)
                        used = literal is not None and feel.kind_of(literal.value) == kind
                except feel.FeelFault:
                    continue
                kinds |= {kind} if used else set()
        if len(kinds) > 1:
            raise Refused(clause, faults.BAD_TYPE, type=", ".join(sorted(kinds)))
        return Type(kinds.pop() if kinds else "text", nullable=True)  # pyright: ignore[reportArgumentType]

    def _outputs(
        self, decision: Element, table: Element, clauses: list[Element], rules: list[Element], id_: str
    ) -> list[Column]:
        whole = self._whole(decision, table)
        columns = []
        for at, clause in enumerate(clauses):
            component = clause.get("name") if len(clauses) > 1 else ""
            if len(clauses) > 1 and not component:
                raise Refused(clause, faults.NOT_A_NAME, text="")
            ref = clause.get("typeRef")
            if ref:
                type_ = self._plain(clause, ref).type
            else:
                part = whole.parts.get(component) if whole and component else whole
                type_ = part.type if part and part.type else None
                type_ = type_ or self._guess(clause, _entries(rules, "outputEntry", at), cells=False)
            assert type_ is not None
            name = f"{decision.get('name')}.{component}" if component else decision.get("name")
            if any(c.name.id == name for c in columns):
                raise Refused(clause, faults.SAME_NAME, name=name)
            if table.get("aggregation") == "COUNT":
                type_ = replace(type_, kind="int")
            columns.append(Column(Name(name, replace(type_, nullable=True), table=id_)))
        return columns

    def _whole(self, decision: Element, table: Element) -> Shape | None:
        """The shape of the whole answer, where the file gives one that can be held."""
        variable = decision.one("variable")
        for ref in (table.get("typeRef"), variable.get("typeRef") if variable is not None else ""):
            if ref:
                try:
                    return self.types.shape(ref)
                except BadType:
                    continue
        return None

    # ---- answers besides the rules
    def _default(self, clauses: list[Element], outputs: list[Column]) -> tuple[Literal | None, ...] | None:
        entries = [clause.one("defaultOutputEntry") for clause in clauses]
        if not any(e is not None and _text(e).strip() for e in entries):
            return None
        return tuple(self._result(e, c) if e is not None else None for e, c in zip(entries, outputs, strict=True))

    def _ranks(
        self, table: Element, clauses: list[Element], outputs: list[Column], hit: str
    ) -> dict[str, tuple[Value, ...]]:
        if hit not in ("priority", "output order"):
            return {}
        ranks = {}
        for clause, column in zip(clauses, outputs, strict=True):
            listed = clause.one("outputValues")
            if listed is None:
                continue
            tests = self._cell(listed, column.name).tests
            equal = [t.to.value for t in tests if isinstance(t, Compare) and t.op == "="]
            if len(equal) == len(tests):
                ranks[column.name.id] = tuple(equal)
        if not ranks:
            raise Refused(table, faults.NO_ORDER, hit=table.get("hitPolicy"))
        return ranks

    # ---- rules
    def _row(self, number: int, rule: Element, inputs: list[Column], outputs: list[Column]) -> Row:
        cells, results = list(rule.all("inputEntry")), list(rule.all("outputEntry"))
        if len(cells) != len(inputs) or len(results) != len(outputs):
            have, want = len(cells) + len(results), len(inputs) + len(outputs)
            raise Refused(rule, faults.UNEVEN, have=have, want=want)
        remarks = [" ".join(_text(a).split()) for a in rule.all("annotationEntry")]
        if (described := rule.one("description")) is not None:
            remarks.append(" ".join(described.text.split()))
        return Row(
            number,
            rule.get("label") or rule.get("id"),
            rule.line,
            tuple(self._cell(e, c.name) for e, c in zip(cells, inputs, strict=True)),
            tuple(self._result(e, c) for e, c in zip(results, outputs, strict=True)),
            " · ".join(r for r in remarks if r),
        )

    def _cell(self, entry: Element, name: Name) -> Cell:
        _language(entry)
        try:
            return feel.read_cell(_text(entry), name.type, self.constants, name.type.nullable)
        except feel.FeelFault as fault:
            raise Refused(entry, faults.BAD_CELL, text=_text(entry).strip(), why_zh=fault.zh, why_en=fault.en) from None

    def _result(self, entry: Element, column: Column) -> Literal | None:
        _language(entry)
        text = _text(entry)
        kind = column.name.type.kind
        try:
            literal = feel.read_constant("null" if text.strip() == "-" else text, self.constants)
        except feel.FeelFault:
            raise Refused(entry, faults.NOT_A_CONSTANT, text=text.strip()) from None
        if literal is not None and kind != "int" and feel.kind_of(literal.value) != kind:
            raise Refused(entry, faults.BAD_TYPE, type=f"{text.strip()} ≠ {kind}")
        return literal


def _named(rows: tuple[Row, ...]) -> tuple[Row, ...]:
    """Rows with names that a table of text can hold, each once: its label or id where that will do, else r1, r2 …"""
    taken: set[str] = set()
    named = []
    for row in rows:
        name = row.id if re.fullmatch(r"\w+", row.id) and row.id not in taken else f"r{row.number}"
        while name in taken:
            name += "_"
        taken.add(name)
        named.append(replace(row, id=name))
    return tuple(named)


def _entries(rules: list[Element], tag: str, at: int) -> list[Element]:
    found = [list(rule.all(tag)) for rule in rules]
    return [entries[at] for entries in found if at < len(entries)]


def _text(element: Element) -> str:
    text = element.one("text")
    return text.text if text is not None else ""


def _language(element: Element) -> None:
    language = element.get("expressionLanguage")
    if language and "feel" not in language.lower():
        raise Refused(element, faults.LANGUAGE, language=language)

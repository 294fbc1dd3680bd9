"""A DMN file taken apart into the engine's tables. Every element that cannot be held is named, in one go."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from shouyue.base.errors import Code
from shouyue.strategy.cells import Cell, Type, Value
from shouyue.strategy.dmn import faults, feel
from shouyue.strategy.dmn.faults import DmnError
from shouyue.strategy.dmn.model import SHOUYUE, VERSIONS, Decision, Model
from shouyue.strategy.dmn.table_reading import Known, Refused, TableReader
from shouyue.strategy.dmn.types import BadType, Shape, Types
from shouyue.strategy.dmn.xml import Element, parse
from shouyue.strategy.faults import Finding, Findings, Place
from shouyue.strategy.model import Name

#: elements that tell people something and decide nothing
_SILENT = {"knowledgeSource", "textAnnotation", "association", "group", "elementCollection", "DMNDI"}
_SILENT |= {"performanceIndicator", "organizationUnit", "businessContextElement"}
_KNOWN = {"description", "extensionElements", "itemDefinition", "decision", "inputData"}
Missing = Callable[[str], bool]


def read(data: bytes, file: str, missing: Missing = lambda _name: True) -> Model:
    """The model in the file. ``missing`` tells of an input by name whether its value may be missing.

    Decisions that cannot be held are in ``refused``. Raises DMN-001 to -004 for what is no DMN file at all,
    DMN-010 for one that is written in another language than FEEL.
    """
    root = parse(data, file)
    if root.namespace not in VERSIONS or root.tag != "definitions":
        raise faults.NOT_DMN.error(file=file, namespace=root.namespace, tag=root.tag)
    _known_language(root, file)
    return _Reader(root, file, missing).model()


def _known_language(root: Element, file: str) -> None:
    language = root.get("expressionLanguage")
    if language and "feel" not in language.lower():
        raise faults.LANGUAGE.error(element=root, language=language)


def usable(model: Model) -> None:
    """Raises DMN-005, with every finding, unless the whole file can be taken over."""
    found = [f for findings in model.refused.values() for f in findings]
    if not found and not model.decisions:
        raise faults.NO_TABLES.error()
    if found:
        first = found[0]
        error = faults.UNUSABLE.error(
            file=model.file,
            count=len(found),
            first_zh=f"{first.place} {first.zh}",
            first_en=f"{first.place} {first.en}",
        )
        assert isinstance(error, DmnError)
        error.findings = tuple(found)
        raise error


class _Reader:
    def __init__(self, root: Element, file: str, missing: Missing):
        self.root, self.file, self.missing = root, file, missing
        self.types = Types(root)
        self.notes = Findings(file)
        self.refused: dict[str, list[Finding]] = {}
        self.inputs: dict[str, Name] = {}
        self.limits: dict[str, Cell] = {}
        self.constants: dict[str, tuple[Type, Value]] = {}
        self.decisions: dict[str, Decision] = {}

    def model(self) -> Model:
        self._top()
        by_id = {d.get("id"): d for tag in ("decision", "inputData") for d in self.root.all(tag) if d.get("id")}
        known = {i.get("id"): self._input(i) for i in self.root.all("inputData")}
        named = [d for d in self.root.all("decision") if not self._twice(d)]
        for decision in self._in_order(named, by_id):
            self._decision(decision, by_id, known)
        source = next((c for e in self.root.all("extensionElements") for c in e.children if _is_source(c)), None)
        return Model(
            file=self.file,
            name=self.root.get("name"),
            version=VERSIONS[self.root.namespace],
            inputs=MappingProxyType(self.inputs),
            limits=MappingProxyType(self.limits),
            constants=MappingProxyType(self.constants),
            decisions=tuple(self.decisions.values()),
            refused=MappingProxyType({n: tuple(f) for n, f in self.refused.items()}),
            named_tables=frozenset(d.get("name") for d in self.root.all("decision") if d.one("decisionTable")),
            notes=tuple(self.notes.items),
            source=source.text if source is not None else "",
        )

    # ---- the file as a whole
    def _top(self) -> None:
        for child in self.root.children:
            if child.tag in _KNOWN or (child.tag == "DMNDI" and self.root.get("exporter") == "Shouyue"):
                continue
            place = Place(self.file, line=child.line)
            if child.tag in _SILENT or child.namespace != self.root.namespace:
                self.notes.add(faults.LEFT_OUT, place, "note", element=child)
            else:
                self._refuse(child.get("name") or child.tag, child, faults.OTHER_LOGIC)

    def _refuse(self, decision: str, element: Element, code: Code, **values: object) -> None:
        found = Findings(self.file)
        found.add(code, Place(self.file, decision, line=element.line), **{"element": element, **values})
        self.refused.setdefault(decision, []).extend(found.items)

    def _twice(self, decision: Element) -> bool:
        name = decision.get("name")
        twice = sum(d.get("name") == name for d in self.root.all("decision")) > 1
        if twice:
            self._refuse(name, decision, faults.SAME_NAME, name=name)
        return twice

    def _in_order(self, decisions: list[Element], by_id: Mapping[str, Element]) -> list[Element]:
        """Each after those it needs, otherwise as they stand; a circle is refused as a whole."""
        done: list[Element] = []
        waiting = list(decisions)
        while waiting:
            ready = next((d for d in waiting if not self._needs(d, by_id, waiting)), None)
            if ready is None:
                names = ", ".join(d.get("name") for d in waiting)
                for decision in waiting:
                    self._refuse(decision.get("name"), decision, faults.CYCLE, names=names)
                return done
            waiting.remove(ready)
            done.append(ready)
        return done

    def _needs(self, decision: Element, by_id: Mapping[str, Element], waiting: list[Element]) -> bool:
        needed = (by_id.get(h) for h in _references(decision))
        return any(n is not None and any(n is w for w in waiting) for n in needed)

    # ---- inputs
    def _input(self, data: Element) -> Known:
        """The names an input gives: itself, or its parts, dotted."""
        variable = data.one("variable")
        name = (variable.get("name") if variable is not None else "") or data.get("name")
        ref = variable.get("typeRef") if variable is not None else ""
        if not ref:
            return Known({}, {name: None})
        try:
            return Known(self._parts(name, self.types.shape(ref)), {})
        except BadType as bad:
            return Known({}, {name: bad.name})

    def _parts(self, name: str, shape: Shape) -> dict[str, Name]:
        if shape.many:
            raise BadType(name)
        if shape.type is None:
            return {
                k: v for part, inner in shape.parts.items() for k, v in self._parts(f"{name}.{part}", inner).items()
            }
        self.limits[name] = shape.allowed
        self.inputs[name] = Name(name, shape.type, column=name)
        return {name: self.inputs[name]}

    # ---- decisions
    def _decision(self, decision: Element, by_id: Mapping[str, Element], known: Mapping[str, Known]) -> None:
        name = decision.get("name")
        logic = [c for c in decision.children if c.tag in _LOGIC and c.namespace == self.root.namespace]
        try:
            if len(logic) != 1 or logic[0].tag not in ("decisionTable", "literalExpression"):
                raise Refused(logic[0] if logic else decision, faults.OTHER_LOGIC)
            if logic[0].tag == "literalExpression":
                self._constant(name, logic[0])
            else:
                names = self._required(decision, by_id, known)
                reader = TableReader(self.types, names, self.limits, self._constants(), self.missing)
                made = reader.decision(decision, logic[0])
                self.decisions[name] = made
                self.inputs |= reader.implied
                return
        except Refused as refused:
            self._refuse(name, refused.element, refused.code, **refused.values)

    def _constants(self) -> dict[str, Value]:
        return {name: value for name, (_, value) in self.constants.items()}

    def _constant(self, name: str, expression: Element) -> None:
        text = expression.one("text")
        try:
            literal = feel.read_constant(text.text if text is not None else "")
        except feel.FeelFault:
            literal = None
        if literal is None:
            raise Refused(expression, faults.OTHER_LOGIC)
        self.constants[name] = Type(feel.kind_of(literal.value)), literal.value  # pyright: ignore[reportArgumentType]

    def _required(self, decision: Element, by_id: Mapping[str, Element], known: Mapping[str, Known]) -> Known:
        """What the decision may ask for: its required inputs and the outputs of its required decisions."""
        names: dict[str, Name] = {}
        bad: dict[str, str | None] = {}
        for href in _references(decision):
            target = by_id.get(href)
            if target is None:
                raise Refused(decision, faults.UNKNOWN_REFERENCE, href=href)
            if target.tag == "inputData":
                names |= known[href].names
                bad |= known[href].bad
                continue
            other = target.get("name")
            if other in self.decisions:
                made = self.decisions[other]
                if made.table.lists:
                    raise Refused(decision, faults.A_LIST, name=other)
                names |= {c.name.id: c.name for c in made.table.outputs}
            elif other not in self.constants:
                raise Refused(decision, faults.UNKNOWN_REFERENCE, href=f"{other} ({href})")
        others = {n for k in known.values() for n in (*k.names, *k.bad)} - set(names)
        others |= {n for d in self.root.all("decision") for n in (d.get("name"), *_output_names(d)) if n}
        return Known(names, bad, frozenset(others - set(bad)))


_LOGIC = {"decisionTable", "literalExpression", "invocation", "context", "relation", "list", "functionDefinition"}
_LOGIC |= {"for", "every", "some", "conditional", "filter"}


def _references(decision: Element) -> list[str]:
    """Ids of what the decision requires; a reference into another file keeps its address and finds nothing."""
    found = []
    for requirement in decision.all("informationRequirement"):
        for tag in ("requiredDecision", "requiredInput"):
            if (target := requirement.one(tag)) is not None:
                found.append(re.sub(r"^#", "", target.get("href")))
    return found


def _output_names(decision: Element) -> list[str]:
    return [o.get("name") for t in decision.all("decisionTable") for o in t.all("output")]


def _is_source(element: Element) -> bool:
    return (element.namespace, element.tag) == (SHOUYUE, "source")

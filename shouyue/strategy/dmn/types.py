"""DMN's types, as far as a column can hold them: FEEL's own four and the file's item definitions over them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from shouyue.strategy.cells import ANY, Cell, Type
from shouyue.strategy.dmn import feel
from shouyue.strategy.dmn.xml import Element

_PLAIN = {
    "number": "number",
    "string": "text",
    "boolean": "bool",
    "date": "date",
    # what Camunda's editor writes
    "integer": "number",
    "long": "number",
    "double": "number",
}
_DEEPEST = 8


@dataclass(frozen=True)
class Shape:
    """A type: one value of ``type`` within ``allowed``, or ``parts`` by name; ``many`` of them for a collection."""

    type: Type | None
    allowed: Cell = ANY
    parts: Mapping[str, Shape] = field(default_factory=dict)
    many: bool = False


class BadType(Exception):
    """A type that no column can hold; ``name`` is what the file calls it."""

    def __init__(self, name: str):
        self.name = name
        super().__init__(name)


class Types:
    """The item definitions of a file."""

    def __init__(self, root: Element):
        self.definitions = {d.get("name"): d for d in root.all("itemDefinition")}

    def shape(self, name: str) -> Shape:
        """The shape of a ``typeRef``. Raises BadType."""
        return self._named(name.strip(), 0)

    def _named(self, name: str, depth: int) -> Shape:
        if depth > _DEEPEST:
            raise BadType(name)
        if name in self.definitions:
            return self._defined(self.definitions[name], depth)
        plain = name.removeprefix("feel:")
        if plain not in _PLAIN:
            raise BadType(name)
        return Shape(Type(_PLAIN[plain], nullable=True))  # pyright: ignore[reportArgumentType]

    def _defined(self, definition: Element, depth: int) -> Shape:
        many = definition.get("isCollection") == "true"
        parts = {c.get("name"): self._defined(c, depth + 1) for c in definition.all("itemComponent")}
        if parts:
            return Shape(None, parts=parts, many=many)
        ref = definition.one("typeRef")
        if ref is None:
            raise BadType(definition.get("name"))
        shape = self._named(ref.text.strip(), depth + 1)
        limit = definition.one("allowedValues") or definition.one("typeConstraint")
        allowed = shape.allowed
        if limit is not None and shape.type is not None:
            text = limit.one("text")
            try:
                allowed = feel.read_cell(text.text if text else "", shape.type, {})
            except feel.FeelFault:
                raise BadType(definition.get("name")) from None
        return Shape(shape.type, allowed, shape.parts, many or shape.many)
